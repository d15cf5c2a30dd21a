"""A whole run: picture and sound of one session on one line of civil time.

Pure. Pictures are held back until for half a second none has come with less delay than the best so
far (five seconds at most), so that the run's anchor is the least delayed of them: a recorder or a
camera that starts late delivers in a burst, and dating by its first picture would put all that
follow into the future. Then everything comes at once, and from there on without delay.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from recorder.rtp.cameraclock import CameraWatch
from recorder.rtp.depacketizer import LARGEST_UNIT, Coded
from recorder.rtp.rate import MediaRate
from recorder.rtp.receiver import TrackReceiver
from recorder.rtp.timeline import SLEW_PPM, WallLine
from vms.core.media.access_unit import VIDEO, AccessUnit
from vms.core.runs import CameraClock, ClockMapping, Noticed, Stepped
from vms.core.walltime import SECOND, WallTime, from_ntp

SETTLE_SECONDS = 0.5
LONGEST_SETTLE_SECONDS = 5.0
_BETTER_MICROS = 10_000
"""A picture that came with so much less delay than those before starts the half second anew."""
_SOUND_AWAY_MICROS = 2 * SECOND
_MOST_HELD = 4096
_JUMP_MICROS = SECOND // 2
"""Less is slewed, also when our own clock was set."""
_JUMP_PATIENCE_SECONDS = 15.0
"""So long a jump waits for a key picture, before which nothing is lost by it."""
_MARGIN_PPM = 100
MOST_STEPS = 20
"""Steps told of a run; a camera whose clock is nonsense would tell of no end."""


@dataclass(frozen=True, slots=True)
class CameraTime:
    """An instant on the camera's clock and on a track's media time."""

    wall: WallTime
    ticks: int


class Reception:
    """Turns tracks' access units into AccessUnits. `video` is required, `audio` may be None.

    `steps`: what clocks did, for whoever takes it away; `step_count` counts them all.
    """

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
        monotonic clock carries civil time from there. `not_before`: end of what is recorded; a run
        whose newest picture would lie before it comes from a clock that was set back, and is
        shifted to begin there."""
        self.video, self.audio = video, audio
        self.last_picture: float | None = None
        self.steps: list[Noticed] = []
        self.step_count = 0
        self._started, self._started_wall = started, started_wall
        self._not_before = not_before
        self._receivers = tuple(each for each in (video, audio) if each is not None)
        self._lines = {each.track: WallLine(each.clock.clock_rate) for each in self._receivers}
        self._watch = CameraWatch()
        self._rate = MediaRate()
        self._camera: dict[int, CameraTime] = {}
        self._leaps = 0
        self._jump_from: float | None = None
        self._held: list[tuple[int, int, Coded]] = []
        self._held_size = 0
        self._first_picture = self._last_better = 0.0

    def arrival_wall(self, monotonic: float) -> WallTime:
        return WallTime(self._started_wall + round((monotonic - self._started) * SECOND))

    def correct(self, micros: int) -> None:
        """Our clock was set by this little since the run began: arrivals count by it, and the
        lines follow at their own pace."""
        self._started_wall = WallTime(self._started_wall + micros)
        self._rate.rebase(micros)
        for line in self._lines.values():
            line.rebase(micros)

    def follow(self, micros: int, now: float) -> None:
        """Our clock jumped forward: from the next key picture on (or any, after a while), the lines
        do as well, if they are behind it."""
        self.correct(micros)
        self._jump_from = now

    def take(self, now: float) -> list[AccessUnit]:
        """What has become complete, in order of arrival; `now`: monotonic seconds."""
        units: list[AccessUnit] = []
        for receiver in self._receivers:
            if receiver.has_units:
                self._take(receiver, now, units)
        return units

    def note_rtcp(
        self, receiver: TrackReceiver, data: bytes, start: int, end: int, now: float
    ) -> None:
        """An RTCP packet of this track arrived."""
        report = receiver.note_report(data, start, end, now)
        if report is not None:
            source = CameraClock.SENDER_REPORT
            self._note_camera_time(receiver, source, report.ntp, report.timestamp)
            self._aim_sound()

    def camera_offset(self) -> int | None:
        """How far the camera's clock is ahead of ours, µs, by what it said last of a picture.

        None when it says nothing, or what is further than a day away (a clock never set).
        """
        return self._watch.offset

    @property
    def mapping(self) -> ClockMapping:
        """The clocks of this run now, as far as they are known here."""
        return ClockMapping(self._watch.source, self._watch.offset, self._rate.ppm)

    def _take(self, receiver: TrackReceiver, now: float, units: list[AccessUnit]) -> None:
        track, wall = receiver.track, self.arrival_wall(now)
        line = self._lines[track]
        receiver.clock.latest = line.latest(wall)
        if receiver.label is not None:
            receiver.pictures = self._pictures
        taken = receiver.take(now)
        if line.anchored and self._lines[VIDEO].anchored and taken:
            self._place(track, line, taken, units, now)
            taken = []
        for ticks, coded in taken:
            before = line.best_offset
            line.observe(ticks, wall, now)
            if self._lines[VIDEO].anchored:
                units.append(self._unit(track, ticks, coded, now))
            else:
                self._hold(track, ticks, coded)
                if track == VIDEO and self._is_settled(line, before, now):
                    self._settle(units, now)
        if track == VIDEO:
            self.last_picture = now
            self._look(receiver, line)

    def _place(
        self,
        track: int,
        line: WallLine,
        taken: list[tuple[int, Coded]],
        units: list[AccessUnit],
        now: float,
    ) -> None:
        """Units that arrived together, on an anchored line: the newest has the least delay."""
        line.observe(max(ticks for ticks, _ in taken), self.arrival_wall(now), now)
        wall, jumps = line.wall, track == VIDEO and self._jump_from is not None
        for ticks, coded in taken:
            if jumps:
                units.append(self._unit(track, ticks, coded, now))
                continue
            _, key, data, used = coded
            units.append(AccessUnit(track, ticks, wall(ticks), key, data, used))

    @property
    def _pictures(self) -> float:
        """Seconds of picture that have come, by the camera's own clock."""
        return self.video.clock.shown / self.video.clock.clock_rate

    def _look(self, receiver: TrackReceiver, line: WallLine) -> None:
        """At the clocks, after pictures came."""
        if line.offset is None:
            return
        if receiver.clock.leaps != self._leaps:
            self._leaps = receiver.clock.leaps
            self._rate.forget()
            self._notice(Stepped.MEDIA, line.micros(receiver.clock.last_leap))
        if (replay := receiver.replay) is not None:
            receiver.replay = None
            self._note_camera_time(receiver, CameraClock.ONVIF, replay.ntp, replay.timestamp)
        if line.best_offset is not None:
            self._rate.note(line.slewed_to, line.best_offset)
        if (ppm := self._rate.ppm) is not None:
            line.up_ppm = min(SLEW_PPM, max(0, -ppm) + _MARGIN_PPM)

    def _notice(self, clock: Stepped, micros: int) -> None:
        self.step_count += 1
        if self.step_count <= MOST_STEPS:
            line = self._lines[VIDEO]
            at = WallTime((line.offset or 0) + line.slewed_to)
            self.steps.append(Noticed(clock, at, micros))

    def _is_settled(self, line: WallLine, before: int | None, now: float) -> bool:
        """Whether the least delay is known. `before`: the best offset before this picture."""
        best = line.best_offset
        if before is None:
            self._first_picture = self._last_better = now
        elif best is not None and before - best > _BETTER_MICROS:
            self._last_better = now
        label = self.audio.label if self.audio is not None else None
        if label is not None and label.waits and now - self._first_picture < SETTLE_SECONDS * 6:
            return self._is_full()
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

    def _settle(self, units: list[AccessUnit], now: float) -> None:
        self._anchor([ticks for track, ticks, _ in self._held if track == VIDEO])
        for receiver in self._receivers:
            if (report := receiver.report) is not None:  # it may precede all packets
                source = CameraClock.SENDER_REPORT
                self._note_camera_time(receiver, source, report.ntp, report.timestamp)
        self._aim_sound()
        held, self._held, self._held_size = self._held, [], 0
        units += [self._unit(*each, now) for each in held]

    def _anchor(self, pictures: Iterable[int]) -> None:
        """Pictures the camera sent before are older than what is recorded, and so they stay; if
        even the newest is, our clock was set back."""
        line, floor = self._lines[VIDEO], self._not_before
        first, newest = min(pictures), max(pictures)
        best = line.best_offset
        if floor is not None and best is not None and best + line.micros(newest) >= floor:
            floor = None
        line.anchor(first, not_before=floor)

    def _unit(self, track: int, ticks: int, coded: Coded, now: float) -> AccessUnit:
        line = self._lines[track]
        if not line.anchored:
            line.anchor(ticks)
        if self._jump_from is not None and track == VIDEO:
            self._try_jump(coded.random_access or now - self._jump_from > _JUMP_PATIENCE_SECONDS)
        wall = line.wall(ticks)
        return AccessUnit(track, ticks, wall, coded.random_access, coded.data, coded.format)

    def _try_jump(self, due: bool) -> None:
        line = self._lines[VIDEO]
        if not due:
            return
        self._jump_from = None
        if line.behind < _JUMP_MICROS:
            return
        micros = line.jump()
        self._watch.rebase(micros)
        self._notice(Stepped.SERVER, micros)
        self._aim_sound()
        for track, other in self._lines.items():
            if track != VIDEO and other.anchored:
                other.jump()

    def _note_camera_time(
        self, receiver: TrackReceiver, source: CameraClock, ntp: int, timestamp: int
    ) -> None:
        """The camera says that `timestamp` was at `ntp` by its own clock."""
        ticks = receiver.clock.near(timestamp)
        if ticks is None or not ntp:
            return
        if source is CameraClock.SENDER_REPORT:
            self._camera[receiver.track] = CameraTime(from_ntp(ntp), ticks)
        line = self._lines[receiver.track]
        if receiver.track == VIDEO and line.offset is not None:
            step = self._watch.note(source, ntp, WallTime(line.offset + line.micros(ticks)))
            if step is not None:
                self._notice(Stepped.CAMERA, step)

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
