"""What the forecast says, against days gone through one by one."""

from __future__ import annotations

import random

import pytest

from storage.retention.forecast import Load, forecast, reach
from storage.retention.policy import Effective, effective
from vms.core.promises import RetentionPolicy
from vms.core.walltime import DAY, WallTime

NOW = WallTime(1000 * DAY)
GIB = 1 << 30


def policy(**said: int) -> Effective:
    return effective(RetentionPolicy(), {}, 9, RetentionPolicy(**said))


def load(per_day: float, days: float, number: int = 9, locked: int = 0, **said: int) -> Load:
    """A camera that has recorded so many days at an even rate."""
    oldest = WallTime(round(NOW - days * DAY)) if days else None
    size = round(per_day * days)
    return Load(number, policy(**said), size, per_day, oldest, NOW, locked)


def gone_through(loads: list[Load], free: int, *, hours: int = 24 * 60) -> float | None:
    """Days until the store is full: every camera's hours in a list, oldest first."""
    held: list[list[float]] = []
    for each in loads:
        history = 0 if each.oldest is None else round((NOW - each.oldest) / DAY * 24)
        held.append([each.size / history] * history if history else [])
    for hour in range(1, hours):
        for each, its in zip(loads, held, strict=True):
            its.append(each.per_day / 24)
            while len(its) > each.policy.kept_days * 24:
                its.pop(0)
            quota = each.policy.quota_bytes
            while quota is not None and sum(its) > quota and len(its) > each.policy.min_days * 24:
                its.pop(0)
        if sum(map(sum, held)) > sum(each.size for each in loads) + free:
            return hour / 24
    return None


@pytest.mark.parametrize("seed", range(12))
def test_the_day_the_store_is_full_is_foretold_to_within_five_per_cent(seed: int) -> None:
    dice = random.Random(seed)
    loads = [
        load(
            dice.uniform(5, 60) * GIB,
            dice.uniform(0, 20),
            number,
            max_days=dice.randint(20, 40),
            **({"quota_bytes": dice.randint(100, 500) * GIB} if dice.random() < 0.3 else {}),
        )
        for number in range(6)
    ]
    free = round(dice.uniform(0.2, 1.5) * sum(each.per_day for each in loads) * 12)
    said = forecast(loads, free, NOW).days_until_full
    truth = gone_through(loads, free)
    assert said == (None if truth is None else pytest.approx(truth, rel=0.05, abs=0.1))


@pytest.mark.parametrize(
    ("per_day", "said", "days"),
    [
        (10, {"max_days": 30}, 30),
        (10, {"max_days": 30, "quota_bytes": 100}, 10),
        (10, {"max_days": 5, "quota_bytes": 100}, 5),
        (10, {"max_days": 30, "min_days": 20, "quota_bytes": 100}, 20),
        (10, {"max_days": 30, "quota_bytes": 0}, 0),
        (0, {"max_days": 30}, None),
    ],
)
def test_a_camera_reaches_back_as_far_as_its_policy_and_quota_go(
    per_day: int, said: dict[str, int], days: float | None
) -> None:
    assert reach(load(per_day, 0, **said)) == days


def test_a_store_too_small_is_shared_by_days() -> None:
    loads = [load(100, 3, 1, max_days=30), load(10, 3, 2, max_days=30), load(1, 3, 3, max_days=4)]
    found = forecast(loads, 1100 + 4 - sum(each.size for each in loads), NOW)
    assert [each.days_left for each in found.cameras] == [pytest.approx(10), pytest.approx(10), 4]
    assert found.shortest == 4


def test_a_store_that_has_room_for_everything_is_never_full() -> None:
    found = forecast([load(100, 30, max_days=30)], 101, NOW)
    assert found.days_until_full is None
    assert found.cameras[0].days_left == 30


def test_a_full_store_is_full_at_once() -> None:
    assert forecast([load(100, 3, max_days=30)], 0, NOW).days_until_full == 0.0


def test_a_minimum_the_store_has_no_room_for_is_told_before_it_is_broken() -> None:
    asked = [load(100, 2, 1, max_days=30, min_days=20), load(100, 2, 2, max_days=30)]
    found = forecast(asked, 1599, NOW)
    assert [each.load.camera_id for each in found.short] == [1]
    assert found.minimum_bytes == 2000
    assert forecast(asked, 1600, NOW).short == ()
    assert forecast(asked, None, NOW).short == ()


def test_locked_video_takes_room_from_the_minimum() -> None:
    locked = load(100, 2, 1, 50, max_days=30, min_days=20)
    assert forecast([locked], 2000 - 200, NOW).short != ()


def test_a_quota_below_the_minimum_is_told() -> None:
    found = forecast([load(100, 2, 1, max_days=30, min_days=20, quota_bytes=1999)], None, NOW)
    assert [each.quota_met for each in found.short] == [False]


def test_a_store_that_does_not_say_bounds_nothing() -> None:
    found = forecast([load(100, 2, 1, max_days=30)], None, NOW)
    assert (found.days_until_full, found.cameras[0].days_left) == (None, 30)
