"""Picture and sound of a run on one line of civil time."""

from __future__ import annotations

import struct

from hypothesis import given, settings
from hypothesis import strategies as st

from recorder.rtp.audio import WholeFrames
from recorder.rtp.h264 import H264Depacketizer
from recorder.rtp.receiver import TrackReceiver
from recorder.rtp.reception import Reception
from recorder.rtp.rtcp import read_sender_report, receiver_report, says_bye
from recorder.rtp.timeline import MediaClock
from tests.fakes.rtp import packet
from tests.fakes.units import PCMA, PPS, SPS
from vms.core.media.access_unit import AUDIO, VIDEO, AccessUnit
from vms.core.runs import CameraClock, Noticed, Stepped
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

    def picture(
        self, now: float, *, at: float | None = None, key: bool = True, said: int | None = None
    ) -> list[AccessUnit]:
        """The next picture, taken at `at` seconds (by default `now`); `said`: by the camera's own
        clock, in the header extension of ONVIF."""
        stamp = round((now if at is None else at) * 90_000)
        slice_ = SLICE if key else b"\x41" + SLICE[1:]
        data = packet(slice_, sequence=self.pictures, timestamp=stamp & 0xFFFF_FFFF, marker=True)
        if said is not None:
            words = struct.pack(">HHQBBH", 0xABAC, 3, to_ntp(WallTime(said)), 0x80, 1, 0)
            data = b"\x90" + data[1:12] + words + data[12:]
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


def settled(not_before: WallTime | None = None) -> Camera:
    """A camera that has sent a second of pictures without delay."""
    camera = Camera(not_before)
    for n in range(25):
        camera.picture(n * 0.04)
    return camera


def test_a_run_that_would_lie_before_what_is_recorded_begins_at_its_end() -> None:
    """Our clock was set back by a minute while no recorder looked on: nothing is recorded twice."""
    camera = Camera(WallTime(T0 + 60 * SECOND))
    units: list[AccessUnit] = []
    for n in range(2500):
        units += camera.picture(n * 0.04)
    assert units[0].wall == T0 + 60 * SECOND
    gained = units[-1].wall - (T0 + 99_960_000)
    assert abs(gained - (60 * SECOND - 99_960_000 * 500 // 1_000_000)) <= 50


def test_pictures_the_camera_sends_again_keep_the_time_they_had() -> None:
    """It kept five seconds; the newest of them is newer than what is recorded."""
    camera = Camera(WallTime(T0 - 2 * SECOND))
    units: list[AccessUnit] = []
    for n in range(-125, 25):
        units += camera.picture(max(n * 0.04, 0.001), at=100 + n * 0.04)
    assert abs(units[0].wall - (T0 - 5 * SECOND)) <= 2000


def test_a_step_of_our_clock_forward_waits_for_a_key_picture() -> None:
    camera = settled()
    camera.reception.follow(60 * SECOND, 101.0)
    (before,) = camera.picture(1.0, key=False)
    (after,) = camera.picture(1.04)
    assert before.wall - T0 - SECOND <= 100
    assert after.wall - T0 == 61_040_000
    (step,) = camera.reception.steps
    assert (step.clock, abs(step.micros - 60 * SECOND) <= 100) == (Stepped.SERVER, True)


def test_without_a_key_picture_a_step_waits_for_fifteen_seconds() -> None:
    camera = settled()
    camera.reception.follow(60 * SECOND, 101.0)
    walls = [camera.picture(1 + n * 0.04, key=False)[0].wall - T0 for n in range(500)]
    assert walls[374] < 17 * SECOND
    assert walls[377] > 75 * SECOND


def test_sound_goes_along_with_a_step_of_our_clock() -> None:
    camera = Camera()
    for n in range(25):
        camera.picture(n * 0.04)
        camera.sound(n * 0.04)
    camera.reception.follow(60 * SECOND, 101.0)
    (picture,), (frame,) = camera.picture(1.0), camera.sound(1.0)
    assert abs(picture.wall - frame.wall) <= 200
    assert picture.wall - T0 == 61 * SECOND


def test_a_step_that_only_undoes_how_far_we_were_ahead_moves_nothing() -> None:
    """The run was shifted to the end of what is recorded; then our clock was set right again."""
    camera = settled(WallTime(T0 + 60 * SECOND))
    camera.reception.follow(60 * SECOND, 101.0)
    (unit,) = camera.picture(1.0)
    assert abs(unit.wall - (T0 + 61 * SECOND)) <= 1000
    assert camera.reception.steps == []


def test_steps_of_the_camera_and_leaps_of_its_timestamps_are_told_once_each() -> None:
    camera = settled()
    camera.report(camera.video, sender_report(T0 + 960_000, 24 * 3600), 1.0)
    camera.picture(1.0)
    late = sender_report(T0 + SECOND + 30 * SECOND, 25 * 3600)
    camera.report(camera.video, late, 1.0)
    camera.picture(1.04, at=31.04)
    camera.picture(1.08, at=31.08)
    told = [(step.clock, round(step.micros / SECOND)) for step in camera.reception.steps]
    assert told == [(Stepped.CAMERA, 30), (Stepped.MEDIA, 30)]
    assert isinstance(camera.reception.steps[0], Noticed)


def test_a_camera_that_leaps_all_the_time_is_told_of_twenty_times() -> None:
    camera = settled()
    for n in range(100):
        camera.picture(1 + n * 0.04, at=1 + n * 77.0)
    assert len(camera.reception.steps) == 20
    assert camera.reception.step_count == 99


def test_replay_times_are_the_cameras_clock() -> None:
    camera = settled()
    camera.picture(1.0, said=T0 + 8 * SECOND)
    camera.picture(1.04, said=T0 + 8 * SECOND + 40_000)
    mapping = camera.reception.mapping
    assert mapping.camera_clock is CameraClock.ONVIF
    assert mapping.camera_offset is not None
    assert abs(mapping.camera_offset - 7 * SECOND) <= 100


TIMES = st.lists(
    st.tuples(
        st.one_of(st.integers(0, 0xFFFF_FFFF), st.just(-1)), st.floats(0.0, 2.0), st.booleans()
    ),
    max_size=120,
)


@settings(deadline=None, max_examples=60)
@given(TIMES)
def test_whatever_a_camera_stamps_no_picture_lies_in_the_future(
    pictures: list[tuple[int, float, bool]],
) -> None:
    """-1: as it should be, 40 ms after the one before; else any timestamp at all."""
    camera = settled()
    now, stamp = 1.0, 90_000
    for wanted, passed, key in pictures:
        now += passed
        stamp = (stamp + 3600) & 0xFFFF_FFFF if wanted < 0 else wanted
        for unit in camera.picture(now, at=stamp / 90_000, key=key):
            assert unit.wall <= T0 + round(now * SECOND) + 250_000 + 1000
            assert unit.pts > -90_000
