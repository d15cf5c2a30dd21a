"""How often somebody may do something."""

from __future__ import annotations

import pytest

from tests.fakes.clock import HandClock
from vms.api.allowance import Allowance
from vms.core.errors import Exhausted


async def test_a_burst_passes_and_then_one_at_a_time() -> None:
    clock = HandClock()
    allowance = Allowance(clock, burst=3, per_second=0.5)
    for _ in range(3):
        allowance.take("gate")
    with pytest.raises(Exhausted) as raised:
        allowance.take("gate")
    assert raised.value.context["retry_after_seconds"] == 2
    await clock.advance(2.0)
    allowance.take("gate")
    with pytest.raises(Exhausted):
        allowance.take("gate")


async def test_keys_do_not_take_from_each_other_and_a_rest_fills_no_more_than_a_burst() -> None:
    clock = HandClock()
    allowance = Allowance(clock, burst=2, per_second=1.0)
    allowance.take("gate")
    allowance.take("gate")
    allowance.take("door")
    await clock.advance(3600)
    allowance.take("gate")
    allowance.take("gate")
    with pytest.raises(Exhausted):
        allowance.take("gate")


async def test_names_without_end_cost_no_memory_without_end() -> None:
    allowance = Allowance(HandClock(), burst=1, per_second=1.0, most=100)
    for number in range(1000):
        allowance.take(number)
    assert len(allowance) == 100
