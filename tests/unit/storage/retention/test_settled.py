"""Days of the settings file: more count at once, fewer after a day."""

from __future__ import annotations

from storage.retention.changes import DELAY_MICROS
from storage.retention.settled import Settled, settle
from vms.core.walltime import DAY, WallTime

NOW = WallTime(20_000 * DAY)


def after(micros: int) -> WallTime:
    return WallTime(NOW + micros)


def test_the_first_word_counts_at_once() -> None:
    assert settle(None, 30, NOW).days == 30


def test_more_counts_at_once() -> None:
    assert settle(Settled(30, 30, NOW), 90, NOW).days == 90


def test_fewer_wait_a_day_from_when_they_were_first_seen() -> None:
    asked = settle(Settled(30, 30, NOW), 7, NOW)
    assert asked == Settled(30, 7, after(DELAY_MICROS))
    assert settle(asked, 7, after(DELAY_MICROS - 1)) == asked
    assert settle(asked, 7, after(DELAY_MICROS)).days == 7


def test_another_number_waits_anew_and_the_old_one_ends_the_wait() -> None:
    asked = settle(Settled(30, 30, NOW), 7, NOW)
    other = settle(asked, 9, after(DAY // 2))
    assert (other.days, other.effective) == (30, after(DAY // 2 + DELAY_MICROS))
    back = settle(asked, 30, after(DAY // 2))
    assert (back.days, back.wanted) == (30, 30)
    assert settle(back, 7, after(2 * DAY)).days == 30


def test_what_is_settled_stays() -> None:
    settled = settle(settle(None, 30, NOW), 30, after(DAY))
    assert settled.days == 30
    assert settle(settled, 30, after(2 * DAY)) == settled
