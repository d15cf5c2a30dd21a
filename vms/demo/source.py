"""Where a stream's access units come from: what live and looped engines have in common.

A source works only while somebody watches. Its `run` is a task of the camera server.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

from vms.core.clock import Clock
from vms.core.media.access_unit import TrackFormat
from vms.core.walltime import SECOND, WallTime
from vms.demo.packets import Packets


@dataclass(frozen=True, slots=True)
class Burst:
    """One access unit, packetized. `wall`: when it was seen or heard, also burnt into the picture.
    `media`: the same instant on a clock that never steps, µs; RTP time is made of it."""

    track: int
    wall: WallTime
    media: int
    key: bool
    packets: Packets


class Client(Protocol):
    def deliver(self, burst: Burst) -> None:
        """Take one access unit. Never waits: a slow client loses pictures."""
        ...


class Source(Protocol):
    """Engine of one track."""

    async def formats(self) -> Mapping[int, TrackFormat]:
        """Track number to format, for DESCRIBE; known before anybody plays."""
        ...

    async def run(self) -> None:
        """Deliver to the audience, and sleep while there is none. Until cancelled."""
        ...


class Audience:
    """The clients that play a stream now; its video and its audio source share it."""

    def __init__(self) -> None:
        self._clients: set[Client] = set()
        self._present = asyncio.Event()
        self.newcomer = False

    def __len__(self) -> int:
        return len(self._clients)

    def join(self, client: Client) -> None:
        """`newcomer` tells a live source that somebody waits for a key picture."""
        self._clients.add(client)
        self.newcomer = True
        self._present.set()

    def leave(self, client: Client) -> None:
        self._clients.discard(client)
        if not self._clients:
            self._present.clear()

    def deliver(self, burst: Burst) -> None:
        for client in tuple(self._clients):
            client.deliver(burst)

    async def wait(self) -> None:
        """Return as soon as somebody is there."""
        await self._present.wait()


class Timebase:
    """Turns wall time into media time, which goes on evenly when the wall clock is set."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._zero = self._now_zero()
        self._offset = 0

    def media(self, wall: WallTime) -> int:
        """Media time of a recent wall time, µs."""
        step = self._now_zero() - self._zero
        if abs(step) > SECOND // 4:
            self._zero += step
            self._offset -= step
        return wall + self._offset

    def _now_zero(self) -> int:
        return self._clock.wall() - round(self._clock.monotonic() * SECOND)


async def ticks(
    clock: Clock, rate: Fraction, *, phase_micros: int = 0, lag_micros: int = SECOND
) -> AsyncGenerator[tuple[int, WallTime], None]:
    """Number and time of every tick of a grid of `rate` per second on the wall clock, when due.

    Ticks that could not be kept come late but whole, until they are `lag_micros` late: then those
    in between are left out. A wall clock that was set moves the grid with it.
    """
    period = SECOND / rate
    micros, ticks_ = period.numerator, period.denominator  # whole numbers: Fractions are slow
    longest = int(period) + SECOND
    number = _following(clock.wall() - phase_micros, period)
    while True:
        due = WallTime((number * micros + ticks_ // 2) // ticks_ + phase_micros)
        pause = due - clock.wall()
        if not -lag_micros <= pause <= longest:
            number = _following(clock.wall() - phase_micros, period)
            continue
        await clock.sleep(max(0.0, pause / SECOND))
        yield number, due
        number += 1


def _following(wall: int, period: Fraction) -> int:
    return int(wall // period) + 1
