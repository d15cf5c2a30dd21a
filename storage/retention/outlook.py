"""How far ahead retention sees, as numbers for Prometheus and an alarm before a minimum breaks.

A look at most every five minutes, after a sweep: a forecast reads the newest week's hours of every
camera. Owns no task.
"""

from __future__ import annotations

import asyncio
import math

from storage.full.room import within
from storage.index import Index
from storage.metrics import (
    CAMERA_FORECAST_DAYS,
    FORECAST_DAYS,
    MINIMUM_AT_RISK,
    RETENTION_LAG_SECONDS,
)
from storage.objects.store import ObjectStore
from storage.retention.changes import effective_of
from storage.retention.forecast import Forecast, forecast
from storage.retention.loads import loads
from storage.retention.plan import rule
from vms.core.nodestate import NodeState
from vms.core.promises import RetentionPolicy
from vms.core.walltime import MINUTE, SECOND, WallTime

EVERY_MICROS = 5 * MINUTE
AT_RISK = "minimum-at-risk"
"""The problem's code: there is no room for `min_days` of some camera at today's rate."""
MOST_NAMED = 10


class Outlook:
    """`usual`: what the settings say. `capacity_bytes`: what the store may hold, where it cannot
    tell or has less than its disk."""

    def __init__(
        self,
        index: Index,
        store: ObjectStore,
        node: NodeState,
        usual: RetentionPolicy,
        capacity_bytes: int | None = None,
    ) -> None:
        self._index, self._store, self._node = index, store, node
        self._usual, self._capacity_bytes = usual, capacity_bytes
        self._looked: WallTime | None = None

    async def look(self, now: WallTime) -> Forecast | None:
        """Tell what is to come; None: it was told a moment ago. Raises Unavailable."""
        if self._looked is not None and 0 <= now - self._looked < EVERY_MICROS:
            return None
        found = await loads(self._index, now, usual=self._usual)
        room = within(
            await self._store.room(), self._capacity_bytes, sum(load.size for load in found)
        )
        free = None if room is None else room.free
        ahead = await asyncio.to_thread(forecast, found, free, now)
        RETENTION_LAG_SECONDS.set(await self._lag(now) / SECOND)
        self._tell(ahead)
        self._looked = now
        return ahead

    async def _lag(self, now: WallTime) -> int:
        """µs by which the most overdue video is older than it may be: plain video of cameras
        without events and locks, where the oldest tells."""
        said, used = await self._index.retention.said(), await self._index.segments.used()
        excused = set(await self._index.retention.locked_sizes(now))
        lag = 0
        for standing in said.standings:
            policy = effective_of(said, standing, self._usual)
            if standing.camera_id in excused or policy.event_kept_days > policy.kept_days:
                continue
            kept_from = rule(policy, now).kept_from
            for term in standing.streams:
                held = used.get(term.stream_id)
                lag = max(lag, 0 if held is None else kept_from - held.oldest)
        return lag

    def _tell(self, ahead: Forecast) -> None:
        FORECAST_DAYS.set(math.inf if ahead.days_until_full is None else ahead.days_until_full)
        CAMERA_FORECAST_DAYS.clear()
        for each in ahead.cameras:
            if each.days_left is not None:
                CAMERA_FORECAST_DAYS.labels(str(each.load.camera_id)).set(each.days_left)
        MINIMUM_AT_RISK.set(len(ahead.short))
        if ahead.short:
            self._node.problem(AT_RISK, _words(ahead))
        else:
            self._node.clear(AT_RISK)


def _words(ahead: Forecast) -> str:
    """Without numbers that change at every look."""
    cameras = sorted(each.load.camera_id for each in ahead.short)
    named = ", ".join(map(str, cameras[:MOST_NAMED])) + (" …" if cameras[MOST_NAMED:] else "")
    return (
        "at today's rate there is no room for the days that cameras must keep at least:"
        f" {len(cameras)} of them ({named}); add room or lower min_days"
    )
