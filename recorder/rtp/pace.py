"""Whether a track's RTP time runs as fast as time does. Pure.

Cameras label G.711 of 16 kHz as 8 kHz and the other way round: its media time then runs at twice or
half the speed of the picture's, an hour apart after an hour. Bursts and pauses are no such thing.
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
        self._media = 0
        self._timestamp: int | None = None
        self._since = self._last = 0.0

    def note(self, timestamp: int, arrival: float) -> None:
        """A unit of this RTP timestamp arrived at `arrival`, seconds of a monotonic clock."""
        step = 0 if self._timestamp is None else _signed(timestamp - self._timestamp)
        paused = arrival - self._last > _PAUSE_SECONDS or abs(step) > 8 * self._rate
        if self._timestamp is None or paused:
            self._media, self._since, step = 0, arrival, 0
        self._timestamp, self._last = timestamp, arrival
        self._media += step
        if (passed := arrival - self._since) >= WATCH_SECONDS:
            speed = self._media / self._rate / passed
            self.is_wrong = self.is_wrong or not _TOO_SLOW < speed < _TOO_FAST
            self._media, self._since = 0, arrival


def _signed(step: int) -> int:
    return ((step + 0x8000_0000) & 0xFFFF_FFFF) - 0x8000_0000
