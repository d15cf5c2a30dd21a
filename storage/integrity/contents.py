"""Every object of a stream read whole, and the chain that they make."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Mapping

from storage.index import Index
from storage.index.census import Entry
from storage.integrity import content
from storage.integrity.budget import Budget
from storage.integrity.chain import Chain, Judged, Verdict, explained
from storage.integrity.findings import Finding, Kind, of_segment
from storage.objects.store import ObjectStore
from vms.core.clock import Clock
from vms.core.media.fmp4.identity import Identity
from vms.core.model import Cause
from vms.core.walltime import DAY, TimeRange, WallTime

PATIENCE_MICROS = DAY
"""A predecessor that is not there may still lie in the spool of a recorder that is away."""
_DROPPED = (Cause.SPOOL_FULL, Cause.DISK_FULL, Cause.DISK_FAULT)
_ALWAYS = TimeRange(WallTime(-(1 << 62)), WallTime(1 << 62))


class Contents:
    """`chained`: what objects say of themselves and of their predecessors is looked at, too."""

    def __init__(
        self,
        index: Index,
        stores: Mapping[int, ObjectStore],
        budget: Budget,
        clock: Clock,
        *,
        chained: bool,
    ) -> None:
        self._index, self._stores, self._clock = index, stores, clock
        self._budget, self._chained = budget, chained

    async def of_stream(
        self, stream_id: int, count: Callable[[int], None]
    ) -> AsyncIterator[Finding]:
        """What is wrong with its objects but those that are missing; `count` is told of bytes."""
        chain, excuses = Chain(), await self._excuses(stream_id)
        async for entry in self._index.census.every(stream_id):
            judged = chain.push(entry.outline, entry.sha256, entry.prev_sha256)
            store = self._stores[entry.tier]
            wrong, identity = await content.examine(store, entry, self._budget, count)
            if wrong is None:
                await self._index.damage.clear([entry.outline])
                wrong = self._unlinked(entry, judged, identity, excuses) if self._chained else None
            if wrong is None or wrong.kind is Kind.MISSING:
                continue
            if await self._index.census.there(entry.outline):
                yield wrong

    def _unlinked(
        self,
        entry: Entry,
        judged: Judged,
        identity: Identity | None,
        excuses: Collection[TimeRange],
    ) -> Finding | None:
        if (wrong := content.wrong_identity(entry, identity)) is not None:
            return wrong
        outline = entry.outline
        if judged.verdict is Verdict.FORKS and identity is not None and identity.prev_sure:
            return of_segment(Kind.CHAIN, outline, "it names an older segment than the one before")
        old = outline.range.start <= self._clock.wall() - PATIENCE_MICROS
        broken = judged.verdict is Verdict.BROKEN and not explained(judged.hole, excuses)
        if old and broken:
            return of_segment(Kind.CHAIN, outline, "the segment that it follows is not there")
        return None

    async def _excuses(self, stream_id: int) -> list[TimeRange]:
        """Where segments are known to have gone: deleted with a receipt, or dropped by a spool."""
        dropped = [
            TimeRange(gap.start, gap.end)
            for gap in await self._index.gaps.between(stream_id, _ALWAYS)
            if gap.cause in _DROPPED and gap.end is not None
        ]
        return [*await self._index.census.deleted(stream_id), *dropped]
