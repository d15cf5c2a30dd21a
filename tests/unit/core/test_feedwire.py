from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vms.core.errors import Corrupt
from vms.core.feedwire import (
    LONGEST_FRAME,
    FeedWriter,
    FrameKind,
    FrameReader,
    UnitReader,
    frame,
    json_frame,
)
from vms.core.media.access_unit import AUDIO, VIDEO, AccessUnit, Codec, TrackFormat
from vms.core.walltime import WallTime

H264 = TrackFormat(Codec.H264, 90_000, (b"\x67\x42", b"\x68\xce"), width=640, height=360)
AAC = TrackFormat(Codec.AAC, 16_000, channels=1, sample_rate=16_000, config=b"\x14\x08")

units = st.builds(
    lambda video, pts, wall, key, data: AccessUnit(
        VIDEO if video else AUDIO, pts, WallTime(wall), key, data, H264 if video else AAC
    ),
    st.booleans(),
    st.integers(-(2**40), 2**40),
    st.integers(0, 2**52),
    st.booleans(),
    st.binary(max_size=300),
)


def units_of(stream: bytes, piece: int) -> list[AccessUnit]:
    frames, unit_reader = FrameReader(), UnitReader()
    read = (
        unit_reader.read(kind, payload)
        for start in range(0, len(stream), piece)
        for kind, payload in frames.feed(stream[start : start + piece])
    )
    return [unit for unit in read if unit is not None]


@given(st.lists(units, max_size=8), st.integers(1, 64))
def test_units_arrive_as_they_were_sent_however_the_network_cuts_them(
    sent: list[AccessUnit], piece: int
) -> None:
    writer = FeedWriter()
    assert units_of(b"".join(map(writer.write, sent)), piece) == sent


def test_a_format_is_sent_once() -> None:
    writer = FeedWriter()
    unit = AccessUnit(VIDEO, 0, WallTime(0), True, b"x", H264)
    assert len(writer.write(unit)) > len(writer.write(unit))


@given(st.binary(max_size=400))
def test_garbage_is_corrupt_or_incomplete_and_nothing_else(data: bytes) -> None:
    reader, unit_reader = FrameReader(), UnitReader()
    try:
        for kind, payload in reader.feed(data):
            unit_reader.read(kind, payload)
    except Corrupt:
        pass


def test_an_endless_frame_is_refused_before_it_is_buffered() -> None:
    with pytest.raises(Corrupt):
        list(FrameReader().feed(struct.pack(">IB", LONGEST_FRAME + 1, FrameKind.UNIT)))


def test_a_unit_without_its_format_is_corrupt() -> None:
    payload = struct.pack(">BBBqq", 1, 1, 0, 0, 0)
    with pytest.raises(Corrupt):
        UnitReader().read(FrameKind.UNIT, payload)


@pytest.mark.parametrize("kind", list(FrameKind))
def test_an_empty_frame_where_a_unit_should_be_is_corrupt(kind: FrameKind) -> None:
    with pytest.raises(Corrupt):
        UnitReader().read(kind, b"")


def test_a_json_frame_is_a_frame() -> None:
    (kind, payload), *rest = FrameReader().feed(json_frame(FrameKind.END, {"error": ""}))
    assert (kind, payload, rest) == (FrameKind.END, b'{"error": ""}', [])
    assert frame(FrameKind.BYTES, b"abc")[-3:] == b"abc"
