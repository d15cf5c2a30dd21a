"""From the archive to garbage, and from garbage to nothing: what a sweep does with what may go.

Rows move in one transaction that asks the evidence locks, then the objects go, then the garbage
rows, with a receipt. Owns no task.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from storage.index import Index, Outline
from storage.marker import agree
from storage.metrics import DELETED_BYTES, EXPIRED_SEGMENTS
from storage.objects.store import Held, ObjectStore, WrongStore
from vms.core.errors import Unavailable
from vms.core.walltime import WallTime

log = logging.getLogger(__name__)

BATCH = 1000
"""Segments moved by one transaction and deleted by one request (the most S3 takes)."""


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
            await self.moved(len(taken))
        return size

    async def until(self, stream_id: int, horizon: WallTime, why: str) -> int:
        size = 0
        while True:
            taken = await self._index.garbage.take_until(
                stream_id, horizon, self._batch, why=why, now=self._now
            )
            size += taken.size
            await self.moved(taken.segments)
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

    async def moved(self, count: int) -> None:
        """So many more are garbage: delete them when they are a batch."""
        EXPIRED_SEGMENTS.inc(count)
        self._waiting += count
        if self._waiting >= self._batch:
            await self.collect()


def _tier(outline: Outline) -> int:
    return outline.tier
