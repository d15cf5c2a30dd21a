"""Upkeep of the index, when retention starts and once a day.

What stands beside the segments is set right where a program that does not keep it was at work, as
during an upgrade: day by day, recorded time by segments against recorded time by hours, from the
key alone. The key of days that are over is packed. Owns no task.
"""

from __future__ import annotations

import logging

from storage.index import Index
from vms.core.clock import Clock
from vms.core.errors import NotFound
from vms.core.walltime import DAY, TimeRange, WallTime

log = logging.getLogger(__name__)

EVERY_SECONDS = 86_400.0


async def mend_daily(index: Index, clock: Clock) -> None:
    """`mend` and pack now and every day, until cancelled. Raises Unavailable."""
    while True:
        for stream_id in await mend(index, clock.wall()):
            log.warning("coverage of stream %d was not that of its segments: mended", stream_id)
        await index.segments.pack(WallTime(clock.wall() - DAY))
        await clock.sleep(EVERY_SECONDS)


async def mend(index: Index, now: WallTime) -> list[int]:
    """Recount the streams of which anything differs; these."""
    start = await index.segments.first()
    if start is None:
        return []
    wrong: set[int] = set()
    for day in range(start - start % DAY, now + DAY, DAY):
        span = TimeRange(WallTime(day), WallTime(day + DAY))
        wrong |= set(await index.segments.disagreeing(span))
    return [each for each in sorted(wrong) if await _recounted(index, each)]


async def _recounted(index: Index, stream_id: int) -> bool:
    try:
        return await index.segments.recount(stream_id)
    except NotFound:  # forgotten meanwhile
        return False
