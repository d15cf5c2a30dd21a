"""The ring of held pictures: whole groups, bounded, what is taken can be decoded."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from recorder.prerecord import Ring
from tests.fakes.units import START, gop, interleave, pictures, sound, unit
from vms.core.walltime import SECOND, WallTime

ALL = WallTime(START + 1000 * SECOND)


def at(seconds: float) -> WallTime:
    return WallTime(START + round(seconds * SECOND))


def filled(seconds: float, hold_seconds: float, most_bytes: int = 1 << 30) -> Ring:
    """Groups of a second, each of 2,500 bytes."""
    ring = Ring(most_bytes)
    for one in pictures(seconds):
        ring.add(one, WallTime(one.wall - round(hold_seconds * SECOND)))
    return ring


def test_what_is_taken_covers_the_time_asked_for_and_starts_with_a_key_picture() -> None:
    ring = filled(30, hold_seconds=10)
    units, rest = ring.take(at(22.5), ALL)
    assert units[0].random_access
    assert units[0].wall == at(22)
    assert units[-1].wall == at(29.96)
    assert (rest, ring.held_bytes) == (None, 0)


def test_groups_that_nobody_can_want_any_more_go() -> None:
    ring = filled(60, hold_seconds=10)
    assert ring.start == at(49), "the group that covers the oldest wanted picture stays"
    assert ring.held_bytes == sum(len(one.data) for one in pictures(11))


def test_a_span_that_is_over_leaves_the_later_groups() -> None:
    ring = filled(30, hold_seconds=20)
    units, rest = ring.take(at(12), at(15))
    assert (units[0].wall, units[-1].wall) == (at(12), at(14.96))
    assert rest == at(15)
    assert ring.start == at(15)


def test_sound_stays_with_the_pictures_it_came_with() -> None:
    ring = Ring()
    for one in interleave(pictures(3), [sound(n) for n in range(150)]):
        ring.add(one, at(0))
    units, _ = ring.take(at(1), ALL)
    assert sum(one.track == 2 for one in units) in range(99, 102)


def test_pictures_before_the_first_key_picture_are_passed_over() -> None:
    ring = Ring()
    for one in [unit(1), unit(2), *gop(3)]:
        ring.add(one, at(0))
    assert ring.take(at(0), ALL)[0] == gop(3)


def test_a_full_ring_lets_the_oldest_group_go_and_counts_it() -> None:
    ring = filled(30, hold_seconds=25, most_bytes=10 * 2500)
    assert ring.held_bytes <= 10 * 2500
    assert ring.dropped > 0
    assert not ring.full
    assert ring.start is not None
    assert ring.start >= at(20)


def test_one_group_that_fills_the_ring_alone_says_so_and_stays() -> None:
    ring = Ring(1000)
    for one in gop(0, 100):
        ring.add(one, at(0))
    assert ring.full
    assert len(ring.take(at(0), ALL)[0]) == 100


@settings(max_examples=60, deadline=None)
@given(
    groups=st.lists(st.integers(1, 40), min_size=1, max_size=12),
    hold=st.floats(0, 12),
    most=st.integers(500, 20_000),
    asked=st.floats(0, 20),
)
def test_whatever_comes_the_ring_is_bounded_and_what_it_gives_is_whole(
    groups: list[int], hold: float, most: int, asked: float
) -> None:
    ring, number = Ring(most), 0
    for count in groups:
        for one in gop(number, count):
            ring.add(one, WallTime(one.wall - round(hold * SECOND)))
            assert ring.held_bytes <= most or ring.full
        number += count
    units, _ = ring.take(at(asked), ALL)
    if units:
        assert units[0].random_access
        numbers = [one.pts for one in units]
        assert numbers == list(range(numbers[0], number * 3600, 3600)), "no picture missing"
