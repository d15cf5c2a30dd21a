"""Which segments go by age, and which time lies around events."""

from __future__ import annotations

import pytest

from storage.index import Outline
from storage.retention.plan import Rule, Windows, aged, rule
from storage.retention.policy import Effective, effective
from vms.core.promises import RetentionPolicy
from vms.core.walltime import DAY, MINUTE, SECOND, TimeRange, WallTime

NOW = WallTime(1000 * DAY)


def policy(**said: int) -> Effective:
    return effective(RetentionPolicy(), {}, 9, RetentionPolicy(**said))


def minute(ended_ago: int) -> Outline:
    """One that ended so many µs before now."""
    end = WallTime(NOW - ended_ago)
    return Outline(9, 2, 0, 0, TimeRange(WallTime(end - MINUTE), end), 1)


def goes(outline: Outline, this: Rule, windows: Windows | None = None) -> bool:
    return list(aged([outline], this, windows or Windows())) == [outline]


@pytest.mark.parametrize(
    ("days", "ago", "gone"),
    [
        (30, 30 * DAY, True),
        (30, 30 * DAY - 1, False),
        (7, 7 * DAY, True),
        (30, 30 * DAY - 30 * SECOND, False),
        (30, -DAY, False),
    ],
)
def test_a_segment_goes_by_its_end(days: int, ago: int, gone: bool) -> None:
    assert goes(minute(ago), rule(policy(max_days=days), NOW)) is gone


def test_the_minimum_keeps_what_the_maximum_lets_go() -> None:
    this = rule(policy(max_days=7, min_days=10), NOW)
    assert not goes(minute(10 * DAY - 1), this)
    assert goes(minute(10 * DAY), this)
    assert this.why_age == "min_days 10: camera 9"


def test_what_lies_around_an_event_goes_later() -> None:
    this = rule(policy(max_days=7, event_days=90), NOW)
    old = minute(8 * DAY)
    around = Windows([old.range.start], 0, 1)
    assert not goes(old, this, around)
    assert goes(old, this, Windows([WallTime(old.range.end + SECOND)], 1, 0))
    older = minute(90 * DAY)
    assert goes(older, this, Windows([older.range.start], 10, 10))
    assert this.why_events == "event_days 90: camera 9"


@pytest.mark.parametrize(
    ("start", "end", "touched"),
    [
        (0, 90, False),
        (0, 91, True),
        (100, 101, True),
        (129, 140, True),
        (130, 140, False),
        (0, 1000, True),
        (399, 400, True),
        (420, 430, False),
        (10_000, 10_001, False),
    ],
)
def test_windows_are_exact_and_half_open(start: int, end: int, touched: bool) -> None:
    """Events at 100 s and 400 s, ten seconds before and thirty (twenty) after."""
    at = [WallTime(second * SECOND) for second in (400, 100)]
    windows = Windows(at[1:], 10, 30) if start < 300 else Windows(at[:1], 10, 20)
    span = TimeRange(WallTime(start * SECOND), WallTime(end * SECOND))
    assert windows.touch(span) is touched


def test_a_window_without_length_is_the_instant() -> None:
    windows = Windows([WallTime(50)], 0, 0)
    assert windows.touch(TimeRange(WallTime(50), WallTime(51)))
    assert not windows.touch(TimeRange(WallTime(51), WallTime(52)))
    assert not windows.touch(TimeRange(WallTime(49), WallTime(50)))


def test_the_words_name_the_rule_and_who_said_it() -> None:
    this = rule(policy(max_days=30, quota_bytes=5), NOW)
    assert (this.why_age, this.why_quota) == ("max_days 30: camera 9", "quota_bytes 5: camera 9")
    assert rule(policy(), NOW).why_age == "max_days 30: settings"
