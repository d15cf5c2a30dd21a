"""The camera's own clock: read from reports and replay times, judged, its steps noticed."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recorder.rtp.cameraclock import CameraWatch, camera_wall
from recorder.rtp.rate import MediaRate
from recorder.rtp.replay import read_replay
from tests.fakes.rtp import packet
from vms.core.runs import CameraClock
from vms.core.walltime import DAY, HOUR, MINUTE, SECOND, WallTime, to_ntp

T0 = WallTime(1_795_413_600 * SECOND)
AFTER_2036 = WallTime(2_100_000_000 * SECOND)
REPORT, ONVIF = CameraClock.SENDER_REPORT, CameraClock.ONVIF


def extended(words: bytes, *, profile: int = 0xABAC, marker: bool = False) -> bytes:
    plain = packet(b"\x65\x88", timestamp=90_000, marker=marker)
    head = struct.pack(">HH", profile, len(words) // 4)
    return b"\x90" + plain[1:12] + head + words + plain[12:]


def replay_words(wall: int, flags: int = 0x80) -> bytes:
    return struct.pack(">QBBH", to_ntp(WallTime(wall)), flags, 17, 0)


@pytest.mark.parametrize("hours", [0, 8, -8, 23])
def test_a_clock_in_local_time_is_a_clock(hours: int) -> None:
    assert camera_wall(to_ntp(WallTime(T0 + hours * HOUR)), T0) == T0 + hours * HOUR


def test_seconds_since_1970_in_the_place_of_those_since_1900_are_understood() -> None:
    assert camera_wall((T0 // SECOND) << 32, T0) == T0


def test_the_next_era_is_understood() -> None:
    assert camera_wall(to_ntp(AFTER_2036), AFTER_2036) == AFTER_2036


@pytest.mark.parametrize("wall", [0, 5 * MINUTE, T0 - 40 * DAY, T0 + 400 * DAY])
def test_a_clock_that_was_never_set_says_nothing(wall: int) -> None:
    assert camera_wall(to_ntp(WallTime(wall)), T0) is None
    assert camera_wall(0, T0) is None


def test_a_step_of_the_camera_is_noticed_and_drift_is_not() -> None:
    watch = CameraWatch()
    assert watch.note(REPORT, to_ntp(T0), T0) is None
    for minute in range(60):
        ours = WallTime(T0 + minute * MINUTE)
        assert watch.note(REPORT, to_ntp(WallTime(ours + minute * 1200)), ours) is None
    assert watch.offset == pytest.approx(59 * 1200, abs=1)
    step = watch.note(REPORT, to_ntp(WallTime(T0 + HOUR - 30 * SECOND)), WallTime(T0 + HOUR))
    assert step == pytest.approx(-30 * SECOND - 59 * 1200, abs=2)


def test_our_own_step_is_none_of_the_cameras() -> None:
    watch = CameraWatch()
    watch.note(REPORT, to_ntp(T0), T0)
    watch.rebase(60 * SECOND)
    later = WallTime(T0 + 65 * SECOND)
    assert watch.note(REPORT, to_ntp(WallTime(T0 + 5 * SECOND)), later) is None
    assert watch.offset == -60 * SECOND


def test_the_time_of_each_picture_says_more_than_reports() -> None:
    watch = CameraWatch()
    watch.note(REPORT, to_ntp(T0), T0)
    watch.note(ONVIF, to_ntp(WallTime(T0 + 7 * SECOND)), T0)
    watch.note(REPORT, to_ntp(T0), T0)
    assert (watch.source, watch.offset) == (ONVIF, 7 * SECOND)


def test_replay_times_are_read_with_their_flags() -> None:
    data = extended(replay_words(T0 + 123_456, 0xA0), marker=True)
    read = read_replay(data, 0, len(data))
    assert read is not None
    assert camera_wall(read.ntp, T0) == T0 + 123_456
    assert (read.timestamp, read.cseq) == (90_000, 17)
    assert (read.clean, read.ends_section, read.discontinuity, read.terminal) == (
        *(True, False, True, False),
    )


def test_words_behind_the_replay_time_are_passed_over() -> None:
    data = extended(replay_words(T0) + bytes(8))
    read = read_replay(data, 0, len(data))
    assert read is not None
    assert camera_wall(read.ntp, T0) == T0


def test_other_extensions_and_those_cut_short_are_none() -> None:
    for data in (
        packet(b"\x65\x88"),
        extended(replay_words(T0), profile=0xBEDE),
        extended(replay_words(T0)[:8]),
    ):
        assert read_replay(data, 0, len(data)) is None
    whole = extended(replay_words(T0))
    for size in range(28):
        assert read_replay(whole, 0, size) is None


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_not_but_never_break(data: bytes) -> None:
    read = read_replay(data, 0, len(data))
    assert read is None or 0 <= read.timestamp < 1 << 32
    assert read_replay(b"\x90" + data, 0, len(data) + 1) is None or len(data) >= 27


@pytest.mark.parametrize("ppm", [-500, -20, 0, 20, 500])
def test_a_media_clocks_rate_is_known_after_some_minutes(ppm: int) -> None:
    rate = MediaRate()
    for second in range(600):
        media = second * (SECOND + ppm)
        rate.note(media, T0 + second * SECOND - media)
        if second == 200:
            assert rate.ppm is None
            rate.rebase(0)
    assert rate.ppm == pytest.approx(ppm, abs=1)


def test_a_step_of_our_clock_is_no_rate() -> None:
    rate = MediaRate()
    for second in range(1000):
        shift = 60 * SECOND if second >= 500 else 0
        if second == 500:
            rate.rebase(60 * SECOND)
        rate.note(second * SECOND, T0 + shift)
    assert rate.ppm == 0
