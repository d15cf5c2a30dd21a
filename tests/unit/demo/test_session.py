"""What one client gets, behaved and misbehaved. No sockets: packets go into a list."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.fakes.clock import HandClock
from vms.core.media.access_unit import AUDIO, VIDEO, Codec
from vms.core.walltime import SECOND, WallTime, from_ntp
from vms.demo.misbehaviour import Behaviour, Misbehaviour
from vms.demo.packets import audio_packets, video_packets
from vms.demo.session import Session, TrackState
from vms.demo.source import Burst

CLOCK = HandClock()
START = CLOCK.wall()
STEP = 40_000  # µs between pictures


@dataclass
class Out:
    """An outlet that keeps everything, and is full when told to be."""

    channel: int = 0
    takes_whole: bool = True
    full: bool = False
    sent: list[bytes] = field(default_factory=list)
    reports: list[bytes] = field(default_factory=list)

    def send(self, frames: Sequence[memoryview | bytes]) -> None:
        self.sent.append(b"".join(frames))

    def report(self, packet: bytes) -> None:
        self.reports.append(packet)

    def close(self) -> None: ...

    @property
    def packets(self) -> list[bytes]:
        """RTP packets, in order; stops at what is no interleaved frame."""
        data, found = b"".join(self.sent), []
        while data[:1] == b"$":
            size = int.from_bytes(data[2:4], "big")
            found.append(data[4 : 4 + size])
            data = data[4 + size :]
        return found

    def field(self, form: str, at: int) -> list[int]:
        return [struct.unpack_from(form, packet, at)[0] for packet in self.packets]

    @property
    def sequences(self) -> list[int]:
        return self.field(">H", 2)

    @property
    def timestamps(self) -> list[int]:
        return self.field(">I", 4)


def picture(number: int, *, key: bool = False, size: int = 3000) -> Burst:
    wall = WallTime(START + number * STEP)
    nal = (b"\x65" if key else b"\x41") * size
    return Burst(VIDEO, wall, wall, key, video_packets(Codec.H264, [nal]))


def sound(number: int) -> Burst:
    wall = WallTime(START + number * STEP)
    return Burst(AUDIO, wall, wall, True, audio_packets(Codec.PCMA, b"a" * 320))


@dataclass
class Stage:
    """A session that plays into `out` and `heard`."""

    behaviour: Behaviour = field(default_factory=Behaviour)
    out: Out = field(default_factory=Out)
    heard: Out = field(default_factory=lambda: Out(2))

    def __post_init__(self) -> None:
        self.session = Session(self.behaviour, CLOCK)
        self.video = TrackState(self.out, 90_000, "track1", ssrc=7, base=100, sequence=10)
        self.session.tracks = {VIDEO: self.video, AUDIO: TrackState(self.heard, 8_000, "track2")}
        self.session.play()

    def show(self, *numbers: int, keys: Sequence[int] = (0,)) -> None:
        for number in numbers:
            self.session.deliver(picture(number, key=number in keys))


def test_video_begins_with_a_key_picture() -> None:
    stage = Stage()
    stage.show(0, 1, 2, 3, keys=(2,))
    assert len(set(stage.out.timestamps)) == 2


def test_sequence_numbers_have_no_gap_and_times_follow_the_media() -> None:
    stage = Stage()
    stage.show(0, 1, 2)
    assert stage.out.sequences == list(range(10, 19))
    zero = stage.out.timestamps[0]
    assert sorted({stamp - zero for stamp in stage.out.timestamps}) == [0, 3600, 7200]


def test_a_slow_client_goes_on_with_the_next_key_picture() -> None:
    stage = Stage()
    stage.show(0, 1)
    stage.out.full = True
    stage.show(2, 3)
    stage.out.full = False
    stage.show(4, 5, 6, keys=(5,))
    zero = stage.out.timestamps[0]
    assert sorted({(s - zero) // 3600 for s in stage.out.timestamps}) == [0, 1, 5, 6]


def test_sender_reports_come_every_two_seconds_and_map_rtp_to_wall_time() -> None:
    stage = Stage()
    stage.show(*range(101), keys=range(0, 101, 25))
    assert len(stage.out.reports) == 3
    ssrc, ntp, stamp = struct.unpack_from(">IQI", stage.out.reports[1], 4)
    assert (ssrc, from_ntp(ntp)) == (7, START + 50 * STEP)
    assert stamp == stage.out.timestamps[50 * 3]


def test_stalled_video_still_sends_reports_and_sound() -> None:
    stage = Stage()
    stage.show(0)
    stage.behaviour.misbehave(Misbehaviour.STALL)
    count = len(stage.out.sent)
    stage.show(*range(1, 60), keys=range(0, 60, 25))
    stage.session.deliver(sound(60))
    assert len(stage.out.sent) == count
    assert len(stage.out.reports) == 2
    assert len(stage.heard.packets) == 1


def test_after_a_stall_video_begins_with_a_key_picture() -> None:
    stage = Stage()
    stage.show(0)
    stage.behaviour.misbehave(Misbehaviour.STALL)
    stage.show(1)
    stage.behaviour.behave()
    stage.show(2, 3, keys=(3,))
    assert [(s - stage.out.timestamps[0]) // 3600 for s in stage.out.timestamps[-1:]] == [3]


def test_a_deaf_camera_sends_nothing_at_all() -> None:
    stage = Stage()
    stage.behaviour.misbehave(Misbehaviour.DEAF)
    stage.show(0, 1)
    assert not stage.out.sent
    assert not stage.out.reports


def test_rtp_time_jumps_and_stays_jumped() -> None:
    stage = Stage()
    stage.show(0)
    stage.behaviour.misbehave(Misbehaviour.TIME_JUMP, 10.0)
    stage.behaviour.behave()
    stage.show(1, 2)
    zero = stage.out.timestamps[0]
    assert sorted({s - zero for s in stage.out.timestamps}) == [0, 903_600, 907_200]


def test_a_gap_loses_so_many_packets_once() -> None:
    stage = Stage()
    stage.show(0)
    stage.behaviour.misbehave(Misbehaviour.GAP, 2)
    stage.show(1, 2)
    assert stage.out.sequences == [10, 11, 12, 15, 16, 17, 18]


def test_loss_leaves_one_packet_of_so_many_out() -> None:
    stage = Stage()
    stage.behaviour.misbehave(Misbehaviour.LOSS, 3)
    stage.show(0, 1)
    assert stage.out.sequences == [10, 11, 13, 14]


def test_wrong_ssrc_is_in_packets_but_not_in_reports() -> None:
    stage = Stage()
    stage.behaviour.misbehave(Misbehaviour.WRONG_SSRC)
    stage.show(0)
    assert 7 not in stage.out.field(">I", 8)
    assert struct.unpack_from(">I", stage.out.reports[0], 4) == (7,)


def test_no_marker_means_none_of_the_packets_has_it() -> None:
    stage = Stage()
    stage.show(0)
    assert [octet >> 7 for octet in stage.out.field(">B", 1)] == [0, 0, 1]
    stage.behaviour.misbehave(Misbehaviour.NO_MARKER)
    stage.show(1)
    assert [octet >> 7 for octet in stage.out.field(">B", 1)] == [0, 0, 1, 0, 0, 0]


def test_garbage_stands_between_frames_of_a_tcp_client() -> None:
    stage = Stage()
    stage.behaviour.misbehave(Misbehaviour.GARBAGE)
    stage.show(0, 1)
    assert len(stage.out.packets) == 3
    assert b"$" not in stage.out.sent[0][-30:]


def test_no_reports_and_shifted_reports() -> None:
    stage = Stage()
    stage.behaviour.misbehave(Misbehaviour.NO_REPORTS)
    stage.show(0)
    assert not stage.out.reports
    stage.behaviour.behave()
    stage.behaviour.misbehave(Misbehaviour.REPORT_OFFSET, -5)
    stage.show(1)
    assert (
        from_ntp(struct.unpack_from(">Q", stage.out.reports[0], 8)[0]) == START + STEP - 5 * SECOND
    )
