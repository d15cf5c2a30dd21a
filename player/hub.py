"""One feed per watched stream, however many watch it.

What belongs here: opening and closing feeds, the current group of pictures, the fan-out. What
does not: what a viewer does with a picture (`live`), the wire (`feed`). Tasks: all in `open_hub`'s
group: one per channel, one that follows what recorders say of their streams.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Protocol

from player import metrics
from player.feed import open_live
from player.webrtc.layout import Picture
from vms.core.beside import beside
from vms.core.bus import Bus, Payload
from vms.core.clock import Clock
from vms.core.errors import Unavailable, VmsError
from vms.core.media.access_unit import VIDEO, AccessUnit
from vms.core.model import Cause, StreamCondition
from vms.core.supervise import supervise
from vms.core.walltime import SECOND, WallTime

log = logging.getLogger(__name__)

_MOST_GOP_BYTES = 24 * 1024 * 1024
"""A longer group is not kept: who comes then waits for the next key picture."""
_QUIET_SECONDS = 0.025
"""A pause this long in a new feed means that the past is over and the present has begun."""
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.25, 3.0
_STALE_MICROS = 6 * SECOND
_FLOWING = (StreamCondition.RECORDING, StreamCondition.WATCHABLE)


class Sink(Protocol):
    """One viewer of a channel. Plain functions: whoever is slow keeps and drops by himself."""

    def push(self, picture: Picture) -> None: ...

    def caught_up(self) -> None:
        """What was pushed last is the present."""

    def restarted(self) -> None:
        """A new feed: what follows begins with a random access point, maybe one seen before."""

    def troubled(self, cause: Cause, detail: str) -> None:
        """No pictures for now, and why."""


@dataclass(eq=False)
class Channel:
    """A stream being watched. `gop`: its current group of pictures, empty when not known.

    `newest`: wall time of its last picture. `stale` is set when the recorder has newer ones, but
    this feed brings none: it is that of an earlier life of the stream.
    """

    stream_id: int
    gop: list[Picture] = field(default_factory=list)
    is_caught_up: bool = False
    trouble: tuple[Cause, str] | None = None
    watchers: int = 0
    newest: WallTime | None = None
    stale: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[object] | None = None
    _sinks: list[Sink] = field(default_factory=list)
    _gop_bytes: int = 0
    _quiet: asyncio.TimerHandle | None = None

    def attach(self, sink: Sink) -> None:
        """From now on `sink` gets every picture, at once those of the current group."""
        self._sinks.append(sink)
        for picture in self.gop:
            sink.push(picture)
        if self.gop and self.is_caught_up:
            sink.caught_up()
        if self.trouble is not None:
            sink.troubled(*self.trouble)

    def detach(self, sink: Sink) -> None:
        self._sinks.remove(sink)

    def begin(self) -> None:
        """A feed was opened."""
        self.is_caught_up = False
        self.stale.clear()
        self._forget_gop()
        for sink in self._sinks:
            sink.restarted()

    def receive(self, unit: AccessUnit) -> None:
        if unit.track != VIDEO:
            return
        picture = Picture(unit)
        self.trouble = None
        self.newest = unit.wall
        self._keep(picture)
        for sink in self._sinks:
            sink.push(picture)
        if not self.is_caught_up:
            self._expect_quiet()

    def fail(self, cause: Cause, detail: str) -> None:
        if self.trouble == (cause, detail):
            return
        self.trouble = cause, detail
        for sink in self._sinks:
            sink.troubled(cause, detail)

    def close(self) -> None:
        if self._quiet is not None:
            self._quiet.cancel()

    def _keep(self, picture: Picture) -> None:
        if picture.random_access:
            self._forget_gop()
        elif not self.gop:
            return
        self.gop.append(picture)
        self._gop_bytes += len(picture.unit.data)
        if self._gop_bytes > _MOST_GOP_BYTES:
            self._forget_gop()

    def _forget_gop(self) -> None:
        self.gop = []
        self._gop_bytes = 0

    def _expect_quiet(self) -> None:
        if self._quiet is not None:
            self._quiet.cancel()
        self._quiet = asyncio.get_running_loop().call_later(_QUIET_SECONDS, self._catch_up)

    def _catch_up(self) -> None:
        self.is_caught_up = True
        for sink in self._sinks:
            sink.caught_up()


class Hub:
    """The channels of this process. Made by `open_hub`."""

    def __init__(
        self, bus: Bus, clock: Clock, tasks: asyncio.TaskGroup, linger_seconds: float
    ) -> None:
        self._bus = bus
        self._clock = clock
        self._tasks = tasks
        self._linger_seconds = linger_seconds
        self._channels: dict[int, Channel] = {}
        self._states: dict[int, Payload] = {}
        self._running: set[asyncio.Task[object]] = set()

    @asynccontextmanager
    async def watch(self, stream_id: int) -> AsyncIterator[Channel]:
        """The stream's channel; its feed is open at least as long as the context."""
        channel = self._channels.get(stream_id) or self._open(stream_id)
        channel.watchers += 1
        try:
            yield channel
        finally:
            channel.watchers -= 1
            if not channel.watchers:
                self._start(self._expire(channel))

    def close(self) -> None:
        """End every feed and every wait for an expiry."""
        for channel in self._channels.values():
            channel.close()
        for task in self._running:
            task.cancel()

    def _start(self, job: Coroutine[object, object, object]) -> asyncio.Task[object]:
        task: asyncio.Task[object] = self._tasks.create_task(job)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    def _open(self, stream_id: int) -> Channel:
        channel = self._channels[stream_id] = Channel(stream_id)
        name = f"live feed of stream {stream_id}"
        channel.task = self._start(
            supervise(name, lambda: self._keep_fed(channel), clock=self._clock)
        )
        metrics.FEEDS.set(len(self._channels))
        return channel

    async def _expire(self, channel: Channel) -> None:
        await self._clock.sleep(self._linger_seconds)
        if channel.watchers or self._channels.get(channel.stream_id) is not channel:
            return
        del self._channels[channel.stream_id]
        metrics.FEEDS.set(len(self._channels))
        channel.close()
        if channel.task is not None:
            channel.task.cancel()

    async def _keep_fed(self, channel: Channel) -> None:
        """Hold a feed open; after each loss say why there is none, wait a little longer, go on."""
        pause = _FIRST_PAUSE_SECONDS
        while True:
            try:
                async with (
                    open_live(self._bus, channel.stream_id) as units,
                    beside(_leave_when_stale(channel)),
                ):
                    channel.begin()
                    async for unit in units:
                        channel.receive(unit)
                        pause = _FIRST_PAUSE_SECONDS
            except VmsError as error:
                log.debug("live feed of stream %d: %s", channel.stream_id, error)
            channel.fail(*self._why(channel.stream_id))
            await self._clock.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)

    def _why(self, stream_id: int) -> tuple[Cause, str]:
        """Why there is no feed, as far as the stream's recorder has told."""
        state = self._states.get(stream_id)
        if state is None:
            return Cause.CONNECTING, ""
        if state.get("condition") in _FLOWING:
            return Cause.RECORDER_OFF, ""
        return _cause(state)

    async def follow_states(self) -> None:
        """Remember what recorders say; tell those who wait for a stream that is down."""
        async with self._bus.subscribe("stream.state.*") as events:
            async for _, state in events:
                self._hear(state)

    def _hear(self, state: Payload) -> None:
        stream_id = state.get("stream_id")
        if not isinstance(stream_id, int):
            return
        self._states[stream_id] = state
        channel = self._channels.get(stream_id)
        if channel is None:
            return
        if state.get("condition") not in _FLOWING:
            channel.fail(*_cause(state))
        elif _is_far_behind(channel, state.get("last_picture")):
            channel.stale.set()


async def _leave_when_stale(channel: Channel) -> None:
    await channel.stale.wait()
    raise Unavailable("the feed brings nothing, though its stream is recorded")


def _is_far_behind(channel: Channel, last_picture: object) -> bool:
    newest = channel.newest
    return (
        newest is not None
        and isinstance(last_picture, int)
        and last_picture - newest > _STALE_MICROS
    )


def _cause(state: Payload) -> tuple[Cause, str]:
    try:
        cause = Cause(state.get("cause") or Cause.CONNECTING)
    except ValueError:
        cause = Cause.CONNECTING
    return cause, str(state.get("detail") or "")


@asynccontextmanager
async def open_hub(bus: Bus, clock: Clock, *, linger_seconds: float = 8.0) -> AsyncIterator[Hub]:
    """The hub and its tasks; leaving closes every feed."""
    async with asyncio.TaskGroup() as tasks:
        hub = Hub(bus, clock, tasks, linger_seconds)
        following = tasks.create_task(
            supervise("stream states", hub.follow_states, clock=clock, longest_pause_seconds=5.0)
        )
        try:
            yield hub
        finally:
            following.cancel()
            hub.close()
