"""Many small ranges of one object in one go: for who reads only heads.

A walk is a generator that yields (offset, size), is sent those bytes, fewer at the object's end,
and returns what it found. A store that has a cheap way does a whole walk in one of its threads
(`Walks`); of any other the ranges are read one by one.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Protocol, TypeAlias, TypeVar, runtime_checkable

from storage.objects.store import RecordStore

T = TypeVar("T")
Walk: TypeAlias = Generator[tuple[int, int], bytes, T]


@runtime_checkable
class Walks(Protocol):
    """A store that walks by itself."""

    async def walk(self, key: str, walk: Walk[T]) -> T:
        """What `walk` returns or raises. Raises NotFound, Unavailable."""
        ...


async def walked(store: RecordStore, key: str, walk: Walk[T]) -> T:
    """Do a walk over the object of `key`. Raises NotFound, Unavailable, and what `walk` raises."""
    if isinstance(store, Walks):
        return await store.walk(key, walk)
    try:
        offset, size = next(walk)
        while True:
            offset, size = walk.send(await store.read(key, offset, size))
    except StopIteration as done:
        found: T = done.value
        return found


def walk_through(walk: Walk[T], read: Callable[[int, int], bytes]) -> T:
    """The same, blocking: `read` gives the bytes of a range."""
    try:
        offset, size = next(walk)
        while True:
            offset, size = walk.send(read(offset, size))
    except StopIteration as done:
        found: T = done.value
        return found


def walk_file(path: Path, walk: Walk[T]) -> T:
    """Over a file, without reading ahead: pictures lie between the heads. Raises OSError."""
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.posix_fadvise(file, 0, 0, os.POSIX_FADV_RANDOM)
        return walk_through(walk, lambda offset, size: os.pread(file, size, offset))
    finally:
        os.close(file)
