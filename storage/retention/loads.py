"""What the forecast goes by, read from the index. Owns no task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from storage.index import HourRow, Index, Used
from storage.index.standings import Standing
from storage.retention.changes import effective_of
from storage.retention.forecast import Load
from storage.retention.policy import USUAL, Effective
from vms.core.promises import RetentionPolicy
from vms.core.walltime import DAY, HOUR, TimeRange, WallTime

RATE_DAYS = 7
"""The rate is that of the newest days: a week has working days and a Sunday."""


async def loads(index: Index, now: WallTime, *, usual: RetentionPolicy = USUAL) -> list[Load]:
    """Every camera that has an archive, or should have one."""
    said, used = await index.retention.said(), await index.segments.used()
    streams = [term.stream_id for each in said.standings for term in each.streams]
    span = TimeRange(WallTime(now - RATE_DAYS * DAY), now)
    by_stream: dict[int, list[HourRow]] = {}
    for row in await index.segments.hours(streams, span):
        by_stream.setdefault(row.stream_id, []).append(row)
    locked = await index.retention.locked_sizes(now)
    return [
        _load(each, effective_of(said, each, usual), used, by_stream, locked, now)
        for each in said.standings
    ]


def per_day(rows: Sequence[HourRow], since: WallTime | None, now: WallTime) -> float:
    """Bytes a day of whole hours: of those asked about, or of the time since a stream's oldest
    video when that is shorter. The hour that lasts counts nothing."""
    last = now - now % HOUR
    first = last - RATE_DAYS * DAY
    if since is not None:
        first = max(first, since - since % HOUR)
    if first >= last:
        return 0.0
    size = sum(row.size for row in rows if first <= row.hour < last)
    return size * DAY / (last - first)


def _load(
    standing: Standing,
    policy: Effective,
    used: Mapping[int, Used],
    rows: Mapping[int, Sequence[HourRow]],
    locked: Mapping[int, int],
    now: WallTime,
) -> Load:
    ids = [term.stream_id for term in standing.streams]
    its = [used[each] for each in ids if each in used]
    rates = [
        per_day(rows.get(each, ()), used[each].oldest if each in used else None, now)
        for each in ids
    ]
    return Load(
        camera_id=standing.camera_id,
        policy=policy,
        size=sum(each.size for each in its),
        per_day=0.0 if standing.removed else sum(rates),
        oldest=min((each.oldest for each in its), default=None),
        newest=max((each.newest for each in its), default=None),
        locked_size=locked.get(standing.camera_id, 0),
    )
