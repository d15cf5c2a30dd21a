"""The tree of RFC 6962, against its definition and the values others publish for it."""

from __future__ import annotations

import hashlib
import random

import pytest

from storage.merkle import EMPTY_ROOT, Tree, unpacked
from vms.core.errors import Corrupt

PUBLISHED = [
    bytes.fromhex(each)
    for each in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
"""The leaves of the test vectors of certificate-transparency (merkletree tests)."""
ROOTS = {
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}


def defined(leaves: list[bytes]) -> bytes:
    """MTH as RFC 6962 section 2.1 writes it."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    half = 1 << ((len(leaves) - 1).bit_length() - 1)
    pair = defined(leaves[:half]) + defined(leaves[half:])
    return hashlib.sha256(b"\x01" + pair).digest()


@pytest.mark.parametrize("size", ROOTS)
def test_the_published_values(size: int) -> None:
    assert Tree().grown(PUBLISHED[:size]).root.hex() == ROOTS[size]


def test_an_empty_tree() -> None:
    assert Tree().root == EMPTY_ROOT == defined([])


def test_a_tree_grown_in_pieces_and_packed_between_is_the_one_of_all_leaves() -> None:
    dice = random.Random(1)
    for size in range(130):
        leaves = [dice.randbytes(32) for _ in range(size)]
        cut = dice.randint(0, size)
        begun = Tree().grown(leaves[:cut])
        tree = unpacked(cut, begun.packed()).grown(leaves[cut:])
        assert (tree.size, tree.root) == (size, defined(leaves))
        assert len(tree.frontier) == size.bit_count()


def test_a_frontier_of_another_tree_is_corrupt() -> None:
    with pytest.raises(Corrupt, match="frontier"):
        unpacked(3, bytes(32))
