"""What age retention decides."""

from __future__ import annotations

import pytest

from storage.index import Outline, Term
from storage.retention import expired, horizon
from vms.core.walltime import DAY, SECOND, TimeRange, WallTime

NOW = WallTime(1000 * DAY)


def ended(ago: int) -> Outline:
    """A minute that ended `ago` µs before now."""
    end = NOW - ago
    return Outline(1, 2, 0, 0, TimeRange(WallTime(end - 60 * SECOND), WallTime(end)), 1)


@pytest.mark.parametrize(
    ("camera_days", "site_days", "ago", "goes"),
    [
        (None, 30, 30 * DAY, True),
        (None, 30, 30 * DAY - 1, False),
        (7, 30, 7 * DAY, True),
        (7, 30, 7 * DAY - 1, False),
        (90, 30, 31 * DAY, False),
        (90, 30, 90 * DAY, True),
        (None, 30, 30 * DAY - 30 * SECOND, False),
        (None, 30, -DAY, False),
    ],
)
def test_a_segment_goes_when_it_ended_longer_ago_than_its_days(
    camera_days: int | None, site_days: int, ago: int, goes: bool
) -> None:
    kept_from = horizon(Term(1, 2, camera_days, removed=False), site_days, NOW)
    assert (expired([ended(ago)], kept_from) != []) is goes


def test_a_removed_camera_keeps_its_days() -> None:
    assert horizon(Term(1, 2, 7, removed=True), 30, NOW) == NOW - 7 * DAY


def test_of_many_only_the_old_ones_go() -> None:
    old, young = ended(31 * DAY), ended(29 * DAY)
    assert expired([old, young], WallTime(NOW - 30 * DAY)) == [old]
