"""The chain of hashes, through crashes, outages of the index and disks that do not confirm."""

from __future__ import annotations

import errno
import os
from itertools import pairwise
from pathlib import Path

import pytest

from recorder.segmenter import Segmenter
from recorder.spool import Spool, open_spool
from tests.fakes.recordings import steps_of
from tests.fakes.units import START, pictures
from vms.core.errors import Unavailable
from vms.core.media.fmp4 import parse_init
from vms.core.model import Segment
from vms.core.walltime import SECOND, WallTime

LARGE = 1 << 30


class Platter:
    """A disk whose sync can be made to fail."""

    def __init__(self) -> None:
        self.fails = False

    def sync(self, file: int) -> None:
        if self.fails:
            raise OSError(errno.EIO, os.strerror(errno.EIO))


async def keep(spool: Spool, start: int, end: int) -> list[Segment]:
    """Record the seconds from `start` to `end`, as one run; the new segments."""
    before = spool.sealed()
    units = [one for one in pictures(end) if one.pts >= start * 90_000]
    for step in steps_of(units, Segmenter(3, 7, segment_seconds=5)):
        await spool.write(step)
    return [one for one in spool.sealed() if one not in before]


def chained(segments: list[Segment]) -> bool:
    return all(before.sha256 == after.prev_sha256 for before, after in pairwise(segments))


async def test_the_chain_goes_on_when_the_spool_is_empty_and_the_index_away(
    tmp_path: Path,
) -> None:
    async with open_spool(tmp_path, max_bytes=LARGE) as spool:
        archived = await keep(spool, 0, 10)
        for one in archived:
            await spool.forget(one)
    async with open_spool(tmp_path, max_bytes=LARGE) as spool:
        assert await spool.recover() == []
        assert spool.recorded_until(7) == archived[-1].range.end
        assert spool.recorded_until(8) is None
        assert chained(archived + await keep(spool, 10, 20))


async def test_a_segment_that_stayed_behind_does_not_turn_the_chain_back(tmp_path: Path) -> None:
    async with open_spool(tmp_path, max_bytes=LARGE) as spool:
        older, *newer = await keep(spool, 0, 12)
        for one in newer:
            await spool.forget(one)
    async with open_spool(tmp_path, max_bytes=LARGE) as spool:
        assert await spool.recover() == [older]
        assert chained([older, *newer, *await keep(spool, 12, 20)])


async def test_of_two_that_know_the_chain_the_later_one_is_right(tmp_path: Path) -> None:
    async with open_spool(tmp_path, max_bytes=LARGE) as spool:
        ours = await keep(spool, 0, 5)
        spool.continue_chain(7, b"\1" * 32, WallTime(ours[-1].range.end - SECOND))
        (second, *_) = await keep(spool, 5, 8)
        assert second.prev_sha256 == ours[-1].sha256
        spool.continue_chain(7, b"\2" * 32, WallTime(second.range.end + SECOND))
        (third, *_) = await keep(spool, 10, 12)
        assert third.prev_sha256 == b"\2" * 32


async def test_after_a_take_over_the_first_segment_says_that_its_predecessor_is_not_sure(
    tmp_path: Path,
) -> None:
    async with open_spool(tmp_path, max_bytes=LARGE) as spool:
        spool.continue_chain(7, b"\1" * 32, WallTime(START - SECOND), sure=False)
        first, second, *_ = await keep(spool, 0, 12)
        told = [parse_init(spool.path(one).read_bytes()).identity for one in (first, second)]
        assert first.prev_sha256 == b"\1" * 32
        assert [one.prev_sure for one in told] == [False, True]
    async with open_spool(tmp_path / "new", max_bytes=LARGE) as spool:
        spool.continue_chain(7, None, sure=False)  # nothing of the dead one is archived yet
        (first, *_) = await keep(spool, 0, 3)
        assert not parse_init(spool.path(first).read_bytes()).identity.prev_sure


@pytest.mark.parametrize("torn", [b"", b"12", b"179 00ff", b"179 zz\n", b"\xff\xfe", b"1 2 3\n"])
async def test_a_torn_note_of_what_was_last_counts_for_nothing(torn: bytes, tmp_path: Path) -> None:
    (tmp_path / "7").mkdir()
    (tmp_path / "7" / "last").write_bytes(torn)
    async with open_spool(tmp_path, max_bytes=LARGE) as spool:
        await spool.recover()
        assert spool.recorded_until(7) is None
        (first, *_) = await keep(spool, 0, 3)
        assert first.prev_sha256 is None


async def test_a_seal_that_the_disk_does_not_confirm_seals_all_the_same(tmp_path: Path) -> None:
    disk = Platter()
    steps = steps_of(pictures(4), Segmenter(3, 7))
    async with open_spool(tmp_path, max_bytes=LARGE, fsync=True, sync=disk.sync) as spool:
        for step in steps[:-1]:
            await spool.write(step)
        disk.fails = True
        with pytest.raises(Unavailable):
            await spool.write(steps[-1])
        disk.fails = False
        first = spool.sealed()
        assert [len(one.gops) for one in first] == [4]
        assert spool.path(first[0]).exists()
        assert chained(first + await keep(spool, 4, 8))


async def test_a_fragment_that_the_disk_does_not_confirm_is_refused(tmp_path: Path) -> None:
    disk = Platter()
    steps = steps_of(pictures(4), Segmenter(3, 7))
    async with open_spool(tmp_path, max_bytes=LARGE, fsync=True, sync=disk.sync) as spool:
        for step in steps[:3]:
            await spool.write(step)
        disk.fails = True
        with pytest.raises(Unavailable):
            await spool.write(steps[3])
        assert [len(one.gops) for one in spool.sealed()] == [2]
