"""RTSP cameras as sources, over TCP, UDP or TLS. A run's task belongs to its context."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import Protocol

from recorder.errors import CameraError, TransportRefused
from recorder.rtp.gathering import gathering_of
from recorder.rtp.receiver import TrackReceiver
from recorder.rtp.reception import Reception
from recorder.rtp.rtcp import receiver_report
from recorder.rtsp.client import Session, open_session
from recorder.rtsp.intake import Intake
from recorder.rtsp.protocol import Sink
from recorder.rtsp.tls import Trust
from recorder.rtsp.tracks import audio_receiver, video_receiver
from recorder.rtsp.wire import ANSWER_SECONDS
from recorder.source.burden import Burden
from recorder.source.pins import OwnPins, Pins
from recorder.source.transports import Transports
from recorder.source.units import UnitQueue
from recorder.source.watch import LeftAlone, trouble
from vms.core.beside import beside
from vms.core.clock import Clock
from vms.core.media.access_unit import AccessUnit
from vms.core.model import Cause, Stream
from vms.core.runs import ClockMapping, Noticed
from vms.core.walltime import WallTime

log = logging.getLogger(__name__)

SILENCE_SECONDS = 3.0
"""So long after PLAY the first packet may take over UDP: what comes later is blocked somewhere."""
CALM_AFTER_SECONDS = 6.0
MOST_CALM_BYTES = 1_500_000
"""A second; what sends more would fill the room that a socket has while it waits for its turn."""
_REPORT_SECONDS = 4.0
_NOBODY: frozenset[str] = frozenset()


class Audience(Protocol):
    """Who watches a stream."""

    on_watch: Callable[[], None]
    """To be called when somebody begins to."""

    @property
    def watchers(self) -> int: ...


class Nobody:
    watchers = 0

    def __init__(self) -> None:
        self.on_watch: Callable[[], None] = lambda: None


class RtspSource:
    """An RTSP camera. Its transport is the stream's; where that fails, the next attempt uses the
    other one, which is kept for an hour once it works.

    `silence_seconds`: how long after PLAY the first datagram may take; `answer_seconds`: an answer.
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
        silence_seconds: float = SILENCE_SECONDS,
        answer_seconds: float = ANSWER_SECONDS,
        trust: Trust | None = None,
        pins: Pins | None = None,
        redirects_to: frozenset[str] = _NOBODY,
        audience: Audience | None = None,
    ) -> None:
        self._audience = audience or Nobody()
        self._stream, self._clock, self._intake = stream, clock, intake
        self._stall_seconds, self._silence_seconds = stall_seconds, silence_seconds
        self._redirects_to, self._answer_seconds = redirects_to, answer_seconds
        self._trust, self._pins = trust or Trust(), pins or OwnPins(stream)
        self._transports = Transports(stream.transport, secure=stream.url.startswith("rtsps:"))

    @asynccontextmanager
    async def open(self, not_before: WallTime | None = None) -> AsyncIterator[RtspRun]:
        """One attempt over one transport. Raises CameraError; TransportRefused with `again` where
        another one is to be tried, which the next call does (`open_run` calls it)."""
        udp = self._transports.next(self._clock.monotonic())
        async with AsyncExitStack() as opened:
            run = await self._attempt(opened, udp, not_before)
            try:
                yield run
            finally:
                if run.silent:
                    self._transports.silent(udp)

    async def _attempt(
        self, opened: AsyncExitStack, udp: bool, not_before: WallTime | None
    ) -> RtspRun:
        transports, why = self._transports, self._transports.instead_of
        try:
            run = await self._open(opened, udp, not_before)
        except TransportRefused as refused:
            raise transports.refused(refused) from refused
        except (CameraError, asyncio.CancelledError):
            transports.over(None, self._clock.monotonic())
            raise
        transports.over(udp, self._clock.monotonic())
        if why:
            log.info("%s: %s, so the other transport is used", self._name, why)
        return run

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
                answer_seconds=self._answer_seconds,
            )
        )
        self._note_certificate(session.certificate)
        run = RtspRun(session, self._clock, self._stall_seconds, not_before, self._audience)
        await opened.enter_async_context(beside(run.tend()))
        if session.datagrams is not None:
            await _listen(session, session.datagrams.heard, self._silence_seconds)
        return run

    @property
    def _name(self) -> str:
        return f"camera {self._stream.camera_id} {self._stream.role}"

    def _note_certificate(self, shown: str) -> None:
        if shown and not self._trust.verify and not self._pins.known(self._stream.id):
            self._pins.note(self._stream.id, shown)
            log.info("%s: certificate %s is remembered", self._name, shown[:16])


async def _listen(session: Session, heard: asyncio.Event, seconds: float) -> None:
    """Raises TransportRefused when nothing comes over UDP, or what ended the session meanwhile."""
    try:
        async with asyncio.timeout(seconds):
            await heard.wait()
    except TimeoutError as error:
        if session.wire.failure is not None:
            raise session.wire.failure from error
        words = f"nothing came over UDP for {seconds:.0f} s: is it blocked between us?"
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
        audience.on_watch = self._be_prompt
        self.silent = False
        """Whether it ended because not a packet came, although the camera had agreed to send."""
        self._left_alone: LeftAlone | None = None
        self._session, self._clock, self._stall_seconds = session, clock, stall_seconds
        self._started = clock.monotonic()
        self._units = UnitQueue(session.pause)
        self._burden, self._unit_count = Burden(self._started), 0
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
            gathering_of(picture.rtp, video),
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
    def remark(self) -> str:
        audio = self._reception.audio
        return audio.remark if audio is not None else ""

    @property
    def bytes_read(self) -> int:
        return self._session.bytes_read

    @property
    def lost(self) -> int:
        receivers = self._rtp.values()
        return sum(each.tally.lost + each.depacketizer.dropped for each in receivers)

    @property
    def _packets(self) -> int:
        return sum(each.packets + each.tally.broken for each in self._rtp.values())

    def __aiter__(self) -> AsyncIterator[list[AccessUnit]]:
        return self._units.__aiter__()

    async def each(self, take: Callable[[list[AccessUnit]], None]) -> None:
        await self._units.each(take)

    async def tend(self) -> None:
        """Once a second: is it stalled, did our clock step; keep-alive and reports when due."""
        kept = reported = self._started
        while self._units.failure is None:
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
        units = self._reception.take(self._clock.monotonic())
        if units:
            self._unit_count += len(units)
            self._units.put(units)
        words = self._burden.at_once(self._packets, self._unit_count)
        if words and self._units.failure is None:
            self._end(CameraError(Cause.PROTOCOL, words))
        if (failure := self._session.wire.failure) is not None and not self._goes_on(failure):
            self._units.fail(failure)

    def _goes_on(self, failure: CameraError) -> bool:
        """Some cameras close the connection after PLAY and send their datagrams all the same."""
        if self._session.datagrams is None or failure.cause is not Cause.CLOSED:
            return False
        if self._left_alone is None:
            self._left_alone = LeftAlone(self.bytes_read, self._clock.monotonic())
        return True

    def _calm_down(self, now: float) -> None:
        """Nobody watches and the run's time is found: reading need not be prompt, if what comes
        meanwhile finds room."""
        passed = now - self._started
        slow = self.bytes_read < MOST_CALM_BYTES * passed
        if slow and not self._audience.watchers and passed > CALM_AFTER_SECONDS:
            self._calm = True
            self._session.calm(True)
        elif self._calm and not slow:
            self._be_prompt()

    def _be_prompt(self) -> None:
        if self._calm:
            self._calm = False
            self._session.calm(False)

    def _watch(self, now: float) -> None:
        if self._session.datagrams is not None:
            self._session.datagrams.release()
        cpu = self._session.cpu_seconds
        if words := self._burden.note(now, self._packets, self._unit_count, cpu):
            self._end(CameraError(Cause.PROTOCOL, words))
        alone, failure = self._left_alone, self._session.wire.failure
        if alone is not None and failure is not None and alone.ended(self.bytes_read, now):
            self._units.fail(failure)
        if self._units.waits:  # not taken yet: nobody can say that it stalls
            return
        error = trouble(
            self._reception, self._started, now, self._clock.wall(), self._stall_seconds
        )
        if error is not None:
            self.silent = not self._packets
            self._end(error)

    def _end(self, error: CameraError) -> None:
        self._units.fail(error)  # first: the wire calls `_on_read`
        self._session.wire.fail(error)

    def _report(self, now: float) -> None:
        for channel, receiver in self._rtcp.items():
            reception = receiver.reception(now)
            if reception is not None:
                packet = receiver_report(self._session.own_ssrc, reception)
                self._session.report(channel, packet)
