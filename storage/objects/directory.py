"""Objects as files below one directory: the store of a single machine.

When the spool lies on the same filesystem, the spool file becomes the object by a rename: no byte
is written twice. A disk that is not mounted shows as a missing marker; then nothing is written.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from storage.objects import files, folders
from storage.objects.blocks import blocks
from storage.objects.store import (
    MARKER,
    Listed,
    Room,
    WrongStore,
    checked_key,
    marker_bytes,
    marker_id,
)
from storage.objects.threads import Threads, open_threads
from storage.objects.walks import T, Walk, walk_file
from vms.core.errors import Conflict, Invalid, NotFound, Unavailable

_THREADS = 4
_NO_LOCK = "a directory has no object lock: only the index keeps its evidence"


class DirectoryRecordStore:
    """`root` and what is below belongs to the store. To be written and read."""

    def __init__(self, root: Path, threads: Threads) -> None:
        self._root = root
        self._threads = threads
        self._known = b""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self._root)!r})"

    async def check(self) -> None:
        await self._threads.run(self._check)

    async def identity(self) -> str | None:
        return await self._threads.run(self._identity)

    async def mark(self, store_id: str) -> None:
        await self._threads.run(self._mark, store_id)

    async def put(self, key: str, path: Path, sha256: bytes) -> None:
        """Also raises WrongStore when the marker is not there, Exhausted when the disk is full.
        Bytes are compared with `sha256` only where they are read: in a copy, not in a rename."""
        await self._threads.run(self._put, self._path(key), path, sha256)

    async def size(self, key: str) -> int | None:
        return await self._threads.run(self._size, self._path(key))

    async def read(self, key: str, offset: int, size: int) -> bytes:
        if offset < 0 or size < 0:
            raise Invalid("a range of an object is not negative", offset=offset, size=size)
        return await self._threads.run(self._read, self._path(key), offset, size)

    def open_read(self, key: str, offset: int = 0) -> AsyncIterator[bytes]:
        return blocks(self, key, offset)

    async def holds(self) -> bool:
        return False

    async def room(self) -> Room:
        """Of the filesystem the directory lies on, whoever else writes there."""
        return await self._threads.run(self._room)

    def _path(self, key: str) -> Path:
        return self._root / checked_key(key)

    def _check(self) -> None:
        self._require_root()
        if not os.access(self._root, os.R_OK | os.W_OK | os.X_OK, effective_ids=True):
            raise Unavailable("the directory of the store cannot be written", store=self._root)

    def _identity(self) -> str | None:
        """From now on this is the marker that must be there."""
        self._require_root()
        self._known = self._marker() or b""
        return marker_id(self._known) if self._known else None

    def _marker(self) -> bytes | None:
        marker = self._root / MARKER
        with files.translated(marker):
            return marker.read_bytes() if marker.exists() else None

    def _mark(self, store_id: str) -> None:
        self._require_root()
        marker = self._root / MARKER
        with files.translated(marker):
            try:
                files.create(marker, marker_bytes(store_id))
            except FileExistsError as error:
                raise Conflict("this store has a marker already", store=self._root) from error

    def _put(self, target: Path, path: Path, sha256: bytes) -> None:
        self._require_marker()
        with files.translated(target):
            files.place(path, target, self._root, sha256)

    def _size(self, target: Path) -> int | None:
        with files.translated(target):
            if target.is_file():
                return target.stat().st_size
        self._require_marker()
        return None

    def _read(self, target: Path, offset: int, size: int) -> bytes:
        with files.translated(target):
            if target.is_file():
                return files.read_exactly(target, offset, size)
        self._require_marker()
        raise NotFound("no such object", key=target.relative_to(self._root))

    def _room(self) -> Room:
        self._require_root()
        with files.translated(self._root):
            found = os.statvfs(self._root)
        ours = found.f_blocks - found.f_bfree + found.f_bavail  # without what is root's alone
        return Room(ours * found.f_frsize, found.f_bavail * found.f_frsize)

    def _require_root(self) -> None:
        if not self._root.is_dir():
            raise Unavailable("the directory of the store is not there", store=self._root)

    def _require_marker(self) -> None:
        """A look each call keeps us from working below a mount point whose disk is away, or in
        another store that was mounted there since `identity` was asked."""
        self._require_root()
        found = self._marker()
        if found is None:
            raise WrongStore("the store has no marker: is its disk mounted?", store=self._root)
        if self._known and found != self._known:
            raise WrongStore("the store is not the one it was: another marker", store=self._root)


class DirectoryStore(DirectoryRecordStore):
    """With all that can be done to it: listing and deleting. It has no object lock."""

    async def walk(self, key: str, walk: Walk[T]) -> T:
        return await self._threads.run(self._walk, self._path(key), walk)

    async def keys(self, prefix: str = "") -> AsyncIterator[Listed]:
        await self._threads.run(self._require_marker)
        for folder in await self._threads.run(self._folders, prefix):
            for listed in await self._threads.run(self._list, folder, prefix):
                yield listed

    async def hold(self, keys: Sequence[str]) -> None:
        raise Invalid(_NO_LOCK, keys=len(keys))

    async def release(self, keys: Sequence[str]) -> None:
        raise Invalid(_NO_LOCK, keys=len(keys))

    async def delete(self, keys: Sequence[str]) -> None:
        """Also raises WrongStore when the marker is not there."""
        await self._threads.run(self._delete, [self._path(key) for key in keys])

    def _walk(self, target: Path, walk: Walk[T]) -> T:
        with files.translated(target):
            if target.is_file():
                return walk_file(target, walk)
        self._require_marker()
        raise NotFound("no such object", key=target.relative_to(self._root))

    def _folders(self, prefix: str) -> list[Path]:
        with files.translated(self._root):
            return folders.below(self._root, prefix)

    def _list(self, folder: Path, prefix: str) -> list[Listed]:
        with files.translated(self._root):
            return folders.listed(folder, self._root, prefix)

    def _delete(self, targets: Sequence[Path]) -> None:
        self._require_marker()
        with files.translated(self._root):
            files.remove(targets, self._root)


@asynccontextmanager
async def open_directory(root: Path, *, create: bool = False) -> AsyncIterator[DirectoryStore]:
    """`create`: make the directory when it is missing; otherwise that shows in `check`."""
    _require_absolute(root)
    with open_threads("store", _THREADS) as threads:
        if create:
            with files.translated(root):
                await threads.run(root.mkdir, mode=0o700, parents=True, exist_ok=True)
        yield DirectoryStore(root, threads)


@asynccontextmanager
async def open_directory_records(root: Path) -> AsyncIterator[DirectoryRecordStore]:
    """The same directory for who never deletes."""
    _require_absolute(root)
    with open_threads("store", _THREADS) as threads:
        yield DirectoryRecordStore(root, threads)


def _require_absolute(root: Path) -> None:
    if not root.is_absolute():
        raise Invalid("the store is an absolute path: file:///path", store=root)
