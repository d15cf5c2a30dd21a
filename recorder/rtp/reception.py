"""A whole run: picture and sound of one session on one line of civil time.

Pure. Pictures are held back until for half a second none has come with less delay than the best so
far (five seconds at most), so that the run's anchor is the least delayed of them: a recorder or a
camera that starts late delivers in a burst, and dating by its first picture would put all that
follow into the future. Then everything comes at once, and from there on without delay.
"""

from __future__ import annotations

from dataclasses import dataclass

from recorder.rtp.depacketizer import LARGEST_UNIT, Coded
from recorder.rtp.receiver import TrackReceiver
from recorder.rtp.rtcp import SenderReport
from recorder.rtp.timeline import WallLine
from vms.core.media.access_unit import VIDEO, AccessUnit
from vms.core.walltime import DAY, SECOND, WallTime, from_ntp

SETTLE_SECONDS = 0.5
LONGEST_SETTLE_SECONDS = 5.0
_BETTER_MICROS = 10_000
"""A picture that came with so much less delay than those before starts the half second anew."""
_SOUND_AWAY_MICROS = 5 * SECOND
_MOST_HELD = 4096


@dataclass(frozen=True, slots=True)
class CameraTime:
    """An instant on the camera's clock and on a track's media time, from a sender report."""

    wall: WallTime
    ticks: int


class Reception:
    """Turns tracks' access units into AccessUnits. `video` is required, `audio` may be None."""

    def __init__(
        self,
        video: TrackReceiver,
        audio: TrackReceiver | None,
        *,
        started: float,
        started_wall: WallTime,
        not_before: WallTime | None = None,
    ) -> None:
        """`started` (monotonic seconds) and `started_wall` name the same instant; the server's
        monotonic clock carries civil time from there. `not_before`: end of what is recorded."""
        self.video, self.audio = video, audio
        self.last_picture: float | None = None
        self._started, self._started_wall = started, started_wall
        self._not_before = not_before
        self._lines = {
            receiver.track: WallLine(receiver.clock.clock_rate)
            for receiver in (video, audio)
            if receiver is not None
        }
        self._camera: dict[int, CameraTime] = {}
        self._held: list[tuple[int, int, Coded]] = []
        self._held_size = 0
        self._first_picture = self._last_better = 0.0

    def arrival_wall(self, monotonic: float) -> WallTime:
        return WallTime(self._started_wall + round((monotonic - self._started) * SECOND))

    def correct(self, micros: int) -> None:
        """Our clock was set by this little since the run began: later arrivals count by it, and
        the lines follow at their own pace."""
        self._started_wall = WallTime(self._started_wall + micros)

    def take(self, now: float) -> list[AccessUnit]:
        """What has become complete, in order of arrival; `now`: monotonic seconds."""
        units: list[AccessUnit] = []
        for receiver in (self.video, self.audio):
            if receiver is not None and receiver.has_units:
                for ticks, coded in receiver.take(now):
                    self._sort(receiver.track, ticks, coded, now, units)
        return units

    def note_rtcp(
        self, receiver: TrackReceiver, data: bytes, start: int, end: int, now: float
    ) -> None:
        """An RTCP packet of this track arrived."""
        report = receiver.note_report(data, start, end, now)
        if report is not None:
            self._note_camera_time(receiver, report)
            self._aim_sound()

    def camera_offset(self) -> int | None:
        """How far the camera's clock is ahead of ours, µs, by its last report on the picture.

        None when it sends none, or one further than a day away (a clock that was never set).
        """
        camera, line = self._camera.get(VIDEO), self._lines[VIDEO]
        if camera is None or line.offset is None:
            return None
        offset = camera.wall - line.offset - line.micros(camera.ticks)
        return offset if abs(offset) <= DAY else None

    def _sort(
        self, track: int, ticks: int, coded: Coded, now: float, units: list[AccessUnit]
    ) -> None:
        line = self._lines[track]
        before = line.best_offset
        line.observe(ticks, self.arrival_wall(now))
        if track == VIDEO:
            self.last_picture = now
        if self._lines[VIDEO].anchored:
            units.append(self._unit(track, ticks, coded))
            return
        self._hold(track, ticks, coded)
        if track == VIDEO and self._is_settled(line, before, now):
            self._settle(units)

    def _is_settled(self, line: WallLine, before: int | None, now: float) -> bool:
        """Whether the least delay is known. `before`: the best offset before this picture."""
        best = line.best_offset
        if before is None:
            self._first_picture = self._last_better = now
        elif best is not None and before - best > _BETTER_MICROS:
            self._last_better = now
        return (
            now - self._last_better >= SETTLE_SECONDS
            or now - self._first_picture >= LONGEST_SETTLE_SECONDS
            or self._is_full()
        )

    def _hold(self, track: int, ticks: int, coded: Coded) -> None:
        if not self._is_full():
            self._held.append((track, ticks, coded))
            self._held_size += len(coded.data)

    def _is_full(self) -> bool:
        return self._held_size > 2 * LARGEST_UNIT or len(self._held) > _MOST_HELD

    def _settle(self, units: list[AccessUnit]) -> None:
        first = min(ticks for track, ticks, _ in self._held if track == VIDEO)
        self._lines[VIDEO].anchor(first, not_before=self._not_before)
        for receiver in (self.video, self.audio):
            if receiver is not None and receiver.report is not None:
                self._note_camera_time(receiver, receiver.report)  # it may precede all packets
        self._aim_sound()
        held, self._held, self._held_size = self._held, [], 0
        units += [self._unit(*each) for each in held]

    def _unit(self, track: int, ticks: int, coded: Coded) -> AccessUnit:
        line = self._lines[track]
        if not line.anchored:
            line.anchor(ticks)
        wall = line.wall(ticks)
        return AccessUnit(track, ticks, wall, coded.random_access, coded.data, coded.format)

    def _note_camera_time(self, receiver: TrackReceiver, report: SenderReport) -> None:
        ticks = receiver.clock.near(report.timestamp)
        if ticks is not None and report.ntp:
            self._camera[receiver.track] = CameraTime(from_ntp(report.ntp), ticks)

    def _aim_sound(self) -> None:
        """Put sound on the picture's line by the camera's clock, when both tracks name it."""
        if self.audio is None or self.audio.track not in self._camera:
            return
        picture, sound = self._camera.get(VIDEO), self._camera[self.audio.track]
        video, audio = self._lines[VIDEO], self._lines[self.audio.track]
        if picture is None or video.offset is None:
            return
        offset = (
            video.offset
            + video.micros(picture.ticks)
            + (sound.wall - picture.wall)
            - audio.micros(sound.ticks)
        )
        by_arrival = audio.best_offset
        near = by_arrival is None or abs(offset - by_arrival) < _SOUND_AWAY_MICROS
        audio.aim(offset if near else None)
