"""What of a change counts at once, and what waits, by what cameras feel of it."""

from __future__ import annotations

import pytest

from storage.index.standings import Said, Standing
from storage.retention.changes import at_once, concerned, reduces, with_policy
from vms.core.promises import RetentionPolicy, Scope


def camera(number: int, policy: RetentionPolicy, *groups: int) -> Standing:
    of = {group: RetentionPolicy() for group in groups}
    return Standing(number, False, 5, (), policy, of)


OWN = camera(1, RetentionPolicy(max_days=90))
IN_GROUP = camera(2, RetentionPolicy(), 7)
PLAIN = camera(3, RetentionPolicy())
CITY = Said(RetentionPolicy(max_days=30), (OWN, IN_GROUP, PLAIN))


def first(
    said: Said, scope: Scope, owner: int, current: RetentionPolicy, wanted: RetentionPolicy
) -> RetentionPolicy:
    return at_once(said, scope, owner, current, wanted)


@pytest.mark.parametrize(
    ("current", "wanted", "now"),
    [
        (RetentionPolicy(30), RetentionPolicy(60), RetentionPolicy(60)),
        (RetentionPolicy(30), RetentionPolicy(7), RetentionPolicy(30)),
        (RetentionPolicy(30), RetentionPolicy(60, quota_bytes=9), RetentionPolicy(60)),
        (RetentionPolicy(30), RetentionPolicy(7, min_days=2), RetentionPolicy(30, min_days=2)),
        (RetentionPolicy(30, min_days=30), RetentionPolicy(7, 30), RetentionPolicy(7, 30)),
        (RetentionPolicy(30, min_days=30), RetentionPolicy(30), RetentionPolicy(30, 30)),
        (RetentionPolicy(30, quota_bytes=9), RetentionPolicy(30), RetentionPolicy(30)),
        (
            RetentionPolicy(30, event_days=90),
            RetentionPolicy(30),
            RetentionPolicy(30, None, None, 90),
        ),
        (RetentionPolicy(60), RetentionPolicy(), RetentionPolicy(60)),
        (RetentionPolicy(7), RetentionPolicy(), RetentionPolicy()),
    ],
)
def test_more_is_kept_at_once_and_less_waits_thing_by_thing(
    current: RetentionPolicy, wanted: RetentionPolicy, now: RetentionPolicy
) -> None:
    """Of a camera, at a site that keeps 30 days."""
    said = with_policy(CITY, Scope.CAMERA, 3, current)
    assert first(said, Scope.CAMERA, 3, current, wanted) == now


def test_a_reduction_that_no_camera_feels_need_not_wait() -> None:
    current, wanted = RetentionPolicy(max_days=30), RetentionPolicy(max_days=7)
    alone = Said(current, (OWN,))
    assert first(alone, Scope.SITE, 0, current, wanted) == wanted
    assert first(CITY, Scope.SITE, 0, current, wanted) == current


def test_a_group_is_judged_by_its_own_cameras() -> None:
    wanted = RetentionPolicy(max_days=7)
    assert first(CITY, Scope.GROUP, 8, RetentionPolicy(), wanted) == wanted
    assert first(CITY, Scope.GROUP, 7, RetentionPolicy(), wanted) == RetentionPolicy()
    assert [each.camera_id for each in concerned(CITY, Scope.GROUP, 7)] == [2]


def test_as_if_somebody_had_said_it() -> None:
    shorter = RetentionPolicy(max_days=1)
    assert reduces(CITY, with_policy(CITY, Scope.GROUP, 7, shorter))
    assert reduces(CITY, with_policy(CITY, Scope.CAMERA, 1, shorter))
    assert reduces(CITY, with_policy(CITY, Scope.SITE, 0, shorter))
    assert not reduces(CITY, with_policy(CITY, Scope.CAMERA, 4, shorter))
    assert not reduces(CITY, CITY)
