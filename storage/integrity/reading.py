"""The objects of one store as rebuilding reads them: heads only, some at once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from storage.integrity.walk import walk
from storage.objects.blocks import digest
from storage.objects.store import Listed, ObjectStore
from storage.objects.walks import walked
from vms.core.errors import Corrupt, NotFound
from vms.core.media.fmp4 import Scan

AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class Shelf:
    """One store and the tier it stands for."""

    store: ObjectStore
    tier: int

    async def heads(self, listed: Listed) -> Scan | None:
        """What the object says of itself; None when it cannot be read, holds no whole fragment, or
        is gone."""
        try:
            found = await walked(self.store, listed.key, walk(listed.size))
        except (Corrupt, NotFound):
            return None
        return found if found.fragments else None

    async def heads_of(self, all_listed: Sequence[Listed]) -> list[Scan | None]:
        """The same of several, AT_ONCE at a time. Raises Unavailable, of several the first."""
        turns = asyncio.Semaphore(AT_ONCE)

        async def one(listed: Listed) -> Scan | None:
            async with turns:
                return await self.heads(listed)

        try:
            async with asyncio.TaskGroup() as tasks:
                running = [tasks.create_task(one(listed)) for listed in all_listed]
        except BaseExceptionGroup as group:
            raise group.exceptions[0] from group
        return [task.result() for task in running]

    async def digest(self, key: str) -> bytes:
        """SHA-256 of the bytes that are there. Raises NotFound, Unavailable, Corrupt."""
        return await digest(self.store, key)
