"""Did this process stand still for so long that others may have taken its cameras?

A process that was stopped (SIGSTOP, a frozen virtual machine, a swapping host) wakes up with full
sockets and believes that no time has passed. What it then reads must not be recorded before it is
known whether the cameras are still its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from vms.core.clock import Clock


class Awake:
    """`beat` comes from the session, once a second. `alone`: nobody is there who could have taken
    anything. `confirmed`: since the last standstill the leases were asked."""

    def __init__(self, clock: Clock, limit_seconds: float, alone: Callable[[], bool]) -> None:
        self._clock, self._limit, self._alone = clock, limit_seconds, alone
        self._beaten = clock.monotonic()
        self._stood = 0
        self.confirmed = asyncio.Event()
        self.confirmed.set()

    def beat(self) -> bool:
        """Whether it stood still since the beat before."""
        before, self._stood = self._stood, self.stood
        self._beaten = self._clock.monotonic()
        if self._stood != before:
            self.confirmed.clear()
        return self._stood != before

    @property
    def stood(self) -> int:
        """How often it stood still, a time that has just ended included."""
        late = self._clock.monotonic() - self._beaten > self._limit
        return self._stood + (late and not self._alone())
