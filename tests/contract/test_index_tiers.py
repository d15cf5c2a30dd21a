"""Which store has a segment, on SQLite and PostgreSQL."""

from __future__ import annotations

import pytest

from storage.index import Index, NewCamera, NewStream
from storage.index.receipts import MOVED
from tests.fakes.segments import NINE, segment
from vms.core.model import Stream, StreamRole
from vms.core.walltime import DAY, MINUTE, TimeRange, WallTime

BEGINNING = WallTime(0)
LATER = WallTime(NINE + 100 * DAY)
EVER = TimeRange(BEGINNING, LATER)


@pytest.fixture
async def stream(index: Index) -> Stream:
    """Five minutes, a hole of three days, and five more."""
    streams = (NewStream(StreamRole.MAIN, "rtsp://gate/1"),)
    stream = (await index.cameras.add(NewCamera("Gate", streams=streams))).streams[0]
    for number in range(10):
        at = 60.0 * number + (3 * 86_400 if number >= 5 else 0)
        await index.segments.add(segment(stream, number, at=at))
    return stream


async def due(index: Index, stream: Stream, since: WallTime, before: WallTime) -> list[int]:
    found = await index.tiers.due(stream.id, since, before, 100, LATER)
    return [outline.sequence for outline in found]


async def tiers(index: Index, stream: Stream) -> list[int]:
    return [each.tier for each in await index.segments.between(stream.id, EVER)]


async def test_what_ended_before_is_due_from_where_one_was(index: Index, stream: Stream) -> None:
    third = WallTime(NINE + 3 * MINUTE)
    assert await due(index, stream, BEGINNING, third) == [0, 1, 2]
    assert await due(index, stream, WallTime(third - 1), WallTime(third + 1)) == []
    assert await due(index, stream, WallTime(NINE + 1), third) == [1, 2]
    assert await due(index, stream, BEGINNING, NINE) == []


async def test_a_hole_of_days_is_stepped_over(index: Index, stream: Stream) -> None:
    assert await due(index, stream, WallTime(NINE + 5 * MINUTE), LATER) == [5, 6, 7, 8, 9]
    assert await due(index, stream, LATER, WallTime(LATER + DAY)) == []


async def test_what_moved_is_read_elsewhere_and_its_old_object_is_garbage_there(
    index: Index, stream: Stream
) -> None:
    some = await index.tiers.due(stream.id, BEGINNING, LATER, 2, LATER)
    moved = await index.tiers.moved(stream.id, some, 1, LATER)
    assert [each.sequence for each in moved] == [0, 1]
    assert await tiers(index, stream) == [1, 1, *[0] * 8]
    assert [(each.key, each.tier, each.why) for each in await index.garbage.list(9)] == [
        (each.key, 0, MOVED) for each in some
    ]
    assert await due(index, stream, BEGINNING, WallTime(NINE + 3 * MINUTE)) == [2]


async def test_what_is_not_in_that_store_any_more_is_left(index: Index, stream: Stream) -> None:
    some = await index.tiers.due(stream.id, BEGINNING, LATER, 3, LATER)
    await index.garbage.take(stream.id, some[:1], why="age", now=LATER)
    assert len(await index.tiers.moved(stream.id, some[:2], 1, LATER)) == 1
    assert [each.sequence for each in await index.tiers.moved(stream.id, some, 1, LATER)] == [2]
    assert await tiers(index, stream) == [1, 1, *[0] * 7]
    assert len(await index.garbage.list(9)) == 3


async def test_a_moved_segment_can_go_while_its_first_object_still_waits(
    index: Index, stream: Stream
) -> None:
    """Both are garbage then, each of its own store."""
    some = await index.tiers.due(stream.id, BEGINNING, LATER, 1, LATER)
    await index.tiers.moved(stream.id, some, 1, LATER)
    gone = (await index.segments.oldest(stream.id, 1))[0]
    assert gone.tier == 1
    await index.garbage.take(stream.id, [gone], why="age", now=LATER)
    assert sorted((each.tier, each.why) for each in await index.garbage.list(9)) == [
        (0, MOVED),
        (1, "age"),
    ]
    assert [each.tier for each in await index.garbage.list(9, without={0})] == [1]
    assert [each.tier for each in await index.garbage.list(9, without={1, 2})] == [0]
