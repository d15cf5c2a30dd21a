"""The list of damaged segments and the census of rows, on SQLite and PostgreSQL."""

from __future__ import annotations

from dataclasses import replace

import pytest

from storage.index import Index, NewCamera, NewStream
from storage.index.census import START
from storage.index.damage import Damage
from storage.index.values import Outline
from tests.fakes.segments import NINE, segment
from vms.core.model import Segment, Stream, StreamRole
from vms.core.walltime import MINUTE, TimeRange, WallTime


@pytest.fixture
async def streams(index: Index) -> tuple[Stream, Stream]:
    made = [
        await index.cameras.add(
            NewCamera(name, streams=(NewStream(StreamRole.MAIN, f"rtsp://{name}/1"),))
        )
        for name in ("Gate", "Yard")
    ]
    return made[0].streams[0], made[1].streams[0]


def outline(one: Segment) -> Outline:
    of = (one.camera_id, one.stream_id, one.epoch, one.sequence)
    return Outline(*of, one.range, one.size, one.tier, one.sha256)


def damage(stream: Stream, sequence: int, kind: str = "hash", *, found: int = 0) -> Damage:
    here = replace(outline(segment(stream, sequence)), size=0, sha256=None)
    return Damage(here, kind, WallTime(NINE + found), "as it was told")


async def test_damage_is_listed_newest_found_first_and_by_camera(
    index: Index, streams: tuple[Stream, Stream]
) -> None:
    gate, yard = streams
    given = [damage(gate, 0, found=1), damage(yard, 1, found=3), damage(gate, 2, found=2)]
    for one in given:
        assert await index.damage.note(one)
    assert await index.damage.count() == 3
    assert await index.damage.list(10) == [given[1], given[2], given[0]]
    assert await index.damage.list(1, offset=1) == [given[2]]
    assert await index.damage.list(10, camera_ids={gate.camera_id}) == [given[2], given[0]]
    assert await index.damage.list(10, camera_ids=()) == []


async def test_damage_keeps_its_first_time_and_takes_the_newest_words(
    index: Index, streams: tuple[Stream, Stream]
) -> None:
    await index.damage.note(damage(streams[0], 0, "hash", found=1))
    assert not await index.damage.note(damage(streams[0], 0, "missing", found=9))
    assert await index.damage.list(10) == [damage(streams[0], 0, "missing", found=1)]


async def test_damage_is_found_by_time(index: Index, streams: tuple[Stream, Stream]) -> None:
    gate, yard = streams
    for one in (damage(gate, 0), damage(gate, 5), damage(yard, 0)):
        await index.damage.note(one)
    first = TimeRange(NINE, WallTime(NINE + MINUTE))
    assert await index.damage.between([gate.id, yard.id], first) == [
        damage(gate, 0),
        damage(yard, 0),
    ]
    assert await index.damage.between([gate.id], first) == [damage(gate, 0)]


async def test_what_is_well_is_cleared_and_what_left_the_archive_forgotten(
    index: Index, streams: tuple[Stream, Stream]
) -> None:
    gate, _ = streams
    for sequence in range(3):
        await index.segments.add(segment(gate, sequence))
        await index.damage.note(damage(gate, sequence))
    assert await index.damage.clear([outline(segment(gate, 0))]) == 1
    assert await index.damage.clear([outline(segment(gate, 0))]) == 0
    gone = [outline(segment(gate, 1))]
    await index.garbage.take(gate.id, gone, why="age", now=WallTime(NINE))
    assert await index.damage.forget_gone() == 1
    assert await index.damage.list(10) == [damage(gate, 2)]


async def test_the_census_gives_every_row_once_in_pages(
    index: Index, streams: tuple[Stream, Stream]
) -> None:
    gate, yard = streams
    made = [segment(each, sequence) for each in streams for sequence in range(5)]
    await index.segments.add_many(made)
    found, place = [], START
    while page := await index.census.behind(place, 3):
        found += page
        place = (page[-1].outline.stream_id, page[-1].outline.range.start)
    assert [one.outline.key for one in found] == [one.key for one in made]
    assert [one.sha256 for one in found] == [one.sha256 for one in made]
    (last,) = await index.census.of_stream(yard.id, made[-2].range.start, tables=True)
    assert (last.outline.key, last.groups) == (made[-1].key, made[-1].gops)
    assert await index.census.streams() == {gate.id: gate.camera_id, yard.id: yard.camera_id}


async def test_a_segment_is_there_or_condemned_in_its_own_tier(
    index: Index, streams: tuple[Stream, Stream]
) -> None:
    gate, _ = streams
    await index.segments.add(segment(gate, 0))
    hot = outline(segment(gate, 0))
    cold = replace(hot, tier=1)
    assert await index.census.there(hot)
    assert not await index.census.condemned(hot)
    await index.segments.set_tier(hot, 1)
    assert [await index.census.there(each) for each in (hot, cold)] == [False, True]
    assert [await index.census.condemned(each) for each in (hot, cold)] == [True, False]
    assert await index.census.twice() == []
    assert await index.census.deleted(gate.id) == []
    assert [each.key for each in await index.census.garbage_of(gate.id, 0)] == [hot.key]
    assert await index.census.garbage_of(gate.id, 1) == []
