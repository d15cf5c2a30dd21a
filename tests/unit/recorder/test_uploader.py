"""Sealed segments into the archive, whatever fails."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from recorder.uploader import Uploader
from storage.objects.store import WrongStore
from tests.fakes.bus import FakeBus
from tests.fakes.clock import HandClock, settle
from tests.fakes.recording import FakeKeeper, FakeSpool
from vms.core.beside import beside
from vms.core.errors import Conflict, Unavailable, VmsError
from vms.core.model import Segment
from vms.core.nodestate import NodeState
from vms.core.walltime import TimeRange, WallTime


def segment(number: int) -> Segment:
    span = TimeRange(WallTime(number * 1000), WallTime(number * 1000 + 999))
    return Segment(1, 2, 1, number, span, 9, 9, b"x", None, "", 0, 0, ())


class Bench:
    def __init__(self, count: int) -> None:
        self.clock, self.spool, self.keeper = HandClock(), FakeSpool(), FakeKeeper()
        self.spool.segments = [segment(n) for n in range(count)]
        self.node = NodeState("record", "here", FakeBus(), self.clock)
        self.index_error: VmsError | None = None
        self.uploader = Uploader(
            self.spool, self.keeper, self._index_answers, self.node, self.clock
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
        await settle()
        assert bench.keeper.kept[-1] == segment(11)


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


async def test_a_segment_the_archive_refuses_stays_and_does_not_hold_up_the_others() -> None:
    bench = Bench(6)
    bench.keeper.errors[segment(0).key] = Conflict("its time is taken")
    async with bench.uploading():
        assert bench.keeper.kept == [segment(n) for n in range(1, 6)]
        assert bench.spool.segments == [segment(0)]
