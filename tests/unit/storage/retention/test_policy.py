"""Whose word counts, and why: by a table, and against an oracle that is written differently."""

from __future__ import annotations

import random

import pytest

from storage.retention.policy import (
    FIELDS,
    NOBODY,
    USUAL,
    Origin,
    checked,
    effective,
    keeps_no_less,
)
from vms.core.errors import Invalid
from vms.core.promises import RetentionPolicy, Scope

SITE, GATE, CAMERA = Origin(Scope.SITE), Origin(Scope.GROUP, 3), Origin(Scope.CAMERA, 9)
CITY = RetentionPolicy(max_days=14)


@pytest.mark.parametrize(
    ("site", "groups", "camera", "days", "who"),
    [
        (None, {}, None, 30, NOBODY),
        (14, {}, None, 14, SITE),
        (14, {3: 7}, None, 7, GATE),
        (14, {3: 7}, 90, 90, CAMERA),
        (14, {3: None}, None, 14, SITE),
        (14, {3: 7, 5: 2}, None, 7, GATE),
        (14, {3: 7, 1: 7}, None, 7, Origin(Scope.GROUP, 1)),
        (None, {}, 1, 1, CAMERA),
    ],
)
def test_the_nearest_scope_that_speaks_counts_and_of_groups_the_one_that_keeps_most(
    site: int | None, groups: dict[int, int | None], camera: int | None, days: int, who: Origin
) -> None:
    policies = {number: RetentionPolicy(value) for number, value in groups.items()}
    found = effective(RetentionPolicy(site), policies, 9, RetentionPolicy(camera))
    assert (found.max_days, found.why["max_days"]) == (days, who)


def test_each_thing_is_inherited_on_its_own() -> None:
    camera, group = RetentionPolicy(quota_bytes=5), RetentionPolicy(min_days=3, event_days=60)
    found = effective(CITY, {3: group}, 9, camera)
    assert (found.max_days, found.min_days) == (14, 3)
    assert (found.quota_bytes, found.event_days) == (5, 60)
    assert [str(found.why[name]) for name in FIELDS] == ["site", "group 3", "camera 9", "group 3"]


def test_nobody_says_anything_but_the_settings() -> None:
    found = effective(RetentionPolicy(), {}, 9, RetentionPolicy(), usual=RetentionPolicy(90))
    assert (found.max_days, found.min_days) == (90, 0)
    assert (found.quota_bytes, found.event_days) == (None, None)
    assert {str(origin) for origin in found.why.values()} == {"settings"}


@pytest.mark.parametrize(
    ("least", "most", "events", "kept", "around_events"),
    [
        (0, 30, None, 30, 30),
        (40, 30, None, 40, 40),
        (0, 30, 90, 30, 90),
        (0, 30, 7, 30, 30),
        (60, 30, 45, 60, 60),
    ],
)
def test_the_minimum_stands_over_the_maximum_and_events_are_only_kept_longer(
    least: int, most: int, events: int | None, kept: int, around_events: int
) -> None:
    camera = RetentionPolicy(most, least, event_days=events)
    found = effective(RetentionPolicy(), {}, 9, camera)
    assert (found.kept_days, found.event_kept_days) == (kept, around_events)


@pytest.mark.parametrize(
    ("policy", "field"),
    [
        (RetentionPolicy(max_days=0), "max_days"),
        (RetentionPolicy(max_days=36_501), "max_days"),
        (RetentionPolicy(min_days=-1), "min_days"),
        (RetentionPolicy(event_days=0), "event_days"),
        (RetentionPolicy(quota_bytes=-1), "quota_bytes"),
        (RetentionPolicy(max_days=7, min_days=8), "min_days"),
    ],
)
def test_what_cannot_be_kept_is_refused_by_its_field(policy: RetentionPolicy, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        checked(policy)
    assert refused.value.context["field"] == field


def test_what_can_be_kept_is_not_refused() -> None:
    for policy in (
        RetentionPolicy(),
        RetentionPolicy(7, 7, 0, 36_500),
        RetentionPolicy(min_days=0),
    ):
        assert checked(policy) is policy


def some_policy(dice: random.Random) -> RetentionPolicy:
    def maybe(value: int) -> int | None:
        return value if dice.random() < 0.4 else None

    return RetentionPolicy(
        max_days=maybe(dice.randint(1, 40)),
        min_days=maybe(dice.randint(0, 40)),
        quota_bytes=maybe(dice.randint(0, 5)),
        event_days=maybe(dice.randint(1, 90)),
    )


def test_ten_thousand_random_policies_come_out_as_the_oracle_says() -> None:
    """The oracle writes every word on one pile, the weakest first, and lets later ones cover it."""
    dice = random.Random(4)
    for _ in range(10_000):
        site, camera = some_policy(dice), some_policy(dice)
        groups = {number: some_policy(dice) for number in dice.sample(range(1, 6), 3)}
        found = effective(site, groups, 9, camera)
        for name in FIELDS:
            pile = [(getattr(USUAL, name), "settings"), (getattr(site, name), "site")]
            by_weight = sorted(groups, key=lambda n: (getattr(groups[n], name) or -1, -n))
            pile += [(getattr(groups[number], name), f"group {number}") for number in by_weight]
            pile.append((getattr(camera, name), "camera 9"))
            said = [each for each in pile if each[0] is not None] or [(None, "settings")]
            value, who = said[-1]
            value = 0 if value is None and name == "min_days" else value
            assert (getattr(found, name), str(found.why[name])) == (value, who)


@pytest.mark.parametrize(
    ("one", "other", "no_less"),
    [
        (RetentionPolicy(30), RetentionPolicy(30), True),
        (RetentionPolicy(29), RetentionPolicy(30), False),
        (RetentionPolicy(10, min_days=30), RetentionPolicy(30, min_days=30), True),
        (RetentionPolicy(30, min_days=10), RetentionPolicy(30, min_days=11), False),
        (RetentionPolicy(30), RetentionPolicy(30, quota_bytes=1), True),
        (RetentionPolicy(30, quota_bytes=1), RetentionPolicy(30), False),
        (RetentionPolicy(30, event_days=20), RetentionPolicy(30), True),
        (RetentionPolicy(30), RetentionPolicy(30, event_days=31), False),
        (RetentionPolicy(31), RetentionPolicy(30, event_days=31), True),
    ],
)
def test_a_policy_keeps_less_when_any_video_may_go_earlier(
    one: RetentionPolicy, other: RetentionPolicy, no_less: bool
) -> None:
    first, second = (effective(RetentionPolicy(), {}, 9, each) for each in (one, other))
    assert keeps_no_less(first, second) is no_less
