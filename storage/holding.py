"""Object lock: what the index locks, the store holds too, where it can.

The index decides what may go; a hold in the store is the second fence, against whoever deletes
there past the index. It is set here, and lifted only where garbage is deleted, when no lock is left
(`storage.retention.sweep`). Locks of a rebuilt index are left out: they are on everything, and what
was held before is held still. Task: `Holding.run`, of retention's role.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from itertools import groupby

from storage.index import Index, Outline
from storage.integrity.protection import CASE
from storage.metrics import HELD_OBJECTS
from storage.objects.store import ObjectStore
from vms.core.clock import Clock
from vms.core.errors import NotFound, VmsError
from vms.core.promises import Lock
from vms.core.walltime import WallTime

log = logging.getLogger(__name__)

EVERY_SECONDS = 60.0


class Holding:
    """Remembers what it has held, by lock: a few bytes a segment. Held anew after a start."""

    def __init__(self, index: Index, stores: Mapping[int, ObjectStore]) -> None:
        self._index, self._stores = index, stores
        self._done: dict[int, set[tuple[int, str]]] = {}

    async def run(self, clock: Clock) -> None:
        """Every minute until cancelled: a lock may keep what is archived later."""
        while True:
            try:
                await self.hold(clock.wall())
            except VmsError as error:
                log.warning("locked segments are not all held by the store: %s", error)
            await clock.sleep(EVERY_SECONDS)

    async def hold(self, now: WallTime) -> int:
        """Hold what is locked and not held yet; how much that was.

        Raises Unavailable while index or store is away. The object of a locked segment that is not
        there is an error in the log.
        """
        able = {tier for tier, store in self._stores.items() if await store.holds()}
        if not able:
            return 0
        active = [
            lock for lock in await self._index.locks.list(True, now) if lock.case_number != CASE
        ]
        self._done = {lock.id: self._done.get(lock.id, set()) for lock in active}
        held = sum([await self._hold_one(lock, able) for lock in active])
        HELD_OBJECTS.set(len(set().union(*self._done.values())))
        return held

    async def _hold_one(self, lock: Lock, able: set[int]) -> int:
        done, count = self._done[lock.id], 0
        wanted = [each for each in await self._locked(lock) if each.tier in able]
        wanted = [each for each in wanted if (each.tier, each.key) not in done]
        for tier, its in groupby(sorted(wanted, key=_tier), key=_tier):
            keys = [outline.key for outline in its]
            try:
                await self._stores[tier].hold(keys)
            except NotFound as error:
                log.error("lock %d keeps a segment whose object is gone: %s", lock.id, error)
            done |= {(tier, key) for key in keys}
            count += len(keys)
        return count

    async def _locked(self, lock: Lock) -> Sequence[Outline]:
        found: list[Outline] = []
        for stream_id, spans in (await self._index.locks.real(lock)).items():
            for span in spans:
                found += await self._index.segments.outlines(stream_id, span)
        return found


def _tier(outline: Outline) -> int:
    return outline.tier
