import asyncio
import errno
import hashlib
import os
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

import pytest
import pytest_asyncio

from recorder.segmenter import Segmenter
from recorder.spool import Spool, open_spool
from tests.fakes.recordings import steps_of
from tests.fakes.units import interleave, pictures, sound
from vms.core.errors import Conflict, Exhausted, NotFound, Unavailable
from vms.core.media.access_unit import AccessUnit
from vms.core.media.fmp4 import parse_fragment, parse_init
from vms.core.model import Segment

GIBIBYTE = 1 << 30


@pytest_asyncio.fixture
async def spool(tmp_path: Path) -> AsyncIterator[Spool]:
    async with open_spool(tmp_path / "spool", max_bytes=GIBIBYTE) as opened:
        yield opened


async def keep(spool: Spool, units: Iterable[AccessUnit], **more: float) -> None:
    """Write one whole run."""
    for step in steps_of(units, Segmenter(3, 7, segment_seconds=more.get("segment_seconds", 60))):
        await spool.write(step)


async def read_units(spool: Spool, segment: Segment) -> list[AccessUnit]:
    key = (segment.stream_id, segment.epoch, segment.sequence)
    init = parse_init(await spool.read(*key, 0, segment.init_size))
    parts = [await spool.read(*key, gop.offset, gop.size) for gop in segment.gops]
    return [unit for part in parts for unit in parse_fragment(part, init)]


class Disk:
    """`os.pwrite` that fails when told to, after having written half of it as disks do."""

    def __init__(self) -> None:
        self.fails_with: int | None = None
        self.most_at_once = GIBIBYTE

    def write(self, file: int, content: memoryview, offset: int) -> int:
        if self.fails_with is not None:
            os.pwrite(file, content[: len(content) // 2], offset)
            raise OSError(self.fails_with, os.strerror(self.fails_with))
        return os.pwrite(file, content[: self.most_at_once], offset)


async def test_a_sealed_segment_holds_every_unit_and_its_hash(spool: Spool) -> None:
    sent = interleave(pictures(10), [sound(n) for n in range(500)])
    await keep(spool, sent)
    (segment,) = spool.sealed()

    data = spool.path(segment).read_bytes()
    assert hashlib.sha256(data).digest() == segment.sha256
    assert len(data) == segment.size
    assert sorted(await read_units(spool, segment), key=lambda u: (u.track, u.pts)) == sorted(
        sent, key=lambda u: (u.track, u.pts)
    )


async def test_each_segment_names_the_hash_of_the_one_before(spool: Spool) -> None:
    spool.continue_chain(7, b"\x09" * 32)
    await keep(spool, pictures(30), segment_seconds=10)
    segments = spool.sealed()

    assert len(segments) > 2
    assert [one.prev_sha256 for one in segments] == [
        b"\x09" * 32,
        *(one.sha256 for one in segments[:-1]),
    ]


async def test_what_the_spool_knows_goes_before_what_it_is_told(spool: Spool) -> None:
    await keep(spool, pictures(1))
    (first,) = spool.sealed()
    spool.continue_chain(7, b"\x09" * 32)
    await keep(spool, [u for u in pictures(3) if u.pts >= 180_000])

    assert spool.sealed()[1].prev_sha256 == first.sha256


async def test_the_tail_lists_the_open_segment_with_its_whole_fragments(spool: Spool) -> None:
    segmenter = Segmenter(3, 7)
    for unit in pictures(4):
        for step in segmenter.push(unit):
            await spool.write(step)
    (tail,) = spool.tail(7)

    assert tail.sha256 == b""
    assert [gop.duration for gop in tail.gops] == [1_000_000] * 3
    assert len(await read_units(spool, tail)) == 75
    assert spool.sealed() == []
    assert spool.tail(8) == []


async def test_many_streams_share_the_spool(spool: Spool) -> None:
    runs = [
        steps_of(pictures(5), Segmenter(3, stream_id, segment_seconds=3600))
        for stream_id in range(1, 9)
    ]
    for steps in zip(*runs, strict=True):
        await asyncio.gather(*(spool.write(step) for step in steps))

    assert sorted(one.stream_id for one in spool.sealed()) == list(range(1, 9))
    assert spool.held_bytes == sum(one.size for one in spool.sealed())


async def test_a_forgotten_segment_leaves_no_file_and_no_bytes(
    spool: Spool, tmp_path: Path
) -> None:
    await keep(spool, pictures(2))
    (segment,) = spool.sealed()
    await spool.forget(segment)
    await spool.forget(segment)

    assert spool.held_bytes == 0
    assert [path for path in (tmp_path / "spool").rglob("*") if path.suffix] == []
    with pytest.raises(NotFound):
        spool.path(segment)
    with pytest.raises(NotFound):
        await spool.read(7, segment.epoch, 0, 0, 10)


async def test_a_segment_whose_file_a_store_renamed_away_can_still_be_read(
    spool: Spool, tmp_path: Path
) -> None:
    await keep(spool, pictures(2))
    (segment,) = spool.sealed()
    spool.path(segment).rename(tmp_path / "object.mp4")

    assert len(await read_units(spool, segment)) == 50
    assert spool.path(segment).exists()


async def test_bytes_beyond_a_segment_are_not_found(spool: Spool) -> None:
    await keep(spool, pictures(2))
    (segment,) = spool.sealed()

    with pytest.raises(NotFound):
        await spool.read(7, segment.epoch, 0, segment.size - 5, 10)


async def test_waiting_ends_with_the_next_sealed_segment(spool: Spool) -> None:
    waiting = asyncio.create_task(spool.wait_sealed())
    await keep(spool, pictures(2))
    await asyncio.wait_for(waiting, 10)

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(spool.wait_sealed(), 0.05)


async def test_an_open_segment_cannot_be_forgotten(spool: Spool) -> None:
    for step in steps_of(pictures(2), Segmenter(3, 7))[:2]:
        await spool.write(step)

    with pytest.raises(Conflict):
        await spool.forget(spool.tail(7)[0])


async def test_a_full_disk_seals_what_was_whole_and_says_so(tmp_path: Path) -> None:
    disk = Disk()
    steps = steps_of(pictures(5), Segmenter(3, 7))
    async with open_spool(tmp_path, max_bytes=GIBIBYTE, write=disk.write) as spool:
        for step in steps[:3]:
            await spool.write(step)
        disk.fails_with = errno.ENOSPC
        with pytest.raises(Exhausted, match="disk full"):
            await spool.write(steps[3])
        disk.fails_with = None
        with pytest.raises(Exhausted, match="disk full"):
            await spool.write(steps[4])

        (segment,) = spool.sealed()
        assert len(segment.gops) == 2
        data = spool.path(segment).read_bytes()
        assert hashlib.sha256(data).digest() == segment.sha256
        assert len(await read_units(spool, segment)) == 50


async def test_after_a_full_disk_the_next_segment_is_recorded(tmp_path: Path) -> None:
    disk = Disk()
    segmenter, refused = Segmenter(3, 7), 0
    async with open_spool(tmp_path, max_bytes=GIBIBYTE, write=disk.write) as spool:
        for unit in pictures(10):
            disk.fails_with = errno.ENOSPC if 300_000 < unit.pts < 500_000 else None
            for step in segmenter.push(unit):
                try:
                    await spool.write(step)
                except Exhausted:
                    refused += 1
                    segmenter.reopen()
                    break
        for step in segmenter.flush():
            await spool.write(step)

        segments = spool.sealed()
        assert refused == 2
        assert [len(one.gops) for one in segments] == [3, 5]
        assert segments[1].prev_sha256 == segments[0].sha256


async def test_a_failing_disk_is_unavailable(tmp_path: Path) -> None:
    disk = Disk()
    disk.fails_with = errno.EIO
    async with open_spool(tmp_path, max_bytes=GIBIBYTE, write=disk.write) as spool:
        with pytest.raises(Unavailable):
            await spool.write(steps_of(pictures(1), Segmenter(3, 7))[0])
        assert spool.tail(7) == []


async def test_a_disk_that_takes_little_at_a_time_gets_everything(tmp_path: Path) -> None:
    disk = Disk()
    disk.most_at_once = 77
    async with open_spool(tmp_path, max_bytes=GIBIBYTE, write=disk.write) as spool:
        await keep(spool, pictures(2))
        (segment,) = spool.sealed()

        assert await read_units(spool, segment) == pictures(2)


async def test_beyond_its_bytes_the_spool_refuses_and_keeps_what_it_has(tmp_path: Path) -> None:
    steps = steps_of(pictures(5, size=10_000), Segmenter(3, 7))
    async with open_spool(tmp_path, max_bytes=600_000) as spool:
        for step in steps[:3]:
            await spool.write(step)
        with pytest.raises(Exhausted, match="spool is full"):
            await spool.write(steps[3])

        (segment,) = spool.sealed()
        assert len(segment.gops) == 2
        await spool.forget(segment)
        await spool.write(steps[0])


async def test_more_bytes_waiting_than_allowed_are_refused(tmp_path: Path) -> None:
    steps = steps_of(pictures(5, size=10_000), Segmenter(3, 7))
    async with open_spool(tmp_path, max_bytes=GIBIBYTE, in_flight_bytes=600_000) as spool:
        waiting = [spool.write(step) for step in steps]
        results = await asyncio.gather(*waiting, return_exceptions=True)

        assert [type(one) for one in results[3:6]] == [Unavailable] * 3
        assert len(spool.sealed()[0].gops) == 2


async def test_a_wait_that_is_cancelled_does_not_undo_the_write(spool: Spool) -> None:
    steps = steps_of(pictures(3), Segmenter(3, 7))
    for step in steps[:-1]:
        spool.write(step).cancel()
    await spool.write(steps[-1])

    assert len(spool.sealed()[0].gops) == 3


async def test_a_fragment_without_an_open_segment_is_a_conflict(spool: Spool) -> None:
    with pytest.raises(Conflict):
        await spool.write(steps_of(pictures(1), Segmenter(3, 7))[1])


async def test_two_recorders_cannot_share_a_spool(spool: Spool, tmp_path: Path) -> None:
    with pytest.raises(Conflict):
        async with open_spool(tmp_path / "spool", max_bytes=GIBIBYTE):
            pass


async def test_with_fsync_the_same_is_kept(tmp_path: Path) -> None:
    async with open_spool(tmp_path, max_bytes=GIBIBYTE, fsync=True) as spool:
        await keep(spool, pictures(2))

        assert len(await read_units(spool, spool.sealed()[0])) == 50
