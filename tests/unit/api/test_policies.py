"""Recording policies as people send them: what is taken, what is refused beside its field."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from vms.api.policies import Policy, Window
from vms.api.problems import wrong_fields
from vms.core.model import Hours, RecordPolicy, RecordWhen

MONDAY = {"weekday": 0, "start_minute": 480, "end_minute": 1020}


def test_nothing_said_is_always() -> None:
    assert Policy().policy() == RecordPolicy()


def test_windows_that_touch_or_overlap_become_one() -> None:
    windows = [
        {"weekday": 4, "start_minute": 0, "end_minute": 60},
        {"weekday": 0, "start_minute": 600, "end_minute": 720},
        {"weekday": 0, "start_minute": 480, "end_minute": 600},
        {"weekday": 0, "start_minute": 500, "end_minute": 510},
        {"weekday": 0, "start_minute": 900, "end_minute": 1440},
    ]
    policy = Policy.model_validate({"when": "schedule", "hours": windows}).policy()
    assert policy.hours == (Hours(0, 480, 720), Hours(0, 900, 1440), Hours(4, 0, 60))


@pytest.mark.parametrize(
    ("wrong", "field", "code"),
    [
        ({"when": "schedule"}, "hours", "required"),
        ({"when": "sometimes"}, "when", "enum"),
        ({"hours": [MONDAY | {"weekday": 7}]}, "hours.0.weekday", "too-large"),
        ({"hours": [MONDAY | {"end_minute": 1441}]}, "hours.0.end_minute", "too-large"),
        ({"hours": [MONDAY | {"end_minute": 480}]}, "hours.0.end_minute", "before-start"),
        ({"hours": [MONDAY] * 101}, "hours", "too_long"),
        ({"pre_seconds": 61}, "pre_seconds", "too-large"),
        ({"pre_seconds": -1}, "pre_seconds", "too-small"),
        ({"post_seconds": 0}, "post_seconds", "too-small"),
        ({"post": 5}, "post", "unknown"),
    ],
)
def test_what_makes_no_sense_is_said_beside_its_field(
    wrong: dict[str, Any], field: str, code: str
) -> None:
    with pytest.raises(ValidationError) as raised:
        Policy.model_validate(wrong)
    assert (field, code) in wrong_fields(raised.value).errors


windows = st.lists(
    st.tuples(st.integers(0, 6), st.integers(0, 1439), st.integers(1, 1440)).filter(
        lambda each: each[1] < each[2]
    ),
    max_size=12,
)


@given(windows)
def test_joining_changes_no_minute(rows: list[tuple[int, int, int]]) -> None:
    sent = tuple(Window(weekday=d, start_minute=a, end_minute=b) for d, a, b in rows)
    kept = Policy(when=RecordWhen.EVENTS, hours=sent).policy()
    for day in range(7):
        for minute in {0, 1439, *(m for _, a, b in rows for m in (a, b - 1, b % 1440, a - 1))}:
            asked = any(d == day and a <= minute < b for d, a, b in rows)
            assert asked == any(
                h.weekday == day and h.start_minute <= minute < h.end_minute for h in kept.hours
            )
    assert Policy.of(kept).policy() == kept
