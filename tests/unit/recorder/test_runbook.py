"""What is written about the clocks of runs, when, and what happens while the index is away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pytest

from recorder import runbook
from recorder.runbook import LOOK_SECONDS, RunBook, RunLog
from tests.fakes.bus import FakeBus
from tests.fakes.clock import HandClock
from tests.fakes.recording import FakeRun
from vms.core.beside import beside
from vms.core.errors import Invalid, Unavailable, VmsError
from vms.core.model import Cause
from vms.core.nodestate import NodeState
from vms.core.runs import CameraClock, ClockMapping, ClockStep, Noticed, RunFacts, Stepped
from vms.core.steady import Change, HostChange, SteadyClock
from vms.core.walltime import SECOND, WallTime

T0 = WallTime(1_795_413_600 * SECOND)
TOLD = ClockMapping(CameraClock.SENDER_REPORT, 3 * SECOND, None)


@dataclass
class FakeTable:
    """The index's runs: newest facts by epoch. `error` set: nothing is written."""

    facts: dict[int, RunFacts] = field(default_factory=dict)
    steps: list[ClockStep] = field(default_factory=list)
    notes: int = 0
    error: VmsError | None = None

    async def note(self, facts: Sequence[RunFacts], steps: Sequence[ClockStep] = ()) -> None:
        if self.error is not None:
            raise self.error
        self.notes += 1
        self.facts.update({one.epoch: one for one in facts})
        self.steps += steps


class Bench:
    """One stream's log and the book, by a clock turned by hand."""

    def __init__(self) -> None:
        self.host = HandClock(T0)
        self.clock = SteadyClock(self.host, lambda: True)
        self.table = FakeTable()
        self.state = NodeState("record", "here", FakeBus(), self.host)
        self.book = RunBook(self.table, "here", self.clock, self.state)
        self.log = RunLog(7, self.book)
        self.run = FakeRun(mapping=TOLD)

    async def look(self) -> None:
        await self.host.advance(LOOK_SECONDS)


async def test_a_run_is_noted_once_it_is_recorded_and_again_when_it_ends() -> None:
    bench = Bench()
    with bench.book.following(bench.log):
        async with beside(bench.book.run()):
            bench.log.begin(bench.run)
            await bench.look()
            assert bench.table.facts == {}
            bench.log.opened(42, T0)
            bench.log.opened(43, WallTime(T0 + 1))  # a later segment of the same run
            await bench.look()
            mapping = replace(TOLD, server_synchronised=True)
            assert bench.table.facts == {42: RunFacts(7, 42, T0, mapping=mapping)}
            bench.run.lost = 5
            bench.log.end(WallTime(T0 + 9), Cause.CLOSED, "hung up")
            await bench.look()
    assert list(bench.table.facts) == [42]
    ended = bench.table.facts[42]
    assert (ended.end, ended.cause, ended.detail) == (T0 + 9, Cause.CLOSED, "hung up")
    assert ended.lost == 5


async def test_what_did_not_change_is_not_written_again() -> None:
    bench = Bench()
    with bench.book.following(bench.log):
        async with beside(bench.book.run()):
            bench.log.begin(bench.run)
            bench.log.opened(42, T0)
            for drift in range(50):
                bench.run.mapping = replace(TOLD, camera_offset=3 * SECOND + drift * 1000)
                await bench.look()
            assert bench.table.notes == 1
            bench.run.mapping = replace(TOLD, camera_offset=4 * SECOND)
            await bench.look()
            assert bench.table.notes == 2
    assert bench.table.facts[42].mapping.camera_offset == 4 * SECOND


async def test_steps_are_facts_and_a_step_of_our_own_gives_words_for_the_hole() -> None:
    bench = Bench()
    bench.log.begin(bench.run)
    bench.run.steps = [Noticed(Stepped.CAMERA, T0, -30 * SECOND)]
    assert bench.log.take_steps() == ""
    bench.run.steps = [Noticed(Stepped.SERVER, T0, 60 * SECOND)]
    assert "+60.0 s" in bench.log.take_steps()
    await bench.book.drain(1.0)
    told = [(one.stream_id, one.clock, one.micros, one.node) for one in bench.table.steps]
    assert told == [
        (7, Stepped.CAMERA, -30 * SECOND, "here"),
        (7, Stepped.SERVER, 60 * SECOND, "here"),
    ]


async def test_a_step_of_the_servers_clock_is_a_problem_of_the_node_until_it_is_settled() -> None:
    bench = Bench()
    bench.book.host_changed(HostChange(Change.STEPPED, T0, 60 * SECOND))
    assert [problem.code for problem in bench.state.problems] == [runbook.PROBLEM]
    bench.book.host_changed(HostChange(Change.RETURNED, T0, -60 * SECOND))
    assert bench.state.problems == ()
    await bench.book.drain(1.0)
    assert [(one.stream_id, one.micros) for one in bench.table.steps] == [
        (None, 60 * SECOND),
        (None, -60 * SECOND),
    ]


async def test_while_the_index_is_away_the_newest_facts_wait() -> None:
    bench = Bench()
    bench.table.error = Unavailable("away")
    facts = RunFacts(7, 42, T0)
    bench.book.put(facts)
    bench.book.step(ClockStep(7, T0, Stepped.MEDIA, SECOND))
    await bench.book.drain(1.0)
    assert bench.book.waiting == 2
    bench.book.put(replace(facts, lost=9))
    bench.table.error = None
    await bench.book.drain(1.0)
    assert bench.book.waiting == 0
    assert bench.table.facts[42].lost == 9
    assert len(bench.table.steps) == 1


async def test_what_the_index_refuses_for_good_does_not_stop_the_rest() -> None:
    bench = Bench()
    bench.table.error = Invalid("no")
    bench.book.put(RunFacts(7, 42, T0))
    await bench.book.drain(1.0)
    assert bench.book.waiting == 0


@pytest.mark.parametrize("many", [runbook.MOST_WAITING + 5])
async def test_facts_that_wait_are_bounded_and_the_oldest_go(many: int) -> None:
    bench = Bench()
    for n in range(many):
        bench.book.put(RunFacts(7, n, T0))
        bench.book.step(ClockStep(7, WallTime(T0 + n), Stepped.CAMERA, SECOND))
    assert bench.book.waiting == 2 * runbook.MOST_WAITING
    await bench.book.drain(5.0)
    assert min(bench.table.facts) == many - runbook.MOST_WAITING
    assert bench.table.steps[0].at == T0 + many - runbook.MOST_WAITING
