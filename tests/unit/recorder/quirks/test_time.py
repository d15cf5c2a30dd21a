"""Quirks 34 to 43 of docs/ref/quirks.md: camera clocks, RTP time, bursts. How a run is dated is
told in docs/design/time.md and tested in test_timeline and test_reception; here stands that none of
these symptoms reaches the times of pictures."""

from __future__ import annotations

import struct
from itertools import pairwise

import pytest

from recorder.rtp.audio import WholeFrames
from recorder.rtp.h264 import H264Depacketizer
from recorder.rtp.receiver import TrackReceiver
from recorder.rtp.reception import Reception
from recorder.rtp.rtcp import read_sender_report
from recorder.rtp.timeline import MediaClock
from recorder.source.watch import trouble
from tests.fakes.rtp import packet
from tests.fakes.units import PCMA, PPS, SPS
from vms.core.media.access_unit import AUDIO, VIDEO, AccessUnit
from vms.core.model import Cause
from vms.core.walltime import SECOND, WallTime, to_ntp

T0 = WallTime(1_795_413_600 * SECOND)
IDR = b"\x65\x88" + bytes(50)
STEP = 3600
"""Ticks between pictures at 25 a second."""


def report(ntp: int, timestamp: int) -> bytes:
    """A sender report (RFC 3550 section 6.4.1)."""
    return struct.pack(">BBHIQIII", 0x80, 200, 6, 7, ntp, timestamp & 0xFFFF_FFFF, 1, 1)


class Camera:
    """A camera of which the test says when each picture arrives and what RTP time it carries."""

    def __init__(self) -> None:
        self.video = TrackReceiver(VIDEO, H264Depacketizer([SPS, PPS]), MediaClock(90_000))
        self.audio = TrackReceiver(AUDIO, WholeFrames(PCMA), MediaClock(8000))
        self.reception = Reception(self.video, self.audio, started=100.0, started_wall=T0)
        self.units: list[AccessUnit] = []
        self._sequence = 0

    def picture(self, now: float, timestamp: int) -> None:
        data = packet(IDR, sequence=self._sequence, timestamp=timestamp & 0xFFFF_FFFF, marker=True)
        self._sequence += 1
        self.video.push(data, 0, len(data))
        self.units += self.reception.take(100.0 + now)

    def report(self, now: float, wall: int, timestamp: int) -> None:
        data = report(to_ntp(WallTime(wall)), timestamp)
        self.reception.note_rtcp(self.video, data, 0, len(data), 100.0 + now)

    def worst_micros(self, *, fps: float = 25.0) -> int:
        """How far any picture is from the moment it was taken, at `fps` from T0."""
        right = (T0 + round(n * SECOND / fps) for n in range(len(self.units)))
        return max(abs(unit.wall - at) for unit, at in zip(self.units, right, strict=True))


# 34: RTP times that jump


@pytest.mark.parametrize("jump", [-9800, 37_600, -30, 30, -1.5, 11])
@pytest.mark.parametrize("length", [1, 200])
def test_q34_pictures_stamped_hours_away_keep_their_place(jump: float, length: int) -> None:
    camera = Camera()
    for n in range(600):
        wrong = round(jump * 90_000) if 300 <= n < 300 + length else 0
        camera.picture(n / 25, n * STEP + wrong)
    assert camera.worst_micros() < 500_000
    assert all(later.wall > one.wall for one, later in pairwise(camera.units))


# 35: RTP times that begin anew


@pytest.mark.parametrize("anew", [0, 1, 0x8000_0000])
def test_q35_a_stream_whose_rtp_time_begins_anew_goes_on(anew: int) -> None:
    camera = Camera()
    for n in range(600):
        camera.picture(n / 25, 1_000_000_000 + n * STEP if n < 300 else anew + (n - 300) * STEP)
    assert camera.worst_micros() < 500_000


# 36: sender reports: none, stepping, from 1970, from the camera's start


def test_q36_without_reports_pictures_are_dated_and_the_cameras_clock_is_unknown() -> None:
    camera = Camera()
    for n in range(100):
        camera.picture(n / 25, n * STEP)
    assert camera.worst_micros() < 100_000
    assert camera.reception.camera_offset() is None


@pytest.mark.parametrize("wall", [0, 5 * SECOND, 86_400 * SECOND, 4 * T0 // 3])
def test_q36_reports_from_a_clock_that_was_never_set_change_nothing(wall: int) -> None:
    camera = Camera()
    for n in range(200):
        if n % 25 == 0:
            camera.report(n / 25, wall + n * SECOND // 25, n * STEP)
        camera.picture(n / 25, n * STEP)
    assert camera.worst_micros() < 100_000
    assert camera.reception.camera_offset() is None


@pytest.mark.parametrize("step", [-30, 30, 0.4, -3600])
def test_q36_a_camera_clock_that_is_set_while_it_sends_moves_no_picture(step: float) -> None:
    camera = Camera()
    for n in range(500):
        if n % 25 == 0:
            ahead = round(step * SECOND) if n >= 250 else 0
            camera.report(n / 25, T0 + n * SECOND // 25 + ahead, n * STEP)
        camera.picture(n / 25, n * STEP)
    assert camera.worst_micros() < 100_000
    offset = camera.reception.camera_offset()
    assert offset is not None
    assert abs(offset - step * SECOND) < 100_000


# 37: RTCP cut short


@pytest.mark.parametrize("size", range(40))
def test_q37_rtcp_cut_short_anywhere_is_no_error_and_a_whole_report_in_it_counts(size: int) -> None:
    described = struct.pack(">BBHI", 0x81, 202, 9, 7) + b"\x01\x20name"
    data = (report(to_ntp(T0), 900) + described)[:size]
    found = read_sender_report(data, 0, len(data))
    assert (found is not None) == (size >= 20)


# 38: drift


@pytest.mark.parametrize("ppm", [20, -20, 200, -200])
def test_q38_a_quartz_that_drifts_is_followed(ppm: int) -> None:
    camera = Camera()
    for n in range(2 * 60 * 25):
        camera.picture(n / 25, round(n * STEP * (1 + ppm / 1_000_000)))
    assert camera.worst_micros() < 100_000


# 39: what was kept before the session, delivered at once


def test_q39_five_seconds_delivered_at_once_lie_in_the_past_they_were_taken_in() -> None:
    camera = Camera()
    for n in range(125):
        camera.picture(0.0, n * STEP)
    for n in range(125, 500):
        camera.picture((n - 124) / 25, n * STEP)
    walls = [unit.wall for unit in camera.units]
    assert abs(walls[124] - T0) < 100_000
    assert abs(walls[0] - (T0 - 5 * SECOND)) < 200_000


# 40: thirteen hours, and local time as UTC


def test_q40_the_wrap_of_rtp_time_after_thirteen_hours_is_no_jump() -> None:
    camera = Camera()
    for n in range(500):
        camera.picture(n / 25, 2**32 - 250 * STEP + n * STEP)
    assert camera.worst_micros() < 100_000
    assert {later.pts - one.pts for one, later in pairwise(camera.units)} == {STEP}


def test_q40_local_time_sent_as_utc_is_told_and_not_believed() -> None:
    camera = Camera()
    for n in range(200):
        if n % 25 == 0:
            camera.report(n / 25, T0 + 7 * 3600 * SECOND + n * SECOND // 25, n * STEP)
        camera.picture(n / 25, n * STEP)
    assert camera.worst_micros() < 100_000
    offset = camera.reception.camera_offset()
    assert offset is not None
    assert abs(offset - 7 * 3600 * SECOND) < 100_000


# 41: rates that are not what they are said to be


def test_q41_fewer_pictures_at_night_are_longer_ones() -> None:
    """What an SPS says of the rate is never asked: lengths come from RTP time alone."""
    camera = Camera()
    now, timestamp = 0.0, 0
    for n in range(300):
        distance = STEP if n < 150 else 5 * STEP
        camera.picture(now, timestamp)
        now, timestamp = now + distance / 90_000, timestamp + distance
    steps = [later.pts - one.pts for one, later in pairwise(camera.units)]
    assert steps == [STEP] * 150 + [5 * STEP] * 149


# 42: our own clock is set


def test_q42_a_step_forward_of_our_own_clock_ends_no_run() -> None:
    camera = Camera()
    for n in range(50):
        camera.picture(n / 25, n * STEP)
    now = 100.0 + 49 / 25
    stepped = WallTime(camera.reception.arrival_wall(now) + 60 * SECOND)
    assert trouble(camera.reception, 100.0, now, stepped, 5.0) is None
    for n in range(50, 500):
        camera.picture(n / 25, n * STEP)
    assert all(later.wall > one.wall for one, later in pairwise(camera.units))
    assert abs(camera.units[-1].wall - (T0 + 499 * SECOND // 25 + 60 * SECOND)) < 100_000


def test_q42_a_step_back_of_our_own_clock_ends_the_run_by_its_name() -> None:
    camera = Camera()
    for n in range(50):
        camera.picture(n / 25, n * STEP)
    now = 100.0 + 49 / 25
    stepped = WallTime(camera.reception.arrival_wall(now) - 60 * SECOND)
    error = trouble(camera.reception, 100.0, now, stepped, 5.0)
    assert error is not None
    assert error.cause is Cause.CLOCK_STEP


# 43: sound and picture dated by the camera's NTP (what libavformat does with two tracks)


def test_q43_with_sound_a_step_of_the_cameras_clock_is_no_jump_of_media_time() -> None:
    camera = Camera()
    for n in range(500):
        if n % 25 == 0:
            wall = T0 + n * SECOND // 25 + (30 * SECOND if n >= 250 else 0)
            camera.report(n / 25, wall, n * STEP)
            data = report(to_ntp(WallTime(wall)), n * 320)
            camera.reception.note_rtcp(camera.audio, data, 0, len(data), 100.0 + n / 25)
        camera.picture(n / 25, n * STEP)
        sound = packet(bytes(320), sequence=n, timestamp=n * 320)
        camera.audio.push(sound, 0, len(sound))
        camera.units += camera.reception.take(100.0 + n / 25)
    for track, step in ((VIDEO, STEP), (AUDIO, 320)):
        units = [unit for unit in camera.units if unit.track == track]
        assert {later.pts - one.pts for one, later in pairwise(units)} == {step}
        assert all(0 < later.wall - one.wall < 100_000 for one, later in pairwise(units))
