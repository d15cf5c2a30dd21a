"""RTSP cameras as sources. One task a run looks after it; it belongs to the context."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from recorder.errors import CameraError
from recorder.rtp.receiver import TrackReceiver
from recorder.rtp.reception import Reception
from recorder.rtp.rtcp import receiver_report
from recorder.rtsp.client import Session, open_session
from recorder.rtsp.intake import Intake
from recorder.rtsp.protocol import Sink
from recorder.rtsp.tracks import audio_receiver, video_receiver
from vms.core.beside import beside
from vms.core.clock import Clock
from vms.core.media.access_unit import AccessUnit
from vms.core.model import Cause, Stream
from vms.core.walltime import SECOND, WallTime

LONGEST_QUEUE_BYTES = 32 * 1024 * 1024
"""Access units waiting to be taken; when full, reading stops until they are (TCP tells the
camera, which then drops what it cannot send)."""
CLOCK_STEP_MICROS = SECOND
_REPORT_SECONDS = 4.0


class RtspSource:
    """An RTSP camera over TCP."""

    def __init__(
        self, stream: Stream, clock: Clock, intake: Intake, *, stall_seconds: float = 5.0
    ) -> None:
        self._stream, self._clock, self._intake = stream, clock, intake
        self._stall_seconds = stall_seconds

    @asynccontextmanager
    async def open(self, not_before: WallTime | None = None) -> AsyncIterator[RtspRun]:
        stream = self._stream
        async with open_session(
            stream.url, stream.username, stream.password, self._intake, audio=stream.audio
        ) as session:
            run = RtspRun(session, self._clock, self._stall_seconds, not_before)
            async with beside(run.tend()):
                yield run


class RtspRun:
    def __init__(
        self, session: Session, clock: Clock, stall_seconds: float, not_before: WallTime | None
    ) -> None:
        self._session, self._clock, self._stall_seconds = session, clock, stall_seconds
        self._started = clock.monotonic()
        picture, *sound = session.channels
        video = video_receiver(picture.media)
        audio = audio_receiver(sound[0].media) if sound else None
        self._reception = Reception(
            video,
            audio,
            started=self._started,
            started_wall=clock.wall(),
            not_before=not_before,
        )
        self._rtp = {picture.rtp: video}
        self._rtcp = {picture.rtcp: video}
        if audio is not None:
            self._rtp[sound[0].rtp], self._rtcp[sound[0].rtcp] = audio, audio
        self._ready: list[AccessUnit] = []
        self._ready_bytes = 0
        self._woken = asyncio.Event()
        sinks: dict[int, Sink] = {
            channel: partial(self._on_rtcp, of) for channel, of in self._rtcp.items()
        }
        session.wire.deliver(sinks | {channel: of.push for channel, of in self._rtp.items()})
        session.wire.on_read = self._on_read

    @property
    def camera_offset(self) -> int | None:
        return self._reception.camera_offset()

    @property
    def bytes_read(self) -> int:
        return self._session.wire.bytes_read

    @property
    def lost(self) -> int:
        receivers = self._rtp.values()
        return sum(each.tally.lost + each.depacketizer.dropped for each in receivers)

    async def __aiter__(self) -> AsyncIterator[list[AccessUnit]]:
        wire = self._session.wire
        while True:
            if not self._ready:
                if wire.failure is not None:
                    raise wire.failure
                self._woken.clear()
                await self._woken.wait()
                continue
            batch, self._ready, self._ready_bytes = self._ready, [], 0
            wire.pause(False)
            yield batch

    async def tend(self) -> None:
        """Once a second: is it stalled, did our clock step; keep-alive and reports when due."""
        kept = reported = self._started
        while self._session.wire.failure is None:
            await self._clock.sleep(1.0)
            now = self._clock.monotonic()
            self._watch(now)
            if now - kept >= self._session.keep_alive_seconds:
                self._session.keep_alive()
                kept = now
            if now - reported >= _REPORT_SECONDS:
                self._report(now)
                reported = now

    def _on_rtcp(self, receiver: TrackReceiver, data: bytes, start: int, end: int) -> None:
        self._reception.note_rtcp(receiver, data, start, end, self._clock.monotonic())

    def _on_read(self) -> None:
        """A read was taken apart: hand on what it completed, or say that the wire has ended."""
        units = self._reception.take(self._clock.monotonic())
        if units:
            self._ready += units
            self._ready_bytes += sum(len(unit.data) for unit in units)
            if self._ready_bytes > LONGEST_QUEUE_BYTES:
                self._session.wire.pause(True)
        if units or self._session.wire.failure is not None:
            self._woken.set()

    def _watch(self, now: float) -> None:
        last = self._reception.last_picture
        silent = now - (self._started if last is None else last)
        if silent > self._stall_seconds and not self._ready:
            words = f"no picture for {silent:.0f} s although the camera is connected"
            self._session.wire.fail(CameraError(Cause.STALLED, words))
        step = self._clock.wall() - self._reception.arrival_wall(now)
        if abs(step) > CLOCK_STEP_MICROS:
            words = f"this server's clock was set by {step / SECOND:+.1f} s: a new run begins"
            self._session.wire.fail(CameraError(Cause.CONNECTING, words))
        else:
            self._reception.correct(step)

    def _report(self, now: float) -> None:
        for channel, receiver in self._rtcp.items():
            reception = receiver.reception(now)
            if reception is not None:
                packet = receiver_report(self._session.own_ssrc, reception)
                self._session.report(channel, packet)
