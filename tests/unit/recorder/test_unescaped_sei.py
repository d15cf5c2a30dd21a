"""Signatures whose bytes look like start codes: cameras that sign without emulation prevention."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recorder.rtp.h264 import H264Depacketizer
from recorder.rtp.h265 import H265Depacketizer
from tests.fakes.units import PPS, SPS
from vms.core.media.h264 import is_whole_sei, sei_messages
from vms.core.media.nal import join_length_prefixed, split_length_prefixed

IDR = b"\x65\x88\x80" + bytes(range(40))
LIKE_A_START_CODE = b"signature \0\0\1\x65 and \0\0\1\x75\x42 more"
AUD = b"\x09\xf0"


def sei(payload: bytes, header: bytes = b"\x06") -> bytes:
    sizes = b"\xff" * (len(payload) // 255) + bytes((len(payload) % 255,))
    return header + b"\x05" + sizes + payload + b"\x80"


def fragments(nal: bytes, size: int = 20) -> list[bytes]:
    """FU-A (RFC 6184 section 5.8)."""
    parts = [nal[at : at + size] for at in range(1, len(nal), size)]
    flags = [0x80] + [0] * (len(parts) - 2) + [0x40]
    head = bytes(((nal[0] & 0xE0) | 28,))
    return [
        head + bytes((flag | nal[0] & 0x1F,)) + part
        for flag, part in zip(flags, parts, strict=True)
    ]


def received(*payloads: bytes) -> list[bytes]:
    """The NAL units of the one picture that comes out."""
    reader = H264Depacketizer([SPS, PPS])
    for number, payload in enumerate(payloads):
        last = number == len(payloads) - 1
        reader.push(payload, 0, len(payload), last, 3000)
    (coded,) = reader.ready
    return split_length_prefixed(coded.data)


def test_a_signature_that_looks_like_start_codes_stays_one_nal_unit() -> None:
    signed = sei(LIKE_A_START_CODE * 9)
    assert received(signed, IDR) == [signed, IDR]
    assert received(*fragments(signed), IDR) == [signed, IDR]


def test_nal_units_glued_behind_an_sei_are_still_cut_apart() -> None:
    plain = sei(b"nothing of note")
    assert received(plain + b"\0\0\1" + IDR) == [plain, IDR]


def test_the_same_with_h265() -> None:
    signed = sei(LIKE_A_START_CODE, b"\x4e\x01")
    reader = H265Depacketizer([b"\x40\x01\x0c\x01", b"\x42\x01\x01", b"\x44\x01\xc0"])
    reader.push(signed, 0, len(signed), False, 3000)
    assert b"".join(reader._pictures.parts) == join_length_prefixed([signed])


@given(st.binary(max_size=700))
def test_every_sei_is_whole_whatever_is_in_it(payload: bytes) -> None:
    assert is_whole_sei(sei(payload))


@given(st.binary(min_size=1, max_size=300))
def test_no_bytes_break_the_question(data: bytes) -> None:
    is_whole_sei(data)
    is_whole_sei(data, 2)
    sei_messages(data)


@pytest.mark.parametrize("nal", [AUD, SPS, sei(b"cut short")[:-3], sei(b"a") + b"\0\0\1\x65\x88"])
def test_what_does_not_end_with_its_messages_is_not_whole(nal: bytes) -> None:
    assert not is_whole_sei(nal)
