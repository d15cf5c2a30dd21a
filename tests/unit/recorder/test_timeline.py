"""From RTP timestamps to media time and civil time."""

from __future__ import annotations

import itertools
import random

import pytest

from recorder.rtp.timeline import MediaClock, WallLine
from vms.core.walltime import SECOND, WallTime

T0 = WallTime(1_795_413_600 * SECOND)


def test_timestamps_are_unwrapped() -> None:
    clock = MediaClock(90_000)
    start = 0xFFFF_FFFF - 3600 + 1
    ticks = [clock.ticks((start + n * 3600) & 0xFFFF_FFFF, n * 0.04) for n in range(4)]
    assert ticks == [0, 3600, 7200, 10_800]


def test_pictures_shown_before_those_sent_earlier_go_back_a_little() -> None:
    clock = MediaClock(90_000)
    assert [clock.ticks(t, 0.0) for t in (0, 10_800, 3600, 7200)] == [0, 10_800, 3600, 7200]
    assert clock.leaps == 0


@pytest.mark.parametrize("leap", [-9_800, 37_600, -1_000_000_000 // 90_000, 11_000])
def test_a_leap_of_the_timestamp_becomes_the_time_that_really_passed(leap: int) -> None:
    clock = MediaClock(90_000)
    clock.ticks(500_000_000, 0.0)
    clock.ticks(500_003_600, 0.04)
    after = clock.ticks((500_007_200 + leap * 90_000) & 0xFFFF_FFFF, 0.08)
    back = clock.ticks(500_010_800, 0.12)
    assert after == pytest.approx(7200, abs=2)
    assert back == pytest.approx(10_800, abs=4)
    assert clock.leaps == 2


def test_a_pause_of_the_camera_is_no_leap() -> None:
    clock = MediaClock(90_000)
    clock.ticks(0, 0.0)
    assert clock.ticks(60 * 90_000, 60.0) == 60 * 90_000
    assert clock.leaps == 0


def test_the_anchor_is_the_least_delayed_arrival() -> None:
    line = WallLine(90_000)
    for n, delay in enumerate((80_000, 30_000, 5_000, 60_000)):
        line.observe(n * 3600, WallTime(T0 + n * 40_000 + delay))
    line.anchor(0)
    assert line.wall(0) == T0 + 5_000


def test_a_run_does_not_start_within_a_second_of_what_is_recorded() -> None:
    line = WallLine(90_000)
    line.observe(0, T0)
    line.anchor(0, not_before=WallTime(T0 + 300_000))
    assert line.wall(0) == T0 + 300_000


def test_the_line_never_jumps_and_slews_by_at_most_500_ppm() -> None:
    line = WallLine(90_000)
    line.observe(0, WallTime(T0 + 900_000))  # the first picture came late
    line.anchor(0)
    walls = []
    for n in range(1, 2000):
        line.observe(n * 3600, WallTime(T0 + n * 40_000))
        walls.append(line.wall(n * 3600))
    steps = [after - before for before, after in itertools.pairwise(walls)]
    assert min(steps) >= 40_000 - 20
    assert max(steps) <= 40_000
    assert walls[-1] < T0 + 1999 * 40_000 + 900_000 - 35_000


@pytest.mark.parametrize("ppm", [-120, -20, 0, 20, 120])
def test_four_hours_of_a_drifting_camera_stay_within_a_tenth_of_a_second(ppm: int) -> None:
    chance = random.Random(ppm)
    clock, line = MediaClock(90_000), WallLine(90_000)
    worst = 0
    for n in range(4 * 3600 * 5):  # five pictures a second
        true = n * 200_000
        timestamp = int(true * (1 + ppm / 1e6) * 9 / 100) & 0xFFFF_FFFF
        arrival = true + 2_000 + int(chance.expovariate(1 / 15_000))
        ticks = clock.ticks(timestamp, arrival / SECOND)
        line.observe(ticks, WallTime(T0 + arrival))
        if n == 3:
            line.anchor(0)
        if n > 3:
            worst = max(worst, abs(line.wall(ticks) - T0 - true))
    assert worst < 100_000
    assert clock.leaps == 0


def camera_at_25(clock: MediaClock, leap_at: int, leap_ticks: int) -> list[int]:
    """Errors in ticks, of a camera whose timestamps leap once; nothing is later than it was."""
    clock.latest = 0
    errors = []
    for n in range(200):
        timestamp = n * 3600 + (leap_ticks if n >= leap_at else 0)
        clock.latest = n * 3600
        errors.append(clock.ticks(timestamp & 0xFFFF_FFFF, n * 0.04) - n * 3600)
    return errors


@pytest.mark.parametrize("seconds", [5.0, 2.0, 0.5, -0.1, -0.5, -0.9, -30.0, 30.0])
def test_small_leaps_are_leaps_too(seconds: float) -> None:
    """A camera whose timestamps follow its civil clock, which NTP sets by a little."""
    clock = MediaClock(90_000)
    errors = camera_at_25(clock, 100, round(seconds * 90_000))
    assert clock.leaps == 1
    assert max(abs(error) for error in errors) < 400


def test_a_leap_forward_is_known_by_coming_before_it_can_have_been_taken() -> None:
    """A backlog of which the camera dropped five seconds comes no earlier than it can have."""
    clock = MediaClock(90_000)
    for n in range(100):
        clock.latest = n * 3600
        clock.ticks(n * 3600, n * 0.04)
    clock.latest = (100 + 125) * 3600
    assert clock.ticks((100 + 125) * 3600, 100 * 0.04 + 0.1) == (100 + 125) * 3600
    assert clock.leaps == 0


def test_pictures_that_lead_a_key_picture_are_no_leap() -> None:
    clock = MediaClock(90_000)
    order = [0, 4, 2, 1, 3, 8, 6, 5, 7, 12, 10, 9, 11]
    assert [clock.ticks(n * 3600, place * 0.04) for place, n in enumerate(order)] == [
        n * 3600 for n in order
    ]
    assert clock.leaps == 0


def test_slewing_loses_nothing_to_rounding() -> None:
    """Steps of less than a whole microsecond's budget add up to 500 ppm all the same."""
    line = WallLine(90_000)
    line.observe(0, T0)
    line.anchor(0)
    line.aim(T0 + SECOND)
    walls = [line.wall(n * 3599) for n in range(30_000)]
    assert walls[-1] - T0 - 29_999 * 3599 * 100 // 9 == pytest.approx(599_800, abs=20)


def test_a_line_follows_a_clock_that_was_set_by_slewing_or_by_one_jump() -> None:
    line = WallLine(90_000)
    line.observe(0, T0)
    line.anchor(0)
    line.rebase(60 * SECOND)
    assert line.wall(90_000) == T0 + SECOND + 500
    assert line.behind == 60 * SECOND - 500
    assert line.jump() == 60 * SECOND - 500
    assert line.wall(90_000) == T0 + 61 * SECOND


def risen(line: WallLine, since: int) -> int:
    """µs the line rose by in a minute, while all arrivals were a second later than it."""
    before = line.offset
    for n in range(1, 60 * 25 + 1):
        ticks = since + n * 3600
        line.observe(ticks, WallTime(T0 + line.micros(ticks) + SECOND), 10_000 + n / 25)
        line.wall(ticks)
    assert before is not None
    assert line.offset is not None
    return line.offset - before


def test_arrivals_that_come_later_are_believed_less_once_the_clocks_rate_is_known() -> None:
    """Congestion that lasts for minutes looks like a slow clock."""
    line = WallLine(90_000)
    line.observe(0, T0, 0.0)
    line.anchor(0)
    for n in range(1, 8):
        line.observe(0, WallTime(T0 + SECOND), n * 10.0)
    line.up_ppm = 100
    assert risen(line, 0) == 60 * 100
    line.rebase(20_000)  # but our own clock's corrections are
    assert risen(line, 60 * 90_000) == 20_000 + 60 * 100
