import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vms.core.errors import Corrupt
from vms.core.media.nal import (
    join_annex_b,
    join_length_prefixed,
    split_annex_b,
    split_length_prefixed,
    unescape,
)


def test_annex_b_is_split_at_three_and_four_byte_start_codes() -> None:
    data = b"\0\0\0\x01\x67abc\0\0\x01\x68d\0\0\0\x01\x65e"

    assert split_annex_b(data) == [b"\x67abc", b"\x68d", b"\x65e"]


def test_bytes_before_the_first_start_code_are_no_nal_unit() -> None:
    assert split_annex_b(b"junk\0\0\x01\x65x") == [b"\x65x"]
    assert split_annex_b(b"junk") == []


@given(st.lists(st.binary(max_size=50)))
def test_length_prefixed_units_come_back_as_they_were(nals: list[bytes]) -> None:
    assert split_length_prefixed(join_length_prefixed(nals)) == nals


@given(st.lists(st.binary(min_size=1, max_size=20).map(lambda b: b.replace(b"\0", b"x"))))
def test_annex_b_units_come_back_as_they_were(nals: list[bytes]) -> None:
    assert split_annex_b(join_annex_b(nals)) == nals


@pytest.mark.parametrize("data", [b"\0\0\0", b"\0\0\0\x05abcd", b"\xff\xff\xff\xffab"])
def test_a_length_that_does_not_add_up_is_corrupt(data: bytes) -> None:
    with pytest.raises(Corrupt):
        split_length_prefixed(data)


@given(st.binary(max_size=200))
def test_any_bytes_split_or_are_corrupt(data: bytes) -> None:
    split_annex_b(data)
    with contextlib.suppress(Corrupt):
        assert join_length_prefixed(split_length_prefixed(data)) == data


def test_emulation_prevention_is_removed_also_at_the_end_and_twice() -> None:
    assert unescape(b"\x67\0\0\x03\x01\0\0\x03\0\0\x03") == b"\x67\0\0\x01\0\0\0\0"


@given(st.binary(max_size=60))
def test_escaping_as_an_encoder_does_is_undone(payload: bytes) -> None:
    escaped = bytearray()
    zeros = 0
    for byte in payload:
        if zeros >= 2 and byte <= 3:
            escaped.append(3)
            zeros = 0
        escaped.append(byte)
        zeros = zeros + 1 if byte == 0 else 0

    assert unescape(bytes(escaped)) == payload
