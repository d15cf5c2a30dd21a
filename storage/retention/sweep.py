"""One pass of retention: what policy lets go is moved to garbage, garbage is deleted.

Rows move to garbage in one transaction that asks the evidence locks, then the objects go, then the
garbage rows, with a receipt. A crash between any two steps is repaired by the next pass, which
begins with the garbage that is left. A store that is unreachable, or not ours, deletes nothing.
Owns no task.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace

from storage.index import Index, Used
from storage.index.standings import Said, Standing
from storage.marker import agree
from storage.objects.store import ObjectStore
from storage.retention.changes import effective_of
from storage.retention.collector import BATCH, Collector, Swept
from storage.retention.going import Of, remove_aged, remove_over_quota
from storage.retention.plan import Rule, Windows, rule
from storage.retention.policy import USUAL
from storage.retention.wholedays import ByAge, remove_days
from vms.core.promises import RetentionPolicy
from vms.core.walltime import DAY, HOUR, TimeRange, WallTime

log = logging.getLogger(__name__)

LOOK_AGAIN_MICROS = HOUR
"""What is kept around events is judged anew so often, and at once when the policy changes."""
FORGET_MICROS = HOUR
"""How often what lies beside segments is let go: four statements a stream, seldom any row."""
EVER = WallTime(-(1 << 60))


@dataclass(slots=True)
class Memory:
    """What one process knows from its sweeps before: by stream, until when it judged what lies
    around events, when, and by which policy. Never needed, only quicker."""

    judged: dict[int, tuple[WallTime, WallTime, object]] = field(default_factory=dict)
    forgot: WallTime | None = None
    """When gaps, runs and events were last let go with the time they explain."""


async def sweep(
    index: Index,
    store: ObjectStore,
    *,
    now: WallTime,
    site_days: int | None = None,
    batch: int = BATCH,
    tiers: Mapping[int, ObjectStore] | None = None,
    memory: Memory | None = None,
) -> Swept:
    """Delete what has expired, about `batch` segments at a time. `site_days`: what the settings
    say. `tiers`: the other stores by number.

    Raises WrongStore or Unavailable before anything else when the store is not ours or not there.
    Safe to repeat after any failure.
    """
    await agree(index, store)
    collector = Collector(index, {0: store, **(tiers or {})}, batch, now)
    await collector.collect()
    for change in await index.retention.apply_due(now):
        log.warning("retention of %s %d is now %s", change.scope, change.owner_id, change.policy)
    usual = USUAL if site_days is None else replace(USUAL, max_days=site_days)
    await _expire(index, collector, usual, now, memory or Memory())
    await collector.collect()
    return collector.done + Swept(cameras=await index.cameras.forget_ended())


async def _expire(
    index: Index, collector: Collector, usual: RetentionPolicy, now: WallTime, memory: Memory
) -> None:
    """Everything that policy lets go, camera after camera."""
    said, used = await index.retention.said(), await index.segments.used()
    with_events = await index.events.cameras(TimeRange(EVER, now))
    rules = {one.camera_id: rule(effective_of(said, one, usual), now) for one in said.standings}
    if await remove_days(index, _by_age(said, rules, with_events), used, collector, now):
        used = await index.segments.used()
    due = memory.forgot is None or not 0 <= now - memory.forgot < FORGET_MICROS
    horizons: list[WallTime] = []
    for standing in said.standings:
        this = rules[standing.camera_id]
        of = await judged_by(index, standing, this, standing.camera_id in with_events)
        of = _remembered(of, memory, now)
        removed = await remove_aged(index, of, used, collector)
        size = held(standing, used) - sum(removed.values())
        await remove_over_quota(index, of, size, collector)
        _remember(of, memory, now)
        if due:
            horizons.append(await _forget_beside(index, of))
    if due:
        site_from = WallTime(now - (usual.max_days or 0) * DAY)
        await index.runs.forget(None, min([site_from, *horizons]))
        memory.forgot = now


def _by_age(said: Said, rules: Mapping[int, Rule], with_events: AbstractSet[int]) -> ByAge:
    found: dict[int, Rule] = {}
    for standing in said.standings:
        this = rules[standing.camera_id]
        if standing.camera_id not in with_events or this.events_from >= this.kept_from:
            found |= {term.stream_id: this for term in standing.streams}
    return ByAge(found)


async def judged_by(index: Index, standing: Standing, this: Rule, events: bool) -> Of:
    """`events`: whether there are any of this camera."""
    longer = events and this.events_from < this.kept_from
    span = TimeRange(WallTime(this.events_from - DAY), WallTime(1 << 60))
    instants = await index.events.instants(standing.camera_id, span) if longer else ()
    windows = {
        term.stream_id: Windows(instants, term.pre_seconds, term.post_seconds)
        for term in standing.streams
    }
    return Of(standing, this, windows, {})


def held(standing: Standing, used: Mapping[int, Used]) -> int:
    """Bytes of a camera's archive."""
    its = (used.get(term.stream_id) for term in standing.streams)
    return sum(each.size for each in its if each is not None)


def _remembered(of: Of, memory: Memory, now: WallTime) -> Of:
    judged: dict[int, WallTime] = {}
    for term in of.standing.streams:
        until, at, by = memory.judged.get(term.stream_id, (EVER, EVER, None))
        if by == _judged_by(of) and now - at < LOOK_AGAIN_MICROS:
            judged[term.stream_id] = until
    return replace(of, judged=judged)


def _remember(of: Of, memory: Memory, now: WallTime) -> None:
    """A segment that straddles the horizon is judged again: an hour is longer than any."""
    for term in of.standing.streams:
        if of.windows[term.stream_id].spans:
            at = memory.judged[term.stream_id][1] if term.stream_id in of.judged else now
            until = WallTime(of.rule.kept_from - HOUR)
            memory.judged[term.stream_id] = (until, at, _judged_by(of))
        else:
            memory.judged.pop(term.stream_id, None)


def _judged_by(of: Of) -> object:
    """Not the events: a new one only keeps more, and an old one ends where all events do."""
    return (of.rule.kept_from - of.rule.events_from, of.rule.why_age, of.rule.why_events)


async def _forget_beside(index: Index, of: Of) -> WallTime:
    """Gaps, runs and events go with the time they explain: what is left of a stream, around events
    or under a lock, keeps those after it. Returns from when on they are kept."""
    oldest = of.rule.events_from
    for term in of.standing.streams:
        left = await index.segments.oldest(term.stream_id, 1)
        kept_from = min([of.rule.kept_from, *(each.range.start for each in left)])
        await index.gaps.forget(term.stream_id, kept_from)
        await index.runs.forget(term.stream_id, kept_from)
        oldest = min(oldest, kept_from)
    await index.events.forget(of.standing.camera_id, WallTime(oldest - DAY))
    return oldest
