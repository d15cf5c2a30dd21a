"""The grid of pictures on the wall clock, and media time that never steps."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from fractions import Fraction

from tests.fakes.clock import HandClock
from vms.core.walltime import SECOND, WallTime
from vms.demo.source import Timebase, ticks

FPS = Fraction(25, 2)


@asynccontextmanager
async def gathered(clock: HandClock, **options: int) -> AsyncIterator[list[tuple[int, WallTime]]]:
    """What `ticks` yields while time is turned by hand."""
    found: list[tuple[int, WallTime]] = []

    async def gather() -> None:
        async for number, wall in ticks(clock, FPS, **options):
            found.append((number, wall))

    task = asyncio.create_task(gather())
    try:
        yield found
    finally:
        task.cancel()
        await asyncio.wait([task])


async def test_ticks_stand_on_a_grid_of_wall_time() -> None:
    clock = HandClock()
    async with gathered(clock) as found:
        await clock.advance(1.0)
    assert [wall % 80_000 for _, wall in found] == [0] * 12
    assert all(wall == number * 80_000 for number, wall in found)


async def test_a_phase_moves_the_grid() -> None:
    clock = HandClock()
    async with gathered(clock, phase_micros=7_000) as found:
        await clock.advance(0.5)
    assert {wall % 80_000 for _, wall in found} == {7_000}


async def test_the_grid_follows_a_wall_clock_that_was_set_back() -> None:
    clock = HandClock()
    async with gathered(clock) as found:
        await clock.advance(0.2)
        clock.step(-3600)
        await clock.advance(0.4)
        now = clock.wall()
    assert now - found[-1][1] < 80_000


async def test_a_long_pause_leaves_ticks_out() -> None:
    clock = HandClock()
    async with gathered(clock, lag_micros=SECOND) as found:
        await clock.advance(0.2)
        clock.step(60)
        await clock.advance(0.2)
    assert len(found) < 8


def test_media_time_goes_on_evenly_when_the_wall_clock_is_set() -> None:
    clock = HandClock()
    timebase = Timebase(clock)
    before = timebase.media(clock.wall())
    clock.step(-7200)
    assert abs(timebase.media(clock.wall()) - before) < 10
