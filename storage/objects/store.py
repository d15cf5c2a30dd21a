"""What an object store must do. A directory and S3 do it; one contract suite holds for both.

A recorder and a player get a `RecordStore`, which cannot delete; retention, verification and tiers
get the whole `ObjectStore`.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from vms.core.errors import Conflict, Corrupt, Invalid, Locked
from vms.core.walltime import WallTime

MARKER = "matakota-store.json"
"""The object that says which store this is: `{"store": id}`."""


class Held(Locked):
    """The store itself refused to delete these `keys`, because they are on hold there. Everything
    else of the same call is gone."""

    def __init__(self, message: str, *, keys: Collection[str]) -> None:
        super().__init__(message, count=len(keys), first=min(keys, default=""))
        self.keys = frozenset(keys)


class WrongStore(Conflict):
    """The store answers, but it is not the one the index belongs to, or nobody can tell. Nothing
    may be written to it or deleted from it."""


@dataclass(frozen=True, slots=True)
class Listed:
    """An object as its store lists it. `changed`: when it came there, by the store's clock."""

    key: str
    size: int
    changed: WallTime


@dataclass(frozen=True, slots=True)
class Room:
    """Bytes of a store: all there are, and those still free for us."""

    total: int
    free: int


class RecordStore(Protocol):
    """Objects under keys, to be written and read. Nothing here takes one away.

    Every method raises Unavailable when the store cannot be reached.
    """

    async def check(self) -> None:
        """Return when the store answers and takes writes. Which store it is says `identity`."""
        ...

    async def identity(self) -> str | None:
        """The id in the marker object; None when there is no marker. Raises Corrupt when there is
        one that cannot be read."""
        ...

    async def mark(self, store_id: str) -> None:
        """Write the marker. Raises Conflict when there is one."""
        ...

    async def put(self, key: str, path: Path, sha256: bytes) -> None:
        """Store the file at `path` as `key`, durable when this returns; the file may be gone then.

        Idempotent: an object of this key is replaced, and when `path` is gone because an earlier
        call took it, the object it became is checked against `sha256`. Raises NotFound when there
        is neither file nor object, Corrupt when the bytes are not those of `sha256` (where the
        store looks at them).
        """
        ...

    async def size(self, key: str) -> int | None:
        """Bytes of an object; None when there is none."""
        ...

    async def read(self, key: str, offset: int, size: int) -> bytes:
        """Exactly `size` bytes from `offset`. Raises NotFound, Corrupt when it is shorter."""
        ...

    def open_read(self, key: str, offset: int = 0) -> AsyncIterator[bytes]:
        """The object from `offset` to its end, a block at a time, so that memory is bounded.

        Holds nothing between two blocks: it may be left at any point. Raises as `read` does.
        """
        ...

    async def holds(self) -> bool:
        """Whether this store has an object lock of its own, so that `ObjectStore.hold` works."""
        ...

    async def room(self) -> Room | None:
        """How full the store is; None where it cannot tell (S3 has no question for it)."""
        ...


class ObjectStore(RecordStore, Protocol):
    """All that can be done with objects: for retention, verification and tiers."""

    def keys(self, prefix: str = "") -> AsyncIterator[Listed]:
        """What lies there under keys that begin with `prefix`, in the order of the keys; never the
        marker. What comes or goes meanwhile may be missed. Raises WrongStore without a marker."""
        ...

    async def delete(self, keys: Sequence[str]) -> None:
        """Remove objects, with all their versions; one that is not there is fine.

        Raises Held (a Locked) when the store holds some of them; the others are gone then.
        """
        ...

    async def hold(self, keys: Sequence[str]) -> None:
        """Have the store itself refuse to delete these objects until `release`. Safe to repeat.

        Raises NotFound when some are not there (the others are held then), Invalid where `holds`
        is False.
        """
        ...

    async def release(self, keys: Sequence[str]) -> None:
        """End `hold`. Safe to repeat; one that is not there is fine. Raises Invalid as `hold`."""
        ...


def marker_bytes(store_id: str) -> bytes:
    return json.dumps({"store": store_id}).encode()


def marker_id(content: bytes) -> str:
    """The id in the bytes of a marker object. Raises Corrupt."""
    try:
        return str(json.loads(content)["store"])
    except (ValueError, KeyError, TypeError) as error:
        raise Corrupt("the store's marker cannot be read", marker=MARKER) from error


def checked_key(key: str) -> str:
    """`key`, if it is one we make: relative parts of `[0-9A-Za-z._-]`, none of dots only. Raises
    Invalid otherwise."""
    parts = key.split("/")
    if not all(_plain(part) for part in parts):
        raise Invalid("this is not the key of an object", key=key)
    return key


def _plain(part: str) -> bool:
    return (
        part.isascii()
        and part.replace("-", "").replace(".", "").replace("_", "").isalnum()
        and bool(part.strip("."))
    )
