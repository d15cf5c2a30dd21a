"""Access units become RTP packets and back."""

from __future__ import annotations

import struct
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vms.core.media.access_unit import Codec
from vms.demo.packets import LONGEST_PAYLOAD, Packets, audio_packets, video_packets


@dataclass(frozen=True)
class Rtp:
    channel: int
    marker: bool
    payload_type: int
    sequence: int
    timestamp: int
    ssrc: int
    payload: bytes


def parsed(packets: Packets, channel: int = 2, sequence: int = 65_534) -> list[Rtp]:
    """Read the interleaved frames back with nothing but the RFCs."""
    data, found = packets.patched(channel, sequence, 0xFEDC_BA98, 0x0102_0304).tobytes(), []
    while data:
        magic, at, size = struct.unpack(">cBH", data[:4])
        assert magic == b"$"
        first, second, number, stamp, ssrc = struct.unpack(">BBHII", data[4:16])
        assert first == 0x80
        payload = data[16 : 4 + size]
        found.append(Rtp(at, second > 127, second & 0x7F, number, stamp, ssrc, payload))
        data = data[4 + size :]
    return found


def h264(payloads: list[bytes]) -> list[bytes]:
    nals: list[bytes] = []
    for payload in payloads:
        if payload[0] & 0x1F != 28:
            nals.append(payload)
        elif payload[1] & 0x80:
            nals.append(bytes(((payload[0] & 0xE0) | (payload[1] & 0x1F),)) + payload[2:])
        else:
            nals[-1] += payload[2:]
    return nals


def h265(payloads: list[bytes]) -> list[bytes]:
    nals: list[bytes] = []
    for payload in payloads:
        if payload[0] >> 1 & 0x3F != 49:
            nals.append(payload)
        elif payload[2] & 0x80:
            head = (payload[0] & 0x81) | (payload[2] & 0x3F) << 1
            nals.append(bytes((head, payload[1])) + payload[3:])
        else:
            nals[-1] += payload[3:]
    return nals


sizes = st.lists(st.integers(1, 6000), min_size=1, max_size=4)


@given(sizes)
def test_h264_nal_units_come_back(lengths: list[int]) -> None:
    nals = [bytes((0x65,)) + bytes(index % 256 for index in range(n)) for n in lengths]
    found = parsed(video_packets(Codec.H264, nals))
    assert h264([packet.payload for packet in found]) == nals
    assert max(len(packet.payload) for packet in found) <= LONGEST_PAYLOAD


@given(sizes)
def test_h265_nal_units_come_back(lengths: list[int]) -> None:
    nals = [bytes((0x26, 0x01)) + bytes(index % 256 for index in range(n)) for n in lengths]
    found = parsed(video_packets(Codec.H265, nals))
    assert h265([packet.payload for packet in found]) == nals


def test_numbers_wrap_and_only_the_last_packet_has_the_marker() -> None:
    found = parsed(video_packets(Codec.H264, [b"\x67ab", b"\x68c", b"\x65" * 3000]))
    assert [packet.sequence for packet in found] == [65_534, 65_535, 0, 1, 2]
    assert [packet.marker for packet in found] == [False] * 4 + [True]
    assert {(p.channel, p.timestamp, p.ssrc, p.payload_type) for p in found} == {
        (2, 0xFEDC_BA98, 0x0102_0304, 96)
    }


def test_two_clients_do_not_share_what_was_patched() -> None:
    packets = video_packets(Codec.H264, [b"\x65" * 2000])
    one, other = packets.patched(0, 1, 1, 1), packets.patched(0, 2, 2, 2)
    assert not (one == other).all()


def test_an_aac_frame_has_its_size_before_it() -> None:
    (packet,) = parsed(audio_packets(Codec.AAC, b"x" * 300))
    assert struct.unpack(">HH", packet.payload[:4]) == (16, 300 << 3)
    assert packet.payload[4:] == b"x" * 300
    assert packet.marker


@pytest.mark.parametrize(("codec", "number"), [(Codec.PCMA, 8), (Codec.PCMU, 0)])
def test_g711_goes_as_it_is(codec: Codec, number: int) -> None:
    (packet,) = parsed(audio_packets(codec, b"y" * 320))
    assert (packet.payload_type, packet.payload) == (number, b"y" * 320)
