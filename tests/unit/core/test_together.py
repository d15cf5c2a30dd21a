"""Several jobs at once, and what becomes of them when one fails."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

import pytest

from vms.core.together import together


async def after(waited: Awaitable[object], value: int) -> int:
    await waited
    return value


async def fails() -> int:
    raise ValueError("no")


async def test_results_come_in_the_order_of_the_jobs() -> None:
    later = asyncio.Event()

    async def second() -> int:
        later.set()
        return 2

    assert await together([after(later.wait(), 1), second()]) == [1, 2]
    assert await together([]) == []


async def test_when_one_fails_the_others_have_ended_before_its_error_comes_out() -> None:
    ended = []

    async def endless() -> int:
        try:
            return await after(asyncio.Event().wait(), 1)
        finally:
            ended.append(True)

    with pytest.raises(ValueError, match="no"):
        await together([endless(), fails(), endless()])
    assert ended == [True, True]
