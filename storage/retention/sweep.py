"""One pass of retention: what policy lets go is moved to garbage, garbage is deleted.

Rows move to garbage in one transaction that asks the evidence locks, then the objects go, then the
garbage rows, with a receipt. A crash between any two steps is repaired by the next pass, which
begins with the garbage that is left. A store that is unreachable, or not ours, deletes nothing.
Owns no task.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

from storage.index import Index, Outline, Used
from storage.index.retention import Standing
from storage.marker import agree
from storage.metrics import DELETED_BYTES, EXPIRED_SEGMENTS
from storage.objects.store import Held, ObjectStore, WrongStore
from storage.retention.changes import effective_of
from storage.retention.going import Of, remove_aged, remove_over_quota
from storage.retention.plan import Rule, Windows, rule
from storage.retention.policy import USUAL
from vms.core.errors import Unavailable
from vms.core.promises import RetentionPolicy
from vms.core.walltime import DAY, HOUR, TimeRange, WallTime

log = logging.getLogger(__name__)

BATCH = 1000
"""Segments moved by one transaction and deleted by one request (the most S3 takes)."""
LOOK_AGAIN_MICROS = HOUR
"""What is kept around events is judged anew so often, and at once when the policy changes."""
FORGET_MICROS = HOUR
"""How often what lies beside segments is let go: four statements a stream, seldom any row."""
EVER = WallTime(-(1 << 60))


@dataclass(frozen=True, slots=True)
class Swept:
    """What one sweep did: of what was deleted from the store, and cameras that ended."""

    segments: int = 0
    size: int = 0
    cameras: int = 0

    def __add__(self, other: Swept) -> Swept:
        return Swept(
            self.segments + other.segments, self.size + other.size, self.cameras + other.cameras
        )


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


class Collector:
    """Moves segments to garbage, and deletes the garbage whenever there is a batch of it."""

    def __init__(
        self, index: Index, stores: Mapping[int, ObjectStore], batch: int, now: WallTime
    ) -> None:
        self.done = Swept()
        self._index, self._stores, self._batch, self._now = index, stores, batch, now
        self._waiting = 0
        self._away: set[int] = set()
        self._held: set[tuple[int, str]] = set()

    async def these(self, stream_id: int, outlines: Sequence[Outline], why: str) -> int:
        size = 0
        for first in range(0, len(outlines), self._batch):
            some = outlines[first : first + self._batch]
            taken = await self._index.garbage.take(stream_id, some, why=why, now=self._now)
            size += sum(each.size for each in taken)
            await self._moved(len(taken))
        return size

    async def until(self, stream_id: int, horizon: WallTime, why: str) -> int:
        size = 0
        while True:
            taken = await self._index.garbage.take_until(
                stream_id, horizon, self._batch, why=why, now=self._now
            )
            size += taken.size
            await self._moved(taken.segments)
            if taken.segments == 0:
                return size

    async def collect(self) -> None:
        """Delete the objects of everything in garbage, then forget it and write the receipts.

        What lies in another store that is away, or is held by its store, waits for the next sweep
        and does not hold up the rest. Raises Unavailable or WrongStore of the first store only.
        """
        while outlines := await self._waits():
            for tier, its in groupby(sorted(outlines, key=_tier), key=_tier):
                try:
                    await self._delete(tier, list(its))
                except (Unavailable, WrongStore) as error:
                    if tier == 0:
                        raise
                    self._away.add(tier)
                    log.warning("garbage of store %d stays: %s", tier, error)
        self._waiting = 0

    async def _waits(self) -> list[Outline]:
        """A batch of garbage that is not known to be stuck."""
        limit = self._batch + len(self._held)
        found = await self._index.garbage.list(limit, without=self._away)
        return [each for each in found if (each.tier, each.key) not in self._held]

    async def _delete(self, tier: int, outlines: Sequence[Outline]) -> None:
        if tier not in self._stores:
            raise Unavailable("there is garbage in a store that no setting names", tier=tier)
        if tier:
            await agree(self._index, self._stores[tier], tier)
        outlines = await self._deleted(tier, outlines)
        await self._index.receipts.close(outlines, self._now)
        size = sum(outline.size for outline in outlines)
        DELETED_BYTES.inc(size)
        self.done += Swept(len(outlines), size)

    async def _deleted(self, tier: int, outlines: Sequence[Outline]) -> Sequence[Outline]:
        """Delete; what is gone. A hold of the store outlives the lock it was set for: it is lifted
        here, if the index still says that no lock is left."""
        store = self._stores[tier]
        try:
            await store.delete([outline.key for outline in outlines])
        except Held as error:
            held = [outline for outline in outlines if outline.key in error.keys]
            free = [outline.key for outline in held if await self._is_free(outline)]
            await store.release(free)
            await store.delete(free)
            kept = error.keys - set(free)
            self._held |= {(tier, key) for key in kept}
            return [outline for outline in outlines if outline.key not in kept]
        return outlines

    async def _is_free(self, outline: Outline) -> bool:
        """Locked garbage is a promise broken: at least its object stays."""
        locked = await self._index.locks.is_any_locked(outline.camera_id, outline.range, self._now)
        if locked:
            log.error("locked and yet garbage, held by its store: %s", outline.key)
        return not locked

    async def _moved(self, count: int) -> None:
        EXPIRED_SEGMENTS.inc(count)
        self._waiting += count
        if self._waiting >= self._batch:
            await self.collect()


async def _expire(
    index: Index, collector: Collector, usual: RetentionPolicy, now: WallTime, memory: Memory
) -> None:
    """Everything that policy lets go, camera after camera."""
    said, used = await index.retention.said(), await index.segments.used()
    with_events = await index.events.cameras(TimeRange(EVER, now))
    due = memory.forgot is None or not 0 <= now - memory.forgot < FORGET_MICROS
    horizons: list[WallTime] = []
    for standing in said.standings:
        this = rule(effective_of(said, standing, usual), now)
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


def _tier(outline: Outline) -> int:
    return outline.tier
