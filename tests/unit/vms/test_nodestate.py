"""A node says what is wrong at once, and that it lives every two seconds."""

from __future__ import annotations

import asyncio

import pytest

from tests.fakes.bus import FakeBus
from tests.fakes.clock import HandClock, settle
from vms.core.nodestate import NodeState


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


async def test_it_speaks_every_two_seconds(clock: HandClock) -> None:
    bus = FakeBus()
    running = asyncio.create_task(NodeState("record", "n1", bus, clock).run())
    await clock.advance(6)
    running.cancel()
    assert [subject for subject, _ in bus.published] == ["node.state.record.n1"] * 4


async def test_a_problem_and_its_end_are_told_at_once(clock: HandClock) -> None:
    bus = FakeBus()
    state = NodeState("record", "n1", bus, clock)
    running = asyncio.create_task(state.run())
    await settle()
    began = clock.wall()
    state.problem("disk-full", "no space left")
    await settle()
    state.clear("disk-full")
    await settle()
    running.cancel()
    told = [payload["problems"] for _, payload in bus.published]
    assert told == [[], [{"code": "disk-full", "detail": "no space left", "since": began}], []]


async def test_a_problem_said_again_keeps_its_beginning_and_is_not_repeated(
    clock: HandClock,
) -> None:
    bus = FakeBus()
    state = NodeState("record", "n1", bus, clock)
    running = asyncio.create_task(state.run())
    state.problem("disk-full")
    await clock.advance(1)
    state.problem("disk-full")
    await settle()
    running.cancel()
    assert len(bus.published) == 1
    assert state.problems[0].since == clock.wall() - 1_000_000


async def test_sleepers_wake_in_the_order_of_their_times(clock: HandClock) -> None:
    woken: list[tuple[str, float]] = []
    begin = clock.monotonic()

    async def sleeper(name: str, *naps: float) -> None:
        for nap in naps:
            await clock.sleep(nap)
            woken.append((name, clock.monotonic() - begin))

    tasks = [asyncio.create_task(sleeper("a", 2, 2)), asyncio.create_task(sleeper("b", 1, 2))]
    await clock.advance(10)
    assert woken == [("b", 1), ("a", 2), ("b", 3), ("a", 4)]
    assert all(task.done() for task in tasks)
