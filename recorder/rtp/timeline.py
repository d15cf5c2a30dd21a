"""From RTP timestamps to media time, and from media time to civil time. See docs/design/time.md.

Media time comes from the camera's RTP clock alone. Civil time comes from the server's clock: the
least delayed arrival of the last minute says where media time zero lies; from the anchor set at
the run's start, the mapping moves towards that by at most 500 ppm. It never jumps within a run.
"""

from __future__ import annotations

from collections import deque

from vms.core.walltime import SECOND, WallTime

SLEW_PPM = 500
_BUCKET_SECONDS = 10
_BUCKETS = 6
_FORWARD_SECONDS = 10.0
_BACKWARD_SECONDS = 1.0  # B-pictures come before pictures shown earlier, but not by more
_EARLY_SECONDS = 0.25
"""So far beyond what can have been taken by now a picture may be stamped: the line is a guess."""
_USUAL_WEIGHT = 32


class MediaClock:
    """Unwraps 32-bit RTP timestamps into ticks that never leap.

    A timestamp that leaps is a fault of the camera: the time that passed by the server's clock, or
    the usual distance where that is near, takes its place. `leaps` counts them, `last_leap` says
    by how many ticks the last one was off. It leaps when it

    - goes back further than a B-picture can: to or before a picture shown before the newest one;
    - goes forward by more than time has passed, to what has not happened yet. `latest`, ticks, says
      what can have been taken by now; None: not known yet, then ten seconds are allowed, since
      a camera may begin with what it had kept.
    """

    def __init__(self, clock_rate: int) -> None:
        self.clock_rate = clock_rate
        self.leaps = self.last_leap = 0
        self.latest: int | None = None
        self._timestamp: int | None = None
        self._ticks = 0
        self._arrival = 0.0
        self._top = self._floor = 0  # the newest picture, and the newest before that
        self._usual = 0.0
        self._early = _EARLY_SECONDS * clock_rate

    def ticks(self, timestamp: int, arrival: float) -> int:
        """Media time of a timestamp that arrived at `arrival`, seconds of a monotonic clock."""
        if self._timestamp is None:
            self._floor = -int(_BACKWARD_SECONDS * self.clock_rate)
        else:
            step = _signed(timestamp - self._timestamp)
            if 0 < step <= self._early and self._ticks == self._top and self._usual:
                self._usual += (step - self._usual) / _USUAL_WEIGHT  # as nearly always
                self._floor, self._top = self._top, self._top + step
                self._ticks = self._top
            else:
                self._advance(step, arrival - self._arrival)
        self._timestamp, self._arrival = timestamp, arrival
        return self._ticks

    @property
    def shown(self) -> int:
        """The newest media time so far."""
        return self._top

    def near(self, timestamp: int) -> int | None:
        """Media time of a timestamp close to the last one; None before the first or when it is
        further than a minute away. Changes nothing."""
        if self._timestamp is None:
            return None
        step = _signed(timestamp - self._timestamp)
        return self._ticks + step if abs(step) <= 60 * self.clock_rate else None

    def _advance(self, step: int, passed: float) -> None:
        if self._is_plausible(step, passed * self.clock_rate):
            self._usual += (step - self._usual) / _USUAL_WEIGHT if self._usual else step
        else:
            step = self._instead(step, passed * self.clock_rate)
            self._top = self._ticks
        self._ticks += step
        if self._ticks > self._top:
            self._floor, self._top = self._top, self._ticks

    def _is_plausible(self, step: int, passed: float) -> bool:
        early = self._early
        if step < 0:
            shown_after = self._ticks + step > self._floor
            return shown_after and step >= -_BACKWARD_SECONDS * self.clock_rate
        if step <= passed + early:
            return True
        if self.latest is None:
            return step <= passed + _FORWARD_SECONDS * self.clock_rate
        return self._ticks + step <= self.latest + early

    def _instead(self, step: int, passed: float) -> int:
        """What a leap is replaced by."""
        usual = self._usual if 0 < passed < 2 * self._usual else passed
        instead = max(1, int(usual))
        self.leaps += 1
        self.last_leap = step - instead
        return instead


class WallLine:
    """The line from one track's media time to civil time.

    Before `anchor` it only watches arrivals. After it, `wall` answers, never jumping.
    """

    def __init__(self, clock_rate: int) -> None:
        self._rate = clock_rate
        self._buckets: deque[tuple[int, int]] = deque(maxlen=_BUCKETS)
        self.best_offset: int | None = None
        """Civil time of media time zero by the least delayed arrival of the last minute, µs."""
        self.up_ppm = SLEW_PPM
        """How fast the line follows arrivals that come ever later. They may be a congested way as
        well as a slow clock; once that clock's rate is known, little more than it is believed."""
        self._owed = 0  # µs that our own clock was set forward and the line is still behind
        self._aim: int | None = None
        self._offset: int | None = None
        self.slewed_to = 0
        """Media time of the newest unit, µs."""

    @property
    def anchored(self) -> bool:
        return self._offset is not None

    @property
    def offset(self) -> int | None:
        """Civil time of media time zero as the line has it now, µs; None before `anchor`."""
        return self._offset

    def micros(self, ticks: int) -> int:
        return ticks * SECOND // self._rate

    def latest(self, now: WallTime) -> int | None:
        """Media time of what is taken at this moment, by the line or, where it is ahead of all
        arrivals, by those; None before `anchor`."""
        best = self.best_offset
        if self._offset is None or best is None:
            return None
        return (now - min(self._offset, best)) * self._rate // SECOND

    def rebase(self, micros: int) -> None:
        """Arrivals count by a clock that was set by this much, those already observed too."""
        self._buckets = deque(
            ((bucket, offset + micros) for bucket, offset in self._buckets), maxlen=_BUCKETS
        )
        if self.best_offset is not None:
            self.best_offset += micros
        self._owed = max(0, self._owed + micros)

    @property
    def behind(self) -> int:
        """µs that the line is behind where it slews to."""
        return 0 if self._offset is None else self._target() - self._offset

    def jump(self) -> int:
        """Go at once to where the line would slew; by how many µs it went."""
        assert self._offset is not None, "a line jumps only after its anchor"
        before, self._offset, self._owed = self._offset, self._target(), 0
        return self._offset - before

    def observe(self, ticks: int, arrival: WallTime, monotonic: float | None = None) -> None:
        """An access unit of this media time had arrived when the server's clock said `arrival`.
        `monotonic`, seconds, tells the minutes apart where that clock may be set."""
        seconds = arrival // SECOND if monotonic is None else int(monotonic)
        bucket, offset = seconds // _BUCKET_SECONDS, arrival - self.micros(ticks)
        best = self.best_offset
        if not self._buckets or self._buckets[-1][0] < bucket:
            self._buckets.append((bucket, offset))
            self.best_offset = min(each for _, each in self._buckets)
        elif offset < self._buckets[-1][1]:
            self._buckets[-1] = (self._buckets[-1][0], offset)
            self.best_offset = offset if best is None else min(best, offset)

    def aim(self, offset: int | None) -> None:
        """Follow this offset instead of arrivals (sound follows its picture); None: arrivals."""
        self._aim = offset

    def anchor(self, ticks: int, *, not_before: WallTime | None = None) -> None:
        """Fix the line: where it is aimed at, else by the best arrival; `ticks` is the run's first
        media time, not mapped before `not_before`."""
        offset = self._target()
        start = offset + self.micros(ticks)
        if not_before is not None and start < not_before:
            offset += not_before - start
        self._offset, self.slewed_to = offset, self.micros(ticks)

    def wall(self, ticks: int) -> WallTime:
        """Civil time of this media time. Only after `anchor`."""
        assert self._offset is not None, "a line answers only after its anchor"
        micros = ticks * SECOND // self._rate
        if micros > self.slewed_to:
            if away := self._target() - self._offset:
                self._offset += self._slew(micros, away)
            self.slewed_to = micros
        return WallTime(self._offset + micros)

    def _slew(self, micros: int, away: int) -> int:
        """How far to go until media time `micros`. Differences of whole quotients: what is rounded
        off a picture is not lost to the next."""
        budget = _share(micros, SLEW_PPM) - _share(self.slewed_to, SLEW_PPM)
        if away <= 0:
            return max(-budget, away)
        believed = _share(micros, self.up_ppm) - _share(self.slewed_to, self.up_ppm)
        up = min(away, budget, believed + self._owed)
        self._owed = max(0, self._owed - max(0, up - believed))
        return up

    def _target(self) -> int:
        if self._aim is not None:
            return self._aim
        best = self.best_offset
        assert best is not None, "a line needs an arrival before its anchor"
        return best


def _share(micros: int, ppm: int) -> int:
    return micros * ppm // 1_000_000


def _signed(step: int) -> int:
    return ((step + 0x8000_0000) & 0xFFFF_FFFF) - 0x8000_0000
