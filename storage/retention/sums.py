"""What goes of a stream between two horizons, added up by hours instead of segments.

For the dry run of a camera of which nothing but age decides: no quota, no events, no locks. Owns no
task.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from storage.index import Index, Outline
from vms.core.walltime import HOUR, TimeRange, WallTime


@dataclass(frozen=True, slots=True)
class WouldGo:
    """Of one camera. `oldest`, `newest`: start and end of it, to the hour where whole hours go;
    None: nothing goes."""

    camera_id: int
    segments: int = 0
    size: int = 0
    oldest: WallTime | None = None
    newest: WallTime | None = None
    locked_segments: int = 0
    locked_size: int = 0

    def __add__(self, other: WouldGo) -> WouldGo:
        """Of the same camera."""
        return WouldGo(
            self.camera_id,
            self.segments + other.segments,
            self.size + other.size,
            least(self.oldest, other.oldest),
            most(self.newest, other.newest),
            self.locked_segments + other.locked_segments,
            self.locked_size + other.locked_size,
        )


async def stream_between(
    index: Index, camera_id: int, stream_id: int, before: WallTime, after: WallTime
) -> WouldGo:
    """What ends after `before` and not after `after`. Whole hours are added up: an hour is longer
    than any segment, so what starts in one of them has ended an hour later."""
    if after <= before:
        return WouldGo(camera_id)
    early = WallTime(before - HOUR)
    first = WallTime(before + -before % HOUR)
    last = WallTime(after - after % HOUR - HOUR)
    if first >= last:
        edges = await _starting(index, stream_id, early, after)
        whole = WouldGo(camera_id)
    else:
        edges = await _starting(index, stream_id, early, first)
        edges += await _starting(index, stream_id, last, after)
        whole = await _whole_hours(index, camera_id, stream_id, TimeRange(first, last))
    return whole + would_go(camera_id, [each for each in edges if before < each.range.end <= after])


async def _whole_hours(index: Index, camera_id: int, stream_id: int, span: TimeRange) -> WouldGo:
    rows = [row for row in await index.segments.hours([stream_id], span) if row.hour < span.end]
    return WouldGo(
        camera_id,
        segments=await index.retention.count(stream_id, span),
        size=sum(row.size for row in rows),
        oldest=min((row.hour for row in rows), default=None),
        newest=max((WallTime(row.hour + HOUR) for row in rows), default=None),
    )


async def _starting(index: Index, stream_id: int, start: WallTime, end: WallTime) -> list[Outline]:
    found = await index.segments.outlines(stream_id, TimeRange(start, end))
    return [each for each in found if each.range.start >= start]


def would_go(camera_id: int, free: Sequence[Outline], locked: Sequence[Outline] = ()) -> WouldGo:
    return WouldGo(
        camera_id=camera_id,
        segments=len(free),
        size=sum(each.size for each in free),
        oldest=min((each.range.start for each in free), default=None),
        newest=max((each.range.end for each in free), default=None),
        locked_segments=len(locked),
        locked_size=sum(each.size for each in locked),
    )


def least(*walls: WallTime | None) -> WallTime | None:
    return min((each for each in walls if each is not None), default=None)


def most(*walls: WallTime | None) -> WallTime | None:
    return max((each for each in walls if each is not None), default=None)
