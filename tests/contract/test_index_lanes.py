"""What a timeline reads of many streams at once, on SQLite and PostgreSQL."""

from __future__ import annotations

from dataclasses import replace

import pytest

from storage.index import Index, NewCamera, NewStream
from storage.timeline import EventMark, GapMark, Recorded
from tests.fakes.segments import NINE, segment
from vms.core.model import Camera, Cause, Gap, GopEntry, Stream, StreamRole
from vms.core.walltime import HOUR, MINUTE, SECOND, TimeRange, WallTime


def at(seconds: float) -> WallTime:
    return WallTime(NINE + round(seconds * SECOND))


def span(start: float, end: float) -> TimeRange:
    return TimeRange(at(start), at(end))


@pytest.fixture
async def cameras(index: Index) -> list[Camera]:
    return [
        await index.cameras.add(
            NewCamera(name, streams=(NewStream(StreamRole.MAIN, f"rtsp://{name}/1"),))
        )
        for name in ("gate", "yard")
    ]


@pytest.fixture
def streams(cameras: list[Camera]) -> list[Stream]:
    return [camera.streams[0] for camera in cameras]


async def test_gaps_of_several_streams_come_with_their_words(
    index: Index, streams: list[Stream]
) -> None:
    gate, yard = streams
    await index.gaps.add(Gap(gate.id, at(0), at(10), Cause.STALLED, "no video"))
    await index.gaps.add(Gap(gate.id, at(50), at(90), Cause.CLOSED))
    await index.gaps.open(Gap(yard.id, at(40), None, Cause.UNREACHABLE, "no route"))
    ids = [gate.id, yard.id, 999]
    found = await index.lanes.gaps(ids, span(10, 60), most=10, pixel_micros=SECOND)
    assert found == {
        gate.id: [GapMark(at(50), at(90), Cause.CLOSED)],
        yard.id: [GapMark(at(40), None, Cause.UNREACHABLE, "no route")],
        999: [],
    }


async def test_too_many_gaps_are_joined_by_pixel_and_cause(
    index: Index, streams: list[Stream]
) -> None:
    gate, _ = streams
    for number in range(10):
        cause = Cause.STALLED if number % 2 else Cause.CLOSED
        await index.gaps.add(Gap(gate.id, at(number * 6), at(number * 6 + 2), cause, "again"))
    await index.gaps.open(Gap(gate.id, at(58), None, Cause.STALLED, "and now"))
    found = await index.lanes.gaps([gate.id], span(0, 60), most=5, pixel_micros=30 * SECOND)
    assert found[gate.id] == [
        GapMark(at(0), at(26), Cause.CLOSED, count=3),
        GapMark(at(6), at(20), Cause.STALLED, count=2),
        GapMark(at(30), at(56), Cause.STALLED, count=3),
        GapMark(at(36), at(50), Cause.CLOSED, count=2),
        GapMark(at(58), None, Cause.STALLED, "and now"),
    ]


async def test_bytes_are_told_by_segment_and_by_group(index: Index, streams: list[Stream]) -> None:
    gate, yard = streams
    groups = (GopEntry(0, 20 * SECOND, 10, 300, 5), GopEntry(20 * SECOND, 40 * SECOND, 310, 690, 5))
    await index.segments.add(replace(segment(gate, 0), gops=groups))
    await index.segments.add(segment(gate, 2))
    ids = [gate.id, yard.id]
    whole = await index.lanes.recorded(ids, span(30, 130), groups=False)
    assert whole == {
        gate.id: [Recorded(at(0), MINUTE, 1000), Recorded(at(120), MINUTE, 1000)],
        yard.id: [],
    }
    fine = await index.lanes.recorded(ids, span(30, 100), groups=True)
    assert fine[gate.id] == [
        Recorded(at(0), 20 * SECOND, 300),
        Recorded(at(20), 40 * SECOND, 690),
    ]
    assert await index.lanes.recorded([gate.id], span(60, 120), groups=False) == {gate.id: []}


async def test_hours_are_summed_by_bucket(index: Index, streams: list[Stream]) -> None:
    gate, yard = streams
    for number, minute in enumerate((0, 30, 70, 185)):
        await index.segments.add(segment(gate, number, at=60 * minute))
    found = await index.lanes.hours(
        [gate.id, yard.id], TimeRange(at(0), WallTime(at(0) + 6 * HOUR)), bucket_micros=2 * HOUR
    )
    assert found == {
        gate.id: [
            Recorded(at(0), 3 * MINUTE, 3000),
            Recorded(WallTime(at(0) + 2 * HOUR), MINUTE, 1000),
        ],
        yard.id: [],
    }


async def test_events_of_a_kind_in_a_pixel_are_one(index: Index, cameras: list[Camera]) -> None:
    gate, yard = cameras
    for seconds, kind in ((0, "motion"), (3, "motion"), (4, "line"), (12, "motion"), (60, "line")):
        await index.events.add(gate.id, at(seconds), kind)
    found = await index.lanes.events([gate.id, yard.id], span(0, 60), pixel_micros=10 * SECOND)
    assert found == {
        gate.id: [
            EventMark(at(0), "motion", 2),
            EventMark(at(4), "line"),
            EventMark(at(12), "motion"),
        ],
        yard.id: [],
    }


async def test_what_lies_beside_an_instant(index: Index, streams: list[Stream]) -> None:
    gate, yard = streams
    for number, begin in enumerate((0, 60, 300)):
        await index.segments.add(segment(gate, number, at=begin))
    near = [span(0, 120), span(300, 360)]
    for seconds in (-5, 30, 130, 310, 900):
        assert await index.lanes.near(gate.id, at(seconds)) == near
    assert await index.lanes.near(yard.id, at(0)) == []


async def test_a_stream_tells_its_camera_even_when_that_is_removed(
    index: Index, cameras: list[Camera]
) -> None:
    gate, yard = cameras
    await index.cameras.remove(gate.id)
    ids = [gate.streams[0].id, yard.streams[0].id, 999]
    expected = {gate.streams[0].id: gate.id, yard.streams[0].id: yard.id}
    assert await index.lanes.cameras_of(ids) == expected


async def test_some_cameras_are_read_at_once(index: Index, cameras: list[Camera]) -> None:
    gate, yard = cameras
    assert await index.cameras.some([gate.id, yard.id, 999]) == {gate.id: gate, yard.id: yard}
    await index.cameras.remove(gate.id)
    assert await index.cameras.some([gate.id, yard.id]) == {yard.id: yard}
