"""When a stream is kept: hours of the week in the site's zone, DST included, and events."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from recorder.policy import Calendar, Rule, laid_out
from vms.core.model import Cause, Gap, Hours, RecordPolicy, RecordWhen
from vms.core.walltime import DAY, HOUR, MINUTE, SECOND, TimeRange, WallTime

WITA = ZoneInfo("Asia/Makassar")
BERLIN = ZoneInfo("Europe/Berlin")
OFFICE = (Hours(0, 8 * 60, 17 * 60),)
"""Mondays from 8 to 17."""


def local(text: str, zone: ZoneInfo = WITA) -> WallTime:
    return WallTime(round(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp() * SECOND))


def span(start: str, end: str, zone: ZoneInfo = WITA) -> TimeRange:
    return TimeRange(local(start, zone), local(end, zone))


@pytest.mark.parametrize(
    ("moment", "open_then"),
    [
        ("2026-11-23T07:59:59.999", False),
        ("2026-11-23T08:00:00", True),
        ("2026-11-23T16:59:59.999", True),
        ("2026-11-23T17:00:00", False),
        ("2026-11-24T12:00:00", False),  # a Tuesday
    ],
)
def test_hours_are_those_of_the_sites_zone_and_end_before_their_end(
    moment: str, open_then: bool
) -> None:
    assert Calendar(OFFICE, WITA).open(local(moment)) is open_then


def test_without_hours_it_is_always_open() -> None:
    calendar = Calendar((), WITA)
    assert calendar.open(local("2026-11-29T03:00"))
    day = span("2026-11-23T00:00", "2026-11-24T00:00")
    assert calendar.parts(day) == [(day, True)]


def test_a_night_is_two_windows_that_join_at_midnight() -> None:
    night = Calendar((Hours(0, 22 * 60, 1440), Hours(1, 0, 6 * 60)), WITA)
    parts = night.parts(span("2026-11-23T12:00", "2026-11-24T12:00"))
    assert [is_open for _, is_open in parts] == [False, True, False]
    assert parts[1][0] == span("2026-11-23T22:00", "2026-11-24T06:00")


def test_parts_follow_each_other_without_a_hole() -> None:
    weekdays = Calendar(tuple(Hours(day, 7 * 60, 19 * 60) for day in range(5)), WITA)
    whole = span("2026-11-18T13:13", "2026-12-02T04:05:06")
    parts = [part for part, _ in weekdays.parts(whole)]
    assert parts[0].start == whole.start
    assert parts[-1].end == whole.end
    assert all(a.end == b.start for a, b in pairwise(parts))
    assert sum(part.micros for part, is_open in weekdays.parts(whole) if is_open) == (
        10 * 12 * HOUR - (6 * HOUR + 13 * MINUTE)  # the first day began at 13:13
    )


def test_the_hour_that_comes_twice_is_open_twice_and_the_one_left_out_never() -> None:
    # Sunday 2026-10-25, 03:00 CEST becomes 02:00 CET; Sunday 2026-03-29, 02:00 becomes 03:00.
    nightly = Calendar((Hours(6, 2 * 60, 3 * 60),), BERLIN)
    autumn = nightly.parts(span("2026-10-25T00:00", "2026-10-25T12:00", BERLIN))
    assert [part.micros for part, is_open in autumn if is_open] == [2 * HOUR]
    spring = nightly.parts(span("2026-03-29T00:00", "2026-03-29T12:00", BERLIN))
    assert [is_open for _, is_open in spring] == [False]


def test_it_is_known_two_minutes_ahead_that_hours_begin() -> None:
    calendar = Calendar(OFFICE, WITA)
    assert not calendar.soon(local("2026-11-23T07:57:59"))
    assert calendar.soon(local("2026-11-23T07:58:00"))


def test_a_schedule_keeps_its_hours_only() -> None:
    rule = Rule(RecordPolicy(RecordWhen.SCHEDULE, OFFICE), WITA)
    assert rule.refusal(local("2026-11-23T12:00")) is None
    assert rule.refusal(local("2026-11-23T18:00")) is Cause.SCHEDULE
    assert rule.event(local("2026-11-23T12:00")) is None, "events make no difference to it"
    assert rule.held_from(local("2026-11-23T06:00")) is None
    soon = local("2026-11-23T07:59:30")
    assert rule.held_from(soon) == soon, "the group that covers the beginning is held"


def test_an_event_keeps_the_time_before_and_after_it() -> None:
    rule = Rule(RecordPolicy(RecordWhen.EVENTS, (), pre_seconds=10, post_seconds=30), WITA)
    at = local("2026-11-23T12:00")
    assert rule.refusal(at) is Cause.NO_EVENT
    assert rule.event(at) == span("2026-11-23T11:59:50", "2026-11-23T12:00:30")
    assert rule.refusal(WallTime(at + 30 * SECOND - 1)) is None
    assert rule.refusal(WallTime(at + 30 * SECOND)) is Cause.NO_EVENT
    assert rule.held_from(at) == at - 10 * SECOND


def test_an_earlier_event_heard_later_does_not_shorten_what_is_kept() -> None:
    rule = Rule(RecordPolicy(RecordWhen.EVENTS, post_seconds=30), WITA)
    at = local("2026-11-23T12:00")
    rule.event(at)
    rule.event(WallTime(at - 20 * SECOND))
    assert rule.refusal(WallTime(at + 29 * SECOND)) is None


def test_events_outside_the_hours_count_for_nothing() -> None:
    rule = Rule(RecordPolicy(RecordWhen.EVENTS, OFFICE), WITA)
    assert rule.event(local("2026-11-23T18:00")) is None
    assert rule.event(local("2026-11-23T16:59:55")) is not None
    assert rule.refusal(local("2026-11-23T17:00")) is Cause.SCHEDULE, "hours end what follows one"


def gap(start: str, cause: Cause) -> Gap:
    return Gap(2, local(start), None, cause, "why")


def test_after_a_night_without_a_recorder_each_part_has_its_own_reason() -> None:
    calendar = Calendar(OFFICE, WITA)
    parts = laid_out(gap("2026-11-23T16:00", Cause.NO_EVENT), local("2026-11-30T09:00"), calendar)
    assert parts == [
        Gap(2, local("2026-11-23T16:00"), None, Cause.RECORDER_OFF),
        Gap(2, local("2026-11-23T17:00"), None, Cause.SCHEDULE),
        Gap(2, local("2026-11-30T08:00"), None, Cause.RECORDER_OFF),
    ]


def test_a_camera_that_was_lost_stays_the_reason_within_the_hours() -> None:
    calendar = Calendar(OFFICE, WITA)
    lost = gap("2026-11-23T16:30", Cause.UNREACHABLE)
    parts = laid_out(lost, local("2026-11-23T18:00"), calendar)
    assert [part.cause for part in parts] == [Cause.UNREACHABLE, Cause.SCHEDULE]


def test_a_gap_of_years_is_laid_out_over_its_newest_days_only() -> None:
    calendar = Calendar(OFFICE, WITA)
    old = Gap(2, WallTime(local("2026-11-23T12:00") - 900 * DAY), None, Cause.RECORDER_OFF)
    parts = laid_out(old, local("2026-11-23T12:00"), calendar)
    assert parts[0].start == old.start
    assert len(parts) == 1 + 5 * 2 + 1
    assert (
        laid_out(gap("2026-11-23T12:00", Cause.CLOSED), local("2026-11-23T12:00"), calendar) == []
    )
