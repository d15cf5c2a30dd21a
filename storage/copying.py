"""One object from one store to another: its bytes hashed on their way and once more where they lie.

Owns no task.
"""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
from pathlib import Path

from storage.index import Outline
from storage.objects.blocks import digest
from storage.objects.store import ObjectStore
from vms.core.errors import Corrupt, Unavailable


async def copy(outline: Outline, source: ObjectStore, target: ObjectStore, folder: Path) -> None:
    """Put the object of `source` into `target` too, and read it back from there.

    `folder`: there already. Raises Corrupt or NotFound when it is not what was recorded, and as
    `put` does; Unavailable when `target` gives back something else than it was given.
    """
    sha256 = outline.sha256 or b""
    with tempfile.TemporaryDirectory(dir=folder) as own:
        path = Path(own) / "object"
        if await _fetch(source, outline.key, path) != sha256:
            raise Corrupt("the object is not what was recorded", key=outline.key)
        await target.put(outline.key, path, sha256)
    if await digest(target, outline.key) != sha256:
        raise Unavailable("the cold store does not keep what it is given", key=outline.key)


async def _fetch(store: ObjectStore, key: str, path: Path) -> bytes:
    """Write the object to a file; its SHA-256."""
    found = hashlib.sha256()
    with path.open("wb") as file:
        async for block in store.open_read(key):
            await asyncio.to_thread(file.write, block)
            await asyncio.to_thread(found.update, block)
    return found.digest()
