"""UTC that does not jump because somebody set the server's clock.

The line is carried by the monotonic clock and follows the host's civil time: small differences are
slewed away at 500 ppm; a step is first a fact, and followed only when it is believed. What belongs
here: that decision, and a Clock that shows it. What does not: what streams do then.
`SteadyClock.run` is a task of whoever made the clock. See docs/design/time.md.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from vms.core.clock import Clock
from vms.core.kerneltime import kernel_vouches
from vms.core.walltime import MINUTE, SECOND, WallTime

SLEW_PPM = 500
STEP_MICROS = SECOND
"""A difference as large is a step; what is smaller is slewed away."""
LOOK_SECONDS = 1.0
VOUCHED_SECONDS = 10.0
"""How long a step must stand before it is believed, when NTP vouches for the new time,"""
UNKNOWN_SECONDS = 600.0
"""when nobody ever vouched for this machine's time: an administrator set it,"""
DISOWNED_SECONDS = 6 * 3600.0
"""and when NTP vouched for the time before, but not for this one: it will correct it."""
_STANDS_MICROS = SECOND // 5
"""A host's clock that moved by more is not standing: NTP may be driving it back."""
_FREE_MICROS = 10 * MINUTE


class Change(StrEnum):
    """What became of the host's clock, or of ours."""

    STEPPED = "stepped"  # the host's was set; ours goes on as it did
    RETURNED = "returned"  # the host's is where ours is again
    FOLLOWED = "followed"  # ours jumped to the host's
    SLEWING = "slewing"  # ours goes to the host's at 500 ppm: a jump would record time twice


@dataclass(frozen=True, slots=True)
class HostChange:
    """`at`: our time then, after a jump the new one. `micros`: by how much the host's clock was
    set, or ours jumps or has to go; forward positive."""

    change: Change
    at: WallTime
    micros: int


class UtcLine:
    """The line itself. Pure: it is told both clocks.

    It jumps forward to a step that is believed. It jumps back only to before it began (a machine
    that started with a wrong clock), since between lies time that it has given out already; else
    it slews.
    """

    def __init__(self, monotonic: float, host: WallTime) -> None:
        self._from, self._wall, self._rate = monotonic, int(host), 0.0
        self._born = host
        self._vouched_once = False
        self._vouched_since: float | None = None
        self._away: int | None = None  # by how much the host is ahead, since `_since`
        self._since = monotonic
        self._slewing = False

    def wall(self, monotonic: float) -> WallTime:
        passed = monotonic - self._from
        return WallTime(self._wall + round(passed * (SECOND + self._rate)))

    def look(self, monotonic: float, host: WallTime, vouched: bool | None) -> HostChange | None:
        """Compare with the host's clock, about once a second; what changed, if anything."""
        now = self.wall(monotonic)
        self._from, self._wall = monotonic, int(now)
        ahead = host - now
        self._note_vouched(monotonic, ahead, vouched)
        if abs(ahead) < STEP_MICROS:
            return self._near(ahead, now)
        change = self._far(monotonic, ahead, now)
        self._rate = _slew(ahead) if self._slewing else 0.0
        return change

    def _note_vouched(self, monotonic: float, ahead: int, vouched: bool | None) -> None:
        if not vouched:
            self._vouched_since = None
        elif self._vouched_since is None:
            self._vouched_since = monotonic
        if abs(ahead) < STEP_MICROS:
            self._vouched_once = self._vouched_once or bool(vouched)

    def _near(self, ahead: int, now: WallTime) -> HostChange | None:
        self._rate = _slew(ahead)
        was_away, self._away, self._slewing = self._away, None, False
        return None if was_away is None else HostChange(Change.RETURNED, now, -was_away)

    def _far(self, monotonic: float, ahead: int, now: WallTime) -> HostChange | None:
        before, moved = self._away, ahead - (self._away or 0)
        if before is None or abs(moved) > _STANDS_MICROS:
            self._away, self._since = ahead, monotonic
            if before is None or abs(moved) >= STEP_MICROS:
                self._slewing = False
                return HostChange(Change.STEPPED, now, moved)
        elif not self._slewing and self._is_believed(monotonic):
            return self._follow(ahead, now)
        return None

    def _is_believed(self, monotonic: float) -> bool:
        """Whether the host's clock has stood where it is for long enough."""
        if self._vouched_since is not None:
            return monotonic - max(self._since, self._vouched_since) >= VOUCHED_SECONDS
        patience = DISOWNED_SECONDS if self._vouched_once else UNKNOWN_SECONDS
        return monotonic - self._since >= patience

    def _follow(self, ahead: int, now: WallTime) -> HostChange:
        target = WallTime(now + ahead)
        if ahead < 0 and target > self._born - _FREE_MICROS:
            self._slewing = True
            return HostChange(Change.SLEWING, now, ahead)
        self._born = min(self._born, target)
        self._wall, self._away = int(target), None
        return HostChange(Change.FOLLOWED, target, ahead)


def _slew(ahead: int) -> float:
    """µs a second that bring the line to the host's clock, at most SLEW_PPM."""
    return max(-float(SLEW_PPM), min(float(SLEW_PPM), ahead / 2))


class SteadyClock:
    """A Clock whose `wall` is the line. `vouches`: whether the host's civil time is disciplined."""

    def __init__(self, host: Clock, vouches: Callable[[], bool | None] = kernel_vouches) -> None:
        self._host, self._vouches = host, vouches
        self._line = UtcLine(host.monotonic(), host.wall())
        self.synchronised = vouches()

    @property
    def ahead(self) -> int:
        """µs this clock is ahead of the host's."""
        return self.wall() - self._host.wall()

    def wall(self) -> WallTime:
        return self._line.wall(self._host.monotonic())

    def monotonic(self) -> float:
        return self._host.monotonic()

    async def sleep(self, seconds: float) -> None:
        await self._host.sleep(seconds)

    def look(self) -> HostChange | None:
        """Compare with the host's clock now."""
        self.synchronised = self._vouches()
        return self._line.look(self._host.monotonic(), self._host.wall(), self.synchronised)

    async def run(self, tell: Callable[[HostChange], None]) -> None:
        """Look once a second until cancelled; `tell` hears what changed."""
        while True:
            await self._host.sleep(LOOK_SECONDS)
            change = self.look()
            if change is not None:
                tell(change)
