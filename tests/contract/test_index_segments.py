"""Segments in the index, on SQLite and PostgreSQL."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import replace

import pytest

from storage.index import Index, NewCamera, NewStream
from tests.fakes.segments import NINE, segment
from vms.core.errors import Conflict, NotFound, Unavailable
from vms.core.model import Stream, StreamRole
from vms.core.walltime import SECOND, TimeRange, WallTime


def after_nine(start: float, end: float) -> TimeRange:
    return TimeRange(WallTime(NINE + round(start * SECOND)), WallTime(NINE + round(end * SECOND)))


@pytest.fixture
async def stream(index: Index) -> Stream:
    camera = await index.cameras.add(
        NewCamera("Gate", streams=(NewStream(StreamRole.MAIN, "rtsp://gate/1"),))
    )
    return camera.streams[0]


async def test_a_segment_comes_back_as_it_went_in(index: Index, stream: Stream) -> None:
    given = replace(segment(stream, 0), prev_sha256=bytes(32))
    await index.segments.add(given)
    assert await index.segments.last(stream.id) == given


async def test_the_same_segment_twice_is_one(index: Index, stream: Stream) -> None:
    for _ in range(2):
        await index.segments.add(segment(stream, 0))
    assert await index.segments.between(stream.id, after_nine(0, 600)) == [segment(stream, 0)]


async def test_the_same_key_with_another_hash_is_refused(index: Index, stream: Stream) -> None:
    await index.segments.add(segment(stream, 0))
    with pytest.raises(Conflict, match="another hash"):
        await index.segments.add(replace(segment(stream, 0), sha256=bytes(32)))


@pytest.mark.parametrize(("at", "seconds"), [(-30, 31), (0, 60), (10, 20), (59, 60), (-10, 120)])
async def test_a_range_that_touches_another_is_refused(
    index: Index, stream: Stream, at: float, seconds: float
) -> None:
    await index.segments.add(segment(stream, 0, at=0))
    other = segment(stream, 1, at=at, seconds=seconds, epoch=NINE + 1)
    with pytest.raises(Conflict, match="covers part of this time"):
        await index.segments.add(other)
    assert len(await index.segments.between(stream.id, after_nine(-600, 600))) == 1


async def test_a_range_over_two_others_is_refused(index: Index, stream: Stream) -> None:
    await index.segments.add(segment(stream, 0))
    await index.segments.add(segment(stream, 1))
    with pytest.raises(Conflict, match="covers part of this time"):
        await index.segments.add(replace(segment(stream, 0), range=after_nine(0, 90)))


async def test_neighbours_do_not_overlap(index: Index, stream: Stream) -> None:
    for sequence in (1, 0, 2):
        await index.segments.add(segment(stream, sequence))
    found = await index.segments.between(stream.id, after_nine(0, 180))
    assert [each.sequence for each in found] == [0, 1, 2]


async def test_of_two_writers_at_once_with_overlapping_time_one_is_refused(
    index: Index, stream: Stream
) -> None:
    wanted = [segment(stream, 0, at=each, epoch=NINE + each) for each in range(8)]
    results = await asyncio.gather(
        *(index.segments.add(each) for each in wanted), return_exceptions=True
    )
    assert sum(result is None for result in results) == 1
    assert sum(isinstance(result, Conflict) for result in results) == 7


async def test_an_unknown_stream_is_refused(index: Index, stream: Stream) -> None:
    with pytest.raises(NotFound):
        await index.segments.add(segment(replace(stream, id=99), 0))


async def test_a_span_gives_what_overlaps_it_and_nothing_else(index: Index, stream: Stream) -> None:
    for sequence in range(5):
        await index.segments.add(segment(stream, sequence))
    for span, wanted in {
        after_nine(60, 120): [1],
        after_nine(59, 120): [0, 1],
        after_nine(60, 121): [1, 2],
        after_nine(90, 91): [1],
        after_nine(-10, 0): [],
        after_nine(300, 400): [],
        after_nine(-10, 999): [0, 1, 2, 3, 4],
    }.items():
        found = await index.segments.between(stream.id, span)
        assert [each.sequence for each in found] == wanted, span


async def test_following_is_the_one_that_covers_or_the_next(index: Index, stream: Stream) -> None:
    await index.segments.add(segment(stream, 0, at=0))
    await index.segments.add(segment(stream, 1, at=100))
    for seconds, wanted in {-5: 0, 0: 0, 59: 0, 60: 1, 99: 1, 100: 1, 159: 1}.items():
        found = await index.segments.following(stream.id, WallTime(NINE + seconds * SECOND))
        assert found is not None
        assert found.sequence == wanted, seconds
    assert await index.segments.following(stream.id, WallTime(NINE + 160 * SECOND)) is None


async def test_an_empty_stream_has_no_last_segment(index: Index, stream: Stream) -> None:
    assert await index.segments.last(stream.id) is None
    assert await index.segments.coverage(stream.id, after_nine(0, 60)) == []
    assert not await index.segments.any()


async def test_coverage_joins_neighbours_and_is_cut_to_the_span(
    index: Index, stream: Stream
) -> None:
    for at in (0, 60, 120.4, 300, 360):
        await index.segments.add(segment(stream, 0, at=at, epoch=round(NINE + at)))
    covered = index.segments.coverage
    whole = after_nine(0, 999)
    assert await covered(stream.id, whole, slack_micros=SECOND // 2) == [
        after_nine(0, 180.4),
        after_nine(300, 420),
    ]
    assert await covered(stream.id, whole) == [
        after_nine(0, 120),
        after_nine(120.4, 180.4),
        after_nine(300, 420),
    ]
    assert await covered(stream.id, after_nine(30, 310), slack_micros=SECOND) == [
        after_nine(30, 180.4),
        after_nine(300, 310),
    ]
    assert await covered(stream.id, after_nine(200, 290)) == []


async def test_coverage_agrees_with_the_segments_of_any_span(index: Index, stream: Stream) -> None:
    for at in (0, 60, 130, 190, 300):
        await index.segments.add(segment(stream, 0, at=at, epoch=NINE + at))
    for start, end in itertools.combinations(range(-20, 380, 40), 2):
        span = after_nine(start, end)
        parts = [
            each.range.intersection(span) for each in await index.segments.between(stream.id, span)
        ]
        covered = await index.segments.coverage(stream.id, span)
        assert sum(part.micros for part in parts if part) == sum(part.micros for part in covered)


async def test_garbage_leaves_the_archive_and_is_listed_until_dropped(
    index: Index, stream: Stream
) -> None:
    for sequence in range(3):
        await index.segments.add(segment(stream, sequence))
    oldest = await index.segments.oldest(stream.id, 2)
    assert [each.key for each in oldest] == [segment(stream, each).key for each in (0, 1)]

    assert await index.garbage.take(stream.id, oldest, why="", now=NINE) == oldest
    left = await index.segments.between(stream.id, after_nine(0, 999))
    assert [each.sequence for each in left] == [2]
    assert await index.garbage.list(10) == oldest

    await index.garbage.drop(oldest[:1])
    assert await index.garbage.list(10) == oldest[1:]


async def test_what_is_no_longer_a_segment_is_not_taken(index: Index, stream: Stream) -> None:
    await index.segments.add(segment(stream, 0))
    oldest = await index.segments.oldest(stream.id, 1)
    await index.garbage.take(stream.id, oldest, why="", now=NINE)
    assert await index.garbage.take(stream.id, oldest, why="", now=NINE) == []
    assert await index.garbage.list(10) == oldest


async def test_a_segment_whose_object_is_being_deleted_waits(index: Index, stream: Stream) -> None:
    await index.segments.add(segment(stream, 0))
    oldest = await index.segments.oldest(stream.id, 1)
    await index.garbage.take(stream.id, oldest, why="", now=NINE)
    with pytest.raises(Unavailable, match="being deleted"):
        await index.segments.add(segment(stream, 0))
    await index.garbage.drop(oldest)
    await index.segments.add(segment(stream, 0))
