"""How segments hang together by their hashes."""

from __future__ import annotations

import pytest

from storage.index import Outline
from storage.integrity.chain import Chain, Verdict, explained
from vms.core.walltime import SECOND, TimeRange, WallTime


def outline(minute: int, minutes: int = 1) -> Outline:
    start = WallTime(minute * 60 * SECOND)
    return Outline(1, 1, 7, minute, TimeRange(start, WallTime(start + minutes * 60 * SECOND)), 9)


def verdicts(*links: tuple[bytes, bytes | None]) -> list[Verdict]:
    chain = Chain()
    return [
        chain.push(outline(minute), sha256, previous).verdict
        for minute, (sha256, previous) in enumerate(links)
    ]


@pytest.mark.parametrize("first", [None, b"expired"])
def test_whatever_the_oldest_names_is_gone(first: bytes | None) -> None:
    assert verdicts((b"a", first), (b"b", b"a")) == [Verdict.FIRST, Verdict.FITS]


def test_a_removed_segment_breaks_the_chain_at_its_successor() -> None:
    assert verdicts((b"a", None), (b"c", b"b"), (b"d", b"c"))[1:] == [Verdict.BROKEN, Verdict.FITS]


def test_a_replaced_segment_breaks_the_chain_at_its_successor() -> None:
    assert verdicts((b"a", None), (b"forged", b"a"), (b"c", b"b"))[2] is Verdict.BROKEN


@pytest.mark.parametrize("named", [b"a", None])
def test_naming_an_older_one_or_none_is_a_fork(named: bytes | None) -> None:
    assert verdicts((b"a", None), (b"b", b"a"), (b"c", named))[2] is Verdict.FORKS


def test_a_hole_lies_between_segments_that_do_not_touch() -> None:
    chain = Chain()
    holes = [chain.push(outline(minute), b"", b"").hole for minute in (0, 1, 4)]
    assert holes == [None, None, TimeRange(outline(1).range.end, outline(4).range.start)]


def test_a_hole_is_explained_by_what_is_known_to_have_gone_there_and_touching_ones_by_nothing() -> (
    None
):
    hole, elsewhere = outline(3).range, outline(4, 5).range
    assert explained(hole, [elsewhere, outline(2, 2).range])
    assert not explained(hole, [elsewhere])
    assert not explained(None, [outline(0, 100).range])
