"""Where a run may begin when our own time went back."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from recorder.taken import MOST_STRETCHES, ROOM_MICROS, Taken
from vms.core.walltime import HOUR, MINUTE, SECOND, TimeRange, WallTime

T0 = WallTime(1_795_413_600 * SECOND)


def at(micros: int) -> WallTime:
    return WallTime(T0 + micros)


def recorded(*spans: tuple[int, int], base: int | None = None) -> Taken:
    taken = Taken()
    taken.begin(None if base is None else at(base))
    for start, end in spans:
        taken.add(TimeRange(at(start), at(end)))
    return taken


def test_a_new_stream_may_begin_anywhere() -> None:
    assert recorded().first_free(T0) is None
    assert recorded().ceiling(T0) is None


def test_usually_the_next_run_begins_now() -> None:
    taken = recorded((0, HOUR), base=-HOUR)
    assert taken.first_free(at(HOUR + 5 * SECOND)) == at(HOUR + 5 * SECOND)
    assert taken.ceiling(at(HOUR)) is None


def test_time_that_went_back_into_what_is_recorded_goes_on_behind_it() -> None:
    assert recorded((0, HOUR)).first_free(at(30 * MINUTE)) == at(HOUR)
    assert recorded(base=HOUR).first_free(at(30 * MINUTE)) == at(HOUR)


def test_time_that_went_back_by_hours_is_free_until_what_was_recorded_with_the_wrong_clock() -> (
    None
):
    taken = recorded((8 * HOUR, 8 * HOUR + MINUTE), base=-HOUR)
    assert taken.first_free(at(2 * MINUTE)) == at(2 * MINUTE)
    assert taken.ceiling(at(2 * MINUTE)) == at(8 * HOUR)
    taken.add(TimeRange(at(2 * MINUTE), at(8 * HOUR)))
    assert taken.first_free(at(8 * HOUR)) == at(8 * HOUR + MINUTE)


def test_too_little_room_is_jumped_over() -> None:
    taken = recorded((8 * HOUR, 9 * HOUR))
    assert taken.first_free(at(8 * HOUR - MINUTE)) == at(9 * HOUR)


def test_fragments_that_touch_are_one_stretch() -> None:
    taken = Taken()
    for second in range(10_000):
        taken.add(TimeRange(at(second * SECOND), at((second + 1) * SECOND)))
    assert taken.first_free(at(5)) == at(10_000 * SECOND)
    assert taken.ceiling(at(-HOUR)) == at(0)


def test_what_is_known_apart_is_bounded() -> None:
    taken = recorded(*((-n * HOUR, -n * HOUR + SECOND) for n in range(100)))
    assert taken.ceiling(at(-200 * HOUR)) == at(-99 * HOUR)
    assert taken.ceiling(at(-(99 - MOST_STRETCHES) * HOUR)) is None
    assert taken.first_free(at(-50 * HOUR)) == at(-50 * HOUR)


SPANS = st.lists(st.tuples(st.integers(0, 500), st.integers(1, 60)), max_size=14)


@given(SPANS, st.integers(0, 600))
def test_what_is_said_to_be_free_is_free(spans: list[tuple[int, int]], minute: int) -> None:
    taken = recorded(*((start * MINUTE, (start + length) * MINUTE) for start, length in spans))
    free = taken.first_free(at(minute * MINUTE))
    if free is None:
        assert not spans
        return
    assert free >= at(minute * MINUTE)
    ceiling = taken.ceiling(free)
    for start, length in spans:
        begin, end = at(start * MINUTE), at((start + length) * MINUTE)
        assert end <= free or begin >= free
        assert begin < free or ceiling is not None
        assert ceiling is None or begin < free or ceiling <= begin
    assert ceiling is None or ceiling - free >= ROOM_MICROS
