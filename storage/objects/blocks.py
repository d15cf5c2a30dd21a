"""Whole objects in bounded memory: one ranged read after the other.

No connection is held while the reader of the blocks works, so a slow one costs nothing and one that
stops in the middle leaves nothing behind.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from typing import Protocol

from vms.core.errors import NotFound

BLOCK = 4 << 20
"""A segment of a minute at 4 Mbit/s is eight of them."""


class Ranged(Protocol):
    """A store, as far as reading needs it."""

    async def size(self, key: str) -> int | None: ...
    async def read(self, key: str, offset: int, size: int) -> bytes: ...


async def blocks(
    store: Ranged, key: str, offset: int = 0, *, block: int = BLOCK
) -> AsyncIterator[bytes]:
    """The object from `offset` on. Raises NotFound, Unavailable, Corrupt when it shrank."""
    size = await store.size(key)
    if size is None:
        raise NotFound("no such object", key=key)
    for at in range(offset, size, block):
        yield await store.read(key, at, min(block, size - at))


async def digest(store: Ranged, key: str) -> bytes:
    """SHA-256 of the bytes that lie there now."""
    found = hashlib.sha256()
    async for content in blocks(store, key):
        await asyncio.to_thread(found.update, content)
    return found.digest()
