"""Try a camera before it is saved: does it answer, sign in, and send pictures, told in words."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median

from recorder.errors import CameraError
from recorder.rtsp.intake import open_intake
from recorder.rtsp.urls import split_credentials
from recorder.source import RtspSource, Run
from vms.core.clock import Clock, SystemClock
from vms.core.media.access_unit import VIDEO, AccessUnit, TrackFormat
from vms.core.media.codec import codec_string
from vms.core.model import Cause, Stream, StreamRole
from vms.core.secret import Secret
from vms.core.walltime import SECOND

WATCH_SECONDS = 4.0
LONGEST_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class ProbeReport:
    """`cause` None: all is well. `detail`: what is wrong and what to do; empty when all is well.

    `key_seconds`: usual distance of key pictures; 0 when only one came while watching.
    `clock_offset_micros`: how far the camera's clock is ahead of ours; None: it does not say.
    """

    cause: Cause | None = None
    detail: str = ""
    codec: str = ""
    width: int = 0
    height: int = 0
    fps: float = 0.0
    bitrate: int = 0
    key_seconds: float = 0.0
    audio: str = ""
    clock_offset_micros: int | None = None
    notes: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        return self.cause is None

    def words(self) -> str:
        """The report for people, one fact a line."""
        if self.cause is not None:
            return f"No video: {self.detail}"
        lines = [
            f"Video {self.codec}, {self.width}×{self.height}, {self.fps:.1f} pictures/s, "
            f"{self.bitrate / 1e6:.2f} Mbit/s"
        ]
        lines.append(f"Sound {self.audio}" if self.audio else "No sound that can be recorded")
        return "\n".join([*lines, *self.notes])


@dataclass(slots=True)
class _Seen:
    """What was seen of the stream while watching."""

    pictures: list[AccessUnit] = field(default_factory=list)
    sound: TrackFormat | None = None
    size: int = 0

    def add(self, unit: AccessUnit) -> None:
        self.size += len(unit.data)
        if unit.track == VIDEO:
            self.pictures.append(unit)
        else:
            self.sound = unit.format

    @property
    def seconds(self) -> float:
        """Media time between the first and the last picture."""
        if len(self.pictures) < 2:
            return 0.0
        walls = [unit.wall for unit in self.pictures]
        return (max(walls) - min(walls)) / SECOND

    @property
    def fps(self) -> float:
        """By the usual distance of pictures as they are shown."""
        walls = sorted(unit.wall for unit in self.pictures)
        steps = [later - one for one, later in pairwise(walls) if later > one]
        return round(SECOND / median(steps), 2) if steps else 0.0


async def probe(
    url: str,
    username: str = "",
    password: Secret = Secret(""),  # noqa: B008
    *,
    clock: Clock | None = None,
    watch_seconds: float = WATCH_SECONDS,
) -> ProbeReport:
    """Watch a camera for a few seconds, at most LONGEST_SECONDS. Never raises for what the camera
    does. User and password in `url` count when none are given."""
    address, url_user, url_password = split_credentials(url)
    if not username:
        username, password = url_user, Secret(url_password)
    stream = Stream(0, 0, StreamRole.MAIN, address, username, password, record=False, audio=True)
    try:
        async with open_intake() as intake:
            source = RtspSource(stream, clock or SystemClock(), intake)
            async with asyncio.timeout(LONGEST_SECONDS), source.open() as run:
                return _report(await _watch(run, watch_seconds), run.camera_offset)
    except CameraError as error:
        return ProbeReport(error.cause, str(error))
    except TimeoutError:
        return ProbeReport(Cause.STALLED, "the camera is connected, but sends no key picture")


async def _watch(run: Run, watch_seconds: float) -> _Seen:
    """Collect from the first key picture on."""
    seen = _Seen()
    async for batch in run:
        for unit in batch:
            if seen.pictures or (unit.track == VIDEO and unit.random_access):
                seen.add(unit)
        if seen.seconds >= watch_seconds:
            break
    return seen


def _report(seen: _Seen, offset: int | None) -> ProbeReport:
    used = seen.pictures[0].format
    seconds = seen.seconds or 1.0
    keys = [unit.wall for unit in seen.pictures if unit.random_access]
    distance = (keys[-1] - keys[0]) / SECOND / (len(keys) - 1) if len(keys) > 1 else 0.0
    return ProbeReport(
        codec=codec_string(used),
        width=used.width,
        height=used.height,
        fps=seen.fps,
        bitrate=round(seen.size * 8 / seconds),
        key_seconds=round(distance, 2),
        audio=codec_string(seen.sound) if seen.sound is not None else "",
        clock_offset_micros=offset,
        notes=_notes(distance, seconds, offset),
    )


def _notes(key_seconds: float, seconds: float, offset: int | None) -> tuple[str, ...]:
    """What a person may want to change in the camera."""
    notes: list[str] = []
    if key_seconds > 4.0 or (not key_seconds and seconds > 4.0):
        notes.append("Key pictures are far apart: set the key picture interval to 1 or 2 seconds")
    if offset is not None and abs(offset) > 2 * SECOND:
        ahead = "ahead" if offset > 0 else "behind"
        notes.append(
            f"The camera's clock is {abs(offset) / SECOND:.0f} s {ahead}: set its NTP server"
        )
    return tuple(notes)
