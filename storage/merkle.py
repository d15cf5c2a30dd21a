"""The Merkle tree of RFC 6962 section 2.1, grown leaf by leaf. Pure.

Only the roots of its perfect subtrees are kept (the frontier, largest first: as many as the number
of leaves has bits set), so a tree of a day's deletions goes on from a few hashes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from vms.core.errors import Corrupt

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()


@dataclass(frozen=True, slots=True)
class Tree:
    """`frontier`: roots of the perfect subtrees, largest first."""

    size: int = 0
    frontier: tuple[bytes, ...] = ()

    def grown(self, leaves: Iterable[bytes]) -> Tree:
        """With these data after those that are in it."""
        size, roots = self.size, list(self.frontier)
        for leaf in leaves:
            roots.append(hashlib.sha256(b"\x00" + leaf).digest())
            bits = size
            while bits & 1:
                right = roots.pop()
                roots.append(_node(roots.pop(), right))
                bits >>= 1
            size += 1
        return Tree(size, tuple(roots))

    @property
    def root(self) -> bytes:
        """MTH of RFC 6962."""
        if not self.frontier:
            return EMPTY_ROOT
        *others, root = self.frontier
        for left in reversed(others):
            root = _node(left, root)
        return root

    def packed(self) -> bytes:
        return b"".join(self.frontier)


def unpacked(size: int, packed: bytes) -> Tree:
    """The inverse of `packed`. Raises Corrupt when it is not that of a tree of `size`."""
    if len(packed) != size.bit_count() * HASH_BYTES:
        raise Corrupt("the frontier of a Merkle tree has another length", size=size)
    pieces = range(0, len(packed), HASH_BYTES)
    return Tree(size, tuple(packed[at : at + HASH_BYTES] for at in pieces))


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()
