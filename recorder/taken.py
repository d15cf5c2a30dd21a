"""Which civil time a stream has recorded already: where the next run may begin. Pure.

Our own time goes back when a machine that started with a wrong clock learns the right one, or when
another recorder's clock was ahead. What was recorded then stays where it is; nothing is put on top
of it. See docs/design/time.md.
"""

from __future__ import annotations

from vms.core.walltime import MINUTE, SECOND, TimeRange, WallTime, merge

ROOM_MICROS = 10 * MINUTE
"""Free time shorter than this before something recorded is not worth a jump back."""
RESENT_MICROS = 10 * SECOND
"""A run that begins so little before the end of what is recorded is a camera that sends again what
it had kept; further back is our own time that went back."""
MOST_STRETCHES = 16
"""Known apart; when there are more, those recorded first are forgotten."""


class Taken:
    """`base`: behind it everything counts as recorded; what the recorder found when it started."""

    def __init__(self) -> None:
        self._base: WallTime | None = None
        self._stretches: list[TimeRange] = []

    @property
    def is_new(self) -> bool:
        """Whether nothing is known yet."""
        return self._base is None and not self._stretches

    def begin(self, base: WallTime | None) -> None:
        self._base, self._stretches = base, []

    def add(self, span: TimeRange) -> None:
        """This was recorded. Stretches nearer to each other than ROOM_MICROS count as one."""
        newest = self._stretches[-1] if self._stretches else None
        if newest is not None and 0 <= span.start - newest.end < ROOM_MICROS:
            self._stretches[-1] = TimeRange(newest.start, span.end)
            return
        near = [one for one in self._stretches if _gap(one, span) < ROOM_MICROS]
        apart = [one for one in self._stretches if one not in near]
        (whole,) = merge([*near, span], slack_micros=ROOM_MICROS)
        self._stretches = [*apart, whole][-MOST_STRETCHES:]

    def first_free(self, now: WallTime) -> WallTime | None:
        """The first instant from `now` on with room behind it; None: nothing was recorded yet."""
        if self.is_new:
            return None
        free = max(now, self._base or now)
        for one in sorted(self._stretches):
            if one.start - free >= ROOM_MICROS:
                break
            free = max(free, one.end)
        return free

    def ceiling(self, start: WallTime) -> WallTime | None:
        """Where what a run from `start` on would run into begins; None: nowhere."""
        return min((one.start for one in self._stretches if one.start > start), default=None)


def _gap(one: TimeRange, other: TimeRange) -> int:
    """µs between them; negative where they overlap."""
    return max(one.start - other.end, other.start - one.end)
