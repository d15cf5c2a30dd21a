"""The compact group table."""

from __future__ import annotations

import itertools
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.index.goptable import decode, encode
from vms.core.errors import Corrupt, Invalid
from vms.core.model import GopEntry
from vms.core.walltime import SECOND

amount = st.integers(0, 1 << 40)
entries = st.builds(
    GopEntry,
    start=st.integers(-(1 << 40), 1 << 40),
    duration=amount,
    offset=st.integers(-(1 << 40), 1 << 40),
    size=amount,
    key_size=amount,
)


def contiguous(sizes: list[tuple[int, int, int]], offset: int) -> tuple[GopEntry, ...]:
    gops, start = [], 0
    for duration, size, key_size in sizes:
        gops.append(GopEntry(start, duration, offset, size, key_size))
        start, offset = start + duration, offset + size
    return tuple(gops)


def minute(hole: int = 0) -> tuple[GopEntry, ...]:
    """Sixty groups of one second at 4 Mbit/s, jittering; `hole` bytes before each."""
    step = itertools.cycle((999_950, 1_000_020, 1_000_030))
    start, offset, gops = 0, 1400, []
    for number in range(60):
        duration, size = next(step), 480_000 + 1_371 * (number % 29)
        gops.append(GopEntry(start, duration, offset + hole, size, 41_000 + 97 * number))
        start, offset = start + duration, offset + hole + size
    return tuple(gops)


@given(st.lists(entries))
def test_any_table_comes_back_as_it_went_in(gops: list[GopEntry]) -> None:
    assert decode(encode(gops)) == tuple(gops)


@given(st.lists(st.tuples(amount, amount, amount)), st.integers(0, 1 << 20))
def test_a_table_without_holes_comes_back_as_it_went_in(
    sizes: list[tuple[int, int, int]], offset: int
) -> None:
    gops = contiguous(sizes, offset)
    assert decode(encode(gops)) == gops


@given(st.binary())
def test_any_bytes_are_a_table_or_corrupt(blob: bytes) -> None:
    with suppress(Corrupt):
        decode(blob)


@pytest.mark.parametrize("hole", [0, 32])
def test_a_torn_table_is_corrupt(hole: int) -> None:
    blob = encode(minute(hole))
    with pytest.raises(Corrupt):
        decode(blob[:-1])
    with pytest.raises(Corrupt):
        decode(b"")


def test_a_minute_is_about_five_bytes_a_group() -> None:
    assert len(encode(minute())) / 60 < 5
    assert len(encode(minute(hole=32))) / 60 < 11.1


def test_tables_of_older_programs_are_read() -> None:
    old = bytes.fromhex("010ac0843da0c21e90bf058e843d80a61d80f104")
    second = GopEntry(1_000_000, 999_950, 500_010, 480_000, 80_000)
    assert decode(old) == (GopEntry(0, 1_000_000, 10, 500_000, 90_000), second)


def test_equal_groups_cost_nothing_but_their_number() -> None:
    gops = contiguous([(SECOND, 1 << 19, 1 << 16)] * 600, 1400)
    assert len(encode(gops)) < 20
    assert decode(encode(gops)) == gops


def test_a_number_of_groups_beyond_all_sense_is_corrupt() -> None:
    with pytest.raises(Corrupt, match="too many"):
        decode(b"\x03" + b"\xff" * 8 + b"\x7f" + bytes(8))


def test_a_negative_size_is_refused() -> None:
    with pytest.raises(Invalid):
        encode([GopEntry(0, 1, 0, -1, 0)])
