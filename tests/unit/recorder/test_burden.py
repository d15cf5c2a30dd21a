"""What one camera may cost."""

from __future__ import annotations

import pytest

from recorder.source.burden import MOST_CPU, MOST_PACKETS, MOST_UNITS, WINDOW_SECONDS, Burden

BUSY = (9_000, 440, 0.1)
"""A second of 100 Mbit/s: packets, units, processor seconds."""


def seconds_until_told(packets: int, units: int, cpu: float, most: int = 60) -> tuple[int, str]:
    burden = Burden(0.0)
    for now in range(1, most):
        if words := burden.note(now, packets * now, units * now, cpu * now):
            return now, words
    return most, ""


def test_the_busiest_camera_is_never_too_much() -> None:
    assert seconds_until_told(*BUSY) == (60, "")


@pytest.mark.parametrize(
    ("load", "words"),
    [
        ((MOST_PACKETS + 1, 25, 0.1), "packets"),
        ((1000, MOST_UNITS + 1, 0.1), "pictures"),
        ((1000, 25, MOST_CPU + 0.1), "processor"),
    ],
)
def test_what_goes_on_too_long_is_told_in_words(load: tuple[int, int, float], words: str) -> None:
    after, told = seconds_until_told(*load)
    assert after == WINDOW_SECONDS
    assert words in told


def test_what_was_held_up_for_ten_seconds_may_come_at_once() -> None:
    burden, held = Burden(0.0), 10
    assert burden.at_once(BUSY[0] * held, BUSY[1] * held) == ""
    assert "packets" in burden.at_once(MOST_PACKETS * 10 + 1, 0)
    assert "pictures" in burden.at_once(0, MOST_UNITS * 10 + 1)


def test_the_limit_at_once_begins_anew_each_second() -> None:
    burden = Burden(0.0)
    for now in range(1, 4):
        assert burden.note(now, 15_000 * now, 100 * now, 0.0) == ""
        assert burden.at_once(15_000 * now + 199_999, 100 * now) == ""
