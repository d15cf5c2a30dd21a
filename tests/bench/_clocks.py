"""A machine whose clock is set, and cameras whose clocks are worse, all simulated; nothing sleeps.

Every picture carries in its bytes when it was really taken, so that an auditor who has only the
recorded fragments can say how far off each one is. What belongs here: the simulation. What is
judged of it: `record_clock`.
"""

from __future__ import annotations

import random
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count

from tests.fakes.rtp import packet
from vms.core.walltime import HOUR, MINUTE, SECOND, WallTime, to_ntp

BEGIN = WallTime(1_795_413_600 * SECOND)
FPS = 5
GROUP = 10
"""Pictures from one key picture to the next: two seconds."""
_BASE_DELAY = 0.02
_PREBUFFER = 5 * SECOND
_REPORT_EVERY = 5 * SECOND

Offset = Callable[[int], int]
"""By how many µs a clock is off, at so many µs since the beginning."""


def steady(_: int) -> int:
    return 0


def steps(*sets: tuple[int, int]) -> Offset:
    """A clock that is set by `micros` at each `since`; steps add up."""
    return lambda now: sum(micros for since, micros in sets if now >= since)


@dataclass
class Machine:
    """The recorder's host: `now`, µs since the beginning, is what time really is."""

    offset: Offset = steady
    vouched: Callable[[int], bool | None] = lambda _: True
    now: int = 0

    def wall(self) -> WallTime:
        return WallTime(BEGIN + self.now + self.offset(self.now))

    def monotonic(self) -> float:
        return 500.0 + self.now / SECOND

    async def sleep(self, seconds: float) -> None:
        raise AssertionError("nothing sleeps in a simulation")

    def vouches(self) -> bool | None:
        return self.vouched(self.now)


@dataclass(frozen=True)
class Character:
    """How a camera is. `ppm`: its media clock is so much faster. `clock`: how far its civil clock
    is off; with `rtp_follows` its RTP timestamps make the same steps. `reports`: sender reports;
    `onvif`: a time in every picture. `stalls`: nothing leaves it for 4.8 s, then all at once.
    `drops`: it hangs up; when it is back it first sends the five seconds it kept. `congested`: for
    three minutes the way to us takes 0.4 s more. `reorders`: it sends B-pictures."""

    name: str
    ppm: int = 0
    clock: Offset = steady
    rtp_follows: bool = False
    reports: bool = True
    onvif: bool = False
    first_timestamp: int = 0
    jitter: float = 0.015
    stalls: tuple[int, ...] = ()
    drops: tuple[int, ...] = ()
    congested: tuple[int, ...] = ()
    reorders: bool = False


@dataclass(frozen=True, order=True)
class Arrival:
    """What reaches the recorder at `at`: an RTP packet, an RTCP packet, or (empty) a hang-up."""

    at: int
    number: int
    data: bytes = b""
    is_report: bool = False


@dataclass
class Camera:
    """Makes the arrivals of one camera over `length` µs, in order."""

    character: Character
    length: int
    seed: int = 1
    sent: list[int] = field(default_factory=list)

    def arrivals(self) -> Iterator[Arrival]:
        """Lazily, in order of arrival."""
        queue: list[Arrival] = []
        for taken, arrival in self._made():
            heappush(queue, arrival)
            while queue and queue[0].at < taken - 20 * SECOND:
                yield heappop(queue)
        while queue:
            yield heappop(queue)

    def _made(self) -> Iterator[tuple[int, Arrival]]:
        chance, numbers, sequence = random.Random(self.seed), count(), count()
        last_at = 0
        backlog: list[int] = []
        drops = list(self.character.drops)
        ready = 0
        for n in self._coded(self.length * FPS // SECOND):
            taken = n * SECOND // FPS
            ready = max(ready, taken)
            if drops and taken >= drops[0]:
                last_at = drops.pop(0)
                yield taken, Arrival(last_at, next(numbers))
                for old in backlog:  # what it had kept, from a key picture on, at once
                    last_at += 2_000
                    data = self._picture(old, next(sequence))
                    yield taken, Arrival(last_at, next(numbers), data)
            delay = _BASE_DELAY + chance.expovariate(1 / self.character.jitter)
            delay += 0.4 * any(0 <= ready - each < 3 * MINUTE for each in self.character.congested)
            at = max(self._leaves(ready) + int(delay * SECOND), last_at + 500)
            last_at = at
            self.sent.append(taken)
            yield taken, Arrival(at, next(numbers), self._picture(n, next(sequence)))
            if self.character.reports and taken % _REPORT_EVERY == 0:
                yield taken, Arrival(at + 400, next(numbers), self._report(taken), is_report=True)
            if n % GROUP == 0:
                backlog = [each for each in backlog if taken - each * SECOND // FPS <= _PREBUFFER]
                while backlog and backlog[0] % GROUP:
                    backlog.pop(0)
            backlog.append(n)

    def _coded(self, pictures: int) -> Iterator[int]:
        """Numbers of pictures in the order they are coded in."""
        order = (0, 3, 1, 2, 6, 4, 5, 9, 7, 8) if self.character.reorders else range(GROUP)
        for first in range(0, pictures, GROUP):
            yield from (first + n for n in order)

    def _leaves(self, taken: int) -> int:
        """When a picture leaves the camera."""
        ends = (stall + 4_800_000 for stall in self.character.stalls if stall <= taken)
        return max(taken, max((end for end in ends if taken < end), default=taken))

    def _timestamp(self, taken: int) -> int:
        character = self.character
        micros = taken * (1_000_000 + character.ppm) // 1_000_000
        if character.rtp_follows:
            micros += character.clock(taken)
        return (character.first_timestamp + micros * 9 // 100) & 0xFFFF_FFFF

    def _picture(self, n: int, sequence: int) -> bytes:
        taken = n * SECOND // FPS
        kind = b"\x65" if n % GROUP == 0 else b"\x41"
        payload = kind + b"\x88" + f"{taken:016x}".encode()
        data = packet(payload, sequence=sequence, timestamp=self._timestamp(taken), marker=True)
        return self._extended(data, taken) if self.character.onvif else data

    def _extended(self, data: bytes, taken: int) -> bytes:
        said = to_ntp(WallTime(BEGIN + taken + self.character.clock(taken)))
        extension = struct.pack(">HHQBBH", 0xABAC, 3, said, 0x80, 0, 0)
        return bytes((data[0] | 0x10,)) + data[1:12] + extension + data[12:]

    def _report(self, taken: int) -> bytes:
        said = to_ntp(WallTime(BEGIN + taken + self.character.clock(taken)))
        return struct.pack(">BBHIQIII", 0x80, 200, 6, 7, said, self._timestamp(taken), 1, 1)


def taken_of(sample: bytes) -> int:
    """When the picture in this sample was taken, µs since the beginning."""
    return int(sample[6:22], 16)


FOUR_HOURS = 4 * HOUR
_STALLS = tuple(range(13 * MINUTE, FOUR_HOURS, 37 * MINUTE))
_DROPS = tuple(range(29 * MINUTE, FOUR_HOURS, 31 * MINUTE))
_STEPS = steps(
    (40 * MINUTE, 30 * SECOND), (110 * MINUTE, -60 * SECOND), (170 * MINUTE, 30 * SECOND)
)
_SMALL = steps((20 * MINUTE, 2 * SECOND), (95 * MINUTE, -4 * SECOND), (200 * MINUTE, 2 * SECOND))


def _both(now: int) -> int:
    return _STEPS(now) + _SMALL(now)


_ZONE = steps((0, 8 * HOUR), (60 * MINUTE, HOUR), (150 * MINUTE, -HOUR))
_BEFORE_WRAP = (1 << 32) - 90_000 * 1800

CHARACTERS = (
    Character("calm, no sender reports", reports=False),
    Character("+500 ppm", ppm=500),
    Character("-500 ppm, no sender reports", ppm=-500, reports=False),
    Character("steps of 30 s, told in sender reports", clock=_STEPS),
    Character("steps of 30 s that its RTP follows", clock=_STEPS, rtp_follows=True),
    Character("steps of 2 s that its RTP follows", clock=_SMALL, rtp_follows=True),
    Character("local time with DST in its reports", clock=_ZONE),
    Character("stalls and bursts", stalls=_STALLS, jitter=0.03),
    Character("hangs up, resends five seconds", drops=_DROPS, stalls=_STALLS),
    Character("RTP wraps", first_timestamp=_BEFORE_WRAP),
    Character("congested for three minutes", congested=_STALLS),
    Character("B-pictures, steps told in sender reports", clock=_both, reorders=True),
    Character("never set its clock", clock=steps((0, -BEGIN))),
    Character("ONVIF times, steps", clock=_STEPS, onvif=True, reports=False),
    Character(
        "everything at once",
        ppm=500,
        clock=_both,
        rtp_follows=True,
        first_timestamp=_BEFORE_WRAP,
        jitter=0.03,
        stalls=_STALLS,
        drops=_DROPS,
    ),
)
