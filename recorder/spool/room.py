"""Who gives way when the spool is full: sealed segments of the least important streams. Pure.

The rule. A fragment that does not fit is refused, unless streams of lower priority hold sealed
segments: then those go, lowest priority first, oldest first, and only as many as are needed (a
little more at a time, so that this is not decided anew for every fragment). Among equals nothing
that is recorded goes: the newcomer is refused.

The last tenth is not for everybody: the lowest priority in use may fill nine tenths, the highest
all, those between accordingly. So the lesser ones are refused first, which seals what they have
open, and there is something that can go when the important ones need room. While streams have had
to give way, those of the same or lower priority are refused until a fifth of the spool is free, so
that they do not write what would have to go again at once.

What an evidence lock touches never goes, whatever its priority: the newcomer is refused.

A disk that is full before the spool has its bytes is a smaller spool, as long as there are cameras
of different priority; those of the highest go on trying, and so find out when there is space again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from vms.core.model import Segment
from vms.core.walltime import TimeRange

DEFAULT_PRIORITY = 5
RESERVED_SHARE = 0.1
CALM_SHARE = 0.8
"""Below this share of its bytes the spool is not full any more."""
_STEP_SHARE = 1 / 256


class Room:
    """What the spool may hold, by stream."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._priority: dict[int, int] = {}
        self._limits = {DEFAULT_PRIORITY: max_bytes}
        self._full_at: int | None = None
        self._gave_way: int | None = None
        self._searched: int | None = None
        self._locked: Mapping[int, Sequence[TimeRange]] = {}

    def lock(self, spans: Mapping[int, Sequence[TimeRange]]) -> None:
        """What evidence locks keep, by camera: all of it, in the place of what was told before."""
        self._locked = spans
        self._searched = None

    def rank(self, stream_id: int, priority: int) -> None:
        """The camera's priority, 0 to 9; a stream never told of has DEFAULT_PRIORITY."""
        if self._priority.get(stream_id) != priority:
            self._priority[stream_id] = priority
            self._limits = _limits(self._max_bytes, set(self._priority.values()))

    def priority(self, stream_id: int) -> int:
        return self._priority.get(stream_id, DEFAULT_PRIORITY)

    def sealed(self) -> None:
        """There is another sealed segment: looking for one that can go makes sense again."""
        self._searched = None

    def fits(self, stream_id: int, size: int, used: int) -> bool:
        """Whether `size` more bytes of this stream may be written beside the `used` ones."""
        if self._full_at is not None and used > self._full_at:
            self._full_at = None
        if used < (self._full_at or self._max_bytes) * CALM_SHARE:
            self._gave_way = self._full_at = None
        if self._gave_way is not None and self.priority(stream_id) <= self._gave_way:
            return False
        return used + size <= self._limit(stream_id)

    def disk_is_full(self, used: int) -> None:
        """The disk took no more when the spool had `used` bytes."""
        if len(self._limits) > 1:
            self._full_at = max(1, used)

    def tries_anyway(self, stream_id: int) -> bool:
        """Whether this stream is to try what does not fit: on a full disk the most important do."""
        return self._full_at is not None and self.priority(stream_id) == max(self._limits)

    def victims(
        self, stream_id: int, size: int, used: int, sealed: Iterable[Segment]
    ) -> list[Segment]:
        """Which of the `sealed` segments go so that `size` bytes of the stream fit; empty: none
        may, or all that may are not enough."""
        wanted = self.priority(stream_id)
        if self._is_barren(wanted):
            return []
        lesser = [
            one
            for one in sealed
            if self.priority(one.stream_id) < wanted and not self._is_locked(one)
        ]
        lesser.sort(key=lambda one: (self.priority(one.stream_id), one.range.start))
        return self._chosen(lesser, wanted, used + size - self._limit(stream_id))

    def _is_locked(self, segment: Segment) -> bool:
        spans = self._locked.get(segment.camera_id, ())
        return any(span.overlaps(segment.range) for span in spans)

    def _limit(self, stream_id: int) -> int:
        limit = self._limits.get(self.priority(stream_id), self._max_bytes)
        return limit if self._full_at is None else limit * self._full_at // self._max_bytes

    def _is_barren(self, wanted: int) -> bool:
        if self._gave_way is not None and wanted <= self._gave_way:
            return True
        return self._searched is not None and wanted <= self._searched

    def _chosen(self, lesser: list[Segment], wanted: int, needed: int) -> list[Segment]:
        goal = max(needed, int((self._full_at or self._max_bytes) * _STEP_SHARE))
        chosen, freed = [], 0
        while lesser and freed < goal:
            chosen.append(lesser.pop(0))
            freed += chosen[-1].size
        if freed < needed:
            self._searched = wanted
            return []
        level = max(self.priority(one.stream_id) for one in chosen)
        self._gave_way = level if self._gave_way is None else max(level, self._gave_way)
        return chosen


def _limits(max_bytes: int, levels: set[int]) -> dict[int, int]:
    """How much may be held before a stream of each of these priorities is refused."""
    steps = max(1, len(levels) - 1)
    ordered = sorted(levels, reverse=True)
    return {
        level: round(max_bytes * (1 - RESERVED_SHARE * below / steps))
        for below, level in enumerate(ordered)
    }
