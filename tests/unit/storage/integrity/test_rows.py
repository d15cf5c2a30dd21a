"""Rows judged by themselves, and what is kept beside them counted again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace

import pytest

from storage.index import Outline
from storage.index.census import Entry, Held
from storage.index.goptable import encode
from storage.integrity.findings import Finding, Kind, Level
from storage.integrity.rows import Recount
from vms.core.model import GopEntry
from vms.core.walltime import HOUR, SECOND, TimeRange, WallTime

START = WallTime(500_000 * HOUR)
MINUTE = 60 * SECOND


def entry(minute: int, *, seconds: int = 60, size: int = 1000) -> Entry:
    start = WallTime(START + minute * MINUTE)
    span = TimeRange(start, WallTime(start + seconds * SECOND))
    table = encode([GopEntry(0, span.micros, 100, size - 100, 5)])
    sha256 = hashlib.sha256(bytes([minute])).digest()
    return Entry(Outline(3, 7, 5, minute, span, size), 100, sha256, None, 0, table)


def judged(entries: Iterable[Entry], held: Held | None = None) -> list[Finding]:
    recount = Recount(7, 3)
    found = [finding for one in entries for finding in recount.push(one)]
    return found if held is None else [*found, *recount.compare(held)]


def span(first: int, end: int) -> TimeRange:
    return TimeRange(WallTime(START + first * MINUTE), WallTime(START + end * MINUTE))


GOOD = (entry(0), entry(1), entry(59), entry(60))
HELD = Held(
    (span(0, 2), span(59, 61)),
    ((START, 3 * MINUTE, 3000), (WallTime(START + HOUR), MINUTE, 1000)),
)


def test_good_rows_are_good_and_add_up() -> None:
    assert judged(GOOD, HELD) == []


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (replace(entry(2), outline=replace(entry(2).outline, camera_id=4)), "belongs to camera 3"),
        (entry(1, seconds=61), None),
        (replace(entry(2), sha256=b"short"), "SHA-256"),
        (replace(entry(2), prev_sha256=b"short"), "SHA-256"),
        (replace(entry(2), table=b"\xff"), "cannot be read"),
        (replace(entry(2), table=encode([])), "does not fill"),
        (replace(entry(2), init_size=90), "does not fill"),
        (replace(entry(2), table=entry(2, size=999).table), "does not fill"),
        (
            replace(entry(2), table=encode([GopEntry(61 * SECOND, 1, 100, 900, 5)])),
            "outside the segment's time",
        ),
    ],
)
def test_a_row_that_contradicts_itself_is_told(wrong: Entry, words: str | None) -> None:
    found = judged([entry(0), wrong])
    assert [one.kind for one in found] == ([Kind.ROW] if words else [])
    assert all(words in one.detail for one in found if words)


def test_rows_that_overlap_are_told() -> None:
    (found,) = judged([entry(0, seconds=61), entry(1)])
    assert (found.kind, found.range) == (Kind.ROW, entry(1).outline.range)


@pytest.mark.parametrize(
    ("held", "kind"),
    [
        (replace(HELD, coverage=HELD.coverage[:1]), Kind.COVERAGE),
        (replace(HELD, coverage=(span(0, 61),)), Kind.COVERAGE),
        (replace(HELD, coverage=(*HELD.coverage, span(70, 71))), Kind.COVERAGE),
        (replace(HELD, hours=HELD.hours[:1]), Kind.HOURS),
        (replace(HELD, hours=((START, 3 * MINUTE, 2999), HELD.hours[1])), Kind.HOURS),
    ],
)
def test_what_is_kept_beside_and_does_not_add_up_is_told(held: Held, kind: Kind) -> None:
    (found,) = judged(GOOD, held)
    assert found.kind is kind
    assert (found.camera_id, found.stream_id) == (3, 7)


def test_each_level_looks_at_what_the_one_before_does() -> None:
    levels = list(Level)
    for at, level in enumerate(levels):
        assert [each for each in levels if level.reaches(each)] == levels[: at + 1]
