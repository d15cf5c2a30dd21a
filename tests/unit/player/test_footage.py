"""Archive and tail as one, and finding pictures in them."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from dataclasses import astuple, replace

import pytest

from player.footage import Footage
from player.reader import Place, Reader
from recorder.broadcast import Broadcast
from recorder.feed import Feed, open_feed, tail_entry
from tests.fakes.bus import FakeBus
from tests.fakes.clock import HandClock
from tests.fakes.footage import FakeArchive, FakeTail, segments_of
from tests.fakes.units import START, gop, pictures, unit
from vms.core.errors import NotFound
from vms.core.model import Segment
from vms.core.walltime import SECOND, TimeRange, WallTime

STREAM = 1
ALL = TimeRange(WallTime(START - 3600 * SECOND), WallTime(START + 3600 * SECOND))


def at(seconds: float) -> WallTime:
    return WallTime(START + round(seconds * SECOND))


class World:
    """Half a minute of pictures in segments of ten seconds; those from `split` on still in the
    recorder's hands, where the feed serves them."""

    def __init__(self, split: int) -> None:
        self.bus, self.archive, self.tail = FakeBus(), FakeArchive(), FakeTail()
        self.made = segments_of(pictures(30), segment_seconds=10)
        self.archive.keep(self.made[:split])
        self.tail.held = self.made[split:]
        self.footage = Footage(self.archive, self.bus)
        self.reader = Reader(self.footage, 1 << 20)

    def feed(self) -> AbstractAsyncContextManager[Feed]:
        return open_feed("127.0.0.1", self.tail, HandClock())


def names(segments: list[Segment]) -> list[int]:
    return [segment.sequence for segment in segments]


async def test_archive_and_tail_follow_one_another_without_overlap() -> None:
    world = World(split=2)
    world.tail.held = world.made[1:]  # one of them is in the archive already
    async with world.feed() as feed, feed.offer(STREAM, Broadcast(), world.bus):
        found = await world.footage.segments(STREAM, ALL)
        assert names(found) == [segment.sequence for segment, _ in world.made]
        assert [bool(segment.sha256) for segment in found][:2] == [True, True]
        assert not found[-1].sha256
        assert await world.footage.spans(STREAM, ALL) == [TimeRange(START, at(30))]


async def test_bytes_of_the_tail_are_read_from_the_recorder() -> None:
    world = World(split=1)
    async with world.feed() as feed, feed.offer(STREAM, Broadcast(), world.bus):
        last = (await world.footage.segments(STREAM, ALL))[-1]
        assert await world.footage.read(last, 0, last.size) == world.made[-1][1]
        assert world.archive.reads == 0


async def test_what_moved_into_the_archive_meanwhile_is_read_there() -> None:
    world = World(split=1)
    async with world.feed() as feed, feed.offer(STREAM, Broadcast(), world.bus):
        last = (await world.footage.segments(STREAM, ALL))[-1]
    world.archive.keep(world.made[1:])
    world.tail.held = []
    assert await world.footage.read(last, 8, 4) == world.made[-1][1][8:12]


async def test_what_is_nowhere_is_not_found() -> None:
    world = World(split=1)
    async with world.feed() as feed, feed.offer(STREAM, Broadcast(), world.bus):
        last = (await world.footage.segments(STREAM, ALL))[-1]
    with pytest.raises(NotFound):
        await world.footage.read(last, 0, 4)


async def test_without_a_recorder_the_archive_is_all_there_is() -> None:
    world = World(split=2)
    assert await world.footage.following(STREAM, at(29)) is None
    found = await world.footage.following(STREAM, at(0))
    assert found is not None
    assert found.range.start == START


async def test_every_moment_is_found_in_its_fragment() -> None:
    world = World(split=99)
    for seconds in (0.0, 0.999, 1.0, 9.99, 10.0, 17.34, 29.99):
        place = await world.reader.find(STREAM, at(seconds))
        assert place is not None
        assert at(seconds) in place.range
    assert await world.reader.find(STREAM, at(30.0)) is None
    first = await world.reader.find(STREAM, at(-100))
    assert first is not None
    assert first.range.start == START


async def test_stepping_from_fragment_to_fragment_meets_every_picture_once() -> None:
    world = World(split=2)
    async with world.feed() as feed, feed.offer(STREAM, Broadcast(), world.bus):
        place = await world.reader.find(STREAM, START)
        walls: list[int] = []
        while place is not None:
            walls += [one.wall for one in await world.reader.units(place)]
            place = await world.reader.next(STREAM, place)
    assert walls == [one.wall for one in pictures(30)]


async def test_an_open_segment_that_grew_goes_on_where_it_ended() -> None:
    world = World(split=2)
    segment, data = world.made[-1]
    ends = Place(segment, 2).range.end
    early = replace(segment, gops=segment.gops[:3], range=TimeRange(segment.range.start, ends))
    world.tail.held = [*world.made[2:-1], (early, data)]
    async with world.feed() as feed, feed.offer(STREAM, Broadcast(), world.bus):
        place = await world.reader.find(STREAM, WallTime(early.range.end - 1))
        assert place is not None
        assert await world.reader.next(STREAM, place) is None
        world.tail.held = world.made[2:]
        grown = await world.reader.next(STREAM, place)
        assert grown is not None
        assert grown.range.start == place.range.end


async def test_a_group_longer_than_a_fragment_is_read_from_its_key_picture() -> None:
    world = World(split=0)
    long_group = [*gop(0, 25), *gop(25, 400), unit(425, key=True), unit(426)]
    world.archive.keep(segments_of(long_group))
    world.tail.held = []
    place = await world.reader.find(STREAM, at(16.5))
    assert place is not None
    assert not (await world.reader.units(place))[0].random_access
    group = await world.reader.group(place)
    assert group[0].wall == at(1.0)


async def test_the_cache_spares_reads_and_keeps_its_bound() -> None:
    world = World(split=99)
    reader = Reader(world.footage, 6000)
    place = await reader.find(STREAM, START)
    assert place is not None
    await reader.units(place)
    reads = world.archive.reads
    await reader.units(place)
    assert world.archive.reads == reads
    for seconds in range(1, 9):
        other = await reader.find(STREAM, at(seconds))
        assert other is not None
        await reader.units(other)
    assert reader._held <= 6000


def test_a_tail_entry_is_what_the_player_reads() -> None:
    segment = segments_of(pictures(3))[0][0]
    assert tail_entry(segment)["gops"] == [list(astuple(entry)) for entry in segment.gops]
