"""Verification: the promises of the archive checked, the cheap ones first.

Reads only; what it finds is given out one by one. `noted` writes damage into the index. A store
that is away or not ours raises before anything is found. No task.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping
from dataclasses import dataclass

from storage.index import Index
from storage.index.damage import Damage
from storage.integrity import presence
from storage.integrity.budget import Budget
from storage.integrity.contents import Contents
from storage.integrity.findings import DAMAGE, Finding, Kind, Level, of_segment
from storage.integrity.presence import GRACE_SECONDS, Doubtful, Group
from storage.integrity.rows import Recount
from storage.marker import agree
from storage.objects.store import ObjectStore
from vms.core.clock import Clock
from vms.core.walltime import SECOND, WallTime

_TRIES = 3


@dataclass(slots=True)
class Seen:
    """How much was looked at, for whoever reports progress. Counts up while `verify` runs."""

    rows: int = 0
    objects: int = 0
    size: int = 0


@dataclass(frozen=True, slots=True)
class Request:
    """What to look at, how deep, and at which pace.

    `streams` None: all. `bytes_per_second` None: as fast as it goes.
    """

    level: Level
    streams: Collection[int] | None = None
    bytes_per_second: float | None = None
    grace_seconds: float = GRACE_SECONDS


async def verify(
    index: Index,
    stores: Mapping[int, ObjectStore],
    request: Request,
    clock: Clock,
    seen: Seen | None = None,
) -> AsyncIterator[Finding]:
    """Everything that must not be, as it is found. `stores`: by the tier of their segments.

    Raises WrongStore or Unavailable: then nothing is known of what was not looked at yet.
    """
    this = _Verification(index, stores, request, clock, seen or Seen())
    if request.level.reaches(Level.PRESENCE):
        for tier, store in stores.items():
            await agree(index, store, tier)
    async for finding in this.rows():
        yield finding
    if request.level.reaches(Level.PRESENCE):
        for tier in stores:
            async for finding in this.listing(tier):
                yield finding
    if request.level.reaches(Level.HASH):
        async for finding in this.contents():
            yield finding


async def noted(
    findings: AsyncIterator[Finding], index: Index, clock: Clock
) -> AsyncIterator[Finding]:
    """The same findings, with those that are damaged video noted in the index."""
    async for finding in findings:
        if finding.kind in DAMAGE and finding.outline is not None:
            await index.damage.note(
                Damage(finding.outline, finding.kind.value, clock.wall(), finding.detail)
            )
        yield finding


class _Verification:
    def __init__(
        self,
        index: Index,
        stores: Mapping[int, ObjectStore],
        request: Request,
        clock: Clock,
        seen: Seen,
    ) -> None:
        self._index, self._stores, self._request = index, stores, request
        self._clock, self._seen = clock, seen
        self._old = WallTime(clock.wall() - round(request.grace_seconds * SECOND))

    async def rows(self) -> AsyncIterator[Finding]:
        """The index against itself."""
        for outline in await self._index.census.twice():
            yield of_segment(Kind.TWICE, outline, "it is in the archive and is to be deleted")
        for stream_id, camera_id in (await self._streams()).items():
            for finding in await self._rows_of(stream_id, camera_id):
                yield finding

    async def listing(self, tier: int) -> AsyncIterator[Finding]:
        """Rows of one tier against its store's listing, and the other way round."""
        store, known = self._stores[tier], await self._streams()
        doubtful, listed = Doubtful(self._index, store, tier, self._clock), set()
        async for found in presence.groups(store, self._request.streams, self._old):
            if isinstance(found, Finding):
                yield found
                continue
            listed.add(found.stream_id)
            async for finding in self._compared(store, tier, found, doubtful):
                yield finding
        for stream_id in known.keys() - listed:
            nothing = Group(known[stream_id], stream_id)
            async for finding in self._compared(store, tier, nothing, doubtful):
                yield finding
        async for finding in doubtful.ask():
            yield finding

    async def contents(self) -> AsyncIterator[Finding]:
        """Every object read, and the chain."""
        budget = Budget(self._request.bytes_per_second, self._clock)
        chained = self._request.level.reaches(Level.CHAIN)
        reader = Contents(self._index, self._stores, budget, self._clock, chained=chained)
        for stream_id in await self._streams():
            async for finding in reader.of_stream(stream_id, self._count):
                yield finding

    async def _streams(self) -> dict[int, int]:
        wanted = self._request.streams
        known = await self._index.census.streams()
        return {each: known[each] for each in known if wanted is None or each in wanted}

    async def _rows_of(self, stream_id: int, camera_id: int) -> list[Finding]:
        """Read again when it does not add up: rows may have come meanwhile."""
        found: list[Finding] = []
        for _ in range(_TRIES):
            recount, found, count = Recount(stream_id, camera_id), [], 0
            async for entry in self._index.census.every(stream_id, tables=True):
                found += recount.push(entry)
                count += 1
            found += recount.compare(await self._index.census.held(stream_id))
            if not found:
                break
        self._seen.rows += count
        return found

    async def _compared(
        self, store: ObjectStore, tier: int, group: Group, doubtful: Doubtful
    ) -> AsyncIterator[Finding]:
        left = dict(group.objects)
        async for entry in self._index.census.every(group.stream_id):
            if entry.tier != tier:
                continue
            there = left.pop(entry.outline.key, None)
            finding = (
                await presence.absent(self._index, store, entry)
                if there is None
                else presence.wrong_size(entry, there[1])
                if self._request.level is Level.SIZE  # a deeper level counts bytes itself
                else None
            )
            if finding is not None:
                yield finding
        for outline in await self._index.census.garbage_of(group.stream_id, tier):
            left.pop(outline.key, None)
        self._seen.objects += len(group.objects)
        async for finding in doubtful.add(left.values(), self._old):
            yield finding

    def _count(self, size: int) -> None:
        self._seen.size += size
