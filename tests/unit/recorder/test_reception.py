"""Picture and sound of a run on one line of civil time."""

from __future__ import annotations

import struct

from recorder.rtp.audio import WholeFrames
from recorder.rtp.h264 import H264Depacketizer
from recorder.rtp.receiver import TrackReceiver
from recorder.rtp.reception import Reception
from recorder.rtp.rtcp import read_sender_report, receiver_report, says_bye
from recorder.rtp.timeline import MediaClock
from tests.fakes.rtp import packet
from tests.fakes.units import PCMA, PPS, SPS
from vms.core.media.access_unit import AUDIO, VIDEO, AccessUnit
from vms.core.walltime import DAY, SECOND, WallTime, to_ntp

T0 = WallTime(1_795_413_600 * SECOND)
SLICE = b"\x65\x88" + bytes(50)


def sender_report(wall: int, timestamp: int, ssrc: int = 7) -> bytes:
    return struct.pack(
        ">BBHIQIII", 0x80, 200, 6, ssrc, to_ntp(WallTime(wall)), timestamp & 0xFFFF_FFFF, 1, 1
    )


class Camera:
    """Twenty-five pictures and fifty frames of sound a second; the network is instant."""

    def __init__(self, not_before: WallTime | None = None) -> None:
        self.video = TrackReceiver(VIDEO, H264Depacketizer([SPS, PPS]), MediaClock(90_000))
        self.audio = TrackReceiver(AUDIO, WholeFrames(PCMA), MediaClock(8000))
        self.reception = Reception(
            self.video, self.audio, started=100.0, started_wall=T0, not_before=not_before
        )
        self.pictures = self.frames = 0

    def picture(self, now: float, *, at: float | None = None) -> list[AccessUnit]:
        """The next picture, taken at `at` seconds (by default `now`)."""
        stamp = round((now if at is None else at) * 90_000)
        data = packet(SLICE, sequence=self.pictures, timestamp=stamp & 0xFFFF_FFFF, marker=True)
        self.pictures += 1
        self.video.push(data, 0, len(data))
        return self.reception.take(100.0 + now)

    def sound(self, now: float, *, at: float | None = None) -> list[AccessUnit]:
        stamp = round((now if at is None else at) * 8000) + 12_345
        data = packet(bytes(160), sequence=self.frames, timestamp=stamp & 0xFFFF_FFFF)
        self.frames += 1
        self.audio.push(data, 0, len(data))
        return self.reception.take(100.0 + now)

    def report(self, receiver: TrackReceiver, data: bytes, now: float) -> None:
        self.reception.note_rtcp(receiver, data, 0, len(data), 100.0 + now)


def test_a_backlog_at_the_start_does_not_put_the_run_into_the_future() -> None:
    """The first picture waited two seconds, each that follows a tenth less, as a backlog drains."""
    camera = Camera()
    units: list[AccessUnit] = []
    for n in range(80):
        taken = n * 0.04
        units += camera.picture(taken + max(0.0, 2.0 - n * 0.1), at=taken)
    assert abs(units[0].wall - T0) <= 20_000


def test_a_camera_that_gets_ever_quicker_is_held_for_five_seconds_at_most() -> None:
    camera = Camera()
    held = [camera.picture(n * 0.02, at=n * 0.04) for n in range(300)]
    assert next(n for n, units in enumerate(held) if units) == 250


def test_the_first_half_second_is_held_back_and_then_comes_at_once() -> None:
    camera = Camera()
    assert [len(camera.picture(n * 0.04)) for n in range(14)] == [0] * 13 + [14]
    assert len(camera.picture(14 * 0.04)) == 1


def test_a_burst_at_the_start_is_placed_in_the_past_it_was_taken_in() -> None:
    camera = Camera()
    units: list[AccessUnit] = []
    for n in range(50):  # two seconds of pictures that the camera had kept, all at once
        units += camera.picture(0.001 * n, at=n * 0.04)
    for n in range(50, 80):
        units += camera.picture((n - 49) * 0.04, at=n * 0.04)
    assert abs(units[0].wall - (T0 - 49 * 40_000)) < 100_000
    assert len(units) == 80


def test_sound_follows_the_picture_by_the_cameras_clock() -> None:
    camera = Camera()
    camera.report(camera.video, sender_report(5 * SECOND, 0), 0.0)
    camera.report(camera.audio, sender_report(5 * SECOND, 12_345), 0.0)
    units: list[AccessUnit] = []
    for n in range(40):
        units += camera.picture(n * 0.04)
        units += camera.sound(n * 0.04 + 0.3, at=n * 0.04)  # sound arrives 300 ms late
    pictures = [unit.wall for unit in units if unit.track == VIDEO]
    frames = [unit.wall for unit in units if unit.track == AUDIO]
    assert abs(frames[0] - pictures[0]) <= 1000
    assert abs(frames[30] - pictures[30]) <= 1000


def test_without_reports_sound_is_placed_by_its_arrival() -> None:
    camera = Camera()
    units: list[AccessUnit] = []
    for n in range(40):
        units += camera.picture(n * 0.04)
        units += camera.sound(n * 0.04)
    frames = [unit.wall for unit in units if unit.track == AUDIO]
    assert abs(frames[5] - (T0 + 5 * 40_000)) <= 1000


def test_the_cameras_clock_is_recorded_beside_and_changes_no_time() -> None:
    camera = Camera()
    for n in range(20):
        camera.picture(n * 0.04)
    assert camera.reception.camera_offset() is None
    camera.report(camera.video, sender_report(T0 + 3 * SECOND + 760_000, 19 * 3600), 0.76)
    offset = camera.reception.camera_offset()
    assert offset is not None
    assert abs(offset - 3 * SECOND) < 1000
    (unit,) = camera.picture(0.80)
    assert abs(unit.wall - (T0 + 800_000)) < 1000


def test_a_camera_clock_that_was_never_set_is_no_offset() -> None:
    camera = Camera()
    for n in range(20):
        camera.picture(n * 0.04)
    camera.report(camera.video, sender_report(DAY, 19 * 3600), 0.76)
    assert camera.reception.camera_offset() is None


def test_a_report_with_an_ssrc_that_is_not_the_cameras_counts_all_the_same() -> None:
    camera = Camera()
    for n in range(20):
        camera.picture(n * 0.04)
    camera.report(camera.video, sender_report(T0, 0, ssrc=99), 0.8)
    assert camera.reception.camera_offset() is not None


def test_lost_and_repeated_packets_are_told_apart() -> None:
    camera = Camera()
    camera.picture(0.0)
    camera.pictures += 3
    camera.picture(0.2)
    camera.pictures -= 1
    camera.picture(0.24)  # the same sequence number again
    assert camera.video.tally.lost == 3
    assert camera.video.packets == 2


def test_a_receiver_report_says_how_far_we_are_and_what_is_lost() -> None:
    camera = Camera()
    assert camera.video.reception(100.0) is None
    camera.pictures = 65_530
    for n in range(10):
        camera.picture(n * 0.04)
    camera.report(camera.video, sender_report(T0, 0), 0.36)
    reception = camera.video.reception(101.36)
    assert reception is not None
    assert reception.highest_sequence == (1 << 16) + 3
    assert (reception.lost, reception.ssrc) == (0, 7)
    assert reception.delay == 65_536
    packed = receiver_report(1, reception)
    assert len(packed) == 32 + 12
    assert packed[1] == 201


def test_reports_cut_short_are_passed_over() -> None:
    whole = sender_report(T0, 5) + bytes((0x81, 202, 0, 9)) + b"cut"
    assert read_sender_report(whole, 0, len(whole)) is not None
    for size in range(19):
        assert read_sender_report(whole, 0, size) is None
    assert not says_bye(whole, 0, len(whole))
    assert says_bye(whole[:28] + bytes((0x81, 203, 0, 1, 0, 0, 0, 7)), 0, 36)


def test_what_is_no_rtp_is_counted() -> None:
    camera = Camera()
    for data in (
        b"",
        b"\x80" * 11,
        b"\x00" * 40,
        b"\x9f" + b"\xff" * 30,
        b"\xa0" + bytes(10) + b"\xff",
    ):
        camera.video.push(data, 0, len(data))
    assert camera.video.tally.broken == 5
