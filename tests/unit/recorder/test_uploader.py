"""Sealed segments into the archive, whatever fails."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from recorder.uploader import Uploader
from storage.objects.store import WrongStore
from tests.fakes.bus import FakeBus
from tests.fakes.clock import HandClock, settle
from tests.fakes.recording import FakeKeeper, FakeSpool
from vms.core.beside import beside
from vms.core.errors import Conflict, Corrupt, Unavailable, VmsError
from vms.core.model import Cause, Segment
from vms.core.nodestate import NodeState
from vms.core.walltime import TimeRange, WallTime


def segment(number: int) -> Segment:
    span = TimeRange(WallTime(number * 1000), WallTime(number * 1000 + 999))
    return Segment(1, 2, 1, number, span, 9, 9, b"x", None, "", 0, 0, ())


@dataclass
class FakeLosses:
    told: list[tuple[int, TimeRange, Cause]] = field(default_factory=list)
    stored_since: list[tuple[int, TimeRange]] = field(default_factory=list)

    def missing(self, stream_id: int, span: TimeRange, cause: Cause, detail: str = "") -> None:
        self.told.append((stream_id, span, cause))

    def stored(self, stream_id: int, span: TimeRange) -> None:
        self.stored_since.append((stream_id, span))


class Bench:
    def __init__(self, count: int) -> None:
        self.clock, self.spool, self.keeper = HandClock(), FakeSpool(), FakeKeeper()
        self.spool.segments = [segment(n) for n in range(count)]
        self.node = NodeState("record", "here", FakeBus(), self.clock)
        self.index_error: VmsError | None = None
        self.losses = FakeLosses()
        self.uploader = Uploader(
            self.spool, self.keeper, self._index_answers, self.node, self.clock, self.losses
        )

    async def _index_answers(self) -> None:
        if self.index_error is not None:
            raise self.index_error

    @asynccontextmanager
    async def uploading(self) -> AsyncIterator[None]:
        async with beside(self.uploader.run(), self.uploader.watch()):
            await settle(60)
            yield

    @property
    def problems(self) -> list[str]:
        return [problem.code for problem in self.node.problems]


async def test_everything_is_archived_oldest_first_and_forgotten() -> None:
    bench = Bench(11)
    async with bench.uploading():
        assert bench.keeper.kept == [segment(n) for n in range(11)]
        assert bench.spool.segments == []
        bench.spool.segments.append(segment(11))
        bench.spool.news.set()
        await settle(20)
        assert bench.keeper.kept[-1] == segment(11)


async def test_at_the_end_what_is_sealed_is_archived_and_a_store_that_is_away_waits() -> None:
    bench = Bench(40)
    await bench.uploader.drain(5.0)
    assert len(bench.keeper.kept) == 40
    assert len(bench.losses.stored_since) == 40
    bench.spool.segments.append(segment(40))
    bench.keeper.errors[""] = Unavailable("away")
    await bench.uploader.drain(5.0)
    assert bench.spool.segments == [segment(40)]


async def test_an_outage_is_said_within_five_seconds_loses_nothing_and_ends_by_itself() -> None:
    bench = Bench(0)
    async with bench.uploading():
        bench.keeper.errors[""] = Unavailable("the store is away")
        await bench.clock.advance(5.0)
        assert bench.problems == ["store-unreachable"]
        bench.spool.segments += [segment(n) for n in range(6)]
        bench.spool.news.set()
        await bench.clock.advance(60.0)
        assert len(bench.spool.segments) == 6
        bench.keeper.errors.clear()
        await bench.clock.advance(10.0)
        assert bench.problems == []
    assert len(bench.keeper.kept) == 6


async def test_it_is_told_whether_store_or_index_is_away_or_the_store_is_a_wrong_one() -> None:
    bench = Bench(0)
    bench.keeper.errors[""] = Unavailable("away")
    bench.index_error = Unavailable("index away")
    async with bench.uploading():
        assert bench.problems == ["index-unreachable"]
        bench.keeper.errors[""] = WrongStore("another archive's store")
        bench.index_error = None
        await bench.clock.advance(5.0)
        assert bench.problems == ["store-wrong"]


async def test_a_segment_the_archive_refuses_is_set_aside_and_is_a_gap() -> None:
    bench = Bench(6)
    bench.keeper.errors[segment(0).key] = Conflict("its time is taken")
    async with bench.uploading():
        assert bench.keeper.kept == [segment(n) for n in range(1, 6)]
        assert (bench.spool.segments, bench.spool.aside) == ([], [segment(0)])
        assert bench.losses.told == [(2, segment(0).range, Cause.CLOCK_STEP)]


async def test_a_segment_whose_own_file_is_corrupt_is_set_aside_as_a_fault_of_the_disk() -> None:
    bench = Bench(1)
    bench.keeper.errors[segment(0).key] = Corrupt("another hash")
    async with bench.uploading():
        await until(lambda: bench.losses.told)
        assert bench.losses.told == [(2, segment(0).range, Cause.DISK_FAULT)]
        assert bench.problems == []


async def test_a_store_that_spoils_what_it_is_given_is_a_fault_of_the_store(
    tmp_path: Path,
) -> None:
    sound = replace(segment(0), sha256=hashlib.sha256(b"sound").digest())
    (tmp_path / sound.key).parent.mkdir(parents=True)
    (tmp_path / sound.key).write_bytes(b"sound")
    bench = Bench(0)
    bench.spool.segments, bench.spool.folder = [sound], tmp_path
    bench.keeper.errors[sound.key] = Corrupt("the object has another size than its segment")
    async with bench.uploading():
        await until(lambda: bench.problems)
        assert bench.problems == ["store-unreachable"]
        assert bench.spool.segments == [sound]
        assert bench.losses.told == []


async def test_segments_that_cannot_go_now_do_not_hold_up_those_behind_them() -> None:
    bench = Bench(12)
    for number in range(3):
        bench.keeper.errors[segment(number).key] = Unavailable("it is being deleted")
    async with bench.uploading():
        await bench.clock.advance(5.0)
        assert bench.keeper.kept == [segment(n) for n in range(3, 12)]
        bench.keeper.errors.clear()
        await bench.clock.advance(40.0)
        assert bench.spool.segments == []


async def test_a_segment_dropped_while_it_waited_is_passed_over() -> None:
    bench = Bench(2)
    bench.keeper.errors[""] = Unavailable("the store is away")
    async with bench.uploading():
        del bench.spool.segments[0]
        bench.keeper.errors.clear()
        await bench.clock.advance(10.0)
        assert bench.keeper.kept == [segment(1)]


async def until(wanted: Callable[[], object]) -> None:
    """A file is read in a thread meanwhile."""
    async with asyncio.timeout(20):
        while not wanted():
            await asyncio.sleep(0.01)
