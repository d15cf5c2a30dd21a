"""Login back-off: the more often somebody guessed wrong, the longer until the next guess.

Pure, bounded. Three counts are kept: of the address, of the name, and of the two together. The name
alone is slowed only a little and never locked, or anybody could lock out a user by guessing; names
that do not exist are counted like those that do.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from vms.core.clock import Clock
from vms.core.errors import Exhausted


@dataclass(frozen=True, slots=True)
class Pace:
    """After `free` failures a pause of 1 s, doubling up to `longest_seconds`."""

    free: int
    longest_seconds: float


PAIR = Pace(free=5, longest_seconds=900)
ADDRESS = Pace(free=30, longest_seconds=900)
NAME = Pace(free=20, longest_seconds=10)

FORGET_SECONDS = 3600.0
MOST = 10_000
"""Entries kept; beyond that the one longest untouched is forgotten."""


@dataclass(slots=True)
class _Count:
    failures: int
    last: float


class LoginBackoff:
    def __init__(self, clock: Clock, most: int = MOST) -> None:
        self._clock = clock
        self._most = most
        self._counts: OrderedDict[tuple[str, str], _Count] = OrderedDict()

    def __len__(self) -> int:
        return len(self._counts)

    def check(self, name: str, address: str) -> None:
        """Raises Exhausted with `retry_after_seconds` while a guess must wait."""
        wait = max(self._wait(key, pace) for key, pace in _keys(name, address))
        if wait > 0:
            raise Exhausted("too many wrong passwords: wait", retry_after_seconds=round(wait + 0.5))

    def attempt(self, name: str, address: str) -> None:
        """A guess begins: it counts as wrong until `succeeded`, so that guesses made at the same
        time do not all pass. Raises Exhausted as `check` does."""
        self.check(name, address)
        for key, _ in _keys(name, address):
            count = self._fresh(key) or _Count(0, 0.0)
            self._counts[key] = _Count(count.failures + 1, self._clock.monotonic())
            self._counts.move_to_end(key)
        while len(self._counts) > self._most:
            self._counts.popitem(last=False)

    def succeeded(self, name: str, address: str) -> None:
        """The pair starts over. Address and name only take this guess back, or one good account
        would cover guesses at others."""
        pair, *others = (key for key, _ in _keys(name, address))
        self._counts.pop(pair, None)
        for key in others:
            if (count := self._counts.get(key)) is not None:
                self._counts[key] = _Count(max(count.failures - 1, 0), count.last)

    def _wait(self, key: tuple[str, str], pace: Pace) -> float:
        count = self._fresh(key)
        if count is None or count.failures < pace.free:
            return 0.0
        pause = min(2.0 ** min(count.failures - pace.free, 30), pace.longest_seconds)
        return count.last + pause - self._clock.monotonic()

    def _fresh(self, key: tuple[str, str]) -> _Count | None:
        count = self._counts.get(key)
        if count is None or self._clock.monotonic() - count.last > FORGET_SECONDS:
            return None
        return count


def _keys(name: str, address: str) -> tuple[tuple[tuple[str, str], Pace], ...]:
    folded = name.casefold()
    return (((folded, address), PAIR), (("", address), ADDRESS), ((folded, ""), NAME))
