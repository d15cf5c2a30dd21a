"""RTP time is sending time, and recording time a line on it."""

from __future__ import annotations

import itertools

from player.pacer import RTP_RATE, SQUEEZE, Pacer
from tests.fakes.units import START
from vms.core.walltime import SECOND, WallTime

NOW = 1000.0


def walls(count: int, step: int = 40_000) -> list[WallTime]:
    return [WallTime(START + step * number) for number in range(count)]


def browser_wall(piece: dict[str, object], rtp: int) -> float:
    """What docs/design/control.md tells the browser to compute."""
    step = (rtp - int(str(piece["rtp"]))) & 0xFFFF_FFFF
    signed = step - (1 << 32) if step >> 31 else step
    return int(str(piece["wall"])) + signed * float(str(piece["k"]))


def test_a_burst_ends_now_with_its_pictures_half_a_millisecond_apart() -> None:
    pacer = Pacer(7)
    piece, stamps = pacer.catch_up(walls(5), NOW)
    assert stamps[-1] == piece.rtp == pacer.rtp_now(NOW)
    assert [b - a for a, b in itertools.pairwise(stamps)] == [SQUEEZE] * 4
    assert piece.burst == stamps[0]
    assert piece.wall == walls(5)[-1]


def test_a_burst_comes_after_everything_sent_before() -> None:
    pacer = Pacer(0)
    pacer.used(pacer.rtp_now(NOW))
    _, stamps = pacer.catch_up(walls(50), NOW)
    assert stamps[0] > pacer.rtp_now(NOW)


def test_reordered_pictures_are_stamped_in_order_of_presentation() -> None:
    shown = walls(4)
    decoded = [shown[0], shown[3], shown[1], shown[2]]
    _, stamps = Pacer(0).catch_up(decoded, NOW)
    assert sorted(stamps) == [stamps[0], stamps[2], stamps[3], stamps[1]]


def test_the_browser_finds_the_wall_time_of_every_picture_at_every_speed() -> None:
    for speed in (0.5, 1.0, 2.0, 4.0):
        piece, _ = Pacer((1 << 32) - 40_000_000).catch_up(walls(3), NOW, speed=speed)
        message = piece.message("archive")
        for wall in walls(500, 33_367):
            seen = browser_wall(message, piece.rtp_of(wall) & 0xFFFF_FFFF)
            assert abs(seen - wall) < 6 * speed + 1


def test_pictures_fall_due_by_their_distance_and_speed() -> None:
    piece, _ = Pacer(0).catch_up(walls(1), NOW, speed=2.0)
    assert piece.due_at(WallTime(START + 3 * SECOND)) == NOW + 1.5


def test_after_a_pause_time_goes_on_from_the_picture_that_stood() -> None:
    pacer = Pacer(0)
    piece, _ = pacer.catch_up(walls(1), NOW)
    pacer.used(piece.rtp)
    resumed = pacer.resume(START, NOW + 60, speed=1.0)
    assert resumed.rtp == pacer.rtp_now(NOW + 60)
    assert resumed.due_at(WallTime(START + SECOND)) == NOW + 61


def test_a_live_start_keeps_the_pictures_own_distances() -> None:
    pacer = Pacer(0)
    piece = pacer.begin_live(START, NOW, age_micros=2 * SECOND)
    assert piece.rtp == pacer.rtp_now(NOW) - 2 * RTP_RATE
    assert piece.rtp_of(WallTime(START + 2 * SECOND)) == pacer.rtp_now(NOW)
    assert piece.burst is None


def test_live_stamps_far_from_sending_time_or_stepping_back_are_anchored_anew() -> None:
    pacer = Pacer(0)
    pacer.used(pacer.rtp_now(NOW))
    assert pacer.goes_on(pacer.rtp_now(NOW) + 3600, NOW)
    assert not pacer.goes_on(pacer.rtp_now(NOW) - 2 * RTP_RATE, NOW)
    assert not pacer.goes_on(pacer.rtp_now(NOW) + 3600 * RTP_RATE, NOW)
