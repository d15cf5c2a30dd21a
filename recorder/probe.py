"""Try a camera before it is saved: does it answer, sign in, and send pictures, told in words."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from recorder.engines import source_for
from recorder.errors import CameraError
from recorder.findings import MOST_BYTES, Seen, advice
from recorder.rtsp.intake import open_intake
from recorder.rtsp.urls import split_credentials
from recorder.source import RtspRun, Run, open_run
from vms.core.clock import Clock, SystemClock
from vms.core.media.codec import codec_string
from vms.core.model import Cause, Stream, StreamRole
from vms.core.secret import Secret

WATCH_SECONDS = 4.0
LONGEST_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class ProbeReport:
    """`cause` None: all is well. `detail`: what is wrong and what to do; empty when all is well.

    `key_seconds`: usual distance of key pictures; 0 when only one came while watching.
    `clock_offset_micros`: how far the camera's clock is ahead of ours; None: it does not say.
    `session`: how it was reached and what it calls itself. `notes`: what is odd, what is left out
    and what a person may want to change, a sentence each.
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
    session: str = ""
    notes: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        return self.cause is None

    def words(self) -> str:
        """The report for people, one fact a line."""
        if self.cause is not None:
            return "\n".join([f"No video: {self.detail}", *self.notes])
        keys = f"a key picture every {self.key_seconds:.1f} s" if self.key_seconds else "one key"
        lines = [
            self.session,
            f"Video {self.codec}, {self.width}×{self.height}, {self.fps:.1f} pictures/s, "
            f"{self.bitrate / 1e6:.2f} Mbit/s, {keys}",
            f"Sound {self.audio}" if self.audio else "No sound that can be recorded",
        ]
        return "\n".join([each for each in lines if each] + list(self.notes))


async def probe(
    url: str,
    username: str = "",
    password: Secret = Secret(""),  # noqa: B008
    *,
    clock: Clock | None = None,
    watch_seconds: float = WATCH_SECONDS,
    longest_seconds: float = LONGEST_SECONDS,
) -> ProbeReport:
    """Watch a camera for a few seconds, at most `longest_seconds`. Never raises for what the camera
    does. User and password in `url` count when none are given."""
    address, url_user, url_password = split_credentials(url)
    if not username:
        username, password = url_user, Secret(url_password)
    stream = Stream(0, 0, StreamRole.MAIN, address, username, password, record=False, audio=True)
    seen, notes = Seen(), list[str]()
    try:
        async with open_intake() as intake:
            source = source_for(stream, clock or SystemClock(), intake)
            async with asyncio.timeout(longest_seconds), open_run(source) as run:
                notes += _about_session(run)
                await _watch(run, seen, watch_seconds)
                notes += [run.remark] if run.remark else []
                return _report(run, seen, notes)
    except CameraError as error:
        return ProbeReport(error.cause, str(error), notes=tuple(notes))
    except TimeoutError:
        return ProbeReport(Cause.STALLED, _why_nothing(seen), notes=tuple(notes))


async def _watch(run: Run, seen: Seen, watch_seconds: float) -> None:
    """Collect from the first key picture on."""
    async for batch in run:
        for unit in batch:
            seen.add(unit)
        if seen.seconds >= watch_seconds or seen.size > MOST_BYTES:
            break


def _about_session(run: Run) -> list[str]:
    """What the dialog that opened it found out; nothing of other engines."""
    if not isinstance(run, RtspRun):
        return []
    session = run.session
    return session.odd + [f"Left out: {each}" for each in session.ignored]


def _way(run: Run) -> str:
    if not isinstance(run, RtspRun):
        return "Read by FFmpeg's libraries"
    session = run.session
    over = "UDP" if session.datagrams is not None else "TLS" if session.certificate else "TCP"
    named = f", {session.server}" if session.server else ""
    return f"RTSP over {over}{named}"


def _why_nothing(seen: Seen) -> str:
    if seen.early:
        return (
            f"{seen.early} pictures came, but no key picture: set the key picture interval to 1 or "
            "2 seconds, and a smart codec (H.264+, H.265+) off"
        )
    if seen.pictures:
        return "the pictures stopped soon after they began"
    return "the camera is connected, but sends no picture"


def _report(run: Run, seen: Seen, notes: list[str]) -> ProbeReport:
    used = seen.pictures[0].format
    offset = run.camera_offset
    return ProbeReport(
        codec=codec_string(used),
        width=used.width,
        height=used.height,
        fps=seen.fps,
        bitrate=round(seen.size * 8 / (seen.seconds or 1.0)),
        key_seconds=round(seen.key_seconds, 2),
        audio=codec_string(seen.sound) if seen.sound is not None else "",
        clock_offset_micros=offset,
        session=_way(run),
        notes=(*advice(seen, offset, run.lost), *notes),
    )
