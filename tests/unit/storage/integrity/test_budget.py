"""Bytes a second, by a clock turned by hand."""

from __future__ import annotations

import asyncio

import pytest

from storage.integrity.budget import Budget
from tests.fakes.clock import HandClock


async def spent(budget: Budget, pieces: int, size: int) -> None:
    for _ in range(pieces):
        await budget.spend(size)


async def test_no_more_than_the_budget_is_spent_in_any_time() -> None:
    clock = HandClock()
    reading = asyncio.ensure_future(spent(Budget(1000, clock), 100, 500))
    await clock.advance(48)
    assert not reading.done()
    await clock.advance(2)
    assert reading.done()


async def test_what_was_not_used_is_not_saved_up() -> None:
    clock = HandClock()
    budget = Budget(1000, clock)
    await clock.advance(3600)
    reading = asyncio.ensure_future(spent(budget, 10, 1000))
    await clock.advance(8)
    assert not reading.done()
    await clock.advance(1)
    assert reading.done()


@pytest.mark.parametrize("rate", [None, 0])
async def test_without_a_budget_nobody_waits(rate: int | None) -> None:
    clock = HandClock()
    await asyncio.wait_for(spent(Budget(rate, clock), 1000, 1 << 30), 5)
