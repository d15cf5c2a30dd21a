"""A full spool: who gives way, who is refused, what is said."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable
from pathlib import Path

import pytest

from recorder.errors import SpoolFull
from recorder.segmenter import Segmenter
from recorder.spool import Spool, open_spool
from recorder.spool.room import Room
from tests.fakes.recordings import steps_of
from tests.fakes.segments import segment
from tests.fakes.units import pictures
from vms.core.errors import Exhausted
from vms.core.media.access_unit import AccessUnit
from vms.core.model import Segment, Stream, StreamRole

GATE, YARD, ROOF = (Stream(n, n, StreamRole.MAIN, "rtsp://cam/") for n in (1, 2, 3))


def sealed(stream: Stream, *sequences: int) -> list[Segment]:
    """Minutes of 1,000 bytes each."""
    return [segment(stream, number) for number in sequences]


def room(max_bytes: int, **priorities: int) -> Room:
    made = Room(max_bytes)
    for name, priority in priorities.items():
        made.rank({"gate": 1, "yard": 2, "roof": 3}[name], priority)
    return made


def test_the_least_important_stream_gives_way_its_oldest_first() -> None:
    held = [*sealed(GATE, 0, 1), *sealed(YARD, 0, 1), *sealed(ROOF, 0, 1)]
    chosen = room(6_000, gate=9, yard=1, roof=4).victims(1, 1_500, 6_000, held)

    assert chosen == sealed(YARD, 0, 1)


def test_no_more_goes_than_is_needed() -> None:
    held = [*sealed(YARD, 0, 1, 2, 3)]
    assert room(4_000, gate=9, yard=1).victims(1, 500, 4_000, held) == sealed(YARD, 0)


def test_among_equals_nothing_that_is_recorded_goes() -> None:
    held = [*sealed(GATE, 0), *sealed(YARD, 0)]
    assert room(2_000, gate=5).victims(1, 500, 2_000, held) == []


def test_nothing_goes_when_all_that_may_go_is_not_enough() -> None:
    held = sealed(YARD, 0)
    assert room(1_000, gate=9, yard=1).victims(1, 1_500, 1_000, held) == []


def test_who_gave_way_is_refused_until_a_fifth_is_free() -> None:
    full = room(10_000, gate=9, yard=1, roof=4)
    full.victims(1, 100, 10_000, sealed(YARD, *range(10)))

    assert not full.fits(2, 100, 8_000)
    assert full.fits(3, 100, 8_000)
    assert full.fits(2, 100, 7_999)
    assert full.fits(2, 100, 8_000)


def test_the_last_tenth_is_kept_for_the_more_important_ones() -> None:
    ranked = room(10_000, gate=9, yard=1, roof=4)

    assert [ranked.fits(stream_id, 1, 9_000) for stream_id in (1, 2, 3)] == [True, False, True]
    assert [ranked.fits(stream_id, 1, 9_500) for stream_id in (1, 2, 3)] == [True, False, False]
    assert [ranked.fits(stream_id, 1, 10_000) for stream_id in (1, 2, 3)] == [False] * 3


def test_where_all_are_equal_everybody_may_fill_all_of_it() -> None:
    equal = room(10_000, gate=5, yard=5)

    assert [equal.fits(stream_id, 100, 9_900) for stream_id in (1, 2, 3)] == [True] * 3


def test_after_a_search_in_vain_the_next_waits_for_another_sealed_segment() -> None:
    full = room(1_000, gate=9, yard=1)
    assert full.victims(1, 500, 1_000, []) == []
    assert full.victims(1, 500, 1_000, sealed(YARD, 0)) == []
    full.sealed()
    assert full.victims(1, 500, 1_000, sealed(YARD, 0)) == sealed(YARD, 0)


async def keep(spool: Spool, stream_id: int, units: Iterable[AccessUnit]) -> None:
    for step in steps_of(units, Segmenter(stream_id, stream_id, segment_seconds=2)):
        await spool.write(step)


async def test_footage_of_lesser_cameras_makes_room_and_is_told(tmp_path: Path) -> None:
    dropped: list[Segment] = []
    async with open_spool(tmp_path, max_bytes=1_000_000) as spool:
        spool.on_drop(dropped.append)
        spool.rank(1, 9)
        spool.rank(2, 1)
        await keep(spool, 2, pictures(5, size=6_000))
        before = spool.tail(2)
        await keep(spool, 1, pictures(5, size=6_000))

        assert dropped
        assert dropped == before[: len(dropped)]
        assert spool.tail(2) == before[len(dropped) :]
        assert sum(one.range.seconds for one in spool.tail(1)) == 5.0
        assert spool.held_bytes == sum(one.size for one in (*spool.tail(1), *spool.tail(2)))
        assert spool.held_bytes <= 1_000_000
    assert list(tmp_path.glob(f"2/{dropped[0].range.start}-*")) == []


async def test_a_segment_on_its_way_to_the_archive_is_not_dropped(tmp_path: Path) -> None:
    dropped: list[Segment] = []
    async with open_spool(tmp_path, max_bytes=1_000_000) as spool:
        spool.on_drop(dropped.append)
        spool.rank(1, 9)
        await keep(spool, 2, pictures(6, size=6_000))
        first, second = spool.sealed()[:2]
        with spool.lend(first) as path:
            await keep(spool, 1, pictures(2, size=6_000))
            assert path.exists()
        assert dropped[0] == second


async def test_a_spool_full_of_equals_refuses_the_newcomer(tmp_path: Path) -> None:
    dropped: list[Segment] = []
    async with open_spool(tmp_path, max_bytes=500_000) as spool:
        spool.on_drop(dropped.append)
        await keep(spool, 2, pictures(3, size=6_000))
        with pytest.raises(SpoolFull):
            await keep(spool, 1, pictures(3, size=6_000))
        assert dropped == []


class SmallDisk:
    """`os.pwrite` of a disk that holds `capacity` bytes."""

    def __init__(self, folder: Path, capacity: int) -> None:
        self.folder, self.capacity = folder, capacity

    def write(self, file: int, content: memoryview, offset: int) -> int:
        used = sum(path.stat().st_size for path in self.folder.glob("*/*.mp4"))
        if used + len(content) > self.capacity:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return os.pwrite(file, content, offset)


async def attempt(spool: Spool, stream_id: int, units: Iterable[AccessUnit]) -> int:
    """Write as a recording does; how many steps were refused."""
    segmenter, refused = Segmenter(stream_id, stream_id, segment_seconds=2), 0
    for unit in units:
        for step in segmenter.push(unit):
            try:
                await spool.write(step)
            except Exhausted:
                refused += 1
                segmenter.reopen()
                break
    return refused


async def test_a_disk_smaller_than_the_spool_may_be_drops_by_priority_too(tmp_path: Path) -> None:
    disk, dropped = SmallDisk(tmp_path, 1_000_000), list[Segment]()
    async with open_spool(tmp_path, max_bytes=1 << 30, write=disk.write) as spool:
        spool.on_drop(dropped.append)
        spool.rank(1, 9)
        spool.rank(2, 1)
        assert await attempt(spool, 2, pictures(10, size=6_000)) > 0
        assert await attempt(spool, 1, pictures(6, size=6_000)) <= 1
        assert dropped
        assert {one.stream_id for one in dropped} == {2}
        assert await attempt(spool, 2, pictures(2, size=6_000)) > 0
        disk.capacity = 1 << 30
        assert await attempt(spool, 1, pictures(6, size=6_000)[25:]) == 0


async def test_what_was_set_aside_is_out_of_the_way_and_offered_again(tmp_path: Path) -> None:
    async with open_spool(tmp_path, max_bytes=1_000_000_000) as spool:
        await keep(spool, 1, pictures(5, size=6_000))
        first, *others = spool.sealed()
        await spool.set_aside(first)

        assert spool.sealed() == others
        assert spool.held_bytes == sum(one.size for one in others)
    async with open_spool(tmp_path, max_bytes=1_000_000_000) as spool:
        assert (await spool.recover())[0] == first


async def test_what_is_set_aside_has_a_bound_of_its_own(tmp_path: Path) -> None:
    async with open_spool(tmp_path, max_bytes=10_000_000) as spool:
        await keep(spool, 1, pictures(10, size=6_000))
        listed = spool.sealed()
        for one in listed:
            await spool.set_aside(one)
    left = [path.stat().st_size for path in tmp_path.glob("1/*.refused")]
    assert 0 < sum(left) <= 500_000
    assert len(left) < len(listed)
