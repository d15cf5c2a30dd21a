"""One object read whole and compared with its row."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from storage.index.census import Entry
from storage.integrity.budget import Budget
from storage.integrity.findings import Finding, Kind, of_segment
from storage.objects.store import RecordStore
from vms.core.errors import Corrupt, NotFound
from vms.core.media.fmp4 import parse_init
from vms.core.media.fmp4.identity import Identity

_PIECE = 1 << 20
_FRONT = 1 << 20


@dataclass(frozen=True, slots=True)
class Content:
    """What the object is: its bytes counted and hashed, and its front."""

    size: int
    sha256: bytes
    front: bytes

    def identity(self) -> Identity | None:
        """None when the front cannot be read."""
        try:
            return parse_init(self.front).identity
        except Corrupt:
            return None


async def read(
    store: RecordStore, key: str, budget: Budget, count: Callable[[int], None]
) -> Content:
    """Read an object to its end within `budget`; `count` is told of bytes as they come.

    Raises NotFound, Unavailable, Corrupt (the store has it and gives less than it says).
    """
    digest, size, front = hashlib.sha256(), 0, b""
    async for block in store.open_read(key):
        await asyncio.to_thread(digest.update, block) if len(block) >= _PIECE else digest.update(
            block
        )
        if len(front) < _FRONT:
            front += block[: _FRONT - len(front)]
        size += len(block)
        count(len(block))
        await budget.spend(len(block))
    return Content(size, digest.digest(), front)


async def examine(
    store: RecordStore, entry: Entry, budget: Budget, count: Callable[[int], None]
) -> tuple[Finding | None, Identity | None]:
    """What is wrong with this segment's object, or None; and what the object says it is.

    Raises Unavailable when the store cannot be reached: then nothing is known.
    """
    outline = entry.outline
    try:
        found = await read(store, outline.key, budget, count)
    except NotFound:
        return of_segment(Kind.MISSING, outline, "the store has no such object"), None
    except Corrupt as error:
        return of_segment(Kind.UNREADABLE, outline, error.message), None
    return _judged(entry, found), found.identity()


def _judged(entry: Entry, found: Content) -> Finding | None:
    outline = entry.outline
    if found.size != outline.size:
        words = f"{found.size} bytes, recorded were {outline.size}"
        return of_segment(Kind.SIZE, outline, words)
    if found.sha256 != entry.sha256:
        return of_segment(Kind.HASH, outline, "its bytes are not those that were recorded")
    return None


def wrong_identity(entry: Entry, identity: Identity | None) -> Finding | None:
    """Whether the object says that it is this segment, with this predecessor."""
    outline = entry.outline
    if identity is None:
        return of_segment(Kind.IDENTITY, outline, "its front cannot be read")
    said = (identity.camera_id, identity.stream_id, identity.epoch, identity.sequence)
    row = (outline.camera_id, outline.stream_id, outline.epoch, outline.sequence)
    if said != row or identity.start != outline.range.start:
        return of_segment(Kind.IDENTITY, outline, "it says that it is another segment")
    if identity.prev_sha256 != entry.prev_sha256:
        return of_segment(Kind.IDENTITY, outline, "it names another predecessor than its row")
    return None
