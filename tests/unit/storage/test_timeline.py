"""Recorded time as a screen can show it."""

from __future__ import annotations

import random

import pytest

from storage.timeline import (
    MOST_BUCKETS,
    Around,
    Buckets,
    EventMark,
    Recorded,
    activity,
    around,
    bitrate,
    buckets,
    counted_in,
    recorded_in,
    summed_in,
    thinned,
)
from vms.core.promises import Bookmark
from vms.core.walltime import DAY, HOUR, MINUTE, SECOND, TimeRange, WallTime

START = 1_795_424_400 * SECOND
"""23 November 2026, 09:00 UTC: an hour begins."""


def at(seconds: float) -> WallTime:
    return WallTime(START + round(seconds * SECOND))


def span(start: float, end: float) -> TimeRange:
    return TimeRange(at(start), at(end))


def piece(start: float, seconds: float, size: int) -> Recorded:
    return Recorded(at(start), round(seconds * SECOND), size)


def mark(number: int, start: float, end: float | None = None) -> Bookmark:
    last = None if end is None else at(end)
    return Bookmark(number, 1, at(start), last, f"mark {number}", "", at(0), "budi")


@pytest.mark.parametrize(
    ("seconds", "pixels", "micros", "count"),
    [
        (100, 100, SECOND, 100),
        (100, 1000, SECOND, 100),  # never shorter than a second
        (1000, 100, 10 * SECOND, 100),
        (4000, 20_000, 10 * SECOND, 400),  # never more than MOST_BUCKETS
        (10, 1, 10 * SECOND, 1),
    ],
)
def test_buckets_are_as_long_as_a_pixel(seconds: int, pixels: int, micros: int, count: int) -> None:
    into = buckets(span(0, seconds), pixels, whole_hours=False)
    assert (into.start, into.micros, into.count) == (at(0), micros, count)


def test_buckets_of_hours_begin_with_an_hour_and_cover_the_span() -> None:
    asked = TimeRange(at(10), WallTime(at(10) + 30 * DAY))
    into = buckets(asked, 1000, whole_hours=True)
    assert (into.start, into.micros) == (at(0), 2 * HOUR)
    assert into.range.end >= asked.end
    assert into.count == 361


def test_buckets_cover_any_span_without_being_many() -> None:
    chance = random.Random(4)
    for _ in range(500):
        begin = chance.randrange(10**15)
        asked = TimeRange(WallTime(begin), WallTime(begin + chance.randrange(1, 400 * DAY)))
        pixels, hourly = chance.randrange(1, 20_000), chance.random() < 0.5
        into = buckets(asked, pixels, whole_hours=hourly)
        assert into.start <= asked.start
        assert into.range.end >= asked.end
        assert into.range.end - into.micros < asked.end, "no bucket lies behind the span"
        assert into.count <= MOST_BUCKETS + 1
        assert into.micros * pixels >= asked.micros


def test_activity_is_the_bitrate_against_the_usual_one() -> None:
    into = Buckets(at(0), 10 * SECOND, 4)
    pieces = [piece(0, 10, 1000), piece(10, 10, 3000), piece(35, 5, 250)]
    assert activity(into, pieces, usual_bitrate=800) == [100, 300, None, 50]


def test_a_piece_across_a_border_counts_on_both_sides() -> None:
    into = Buckets(at(0), 10 * SECOND, 3)
    assert activity(into, [piece(-10, 60, 6000)], usual_bitrate=800) == [100, 100, 100]
    assert activity(into, [piece(5, 10, 1000), piece(15, 5, 0)], 800) == [100, 50, None]


def test_without_anything_usual_there_is_no_activity() -> None:
    into = Buckets(at(0), SECOND, 2)
    for usual in (None, 0):
        assert activity(into, [piece(0, 2, 99)], usual) == [None, None]


def test_a_bitrate_is_that_of_what_is_recorded() -> None:
    assert bitrate([piece(0, 10, 1000), piece(3600, 10, 3000)]) == 1600
    assert bitrate([]) is None


def test_bookmarks_that_share_a_pixel_are_one_with_a_count() -> None:
    marks = thinned([mark(3, 12), mark(1, 10), mark(2, 11), mark(4, 25)], 10 * SECOND)
    assert [(each.first.id, each.count) for each in marks] == [(1, 3), (4, 1)]


def test_a_bookmark_longer_than_a_pixel_stands_for_itself() -> None:
    marks = thinned([mark(1, 10), mark(2, 10, 60), mark(3, 11)], 10 * SECOND)
    assert [(each.first.id, each.count) for each in marks] == [(2, 1), (1, 2)]


def test_every_bookmark_is_counted_once() -> None:
    chance = random.Random(7)
    for _ in range(200):
        begins = [chance.uniform(0, 500) for _ in range(chance.randrange(60))]
        marks = [
            mark(number, begin, begin + chance.choice((1, 5, 50)) if number % 2 else None)
            for number, begin in enumerate(begins)
        ]
        shown = thinned(marks, 10 * SECOND)
        assert sum(each.count for each in shown) == len(marks)
        assert [each.first.at for each in shown] == sorted(each.first.at for each in shown)


def test_what_is_recorded_of_each_day_adds_up() -> None:
    chance = random.Random(5)
    for _ in range(200):
        borders = sorted(chance.sample(range(10_000), 20))
        spans = [span(a, b) for a, b in zip(borders[::2], borders[1::2], strict=True)]
        days = [span(begin, begin + 1000) for begin in range(0, 10_000, 1000)]
        counted = recorded_in(days, spans)
        assert sum(counted) == sum(each.micros for each in spans)
        for day, micros in zip(days, counted, strict=True):
            shared = (day.intersection(each) for each in spans)
            assert micros == sum(each.micros for each in shared if each)


def test_what_lies_outside_the_days_is_not_counted() -> None:
    days = [span(100, 200), span(200, 300)]
    assert recorded_in(days, [span(0, 50), span(90, 110), span(290, 400)]) == [
        10 * SECOND,
        10 * SECOND,
    ]
    assert counted_in(days, [EventMark(at(99), "motion"), EventMark(at(200), "motion", 4)]) == [
        0,
        4,
    ]
    assert summed_in(days, [piece(99, 1, 5), piece(199, 5, 7), piece(300, 1, 9)]) == [7, 0]


RECORDED = [span(0, 60), span(60.5, 120), span(300, 360), span(600, 660)]


@pytest.mark.parametrize(
    ("instant", "expected"),
    [
        (30, Around(at(30), True, at(0), at(300))),
        (60.2, Around(at(60.2), True, at(0), at(300))),  # shorter than the slack: no gap
        (0, Around(at(0), True, None, at(300))),
        (130, Around(WallTime(at(120) - 1), False, at(0), at(300))),
        (290, Around(at(300), False, at(0), at(300))),
        (300, Around(at(300), True, at(0), at(600))),
        (700, Around(WallTime(at(660) - 1), False, at(600), None)),
        (-10, Around(at(0), False, None, at(0))),
    ],
)
def test_the_nearest_recording_and_those_beside_it(instant: float, expected: Around) -> None:
    assert around(RECORDED, at(instant), slack_micros=SECOND) == expected


def test_where_nothing_is_recorded_there_is_nothing_near() -> None:
    assert around([], at(0), slack_micros=MINUTE) == Around(None, False, None, None)
