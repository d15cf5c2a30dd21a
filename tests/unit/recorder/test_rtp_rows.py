"""Packets taken in rows become what they become one by one, whatever is wrong with them."""

from __future__ import annotations

from dataclasses import astuple, dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as some

from recorder.rtp.depacketizer import Coded
from recorder.rtp.h264 import H264Depacketizer
from recorder.rtp.h265 import H265Depacketizer
from recorder.rtp.receiver import TrackReceiver
from recorder.rtp.timeline import MediaClock
from recorder.rtsp.protocol import Stream
from tests.fakes.rtp import chopped, fu_a, fu_h265, packet
from tests.fakes.units import H264, encode_pictures
from vms.core.media.access_unit import VIDEO, Codec

PICTURE = {Codec.H264: b"\x65\x88", Codec.H265: b"\x26\x01\x80"}
FORMAT = {
    Codec.H264: H264,
    Codec.H265: encode_pictures(Codec.H265, count=1, gop_pictures=1)[0].format,
}


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to one packet on the way."""

    at: int
    what: str


def receiver(codec: Codec) -> TrackReceiver:
    made = H264Depacketizer if codec is Codec.H264 else H265Depacketizer
    return TrackReceiver(VIDEO, made(FORMAT[codec].parameter_sets), MediaClock(90_000))


def sent(codec: Codec, sizes: list[int], first: int, faults: list[Fault], long: int = 40) -> bytes:
    """Pictures of these sizes in fragments `long` bytes each, interleaved on channel 0."""
    cut = fu_a if codec is Codec.H264 else fu_h265
    packets: list[bytes] = []
    for number, size in enumerate(sizes):
        nal = PICTURE[codec] + bytes((n * 7 + number) & 0xFF for n in range(size))
        pieces = cut(nal, long)
        for at, piece in enumerate(pieces):
            packets.append(
                packet(
                    piece,
                    sequence=first + len(packets),
                    timestamp=(number * 3600) & 0xFFFF_FFFF,
                    marker=at == len(pieces) - 1,
                )
            )
    arriving = [[data] for data in packets]
    for fault in faults:
        at = fault.at % len(packets)
        arriving[at] = spoilt(packets[at], fault.what)
    frames = [b"$\0" + len(data).to_bytes(2, "big") + data for got in arriving for data in got]
    return b"".join(frames)


def spoilt(data: bytes, what: str) -> list[bytes]:
    """What arrives in the place of this packet."""
    changed = bytearray(data)
    if what == "lost":
        return []
    if what == "twice":
        return [data, data]
    if what == "other sender":
        changed[8:12] = b"\0\0\0\x09"
    elif what == "marker":
        changed[1] |= 0x80
    elif what == "timestamp":
        changed[7] ^= 0x55
    elif what == "extension":
        changed[0] |= 0x10
    elif what == "fragment":
        changed[13:15] = b"\xff\xff"
    return [bytes(changed)]


def taken(track: TrackReceiver, pieces: list[bytes], *, rows: bool) -> list[Coded]:
    stream = Stream({0: track.push})
    stream.rows = {0: track.push_row} if rows else {}
    units: list[Coded] = []
    for piece in pieces:
        stream.receive(piece)
        units += track.depacketizer.ready
        track.depacketizer.ready.clear()
    return units


FAULTS = some.builds(
    Fault,
    some.integers(0, 500),
    some.sampled_from(
        ["lost", "twice", "other sender", "marker", "timestamp", "extension", "fragment"]
    ),
)


@given(
    some.sampled_from([Codec.H264, Codec.H265]),
    some.lists(some.integers(1, 3000), min_size=1, max_size=8),
    some.sampled_from([0, 1, 65_500, 65_535]),
    some.sampled_from([1, 2, 40]),
    some.lists(FAULTS, max_size=4),
    some.lists(some.integers(1, 2000), min_size=1, max_size=6),
)
def test_rows_change_nothing(
    codec: Codec, sizes: list[int], first: int, long: int, faults: list[Fault], cuts: list[int]
) -> None:
    pieces = list(chopped(sent(codec, sizes, first, faults, long), cuts))
    one, other = receiver(codec), receiver(codec)
    assert taken(one, pieces, rows=True) == taken(other, pieces, rows=False)
    assert one.depacketizer.dropped == other.depacketizer.dropped
    assert astuple(one.tally) == astuple(other.tally)
    assert one.packets == other.packets
    assert one.reception(1.0) == other.reception(1.0)


@pytest.mark.parametrize("codec", [Codec.H264, Codec.H265])
def test_most_packets_of_a_large_picture_cost_no_call_each(codec: Codec) -> None:
    track, calls = receiver(codec), 0

    def push(data: bytes, start: int, end: int) -> None:
        nonlocal calls
        calls += 1
        track.push(data, start, end)

    stream = Stream({0: push})
    stream.rows = {0: track.push_row}
    stream.receive(sent(codec, [8000], 65_500, []))
    (picture,) = track.depacketizer.ready
    assert len(picture.data) > 8000
    assert track.packets == 201
    assert calls < 8
