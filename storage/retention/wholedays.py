"""Days that have expired for nearly all cameras: taken from the index at once where it can.

PostgreSQL keeps a partition a day. In steady work there is little of a day left when its end
expires, and it goes stream by stream; after a shorter policy or a pause of retention it is all
there: 1.4 million rows of a thousand cameras are one step then. Owns no task.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass

from storage.index import Index, Used
from storage.retention.collector import Collector
from storage.retention.plan import Rule
from vms.core.errors import Unavailable
from vms.core.walltime import DAY, WallTime

log = logging.getLogger(__name__)

WORTH_SHARE = 0.5
"""A day is tried when so many of its streams have most of it still."""
MIXED = "age: each camera's own"
"""The rule on receipts when the cameras of a day go by different ones."""


@dataclass(frozen=True, slots=True)
class ByAge:
    """Streams of which age alone decides, and the rule of each."""

    rules: Mapping[int, Rule]

    @property
    def horizons(self) -> dict[int, WallTime]:
        return {stream_id: rule.kept_from for stream_id, rule in self.rules.items()}

    def why(self) -> str:
        words = {rule.why_age for rule in self.rules.values()}
        return words.pop() if len(words) == 1 else MIXED

    def worth(self, day: WallTime, used: Mapping[int, Used]) -> bool:
        """Whether most streams have expired with `day`, and still have most of it."""
        whole = sum(
            rule.kept_from >= day + DAY
            and stream_id in used
            and used[stream_id].oldest < day + DAY // 2
            for stream_id, rule in self.rules.items()
        )
        return whole > 0 and whole >= WORTH_SHARE * len(used)


async def remove_days(
    index: Index, these: ByAge, used: Mapping[int, Used], collector: Collector, now: WallTime
) -> int:
    """Take the days that can be taken whole; bytes. What of a day stays, or is in use just now, is
    left to whoever goes stream by stream. Raises Unavailable, WrongStore as collecting does."""
    horizons, size = these.horizons, 0
    for day in await _days(index, max(horizons.values(), default=WallTime(0))):
        if not these.worth(day, used):
            continue
        try:
            taken = await index.garbage.take_day(day, horizons, why=these.why(), now=now)
        except Unavailable as error:
            log.info("the day %d is taken stream by stream: %s", day, error)
            break
        if taken is not None:
            size += taken.size
            await collector.moved(taken.segments)
    return size


async def _days(index: Index, before: WallTime) -> list[WallTime]:
    """Looking also drops the partitions of which nothing is left."""
    try:
        return list(await index.garbage.days(before))
    except Unavailable as error:
        log.info("days that are done with stay for now: %s", error)
        return []
