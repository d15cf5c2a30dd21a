from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vms.core.errors import Invalid
from vms.core.walltime import (
    HOUR,
    TimeRange,
    WallTime,
    from_iso,
    from_ntp,
    iso,
    merge,
    to_ntp,
    without,
)

# Era 0 of NTP ends in 2036; camera clocks of this decade stay inside.
walls = st.integers(0, 2_085_978_495_000_000).map(WallTime)
ranges = st.tuples(st.integers(0, 300), st.integers(1, 50)).map(
    lambda pair: TimeRange(WallTime(pair[0]), WallTime(pair[0] + pair[1]))
)


@given(walls)
def test_ntp_and_back_loses_nothing(wall: WallTime) -> None:
    assert from_ntp(to_ntp(wall)) == wall


@given(walls)
def test_iso_and_back_loses_nothing(wall: WallTime) -> None:
    assert from_iso(iso(wall)) == wall


def test_an_iso_time_in_another_zone_is_the_same_instant() -> None:
    assert from_iso("2026-11-23T15:12:00+08:00") == from_iso("2026-11-23T07:12:00Z")


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01T00:00:00Z", "2026-11-23T07:12:00"])
def test_a_time_without_zone_or_sense_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        from_iso(text)


def test_the_ntp_epoch_is_known() -> None:
    assert to_ntp(WallTime(0)) == 2_208_988_800 << 32


def test_a_range_holds_its_start_and_not_its_end() -> None:
    span = TimeRange(WallTime(10), WallTime(20))
    assert WallTime(10) in span
    assert WallTime(20) not in span


def test_a_range_that_does_not_advance_is_refused() -> None:
    with pytest.raises(Invalid):
        TimeRange(WallTime(HOUR), WallTime(HOUR))


@given(ranges, ranges)
def test_an_intersection_is_what_both_hold(one: TimeRange, other: TimeRange) -> None:
    both = {t for t in map(WallTime, range(360)) if t in one and t in other}
    common = one.intersection(other)
    assert both == (set() if common is None else set(range(common.start, common.end)))
    assert one.overlaps(other) == bool(both)


@given(st.lists(ranges, max_size=12))
def test_merging_keeps_every_instant_and_leaves_no_neighbours(spans: list[TimeRange]) -> None:
    merged = merge(spans)
    assert {t for span in merged for t in range(span.start, span.end)} == {
        t for span in spans for t in range(span.start, span.end)
    }
    assert all(left.end < right.start for left, right in pairwise(merged))


def test_merging_bridges_what_is_within_the_slack() -> None:
    spans = [TimeRange(WallTime(0), WallTime(10)), TimeRange(WallTime(13), WallTime(20))]
    assert merge(spans, slack_micros=2) == spans
    assert merge(spans, slack_micros=3) == [TimeRange(WallTime(0), WallTime(20))]


def test_what_is_left_of_a_range_lies_between_what_is_taken() -> None:
    taken = [TimeRange(WallTime(30), WallTime(40)), TimeRange(WallTime(5), WallTime(12))]
    left = without(TimeRange(WallTime(10), WallTime(50)), taken)
    assert left == [
        TimeRange(WallTime(12), WallTime(30)),
        TimeRange(WallTime(40), WallTime(50)),
    ]
    assert without(TimeRange(WallTime(30), WallTime(40)), taken) == []
    assert without(TimeRange(WallTime(1), WallTime(3)), taken) == [
        TimeRange(WallTime(1), WallTime(3))
    ]
