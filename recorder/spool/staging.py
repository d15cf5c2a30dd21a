"""Memory in which a fragment is put together before it is written, aligned for direct writes.

One for all files of the writer thread, which alone uses it. Blocking callers only.
"""

from __future__ import annotations

import mmap
from collections.abc import Sequence

BLOCK = 4096
"""Bytes; direct writes begin and end at multiples of it, in the file as in memory (open(2))."""
_FIRST_BYTES = 4 << 20


class Staging:
    """What was filled in lasts until the next `fill`."""

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, _FIRST_BYTES)

    def fill(self, buffers: Sequence[bytes]) -> memoryview:
        """All of them in one piece, at an aligned address; behind it zeros up to the next block,
        which `padded` counts in."""
        size = sum(map(len, buffers))
        if padded(size) > len(self._memory):
            self._memory = mmap.mmap(-1, padded(2 * size))
        room, at = memoryview(self._memory), 0
        for buffer in buffers:
            room[at : at + len(buffer)] = buffer
            at += len(buffer)
        room[at : padded(at)] = bytes(padded(at) - at)
        return room[: padded(at)]


def padded(size: int) -> int:
    """`size`, rounded up to whole blocks."""
    return -(-size // BLOCK) * BLOCK
