"""From RTP timestamps to media time, and from media time to civil time. See docs/design/time.md.

Media time comes from the camera's RTP clock alone. Civil time comes from the server's clock: the
least delayed arrival of the last minute says where media time zero lies; from the anchor set at
the run's start, the mapping moves towards that by at most 500 ppm. It never jumps within a run.
"""

from __future__ import annotations

from collections import deque

from vms.core.walltime import SECOND, WallTime

SLEW_PPM = 500
_BUCKET_MICROS = 10 * SECOND
_BUCKETS = 6
_FORWARD_SECONDS = 10.0
_BACKWARD_SECONDS = 1.0  # B-pictures come before pictures shown earlier, but not by more


class MediaClock:
    """Unwraps 32-bit RTP timestamps into ticks that never leap.

    A timestamp that leaps (ten seconds further than time has passed, or a second back) is a fault
    of the camera: the time that passed by the server's clock takes its place; `leaps` counts them.
    """

    def __init__(self, clock_rate: int) -> None:
        self.clock_rate = clock_rate
        self.leaps = 0
        self._timestamp: int | None = None
        self._ticks = 0
        self._arrival = 0.0

    def ticks(self, timestamp: int, arrival: float) -> int:
        """Media time of a timestamp that arrived at `arrival`, seconds of a monotonic clock."""
        if self._timestamp is not None:
            step = _signed(timestamp - self._timestamp)
            passed = (arrival - self._arrival) * self.clock_rate
            if not self._plausible(step, passed):
                self.leaps += 1
                step = max(1, int(passed))
            self._ticks += step
        self._timestamp, self._arrival = timestamp, arrival
        return self._ticks

    def near(self, timestamp: int) -> int | None:
        """Media time of a timestamp close to the last one; None before the first or when it is
        further than a minute away. Changes nothing."""
        if self._timestamp is None:
            return None
        step = _signed(timestamp - self._timestamp)
        return self._ticks + step if abs(step) <= 60 * self.clock_rate else None

    def _plausible(self, step: int, passed: float) -> bool:
        rate = self.clock_rate
        return -_BACKWARD_SECONDS * rate <= step <= passed + _FORWARD_SECONDS * rate


class WallLine:
    """The line from one track's media time to civil time.

    Before `anchor` it only watches arrivals. After it, `wall` answers, never jumping.
    """

    def __init__(self, clock_rate: int) -> None:
        self._rate = clock_rate
        self._buckets: deque[tuple[int, int]] = deque(maxlen=_BUCKETS)
        self._aim: int | None = None
        self._offset: int | None = None
        self._slewed_to = 0

    @property
    def anchored(self) -> bool:
        return self._offset is not None

    @property
    def best_offset(self) -> int | None:
        """Civil time of media time zero by the least delayed arrival lately, µs; None: none yet."""
        return min((offset for _, offset in self._buckets), default=None)

    @property
    def offset(self) -> int | None:
        """Civil time of media time zero as the line has it now, µs; None before `anchor`."""
        return self._offset

    def micros(self, ticks: int) -> int:
        return ticks * SECOND // self._rate

    def observe(self, ticks: int, arrival: WallTime) -> None:
        """An access unit of this media time had arrived when the server's clock said `arrival`."""
        bucket, offset = arrival // _BUCKET_MICROS, arrival - self.micros(ticks)
        if self._buckets and self._buckets[-1][0] >= bucket:
            if offset < self._buckets[-1][1]:
                self._buckets[-1] = (self._buckets[-1][0], offset)
        else:
            self._buckets.append((bucket, offset))

    def aim(self, offset: int | None) -> None:
        """Follow this offset instead of arrivals (sound follows its picture); None: arrivals."""
        self._aim = offset

    def anchor(self, ticks: int, *, not_before: WallTime | None = None) -> None:
        """Fix the line: where it is aimed at, else by the best arrival; `ticks` is the run's first
        media time and, if the difference is under a second, not mapped before `not_before`."""
        offset = self._target()
        start = offset + self.micros(ticks)
        if not_before is not None and not_before - SECOND <= start < not_before:
            offset += not_before - start
        self._offset, self._slewed_to = offset, self.micros(ticks)

    def wall(self, ticks: int) -> WallTime:
        """Civil time of this media time. Only after `anchor`."""
        assert self._offset is not None, "a line answers only after its anchor"
        micros = self.micros(ticks)
        if micros > self._slewed_to:
            budget = max(1, (micros - self._slewed_to) * SLEW_PPM // 1_000_000)
            away = self._target() - self._offset
            self._offset += max(-budget, min(budget, away))
            self._slewed_to = micros
        return WallTime(self._offset + micros)

    def _target(self) -> int:
        if self._aim is not None:
            return self._aim
        best = self.best_offset
        assert best is not None, "a line needs an arrival before its anchor"
        return best


def _signed(step: int) -> int:
    return ((step + 0x8000_0000) & 0xFFFF_FFFF) - 0x8000_0000
