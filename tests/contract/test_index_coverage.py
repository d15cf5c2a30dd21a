"""What is kept beside the segments, against what they add up to, over random histories; on SQLite
and PostgreSQL."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace

import pytest

from storage.index import HourRow, Index, NewCamera, NewStream, Outline, Used
from storage.index.spansums import hours_of
from storage.mending import mend
from tests.fakes.segments import NINE, segment
from vms.core.errors import Conflict
from vms.core.model import Segment, Stream, StreamRole
from vms.core.walltime import DAY, HOUR, MINUTE, TimeRange, WallTime, merge

FIRST = WallTime(20_000 * DAY)
SPAN = TimeRange(FIRST, WallTime(FIRST + 3 * DAY))
NOW = WallTime(FIRST + 100 * DAY)
LENGTHS = (MINUTE, 20 * MINUTE, HOUR, 3 * HOUR)
"""Long ones too: they are found by another way."""


@dataclass
class World:
    """The index, and what must be in it."""

    index: Index
    streams: list[Stream]
    dice: random.Random
    there: dict[int, list[Segment]] = field(default_factory=dict)
    made: int = 0

    def its(self, stream: Stream) -> list[Segment]:
        return self.there.setdefault(stream.id, [])

    def new(self, stream: Stream) -> Segment:
        """Somewhere; most often right behind another."""
        self.made += 1
        length = self.dice.choice(LENGTHS)
        if self.its(stream) and self.dice.random() < 0.6:
            start = self.dice.choice(self.its(stream)).range.end
        else:
            start = WallTime(self.dice.randrange(SPAN.start, SPAN.end - length, MINUTE))
        made = segment(stream, self.made, epoch=self.made)
        size = self.dice.randrange(1, 5000)
        return replace(made, range=TimeRange(start, WallTime(start + length)), size=size)

    def fits(self, new: list[Segment]) -> bool:
        every = [each for its in self.there.values() for each in its] + new
        return not any(
            one.stream_id == other.stream_id and one.range.overlaps(other.range)
            for number, one in enumerate(every)
            for other in every[:number]
        )

    async def add(self) -> None:
        new = [self.new(self.dice.choice(self.streams)) for _ in range(self.dice.choice((1, 1, 4)))]
        if self.fits(new):
            await self.index.segments.add_many(new)
            for each in new:
                self.there[each.stream_id].append(each)
        else:
            with pytest.raises(Conflict):
                await self.index.segments.add_many(new)

    async def take(self) -> None:
        stream = self.dice.choice(self.streams)
        chosen = [each for each in self.its(stream) if self.dice.random() < 0.4]
        taken = await self.index.garbage.take(stream.id, _outlines(chosen), why="", now=NOW)
        assert {each.key for each in taken} == {each.key for each in chosen}
        self.forget(stream, taken)

    async def take_until(self) -> None:
        stream = self.dice.choice(self.streams)
        horizon = WallTime(self.dice.randrange(SPAN.start, SPAN.end))
        old = sorted(
            (each for each in self.its(stream) if each.range.end <= horizon),
            key=lambda each: each.range.start,
        )[:3]
        taken = await self.index.garbage.take_until(stream.id, horizon, 3, why="", now=NOW)
        assert (taken.segments, taken.size) == (len(old), sum(each.size for each in old))
        self.forget(stream, _outlines(old))

    async def take_day(self) -> None:
        days = await self.index.garbage.days(NOW)
        for day in days[:1]:
            ends = {stream.id: NOW for stream in self.streams}
            taken = await self.index.garbage.take_day(day, ends, why="", now=NOW)
            assert taken is not None
            gone = TimeRange(day, WallTime(day + DAY))
            for stream in self.streams:
                its = [each for each in self.its(stream) if each.range.start in gone]
                self.forget(stream, _outlines(its))

    def forget(self, stream: Stream, gone: list[Outline]) -> None:
        keys = {each.key for each in gone}
        self.there[stream.id] = [each for each in self.its(stream) if each.key not in keys]

    async def judge(self) -> None:
        for stream in self.streams:
            await self._judge(stream, sorted(self.its(stream), key=lambda each: each.range.start))
        assert await self.index.segments.used() == {
            stream: Used(
                sum(each.size for each in its),
                min(each.range.start for each in its),
                max(each.range.end for each in its),
            )
            for stream, its in self.there.items()
            if its
        }

    async def _judge(self, stream: Stream, its: list[Segment]) -> None:
        found, segments = self.index.segments, stream.id
        spans = merge(each.range for each in its)
        assert await found.coverage(segments, SPAN) == [
            cut for cut in (each.intersection(SPAN) for each in spans) if cut is not None
        ]
        pieces = [(segments, each.range, each.size) for each in its]
        assert await found.hours([segments], SPAN) == hours_of(pieces)
        assert await found.last(segments) == (its[-1] if its else None)
        assert [each.key for each in await found.oldest(segments, 5)] == [e.key for e in its[:5]]
        at = WallTime(self.dice.randrange(SPAN.start, SPAN.end))
        behind = [each for each in its if each.range.end > at]
        assert await found.following(segments, at) == (behind[0] if behind else None)
        part = TimeRange(at, WallTime(at + 5 * HOUR))
        overlapping = [each for each in its if each.range.overlaps(part)]
        assert await found.between(segments, part) == overlapping
        nearest = await found.nearest(segments, at)
        assert nearest == _nearest(spans, at)


def _outlines(some: list[Segment]) -> list[Outline]:
    return [
        Outline(each.camera_id, each.stream_id, each.epoch, each.sequence, each.range, each.size)
        for each in some
    ]


def _nearest(spans: list[TimeRange], at: WallTime) -> WallTime | None:
    if any(at in span for span in spans):
        return at
    sides = [side for span in spans for side in (span.start, WallTime(span.end - 1))]
    return min(sides, key=lambda side: (abs(side - at), side), default=None)


@pytest.mark.parametrize("seed", range(3))
async def test_coverage_and_hours_are_what_the_segments_add_up_to(index: Index, seed: int) -> None:
    new = NewCamera("Gate", streams=(NewStream(StreamRole.MAIN, "rtsp://gate/1"),))
    streams = [(await index.cameras.add(new)).streams[0] for _ in range(3)]
    world = World(index, streams, random.Random(seed))
    steps = [world.add] * 6 + [world.take, world.take_until]
    for number in range(40):
        step = world.dice.choice(steps) if number != 30 else world.take_day
        await step()
        if number % 4 == 3:
            await world.judge()
    assert not any([await index.segments.recount(stream.id) for stream in streams])


async def test_a_recount_sets_right_what_an_older_program_left_out(index: Index) -> None:
    new = NewCamera("Gate", streams=(NewStream(StreamRole.MAIN, "rtsp://gate/1"),))
    (stream,) = (await index.cameras.add(new)).streams
    await index.segments.add_many([segment(stream, number) for number in (0, 1, 5)])
    whole = TimeRange(WallTime(0), WallTime(1 << 60))
    spans, hours = (
        await index.segments.coverage(stream.id, whole),
        await index.segments.hours([stream.id], whole),
    )
    async with index.segments._database.write() as connection:
        await connection.exec_driver_sql("DELETE FROM coverage")
        await connection.exec_driver_sql("UPDATE hours SET size_bytes = 1")
    assert await index.segments.recount(stream.id)
    assert await index.segments.coverage(stream.id, whole) == spans
    assert await index.segments.hours([stream.id], whole) == hours
    assert hours == [HourRow(stream.id, hours[0].hour, 3 * MINUTE, 3000)]
    assert not await index.segments.recount(stream.id)


async def test_many_at_once_are_all_or_none(index: Index) -> None:
    new = NewCamera("Gate", streams=(NewStream(StreamRole.MAIN, "rtsp://gate/1"),))
    one, other = [(await index.cameras.add(new)).streams[0] for _ in range(2)]
    await index.segments.add(segment(one, 3))
    clash = segment(one, 9, at=190, epoch=1)
    with pytest.raises(Conflict):
        await index.segments.add_many([segment(other, 0), clash])
    assert await index.segments.last(other.id) is None
    with pytest.raises(Conflict, match="two segments"):
        await index.segments.add_many([segment(other, 0), segment(other, 7, at=59, epoch=1)])
    await index.segments.add_many([segment(other, 0), segment(one, 3), segment(one, 4)])
    assert await index.segments.last(one.id) == segment(one, 4)
    assert await index.segments.last(other.id) == segment(other, 0)


async def test_streams_that_an_older_program_wrote_or_deleted_are_found_and_mended(
    index: Index,
) -> None:
    new = NewCamera("Gate", streams=(NewStream(StreamRole.MAIN, "rtsp://gate/1"),))
    streams = [(await index.cameras.add(new)).streams[0] for _ in range(4)]
    now = WallTime(NINE + 3 * DAY)
    assert await mend(index, now) == []
    await index.segments.add_many([segment(each, n) for each in streams for n in range(3)])
    assert await mend(index, now) == []
    fine, wrote, deleted, all_deleted = streams
    async with index.segments._database.write() as connection:
        for this in (
            f"DELETE FROM hours WHERE stream_id = {wrote.id}",
            f"DELETE FROM coverage WHERE stream_id = {wrote.id}",
            f"DELETE FROM segments WHERE stream_id = {deleted.id} AND sequence = 1",
            f"DELETE FROM segments WHERE stream_id = {all_deleted.id}",
        ):
            await connection.exec_driver_sql(this)
    assert await mend(index, now) == [wrote.id, deleted.id, all_deleted.id]
    assert await mend(index, now) == []
    spans = await index.segments.coverage_many([each.id for each in streams], FIRST_TO_END)
    assert [len(spans[each.id]) for each in (fine, wrote, deleted, all_deleted)] == [1, 1, 2, 0]


FIRST_TO_END = TimeRange(WallTime(0), WallTime(1 << 60))
