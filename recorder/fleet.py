"""All streams of this recorder: who is recorded, from start to stop. `record` owns every task.

The cameras come from the index; `cameras.changed` on the bus, and a look every half minute, say
when to read them again. Only streams whose own settings changed are stopped and started.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from recorder import metrics
from recorder.broadcast import Broadcast
from recorder.config import RecordConfig
from recorder.disk import SpoolDisk
from recorder.feed import Feed, open_feed
from recorder.gapbook import GapBook
from recorder.gate import Gate
from recorder.ingest import Ingest
from recorder.keeping import Keeps, kept
from recorder.recording import Recording
from recorder.rtsp.intake import Intake, open_intake
from recorder.source import RtspSource
from recorder.spool import Spool, open_spool
from recorder.status import Status
from recorder.uploader import Uploader
from storage.archive import Archive
from storage.index import Index
from vms.core.bus import Bus, Payload
from vms.core.clock import Clock
from vms.core.errors import VmsError
from vms.core.model import Camera, Cause, Segment, Stream, StreamCondition
from vms.core.nodestate import NodeState
from vms.core.supervise import supervise

log = logging.getLogger(__name__)

RELOAD_SECONDS = 30.0
_LOOKUP_SECONDS = 3.0
_RETRY_SECONDS = 1.0
_DRAIN_SECONDS = 2.0


async def record(
    config: RecordConfig, index: Index, archive: Archive, bus: Bus, clock: Clock
) -> None:
    """Record until cancelled; then what is in hand is sealed and stays in the spool.

    Raises Conflict when another recorder uses the spool, Unavailable when it cannot be used.
    """
    node = NodeState("record", config.node, bus, clock)
    async with (
        open_spool(config.spool, max_bytes=config.spool_max_bytes, fsync=config.fsync) as spool,
        open_feed(config.feed_host, spool, clock) as feed,
        open_intake() as intake,
    ):
        await spool.recover()
        book = GapBook(index, node, clock)
        spool.on_drop(book.dropped)
        uploader = Uploader(spool, archive, lambda: index.facts.get("ping"), node, clock, book)
        fleet = Fleet(config, index, archive, bus, clock, spool, feed, book, node, intake)
        try:
            async with asyncio.TaskGroup() as tasks:
                jobs = {
                    "node state": node.run,
                    "gap notes": book.run,
                    "uploads": uploader.run,
                    "store watch": uploader.watch,
                    "loop lag": lambda: metrics.measure_lag(clock),
                    "gauges": fleet.measure,
                    "fleet": fleet.run,
                }
                for name, job in jobs.items():
                    tasks.create_task(supervise(name, job, clock=clock))
        finally:
            await book.drain(_DRAIN_SECONDS)


@dataclass(frozen=True, slots=True)
class Running:
    """A stream that is being looked after, by what settings. `status` tells how it is."""

    camera: Camera
    stream: Stream
    status: Status
    task: asyncio.Task[None]

    def suits(self, wanted: tuple[Camera, Stream] | None) -> bool:
        """Whether it can go on as it is; a camera's name and number make no difference."""
        return wanted is not None and wanted[1] == self.stream


class News:
    """Whether the list of cameras changed since it was last read. `run` is a task of the fleet."""

    def __init__(self, changes: AsyncIterator[tuple[str, Payload]]) -> None:
        self._changes = changes
        self._changed = asyncio.Event()

    async def run(self) -> None:
        async for _ in self._changes:
            self._changed.set()

    async def wait(self, seconds: float) -> None:
        """Return at a change, or after so many seconds."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        self._changed.clear()


class Fleet:
    """The streams that run now. `run` and `measure` are tasks of `record`."""

    def __init__(
        self,
        config: RecordConfig,
        index: Index,
        archive: Archive,
        bus: Bus,
        clock: Clock,
        spool: Spool,
        feed: Feed,
        book: GapBook,
        node: NodeState,
        intake: Intake,
    ) -> None:
        self._config, self._index, self._archive = config, index, archive
        self._bus, self._clock, self._node = bus, clock, node
        self._spool, self._feed, self._book, self._intake = spool, feed, book, intake
        self._disk = SpoolDisk(node)
        self._gate = Gate(clock)
        self._running: dict[int, Running] = {}
        self._disabled: set[int] = set()

    async def run(self) -> None:
        """Follow the list of cameras until cancelled."""
        async with self._bus.subscribe("cameras.changed", bound=64) as changes:
            news = News(changes)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(news.run())
                try:
                    while True:
                        await self._follow(tasks)
                        await news.wait(RELOAD_SECONDS)
                finally:
                    self._running.clear()

    async def measure(self) -> None:
        """Gauges, every two seconds."""
        while True:
            metrics.SPOOL_BYTES.set(self._spool.held_bytes)
            metrics.WATCHERS.set(self._feed.watchers)
            counts = Counter(one.status.state.condition for one in self._running.values())
            for condition in StreamCondition:
                metrics.STREAMS.labels(condition).set(counts[condition])
            self._node.note(streams=len(self._running), spool_bytes=self._spool.held_bytes)
            await self._clock.sleep(2.0)

    async def _follow(self, tasks: asyncio.TaskGroup) -> None:
        """Bring what runs in line with the index."""
        cameras = await self._load()
        wanted = {
            stream.id: (camera, stream)
            for camera in cameras
            if camera.enabled
            for stream in camera.streams
        }
        known = {stream.id for camera in cameras for stream in camera.streams}
        leaving = [one for key, one in self._running.items() if not one.suits(wanted.get(key))]
        await self._stop(leaving)
        for running in leaving:
            if running.stream.id not in known:  # removed: no gap lasts in what nobody records
                self._book.back(running.stream.id, self._clock.wall())
        self._note_disabled(cameras)
        for stream_id, (camera, stream) in wanted.items():
            self._spool.rank(stream_id, camera.priority)
            if stream_id not in self._running:
                self._start(camera, stream, tasks)

    async def _load(self) -> list[Camera]:
        """The cameras, once the index answers."""
        while True:
            try:
                cameras = await self._index.cameras.list()
            except VmsError as error:
                self._node.problem("index-unreachable", error.message)
                await self._clock.sleep(_RETRY_SECONDS)
            else:
                self._node.clear("index-unreachable")
                return cameras

    def _start(self, camera: Camera, stream: Stream, tasks: asyncio.TaskGroup) -> None:
        name = f"camera {camera.number} {stream.role}"
        status = Status(camera, stream, self._bus, self._clock)
        task = tasks.create_task(
            supervise(name, lambda: self._look_after(name, stream, status), clock=self._clock)
        )
        self._running[stream.id] = Running(camera, stream, status, task)
        log.info("%s: starting", name)

    async def _stop(self, leaving: list[Running]) -> None:
        for running in leaving:
            running.task.cancel()
        await asyncio.gather(*(one.task for one in leaving), return_exceptions=True)
        for running in leaving:
            del self._running[running.stream.id]
            self._disk.works(running.stream.id)
            log.info("camera %d %s: stopped", running.camera.number, running.stream.role)

    def _note_disabled(self, cameras: list[Camera]) -> None:
        """What is not recorded because somebody wants it so has that as its reason."""
        disabled = {
            stream.id
            for camera in cameras
            if not camera.enabled
            for stream in camera.streams
            if stream.record
        }
        for stream_id in disabled - self._disabled:
            self._book.lost(stream_id, self._clock.wall(), Cause.DISABLED)
        self._disabled = disabled

    async def _look_after(self, name: str, stream: Stream, status: Status) -> None:
        """One stream, until cancelled."""
        broadcast = Broadcast()
        stall_seconds = self._config.stall_seconds
        source = RtspSource(stream, self._clock, self._intake, stall_seconds=stall_seconds)
        async with (
            self._feed.offer(stream.id, broadcast, self._bus),
            self._keeps(stream) as keeps,
        ):
            door = self._gate.door(stream.camera_id, stream.url)
            ingest = Ingest(name, source, broadcast, status, keeps, door, self._clock)
            await ingest.run()

    @contextlib.asynccontextmanager
    async def _keeps(self, stream: Stream) -> AsyncIterator[Keeps | None]:
        """What the stream is recorded to, by its policy; None: it is only there to be watched."""
        if not stream.record:
            yield None
            return
        recording, zone = await self._recording(stream), ZoneInfo(self._config.zone)
        async with kept(recording, stream, self._book, self._bus, self._clock, zone) as keeps:
            yield keeps

    async def _recording(self, stream: Stream) -> Recording:
        # The spool first: what it holds may reach the archive meanwhile, never the reverse.
        held = [segment.range for segment in self._spool.tail(stream.id)]
        last = await self._last(stream.id)
        recording = Recording(
            stream, self._spool, self._book, self._disk, self._config.segment_seconds
        )
        if last is not None:
            self._spool.continue_chain(stream.id, last.sha256, last.range.end)
        until = self._spool.recorded_until(stream.id)  # with `last`, once that has been told
        recording.resume(until, self._clock.wall(), held)
        return recording

    async def _last(self, stream_id: int) -> Segment | None:
        """The newest archived segment; None also when the index does not say in time: recording
        does not wait for it."""
        with contextlib.suppress(VmsError, TimeoutError):
            async with asyncio.timeout(_LOOKUP_SECONDS):
                return await self._archive.last(stream_id)
        return None
