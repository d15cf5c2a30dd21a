"""What retention lets go when the store needs room: `storage.full` decides when, and does it.

Older than its camera's minimum, whatever the maximum and the quota; what lies around events last,
as with a quota; what is locked never (`garbage.take` asks). Owns no task.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from storage.full.relief import Removable
from storage.full.watch import Pressing, Pressure
from storage.index import Index, Outline
from storage.marker import agree
from storage.objects.store import ObjectStore
from storage.retention.changes import effective_of
from storage.retention.collector import BATCH, Collector
from storage.retention.plan import Windows, rule
from storage.retention.sweep import EVER, judged_by
from vms.core.promises import RetentionPolicy
from vms.core.walltime import DAY, TimeRange, WallTime


def pressing(
    index: Index,
    stores: Mapping[int, ObjectStore],
    usual: RetentionPolicy,
    *,
    moves_after_days: int | None = None,
) -> Pressing:
    """For `FullWatch.watch` of the first of `stores` (by tier). `usual`: where nobody says
    anything. `moves_after_days`: older video lies in the second store, and frees nothing here."""

    async def now_pressing(now: WallTime) -> Pressure:
        await agree(index, stores[0])
        these = await removable(index, now, usual)
        if moves_after_days is not None:
            these = replace(these, since=WallTime(now - moves_after_days * DAY))
        return Pressure(these, Collector(index, stores, BATCH, now))

    return now_pressing


async def removable(index: Index, now: WallTime, usual: RetentionPolicy) -> Removable:
    """By each camera's policy at `now`."""
    said = await index.retention.said()
    with_events = await index.events.cameras(TimeRange(EVER, now))
    kept_from: dict[int, WallTime] = {}
    priority: dict[int, int] = {}
    windows: dict[int, Windows] = {}
    for standing in said.standings:
        this = rule(effective_of(said, standing, usual), now)
        of = await judged_by(index, standing, this, standing.camera_id in with_events)
        for term in standing.streams:
            kept_from[term.stream_id] = this.quota_from
            priority[term.stream_id] = standing.priority
            windows[term.stream_id] = of.windows[term.stream_id]

    def around_event(outline: Outline) -> bool:
        return windows[outline.stream_id].touch(outline.range)

    if any(each.spans for each in windows.values()):
        return Removable(kept_from, priority, around_event)
    return Removable(kept_from, priority)
