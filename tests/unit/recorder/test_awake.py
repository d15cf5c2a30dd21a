"""A process that stood still knows it before it records anything more."""

from __future__ import annotations

from recorder.fleet.awake import Awake
from tests.fakes.clock import HandClock


async def test_a_standstill_is_seen_at_once_and_once() -> None:
    clock = HandClock()
    awake = Awake(clock, 5.0, lambda: False)
    await clock.advance(6)
    assert awake.stood == 1  # before the session's beat
    awake.beat()
    assert awake.stood == 1  # and after it
    await clock.advance(1)
    awake.beat()
    assert awake.stood == 1


async def test_a_busy_moment_is_no_standstill() -> None:
    clock = HandClock()
    awake = Awake(clock, 5.0, lambda: False)
    for _ in range(10):
        await clock.advance(4.9)
        awake.beat()
    assert awake.stood == 0


async def test_where_nobody_else_is_a_standstill_costs_nothing() -> None:
    clock = HandClock()
    awake = Awake(clock, 5.0, lambda: True)
    await clock.advance(60)
    awake.beat()
    assert awake.stood == 0
