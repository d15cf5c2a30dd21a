"""How full a store is of what must stay: alarms in order, cameras resting by importance."""

from __future__ import annotations

import pytest

from storage.full.levels import Fill, Ranked, alarm, goes_on, resting
from storage.full.stopped import HOLDS_MICROS, NOBODY, Stopped, parsed
from vms.core.walltime import WallTime

CITY = [Ranked(number, priority=number % 10) for number in range(100)]


def test_what_may_go_counts_as_room() -> None:
    fill = Fill(total=1000, free=20, removable=880)
    assert fill.percent == pytest.approx(98)
    assert fill.protected_percent == pytest.approx(10)


def test_room_is_made_when_it_is_tight_and_no_more_than_may_go() -> None:
    assert Fill(1000, 80, 500).wanted_bytes == 0
    assert Fill(1000, 79, 500).wanted_bytes == 21
    assert Fill(1000, 10, 50).wanted_bytes == 50
    assert Fill(1000, 10, 0).wanted_bytes == 0


def test_a_store_without_size_is_full() -> None:
    assert Fill(0, 0, 0).protected_percent == 100.0


def test_alarms_ring_one_after_another_and_end_with_some_calm() -> None:
    rung, before = [], 0
    for percent in (79.9, 80, 89, 90, 94, 95, 94.5, 93.9, 89.5, 88.9, 79.5, 78.9):
        before = alarm(percent, before)
        rung.append(before)
    assert rung == [0, 80, 80, 90, 90, 95, 95, 90, 90, 80, 80, 0]


def test_the_least_important_rest_first_and_never_all() -> None:
    share, counts = 1.0, []
    for percent in (94.9, 95, 96, 97, 98, 99, 100):
        share = goes_on(percent, share)
        gone = resting(CITY, share)
        counts.append(len(gone))
        kept = {one.camera_id for one in CITY} - set(gone)
        lowest = min(one.priority for one in CITY if one.camera_id in kept)
        assert all(CITY[camera_id].priority <= lowest for camera_id in gone)
    assert counts == [0, 25, 50, 75, 90, 90, 90]


def test_those_that_rest_come_back_only_with_some_calm() -> None:
    assert goes_on(96, 1.0) == 0.5
    assert goes_on(95.5, 0.5) == 0.5
    assert goes_on(94.9, 0.5) == 0.75
    assert goes_on(94.5, 0.75) == 0.75
    assert goes_on(93.9, 0.75) == 1.0


def test_a_single_camera_never_rests() -> None:
    assert resting([Ranked(7, 0)], goes_on(100)) == ()
    assert resting([], goes_on(100)) == ()


def test_of_equal_importance_the_newest_camera_rests_first() -> None:
    assert resting([Ranked(1, 5), Ranked(2, 5), Ranked(3, 9)], 0.5) == (2,)


def test_a_word_that_nobody_repeats_ends() -> None:
    now = WallTime(1_000_000_000_000_000)
    text = f'{{"until": {now + HOLDS_MICROS}, "cameras": [3], "words": "full"}}'
    assert parsed(text, now) == Stopped(frozenset({3}), "full", WallTime(now + HOLDS_MICROS))
    assert parsed(text, WallTime(now + HOLDS_MICROS)) == NOBODY
    assert parsed(text, WallTime(now - 2 * HOLDS_MICROS)) == NOBODY


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"until": "x", "cameras": 3, "words": 1}'])
def test_a_word_that_cannot_be_read_is_none(text: str) -> None:
    assert parsed(text, WallTime(0)) == NOBODY
