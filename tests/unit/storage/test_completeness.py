"""Expected against stored: every second counted once, with its reason."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from storage.completeness import Account, Facts, account, account_by
from vms.core.model import Cause, Gap
from vms.core.walltime import DAY, HOUR, SECOND, TimeRange, WallTime

T0 = 1_795_400_000 * SECOND


def at(seconds: float) -> WallTime:
    return WallTime(T0 + round(seconds * SECOND))


def span(start: float, end: float) -> TimeRange:
    return TimeRange(at(start), at(end))


def gap(start: float, end: float | None, cause: Cause) -> Gap:
    return Gap(1, at(start), None if end is None else at(end), cause)


def facts(stored: list[TimeRange], gaps: list[Gap], now: float, since: float | None = 0) -> Facts:
    return Facts(stored, gaps, None if since is None else at(since), at(now))


def seconds(counted: Account) -> dict[str, float]:
    numbers = {
        "stored": counted.stored,
        "unexplained": counted.unexplained,
        "pending": counted.pending,
    }
    numbers |= {cause.value: micros for cause, micros in counted.missing.items()}
    numbers |= {f"({cause.value})": micros for cause, micros in counted.excused.items()}
    return {name: micros / SECOND for name, micros in numbers.items() if micros}


def test_a_whole_day_is_stored_or_has_reasons() -> None:
    known = facts(
        [span(0, 1000), span(1060, 2000), span(2600, 4000)],
        [gap(1000, 1060, Cause.STALLED), gap(2000, 2600, Cause.SCHEDULE)],
        now=4000,
    )
    counted = account(span(0, 4000), known)
    assert seconds(counted) == {"stored": 3340.0, "stalled": 60.0, "(schedule)": 600.0}
    assert (counted.expected, counted.lost) == (3400 * SECOND, 60 * SECOND)


def test_what_nobody_explains_is_said() -> None:
    known = facts([span(0, 100), span(130, 200)], [gap(110, 120, Cause.CLOSED)], now=200)
    assert seconds(account(span(0, 200), known)) == {
        "stored": 170.0,
        "closed": 10.0,
        "unexplained": 20.0,
    }


def test_the_newest_seconds_are_pending_until_patience_ends() -> None:
    stored = [span(0, 100)]
    assert seconds(account(span(0, 500), facts(stored, [], now=160))) == {
        "stored": 100.0,
        "pending": 60.0,
    }
    assert seconds(account(span(0, 500), facts(stored, [], now=300))) == {
        "stored": 100.0,
        "unexplained": 200.0,
    }
    late = account(span(0, 500), facts(stored, [], now=300), patience_micros=DAY)
    assert seconds(late) == {"stored": 100.0, "pending": 200.0}


def test_a_gap_that_lasts_is_counted_until_now() -> None:
    known = facts([span(0, 100)], [gap(100, None, Cause.UNREACHABLE)], now=700)
    assert seconds(account(span(0, 5000), known)) == {"stored": 100.0, "unreachable": 600.0}


def test_the_rounding_of_durations_is_no_loss_but_a_short_gap_is() -> None:
    rounded = facts([span(0, 10), span(10.04, 20)], [], now=20)
    assert seconds(account(span(0, 20), rounded)) == {"stored": 20.0}
    short = facts([span(0, 10), span(10.04, 20)], [gap(10, 10.04, Cause.CLOSED)], now=20)
    assert seconds(account(span(0, 20), short)) == {"stored": 19.96, "closed": 0.04}


def test_time_before_a_camera_was_known_and_time_to_come_count_nothing() -> None:
    known = facts([span(1000, 1500)], [], now=1500, since=1000)
    assert account(span(0, 3000), known).total == 500 * SECOND
    assert account(span(0, 900), known) == Account()
    assert account(span(0, 900), facts([], [], now=900, since=None)) == Account()


def test_where_facts_overlap_stored_wins_and_nothing_is_counted_twice() -> None:
    known = facts(
        [span(0, 100), span(90, 150)],
        [gap(50, 120, Cause.CLOSED), gap(140, 300, Cause.STALLED), gap(200, 400, Cause.CLOSED)],
        now=400,
    )
    assert seconds(account(span(0, 400), known)) == {
        "stored": 150.0,
        "stalled": 150.0,
        "closed": 100.0,
    }


def test_days_are_cut_where_they_are_asked_to_be() -> None:
    known = facts([span(0, 50 * 3600)], [gap(50 * 3600, None, Cause.DISABLED)], now=60 * 3600)
    days = [TimeRange(WallTime(T0 + n * DAY), WallTime(T0 + (n + 1) * DAY)) for n in range(4)]
    assert [(each.stored // HOUR, each.total // HOUR) for each in account_by(days, known)] == [
        (24, 24),
        (24, 24),
        (2, 12),
        (0, 0),
    ]


def test_a_camera_that_flaps_for_a_week_is_counted_at_once() -> None:
    stored = [span(n * 30, n * 30 + 25) for n in range(20_000)]
    gaps = [gap(n * 30 + 25, n * 30 + 30, Cause.CLOSED) for n in range(20_000)]
    counted = account(span(0, 20_000 * 30), facts(stored, gaps, now=20_000 * 30))
    assert seconds(counted) == {"stored": 20_000 * 25.0, "closed": 20_000 * 5.0}


lengths = st.lists(
    st.tuples(st.integers(0, 50), st.sampled_from(["s", "g", "e", " "])), max_size=30
)


@given(lengths, st.integers(0, 200), st.integers(1, 900), st.integers(0, 1500))
def test_the_parts_always_add_up_to_the_time_asked_about(
    parts: list[tuple[int, str]], start: int, length: int, now: int
) -> None:
    stored: list[TimeRange] = []
    gaps: list[Gap] = []
    position = 0
    for seconds_long, kind in parts:
        if seconds_long and kind == "s":
            stored.append(span(position, position + seconds_long))
        elif seconds_long and kind in "ge":
            cause = Cause.CLOSED if kind == "g" else Cause.NO_EVENT
            gaps.append(gap(position, position + seconds_long, cause))
        position += seconds_long
    known = facts([s for s in stored if s.end <= at(now)], gaps, now=now)
    counted = account(span(start, start + length), known)
    assert counted.total == max(0, min(start + length, now) - start) * SECOND
    assert counted.lost == sum(counted.missing.values()) + counted.unexplained
