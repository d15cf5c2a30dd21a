"""Feeds spoiled input to targets until time is up; stops at the first that crashes or hangs."""

from __future__ import annotations

import random
import signal
import time
from collections import Counter
from dataclasses import dataclass
from types import FrameType, TracebackType

from tests.fuzz.mutate import spoil
from tests.fuzz.targets import TARGETS, Target

HANGS_SECONDS = 10.0
"""CPU seconds for one input of at most 64 KiB: a thousand times what is usual."""


class Hang(BaseException):
    """An input took too long. No Exception: nothing that is fuzzed may swallow it."""


@dataclass
class Failure(Exception):
    """`seed` makes the same input again: `one(target, seed)`."""

    target: str
    seed: int
    data: bytes

    def __str__(self) -> str:
        return f"target {self.target}, seed {self.seed}, {len(self.data)} bytes: {self.data[:80]!r}"


class _Guard:
    """Raises Hang inside after so many CPU seconds."""

    def __enter__(self) -> None:
        self._before = signal.signal(signal.SIGVTALRM, _hang)
        signal.setitimer(signal.ITIMER_VIRTUAL, HANGS_SECONDS)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, self._before)


def _hang(_number: int, _frame: FrameType | None) -> None:
    raise Hang


def one(target: Target, seed: int) -> None:
    """One input. Raises Failure from what went wrong."""
    chance = random.Random(f"{target.name} {seed}")
    data = spoil(chance.choice(target.good), target.good, chance)
    try:
        with _Guard():
            target.read(data, chance)
    except (Exception, Hang) as error:
        raise Failure(target.name, seed, data) from error


def run(seconds: float, first_seed: int) -> Counter[str]:
    """All targets in turn for so long; how many inputs each had. Raises Failure."""
    done: Counter[str] = Counter()
    until = time.monotonic() + seconds
    seed = first_seed
    while time.monotonic() < until:
        for target in TARGETS:
            one(target, seed)
            done[target.name] += 1
        seed += 1
    return done
