"""A clock turned by hand."""

from __future__ import annotations

import asyncio
import heapq
import itertools

from vms.core.walltime import SECOND, WallTime


class HandClock:
    """Stands still until `advance`. Sleepers wake in the order of their times, then of arrival.

    `step` moves civil time alone, as an NTP correction would.
    """

    def __init__(self, wall: int = 1_795_400_000 * SECOND) -> None:
        self._wall = wall
        self._monotonic = 1000.0
        self._order = itertools.count()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []

    def wall(self) -> WallTime:
        return WallTime(self._wall)

    def monotonic(self) -> float:
        return self._monotonic

    async def sleep(self, seconds: float) -> None:
        """Return once time was advanced by `seconds`; at once (after a turn of the loop) for 0."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._monotonic + seconds, next(self._order), woken))
        await woken

    @property
    def sleeping(self) -> int:
        """How many wait, those cancelled not counted."""
        return sum(not woken.done() for _, _, woken in self._sleepers)

    async def advance(self, seconds: float) -> None:
        """Let time pass. Each sleeper due runs, at its own time, before the next one wakes."""
        await settle()
        target = self._monotonic + seconds
        while self._sleepers and self._sleepers[0][0] <= target:
            due, _, woken = heapq.heappop(self._sleepers)
            self._set(due)
            if not woken.done():
                woken.set_result(None)
                await settle()
        self._set(target)
        await settle()

    def step(self, seconds: float) -> None:
        self._wall += round(seconds * SECOND)

    def _set(self, monotonic: float) -> None:
        self._wall += round((monotonic - self._monotonic) * SECOND)
        self._monotonic = monotonic


async def settle(turns: int = 20) -> None:
    """Let everything that can run without time passing run."""
    for _ in range(turns):
        await asyncio.sleep(0)
