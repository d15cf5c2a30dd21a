"""The newest pictures of a stream that is not being kept, in case they are wanted after all. Pure.

Whole groups of pictures, so that what is taken out can be decoded from its first picture on. The
ring is bounded in bytes, whatever the policy asks for; what is done when it is full: see `Ring`.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from vms.core.media.access_unit import VIDEO, AccessUnit
from vms.core.walltime import WallTime

MOST_BYTES = 48 * 1024 * 1024
"""Of one stream. A minute at 6 Mbit/s."""


@dataclass(slots=True)
class _Held:
    """A group of pictures with the sound that came with it. `start`: its first picture."""

    start: WallTime
    units: list[AccessUnit] = field(default_factory=list)
    size: int = 0


class Ring:
    """Units go in as they come; groups that nobody can want any more go out by themselves.

    When full the oldest group goes, counted in `dropped`. A group that fills the ring alone (a
    smart codec with one key picture in minutes) stays, and `full` says so: its owner decides.
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self.dropped = 0
        self._most = most_bytes
        self._groups: deque[_Held] = deque()
        self._size = 0

    @property
    def held_bytes(self) -> int:
        return self._size

    @property
    def full(self) -> bool:
        return self._size > self._most

    @property
    def start(self) -> WallTime | None:
        """The first picture held."""
        return self._groups[0].start if self._groups else None

    def add(self, unit: AccessUnit, wanted_from: WallTime) -> None:
        """`wanted_from`: groups that end before it are let go. Units before the first random
        access point are passed over."""
        if unit.track == VIDEO and unit.random_access:
            self._groups.append(_Held(unit.wall))
        elif not self._groups:
            return
        self._groups[-1].units.append(unit)
        self._groups[-1].size += len(unit.data)
        self._size += len(unit.data)
        while len(self._groups) > 1 and self._groups[1].start <= wanted_from:
            self._drop()
        while len(self._groups) > 1 and self._size > self._most:
            self._drop()
            self.dropped += 1

    def take(self, start: WallTime, end: WallTime) -> tuple[list[AccessUnit], WallTime | None]:
        """Empty the ring of the groups that touch [start, end) and of all before them.

        Their units, and where the first group that stays begins (None: none stays).
        """
        while len(self._groups) > 1 and self._groups[1].start <= start:
            self._drop()
        units: list[AccessUnit] = []
        while self._groups and self._groups[0].start < end:
            units += self._groups[0].units
            self._drop()
        return units, self.start

    def clear(self) -> None:
        self._groups.clear()
        self._size = 0

    def _drop(self) -> None:
        self._size -= self._groups.popleft().size
