"""RTSP cameras as sources, over TCP, UDP or TLS. A run's task belongs to its context."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import Protocol

from recorder.errors import TransportRefused
from recorder.rtp.receiver import TrackReceiver
from recorder.rtp.reception import Reception
from recorder.rtp.rtcp import receiver_report
from recorder.rtsp.client import Session, open_session
from recorder.rtsp.intake import Intake
from recorder.rtsp.protocol import Sink
from recorder.rtsp.tls import Trust
from recorder.rtsp.tracks import audio_receiver, video_receiver
from recorder.source.pins import OwnPins, Pins
from recorder.source.transports import Transports
from recorder.source.units import UnitQueue
from recorder.source.watch import trouble
from vms.core.beside import beside
from vms.core.clock import Clock
from vms.core.media.access_unit import AccessUnit
from vms.core.model import Stream
from vms.core.runs import ClockMapping, Noticed
from vms.core.walltime import WallTime

log = logging.getLogger(__name__)

SILENCE_SECONDS = 3.0
"""So long after PLAY the first packet may take over UDP: what comes later is blocked somewhere."""
CALM_AFTER_SECONDS = 6.0
_REPORT_SECONDS = 4.0
_NOBODY: frozenset[str] = frozenset()


class Audience(Protocol):
    @property
    def watchers(self) -> int:
        """How many watch the stream now."""
        ...


class Nobody:
    watchers = 0


class RtspSource:
    """An RTSP camera. Its transport is the stream's; where that fails, the other one, which is kept
    for an hour.

    `trust`: how certificates are judged; `pins` knows which one counts, and is told of the first.
    `redirects_to`: hosts beside its own that a camera may send us to. `audience`: who watches;
    while nobody does, reading takes its time.
    """

    def __init__(
        self,
        stream: Stream,
        clock: Clock,
        intake: Intake,
        *,
        stall_seconds: float = 5.0,
        trust: Trust | None = None,
        pins: Pins | None = None,
        redirects_to: frozenset[str] = _NOBODY,
        audience: Audience | None = None,
    ) -> None:
        self._audience = audience or Nobody()
        self._stream, self._clock, self._intake = stream, clock, intake
        self._stall_seconds, self._redirects_to = stall_seconds, redirects_to
        self._trust, self._pins = trust or Trust(), pins or OwnPins(stream)
        self._transports = Transports(stream.transport, secure=stream.url.startswith("rtsps:"))

    @asynccontextmanager
    async def open(self, not_before: WallTime | None = None) -> AsyncIterator[RtspRun]:
        async with AsyncExitStack() as opened:
            yield await self._open_any(opened, not_before)

    async def _open_any(self, opened: AsyncExitStack, not_before: WallTime | None) -> RtspRun:
        """By the first transport that works. Raises CameraError."""
        refusals: list[str] = []
        for udp in self._transports.order(self._clock.monotonic()):
            async with AsyncExitStack() as trying:
                try:
                    run = await self._open(trying, udp, not_before)
                except TransportRefused as refused:
                    refusals.append(refused.message)
                    continue
                if refusals:
                    self._transports.keep(udp, self._clock.monotonic())
                    log.info("%s: %s, so the other transport is used", self._name, refusals[0])
                opened.push_async_exit(trying.pop_all())
                return run
        raise TransportRefused("; ".join(refusals))

    async def _open(
        self, opened: AsyncExitStack, udp: bool, not_before: WallTime | None
    ) -> RtspRun:
        stream = self._stream
        session = await opened.enter_async_context(
            open_session(
                stream.url,
                stream.username,
                stream.password,
                self._intake,
                audio=stream.audio,
                udp=udp,
                trust=replace(self._trust, pinned=self._pins.known(stream.id)),
                redirects_to=self._redirects_to,
            )
        )
        self._note_certificate(session.certificate)
        run = RtspRun(session, self._clock, self._stall_seconds, not_before, self._audience)
        await opened.enter_async_context(beside(run.tend()))
        if session.datagrams is not None:
            await _listen(session, session.datagrams.heard)
        return run

    @property
    def _name(self) -> str:
        return f"camera {self._stream.camera_id} {self._stream.role}"

    def _note_certificate(self, shown: str) -> None:
        if shown and not self._trust.verify and not self._pins.known(self._stream.id):
            self._pins.note(self._stream.id, shown)
            log.info("%s: certificate %s is remembered", self._name, shown[:16])


async def _listen(session: Session, heard: asyncio.Event) -> None:
    """Raises TransportRefused when nothing comes over UDP, or what ended the session meanwhile."""
    try:
        async with asyncio.timeout(SILENCE_SECONDS):
            await heard.wait()
    except TimeoutError as error:
        if session.wire.failure is not None:
            raise session.wire.failure from error
        words = f"nothing came over UDP for {SILENCE_SECONDS:.0f} s: is it blocked between us?"
        raise TransportRefused(words) from error


class RtspRun:
    def __init__(
        self,
        session: Session,
        clock: Clock,
        stall_seconds: float,
        not_before: WallTime | None,
        audience: Audience,
    ) -> None:
        self._audience, self._calm = audience, False
        self._session, self._clock, self._stall_seconds = session, clock, stall_seconds
        self._started = clock.monotonic()
        self._units = UnitQueue(session.pause)
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
        sinks: dict[int, Sink] = {
            channel: partial(self._on_rtcp, of) for channel, of in self._rtcp.items()
        }
        session.deliver(
            sinks | {channel: of.push for channel, of in self._rtp.items()},
            self._on_read,
            {picture.rtp: video.push_row},
        )
        self._on_read()  # what came before, an end included

    @property
    def session(self) -> Session:
        """What was agreed with the camera."""
        return self._session

    @property
    def over_udp(self) -> bool:
        return self._session.datagrams is not None

    @property
    def camera_offset(self) -> int | None:
        return self._reception.camera_offset()

    @property
    def mapping(self) -> ClockMapping:
        return self._reception.mapping

    def take_steps(self) -> list[Noticed]:
        steps, self._reception.steps = self._reception.steps, []
        return steps

    @property
    def bytes_read(self) -> int:
        return self._session.bytes_read

    @property
    def lost(self) -> int:
        receivers = self._rtp.values()
        return sum(each.tally.lost + each.depacketizer.dropped for each in receivers)

    def __aiter__(self) -> AsyncIterator[list[AccessUnit]]:
        return self._units.__aiter__()

    async def tend(self) -> None:
        """Once a second: is it stalled, did our clock step; keep-alive and reports when due."""
        kept = reported = self._started
        while self._session.wire.failure is None:
            await self._clock.sleep(1.0)
            now = self._clock.monotonic()
            self._watch(now)
            self._calm_down(now)
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
        if self._calm and self._audience.watchers:
            self._calm = False
            self._session.calm(False)
        units = self._reception.take(self._clock.monotonic())
        if units:
            self._units.put(units)
        if self._session.wire.failure is not None:
            self._units.fail(self._session.wire.failure)

    def _calm_down(self, now: float) -> None:
        """Nobody watches and the run's time is found: reading need not be prompt."""
        if not self._audience.watchers and now - self._started > CALM_AFTER_SECONDS:
            self._calm = True
            self._session.calm(True)

    def _watch(self, now: float) -> None:
        if self._session.datagrams is not None:
            self._session.datagrams.release()
        if self._units.waits:  # not taken yet: nobody can say that it stalls
            return
        error = trouble(
            self._reception, self._started, now, self._clock.wall(), self._stall_seconds
        )
        if error is not None:
            self._session.wire.fail(error)

    def _report(self, now: float) -> None:
        for channel, receiver in self._rtcp.items():
            reception = receiver.reception(now)
            if reception is not None:
                packet = receiver_report(self._session.own_ssrc, reception)
                self._session.report(channel, packet)
