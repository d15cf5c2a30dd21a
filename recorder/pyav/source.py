"""Streams of the second engine as sources: what a reading thread brings becomes a run."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from fractions import Fraction

from recorder.errors import CameraError
from recorder.pyav.address import IO_SECONDS, opening
from recorder.pyav.container import Contents, Piece, Sound
from recorder.pyav.frames import AdtsFrames, WholePictures, plain_aac, stored_sets
from recorder.pyav.reading import Reading, reading
from recorder.rtp.audio import WholeFrames
from recorder.rtp.depacketizer import Depacketizer
from recorder.rtp.receiver import TrackReceiver
from recorder.rtp.reception import Reception
from recorder.rtp.timeline import MediaClock
from recorder.rtsp.tls import Trust
from recorder.source.units import UnitQueue
from recorder.source.watch import trouble
from vms.core.beside import beside
from vms.core.clock import Clock
from vms.core.errors import VmsError
from vms.core.media.access_unit import AUDIO, VIDEO, AccessUnit, Codec, TrackFormat
from vms.core.media.audio import aac_format, opus_format, pcm_format
from vms.core.model import Cause, Stream
from vms.core.runs import CameraClock, ClockMapping, Noticed, Stepped
from vms.core.walltime import SECOND, WallTime, to_ntp

_VIDEO_RATE = 90_000
_SOUND_LINE_SECONDS = 5


class PyavSource:
    """A file, MPEG-TS, RTMP, HTTP, or RTSP for a stream that is set to this engine."""

    def __init__(
        self,
        stream: Stream,
        clock: Clock,
        *,
        stall_seconds: float = 5.0,
        trust: Trust | None = None,
    ) -> None:
        self._stream, self._clock, self._stall_seconds = stream, clock, stall_seconds
        self._trust = trust or Trust()
        self._before: Reading | None = None

    @asynccontextmanager
    async def open(self, not_before: WallTime | None = None) -> AsyncIterator[PyavRun]:
        """Besides what every source raises: CameraError when the thread of the run before has not
        ended yet, or no more threads may be. Leaving does not wait for the thread."""
        stream = self._stream
        await self._until_ended()
        with reading(
            opening(stream, self._trust), audio=stream.audio, name=f"stream {stream.id}"
        ) as one:
            self._before = one
            contents = await one.contents()
            run = PyavRun(one, contents, self._clock, self._stall_seconds, not_before)
            async with beside(run.follow(), run.tend()):
                yield run

    async def _until_ended(self) -> None:
        if self._before is None:
            return
        try:
            async with asyncio.timeout(IO_SECONDS + 1.0):
                await self._before.ended.wait()
        except TimeoutError as error:
            words = "what was read from that address before has not ended yet"
            raise CameraError(Cause.STALLED, words) from error


class PyavRun:
    """`follow` and `tend` are tasks of the source's context."""

    def __init__(
        self,
        one: Reading,
        contents: Contents,
        clock: Clock,
        stall_seconds: float,
        not_before: WallTime | None,
    ) -> None:
        self._reading, self._clock, self._stall_seconds = one, clock, stall_seconds
        self._started, self._started_wall = clock.monotonic(), clock.wall()
        self._first: Fraction | None = None
        self._told: dict[int, Fraction] = {}
        self._bytes = 0
        self._may_read = asyncio.Event()
        self._may_read.set()
        self._units = UnitQueue(self._pause)
        sets, length_size = stored_sets(contents.codec, contents.extradata)
        self._pictures = WholePictures(contents.codec, sets, length_size)
        self._receivers = {
            VIDEO: TrackReceiver(VIDEO, self._pictures, MediaClock(_VIDEO_RATE)),
        } | _sound_receiver(contents.sound)
        self._reception = Reception(
            self._receivers[VIDEO],
            self._receivers.get(AUDIO),
            started=self._started,
            started_wall=self._started_wall,
            not_before=not_before,
        )

    @property
    def remark(self) -> str:
        return ""

    @property
    def camera_offset(self) -> int | None:
        """None: containers do not tell what time it is where they are made."""
        return None

    @property
    def mapping(self) -> ClockMapping:
        known = self._reception.mapping
        return replace(known, camera_clock=CameraClock.NONE, camera_offset=None)

    def take_steps(self) -> list[Noticed]:
        steps, self._reception.steps = self._reception.steps, []
        return [step for step in steps if step.clock is not Stepped.CAMERA]

    @property
    def bytes_read(self) -> int:
        return self._bytes

    @property
    def lost(self) -> int:
        return sum(each.depacketizer.dropped for each in self._receivers.values())

    def __aiter__(self) -> AsyncIterator[list[AccessUnit]]:
        return self._units.__aiter__()

    async def each(self, take: Callable[[list[AccessUnit]], None]) -> None:
        await self._units.each(take)

    async def follow(self) -> None:
        """Take what the thread read, until it ends."""
        while self._units.failure is None:
            await self._may_read.wait()
            await self._reading.news.wait()
            self._reading.news.clear()
            pieces, error = self._reading.take()
            for piece in pieces:
                self._push(piece)
            units = self._reception.take(self._clock.monotonic())
            if units:
                self._units.put(units)
            if error is not None:
                self._units.fail(error)

    async def tend(self) -> None:
        """Once a second: is it stalled, did our clock step."""
        while self._units.failure is None:
            await self._clock.sleep(1.0)
            if self._units.waits:
                continue
            now, wall = self._clock.monotonic(), self._clock.wall()
            error = trouble(self._reception, self._started, now, wall, self._stall_seconds)
            if error is not None:
                self._units.fail(error)

    def _pause(self, paused: bool) -> None:
        if paused:
            self._may_read.clear()
        else:
            self._may_read.set()

    def _push(self, piece: Piece) -> None:
        receiver = self._receivers.get(piece.track)
        if receiver is None:
            return
        self._bytes += len(piece.data)
        if piece.sets:
            self._pictures.note(piece.sets)
        if not piece.whole or piece.seconds is None:
            receiver.depacketizer.lose()
            return
        stamp = _stamp(piece.seconds, receiver)
        receiver.depacketizer.push(piece.data, 0, len(piece.data), True, stamp)
        self._line_up(receiver, piece.seconds, stamp)

    def _line_up(self, receiver: TrackReceiver, seconds: Fraction, stamp: int) -> None:
        """Both tracks are on the container's clock: told the way a camera tells it, in sender
        reports (RFC 3550 section 6.4.1), so that sound stays in step with its picture."""
        if AUDIO not in self._receivers:
            return
        told = self._told.get(receiver.track)
        if told is not None and abs(seconds - told) < _SOUND_LINE_SECONDS:
            return
        self._told[receiver.track] = seconds
        self._first = seconds if self._first is None else self._first
        wall = WallTime(self._started_wall + round((seconds - self._first) * SECOND))
        report = struct.pack(">BBHIQIII", 0x80, 200, 6, 0, to_ntp(wall), stamp, 0, 0)
        now = self._clock.monotonic()
        self._reception.note_rtcp(receiver, report, 0, len(report), now)


def _stamp(seconds: Fraction, receiver: TrackReceiver) -> int:
    return round(seconds * receiver.clock.clock_rate) & 0xFFFF_FFFF


def _sound_receiver(sound: Sound | None) -> dict[int, TrackReceiver]:
    """None when the container does not say enough to play the sound: the picture goes on."""
    found = _sound_reader(sound) if sound is not None else None
    if found is None:
        return {}
    reader, used = found
    return {AUDIO: TrackReceiver(AUDIO, reader, MediaClock(used.clock_rate))}


def _sound_reader(sound: Sound) -> tuple[Depacketizer, TrackFormat] | None:
    if sound.codec is Codec.OPUS:
        return WholeFrames(opus_format()), opus_format()
    if sound.codec is not Codec.AAC:
        used = pcm_format(sound.codec, sound.rate or 8000, sound.channels)
        return WholeFrames(used), used
    described = _described_aac(sound)
    if described is None:
        return None
    return AdtsFrames(described), described


def _described_aac(sound: Sound) -> TrackFormat | None:
    if not sound.config:
        return plain_aac(sound.rate, sound.channels)
    try:
        return aac_format(sound.config)
    except VmsError:
        return None
