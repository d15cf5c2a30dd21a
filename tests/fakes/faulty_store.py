"""A store that fails where it is told to; the rest goes to a real one."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from storage.objects import Listed, ObjectStore, Room
from storage.objects.blocks import blocks
from vms.core.errors import Unavailable


@dataclass
class Faulty:
    """A store that fails at the method named: before it works, or when `late` after it has."""

    real: ObjectStore
    fails: str = ""
    late: bool = False
    error: Exception = field(default_factory=lambda: Unavailable("the store cannot be reached"))
    spoils: bool = False

    def _fail(self, name: str, *, late: bool) -> None:
        if self.fails == name and self.late == late:
            raise self.error

    async def check(self) -> None:
        self._fail("check", late=False)
        await self.real.check()

    async def identity(self) -> str | None:
        return await self.real.identity()

    async def mark(self, store_id: str) -> None:
        self._fail("mark", late=False)
        await self.real.mark(store_id)
        self._fail("mark", late=True)

    async def put(self, key: str, path: Path, sha256: bytes) -> None:
        self._fail("put", late=False)
        if self.spoils:
            path.write_bytes(b"other bytes")
            sha256 = hashlib.sha256(b"other bytes").digest()
        await self.real.put(key, path, sha256)
        self._fail("put", late=True)

    async def size(self, key: str) -> int | None:
        self._fail("size", late=False)
        return await self.real.size(key)

    async def read(self, key: str, offset: int, size: int) -> bytes:
        self._fail("read", late=False)
        return await self.real.read(key, offset, size)

    def open_read(self, key: str, offset: int = 0) -> AsyncIterator[bytes]:
        return blocks(self, key, offset)

    def keys(self, prefix: str = "") -> AsyncIterator[Listed]:
        return self.real.keys(prefix)

    async def delete(self, keys: Sequence[str]) -> None:
        self._fail("delete", late=False)
        await self.real.delete(keys)

    async def holds(self) -> bool:
        return await self.real.holds()

    async def hold(self, keys: Sequence[str]) -> None:
        await self.real.hold(keys)

    async def release(self, keys: Sequence[str]) -> None:
        await self.real.release(keys)

    async def room(self) -> Room | None:
        return await self.real.room()
