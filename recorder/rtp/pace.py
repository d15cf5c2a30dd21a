"""Whether a track's media time runs as fast as time does. Pure.

Cameras label G.711 of 16 kHz as 8 kHz and the other way round: its media time then runs at twice or
half the speed of the picture's, minutes apart after minutes. Bursts and pauses are no such thing.
"""

from __future__ import annotations

WATCH_SECONDS = 12.0
_TOO_FAST, _TOO_SLOW = 1.75, 0.6
"""A burst of five seconds at the start (what cameras keep before a motion) stays below."""
_PAUSE_SECONDS = 1.0


class Pace:
    """Tell it of units as they arrive; `is_wrong` stays once it is found."""

    def __init__(self, clock_rate: int) -> None:
        self.is_wrong = False
        self._rate = clock_rate
        self._since: tuple[int, float] | None = None
        self._last = 0.0

    def note(self, ticks: int, arrival: float) -> None:
        """A unit of media time `ticks` arrived at `arrival`, seconds of a monotonic clock."""
        if self._since is None or arrival - self._last > _PAUSE_SECONDS:
            self._since = ticks, arrival
        self._last = arrival
        passed = arrival - self._since[1]
        if passed >= WATCH_SECONDS:
            speed = (ticks - self._since[0]) / self._rate / passed
            self.is_wrong = self.is_wrong or not _TOO_SLOW < speed < _TOO_FAST
            self._since = ticks, arrival
