"""The clock, passed in. Tests turn one by hand (`tests/fakes/clock.py`); nobody else reads time."""

from __future__ import annotations

import asyncio
import time
from typing import Protocol

from vms.core.walltime import WallTime


class Clock(Protocol):
    def wall(self) -> WallTime:
        """Civil time now, µs UTC. May step."""
        ...

    def monotonic(self) -> float:
        """Seconds from an arbitrary start; never steps back."""
        ...

    async def sleep(self, seconds: float) -> None: ...


class SystemClock:
    def wall(self) -> WallTime:
        return WallTime(time.time_ns() // 1000)

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
