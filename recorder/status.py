"""What one stream is doing, told on the bus every two seconds and at every change."""

from __future__ import annotations

import asyncio
import dataclasses
from collections import deque
from collections.abc import Sequence

from prometheus_client import Counter

from recorder import metrics
from recorder.source import Run
from vms.core.bus import Bus, Payload
from vms.core.clock import Clock
from vms.core.media.access_unit import VIDEO, AccessUnit, TrackFormat
from vms.core.media.codec import codec_string
from vms.core.model import Camera, Cause, Stream, StreamCondition, StreamState
from vms.core.walltime import SECOND, WallTime

EVERY_SECONDS = 2.0
_FIELDS = tuple(each.name for each in dataclasses.fields(StreamState))
_WINDOW = 4
"""Turns over which pictures per second and bit rate are averaged."""


class Status:
    """Plain calls from the ingest set it; `run` is the ingest's task. `quiet`: another recorder
    speaks for this stream."""

    def __init__(self, camera: Camera, stream: Stream, bus: Bus, clock: Clock) -> None:
        self._bus, self._clock = bus, clock
        self.quiet = False
        self._label = str(stream.id)
        self._subject = f"stream.state.{stream.id}"
        self._changed = asyncio.Event()
        self._format: TrackFormat | None = None
        self._pictures = self._units = self._bytes = 0
        self._counted: deque[tuple[float, int, int]] = deque(maxlen=_WINDOW + 1)
        self._run: Run | None = None
        self._told = (0, 0, 0)
        self._counters: list[Counter] | None = None
        self._last_picture: WallTime | None = None
        self.state = StreamState(
            stream.id,
            camera.id,
            stream.role,
            StreamCondition.CONNECTING,
            Cause.CONNECTING,
            "",
            since=clock.wall(),
        )

    def set(self, condition: StreamCondition, cause: Cause | None, detail: str = "") -> None:
        """A new condition or cause begins now; the same ones go on, with the newer detail."""
        old = self.state
        same = old.condition is condition and old.cause is cause
        since = old.since if same else self._clock.wall()
        self.state = dataclasses.replace(
            old, condition=condition, cause=cause, detail=detail, since=since
        )
        if self.state != old:
            self._changed.set()

    def begin(self, run: Run) -> None:
        self._run, self._told = run, (self._units, 0, 0)

    def end(self) -> None:
        """The run is over: nothing arrives."""
        self._count_metrics()
        self._run = None
        self._counted.clear()

    def note(self, units: Sequence[AccessUnit]) -> None:
        """Access units arrived."""
        self._units += len(units)
        for unit in units:
            self._bytes += len(unit.data)
            if unit.track == VIDEO:
                self._pictures += 1
                self._last_picture = unit.wall
                if unit.format is not self._format:
                    self._note_format(unit.format)

    async def run(self) -> None:
        """Publish until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            self._changed.clear()
            self._measure()
            self._count_metrics()
            if not self.quiet:
                await self._bus.publish(self._subject, payload_of(self.state))
            due = loop.call_later(EVERY_SECONDS, self._changed.set)
            try:
                await self._changed.wait()
            finally:
                due.cancel()

    def _measure(self) -> None:
        now = self._clock.monotonic()
        if not self._counted or now - self._counted[-1][0] >= EVERY_SECONDS / 2:
            self._counted.append((now, self._pictures, self._bytes))
        before, pictures, size = self._counted[0]
        passed = now - before
        measured = passed >= 1.0 and self._run is not None
        self.state = dataclasses.replace(
            self.state,
            last_picture=self._last_picture,
            fps=round((self._pictures - pictures) / passed, 2) if measured else 0.0,
            bitrate=round((self._bytes - size) * 8 / passed) if measured else 0,
        )

    def _note_format(self, used: TrackFormat) -> None:
        self._format = used
        self.state = dataclasses.replace(
            self.state, codec=codec_string(used), width=used.width, height=used.height
        )
        self._changed.set()

    def _count_metrics(self) -> None:
        if self._run is None:
            return
        units, size, lost = self._units, self._run.bytes_read, self._run.lost
        if self._counters is None:
            named = (metrics.UNITS, metrics.BYTES, metrics.LOST)
            self._counters = [each.labels(self._label) for each in named]
        for counter, new, told in zip(self._counters, (units, size, lost), self._told, strict=True):
            counter.inc(new - told)
        self._told = (units, size, lost)
        offset = self._run.camera_offset
        if offset is not None:
            metrics.CAMERA_OFFSET.labels(self._label).set(offset / SECOND)


def payload_of(state: StreamState) -> Payload:
    """The state as JSON, by the field names of StreamState."""
    return {name: getattr(state, name) for name in _FIELDS}
