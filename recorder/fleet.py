"""All streams of this recorder: who is recorded, from start to stop. `record` owns every task.

The cameras come from the index (`recorder.roster`), the wish who should have which from the members
alive (`recorder.assignment`), the right to record from leases (`recorder.leases`). This module
brings what runs in line with the three. Only streams whose own settings changed are touched.
Design: docs/design/fleet.md.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping

from recorder import handover, metrics
from recorder.assignment import Load, assign
from recorder.care import Care, Means
from recorder.config import RecordConfig
from recorder.disk import SpoolDisk
from recorder.feed import open_feed, tail_entry
from recorder.gapbook import GapBook
from recorder.gate import Gate
from recorder.leases import Lease, Leases, Taken
from recorder.leftovers import Leftovers
from recorder.neighbours import Neighbours
from recorder.pinbook import PinBook
from recorder.roster import News, Roster
from recorder.rtsp.intake import open_intake
from recorder.runbook import RunBook
from recorder.session import BEAT_SECONDS, Session, own_name
from recorder.spool import open_spool
from recorder.uploader import Uploader
from recorder.warm import Left
from storage.archive import Archive
from storage.index import Index
from vms.core.bus import Bus, Payload
from vms.core.clock import Clock
from vms.core.errors import Conflict, NotFound, VmsError
from vms.core.model import Camera, Cause, StreamCondition
from vms.core.nodestate import NodeState
from vms.core.steady import SteadyClock
from vms.core.supervise import supervise

log = logging.getLogger(__name__)

HANDOVERS_AT_ONCE = 8
CLAIMS_AT_ONCE = 16
LEAVE_SECONDS = 7.0
"""A planned stop hands over for so long; who stops us waits 10 s."""
COLD_START_SECONDS = 8.0
"""Without a bus for so long at the start: go on with what was held at the end."""
_DRAIN_SECONDS = 2.0
_GAUGE_SECONDS = 2.0
_LOOK_SECONDS = 0.25


async def record(
    config: RecordConfig, index: Index, archive: Archive, bus: Bus, clock: Clock
) -> None:
    """Record until cancelled; then hand over to other recorders, if there are any, and seal what is
    in hand, which stays in the spool.

    Raises Conflict when another recorder uses the spool, Unavailable when it cannot be used.
    """
    node = NodeState("record", config.node, bus, clock)
    async with (
        open_spool(config.spool, max_bytes=config.spool_max_bytes, fsync=config.fsync) as spool,
        open_feed(config.feed_host, spool, clock) as feed,
        open_intake() as intake,
    ):
        await spool.recover()
        steady = SteadyClock(clock)
        book = GapBook(index, node, steady)
        runs = RunBook(index.runs, config.node, steady, node)
        spool.on_drop(book.dropped)

        def index_answers() -> Awaitable[object]:
            return index.facts.get("ping")

        uploader = Uploader(spool, archive, index_answers, node, clock, book)
        pins = PinBook(index.cameras.pin, clock)
        name = own_name(config.node, config.spool)
        session = Session(name, config.capacity, bus, node, clock)
        means = Means(
            *(config, archive, bus, steady, spool, feed, book, runs),
            *(SpoolDisk(node), Gate(clock), intake, pins, session.awake),
        )
        leases = Leases(session, bus, config.spool)
        fleet = Fleet(means, Roster(index, node, clock, pins), session, leases, node)
        neighbours = Neighbours(name, spool, bus, tail_entry, fleet.earlier_holders)
        feed.elsewhere = neighbours
        try:
            async with neighbours.serve(), asyncio.TaskGroup() as tasks:
                jobs: dict[str, Callable[[], Awaitable[object]]] = {
                    "node state": node.run,
                    "civil time": lambda: steady.run(runs.host_changed),
                    "gap notes": book.run,
                    "run notes": runs.run,
                    "certificates": pins.run,
                    "uploads": uploader.run,
                    "store watch": uploader.watch,
                    "loop lag": lambda: metrics.measure_lag(clock),
                    "gauges": fleet.measure,
                    "session": session.run,
                    "fleet": fleet.run,
                }
                if config.left_spools is not None:
                    jobs["left spools"] = Leftovers(
                        *(config.left_spools, archive, index_answers, book, node, clock),
                        config.spool_max_bytes,
                    ).run
                for job_name, job in jobs.items():
                    tasks.create_task(supervise(job_name, job, clock=clock))
                await _until_told_to_stop(fleet)
        finally:
            await session.end()
            await book.drain(_DRAIN_SECONDS)
            await runs.drain(_DRAIN_SECONDS)


async def _until_told_to_stop(fleet: Fleet) -> None:
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        await fleet.leave()
        raise


class Fleet:
    """What this recorder holds and does. `run` and `measure` are tasks of `record`."""

    def __init__(
        self, means: Means, roster: Roster, session: Session, leases: Leases, node: NodeState
    ) -> None:
        self._means, self._roster = means, roster
        self._session, self._leases, self._node = session, leases, node
        self._clock, self._bus, self._book = means.clock, means.bus, means.book
        self._running: dict[int, tuple[Care, asyncio.Task[None]]] = {}
        self._lefts: dict[int, Left] = {}
        self._moving: set[int] = set()
        self._refused: set[int] = set()
        self._excused: set[int] = set()
        self._lapses = 0
        self._began = self._clock.monotonic()
        self._pending = True

    async def run(self) -> None:
        """Follow cameras, members and leases until cancelled."""
        subject = handover.subject_of(self._session.name)
        async with self._bus.subscribe("cameras.changed", bound=64) as changes:
            news = News(changes, self._session.changed)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(news.run())
                async with self._bus.serve(subject, self._yield):
                    try:
                        while True:
                            await self._follow(tasks, news)
                            await news.wait(self._rest_seconds())
                    finally:
                        self._running.clear()
                        self._moving.clear()

    async def leave(self) -> None:
        """Hand everything over, as far as there are others and time. Never fails."""
        await self._session.leave()
        if not self._session.members or not self._leases.held:
            return
        until = self._clock.monotonic() + LEAVE_SECONDS
        while self._leases.held or self._moving:
            alone = not (self._session.members and self._session.connected)
            if alone or self._clock.monotonic() >= until:
                log.warning("%d cameras could not be handed over", len(self._leases.held))
                return
            await self._clock.sleep(_LOOK_SECONDS)
        await self._clock.sleep(_LOOK_SECONDS)  # the last answer is on its way

    def earlier_holders(self, stream_id: int) -> list[str]:
        """Recorders alive that had this stream before us, newest first."""
        care = self._running.get(stream_id)
        lease = self._leases.held.get(care[0].camera.id) if care is not None else None
        before = lease.before if lease is not None else ()
        return [name for name in before if name in self._session.alive]

    async def measure(self) -> None:
        """Gauges, every two seconds."""
        while True:
            spool, feed = self._means.spool, self._means.feed
            metrics.SPOOL_BYTES.set(spool.held_bytes)
            metrics.WATCHERS.set(feed.watchers)
            metrics.LEASES.set(len(self._leases.held))
            metrics.MEMBERS.set(len(self._session.members))
            cares = [care for care, _ in self._running.values()]
            counts = Counter(care.status.state.condition for care in cares)
            for condition in StreamCondition:
                metrics.STREAMS.labels(condition).set(counts[condition])
            self._node.note(streams=len(cares), spool_bytes=spool.held_bytes)
            await self._clock.sleep(_GAUGE_SECONDS)

    def _rest_seconds(self) -> float:
        """Until the next look, when nothing happens."""
        return BEAT_SECONDS if self._pending else max(0.05, self._roster.due_seconds)

    async def _follow(self, tasks: asyncio.TaskGroup, news: News) -> None:
        """Bring what runs in line with cameras, wishes and leases."""
        saved = news.take_saved()
        if saved:
            self._roster.expire()
        await self._roster.load()
        self._pending = False
        self._means.gate.members = max(1, len(self._session.members))
        cameras = self._roster.cameras
        if cameras is None:
            self._pending = True
            return
        try:
            await self._verify()
            await self._drop_unwanted(cameras, saved)
            await self._claim(cameras, tasks)
        except VmsError as error:
            log.debug("leases cannot be asked now: %s", error)
            self._pending = True
            self._recall()
        self._start_held(cameras, tasks)
        await self._leases.note()

    async def _verify(self) -> None:
        """Our session had lapsed: what others took meanwhile ends here at once."""
        lapses = self._session.lapses
        if lapses == self._lapses or not self._session.connected:
            return
        lost = await self._leases.verify()
        self._lapses = lapses
        self._session.awake.confirmed.set()
        for care, _ in self._running.values():
            if care.camera.id in lost:
                care.let_go()
        await self._stop(key for key, (care, _) in self._running.items() if care.camera.id in lost)

    async def _drop_unwanted(self, cameras: list[Camera], saved: set[int]) -> None:
        """Stop what was removed, disabled, changed, or is to be tried again; give leases back."""
        streams = {
            stream.id: stream for camera in cameras if camera.enabled for stream in camera.streams
        }
        leaving = [
            key
            for key, (care, _) in self._running.items()
            if care.camera.id not in self._moving
            and (
                care.camera.id not in self._leases.held
                or not care.suits(streams.get(key))
                or _waits_for_saving(care, saved)
            )
        ]
        gone = {key: self._running[key][0] for key in leaving}
        await self._stop(leaving)
        known = {camera.id: camera for camera in cameras}
        for key, care in gone.items():
            camera = known.get(care.camera.id)
            if camera is None or key not in {stream.id for stream in camera.streams}:
                self._book.back(key, self._clock.wall())  # nobody wants it: no gap lasts
        self._excuse(cameras)
        for camera_id in list(self._leases.held):
            if camera_id not in known or not known[camera_id].enabled:
                await self._leases.release(camera_id)

    async def _claim(self, cameras: list[Camera], tasks: asyncio.TaskGroup) -> None:
        """Ask for what should be ours and is not: free or dead ones at once, others are moved."""
        wishes = self._wishes(cameras)
        wanted = [
            camera
            for camera in cameras
            if camera.enabled
            and wishes.get(camera.id) == self._session.name
            and camera.id not in self._leases.held
            and camera.id not in self._moving
        ]
        room = asyncio.Semaphore(CLAIMS_AT_ONCE)
        found = await asyncio.gather(*(self._ask(camera, room) for camera in wanted))
        for camera, answer in zip(wanted, found, strict=True):
            if isinstance(answer, Taken) and len(self._moving) < HANDOVERS_AT_ONCE:
                self._moving.add(camera.id)
                tasks.create_task(self._move(camera, answer.holder, tasks))
            self._pending = self._pending or not isinstance(answer, Lease)

    async def _ask(self, camera: Camera, room: asyncio.Semaphore) -> Lease | Taken | None:
        async with room:
            return await self._leases.claim(camera.id)

    def _wishes(self, cameras: list[Camera]) -> Mapping[int, str]:
        """Who should have which camera. What has no recorder is said, by one of us, as a gap."""
        loads = [
            Load(camera.id, len(camera.streams) if camera.enabled else 0, camera.priority)
            for camera in cameras
        ]
        wishes = assign(loads, self._session.members)
        self._say_full([camera for camera in cameras if camera.id not in wishes])
        return wishes

    def _say_full(self, left_out: list[Camera]) -> None:
        speaks = bool(self._session.members) and self._session.members[0].name == self._session.name
        if not speaks or not left_out:
            self._node.clear("no-capacity")
            self._refused.clear()
            return
        words = f"{len(left_out)} cameras are not recorded: every recorder has as many as it takes"
        self._node.problem("no-capacity", words)
        for camera in left_out:
            for stream in camera.streams:
                if camera.enabled and stream.record and camera.id not in self._refused:
                    self._book.lost(stream.id, self._clock.wall(), Cause.RECORDER_OFF, words)
        self._refused = {camera.id for camera in left_out}

    def _excuse(self, cameras: list[Camera]) -> None:
        """What is not recorded because somebody wants it so has that as its reason."""
        wishes = assign((Load(camera.id, 0) for camera in cameras), self._session.members)
        disabled = {
            stream.id
            for camera in cameras
            if not camera.enabled
            and (camera.id in self._leases.held or wishes.get(camera.id) == self._session.name)
            for stream in camera.streams
            if stream.record
        }
        for stream_id in disabled - self._excused:
            self._book.take_over(stream_id)
            self._book.lost(stream_id, self._clock.wall(), Cause.DISABLED)
        self._excused = disabled

    def _start_held(self, cameras: list[Camera], tasks: asyncio.TaskGroup) -> None:
        for camera in cameras:
            lease = self._leases.held.get(camera.id)
            if lease is None or not camera.enabled or camera.id in self._moving:
                continue
            for stream in camera.streams:
                self._means.spool.rank(stream.id, camera.priority)
                if stream.id not in self._running:
                    left = self._lefts.pop(stream.id, None)
                    self._start(Care(self._means, camera, stream, lease.term, left), tasks)

    def _start(self, care: Care, tasks: asyncio.TaskGroup) -> None:
        task = tasks.create_task(supervise(care.name, care.run, clock=self._clock))
        self._running[care.stream.id] = (care, task)
        log.info("%s: starting", care.name)

    async def _stop(self, stream_ids: Iterable[int]) -> None:
        ending = [self._running.pop(key) for key in list(stream_ids)]
        for _, task in ending:
            task.cancel()
        await asyncio.gather(*(task for _, task in ending), return_exceptions=True)
        for care, _ in ending:
            self._means.disk.works(care.stream.id)
            log.info("%s: stopped", care.name)

    def _recall(self) -> None:
        """No bus since the start: nobody can take what we held, so we go on with it."""
        waited = self._clock.monotonic() - self._began
        if not self._session.alive and not self._leases.held and waited >= COLD_START_SECONDS:
            self._leases.recall()
            if self._leases.held:
                self._lapses = -1  # ask when the bus is there
                log.warning(
                    "no bus: going on with the %d cameras held before", len(self._leases.held)
                )

    async def _move(self, camera: Camera, holder: str, tasks: asyncio.TaskGroup) -> None:
        """Take a camera from a recorder that lives. Ends in order whatever happens."""
        cares = [Care(self._means, camera, stream, 0) for stream in camera.streams if stream.record]
        with contextlib.suppress(VmsError):
            await self._take(camera, holder, cares, tasks)
        self._moving.discard(camera.id)
        self._session.changed.set()

    async def _take(
        self, camera: Camera, holder: str, cares: list[Care], tasks: asyncio.TaskGroup
    ) -> None:
        for care in cares:
            care.warm_up()
            self._start(care, tasks)
        warm = await handover.are_warm(cares)
        if not warm:
            await self._stop(care.stream.id for care in cares)
        got = await handover.ask(self._bus, self._leases, camera.id, holder, warm=warm)
        if got is None:
            await self._stop(care.stream.id for care in cares if care.stream.id in self._running)
            return
        lease, lefts = got
        log.info("camera %d: taken over from %s%s", camera.number, holder, "" if warm else ", cold")
        metrics.HANDOVERS.labels("warm" if warm else "cold").inc()
        if warm:
            for care in cares:
                care.admit(lefts.get(care.stream.id, Left()), lease.term)
        else:
            self._lefts.update(lefts)

    async def _yield(self, subject: str, request: Payload) -> Payload:
        """Another recorder asks for a camera of ours."""
        camera_id, to = request.get("camera_id"), str(request.get("to"))
        cameras = self._roster.cameras or []
        if not isinstance(camera_id, int) or camera_id not in self._leases.held:
            raise NotFound("this camera is not held here")
        if camera_id in self._moving or self._wishes(cameras).get(camera_id) != to:
            raise Conflict("who should have this camera is not agreed yet: ask again")
        self._moving.add(camera_id)
        try:
            return await self._hand_over(camera_id, to, warm=bool(request.get("warm")))
        finally:
            self._moving.discard(camera_id)
            self._session.changed.set()

    async def _hand_over(self, camera_id: int, to: str, *, warm: bool) -> Payload:
        await self._leases.give(camera_id, to)
        cares = {
            key: care for key, (care, _) in self._running.items() if care.camera.id == camera_id
        }
        lefts = await asyncio.gather(*(care.leave(at_key=warm) for care in cares.values()))
        if not warm:  # the camera lets nobody else in before we have hung up
            await self._stop(cares)
        log.info("camera %d: handed over to %s", camera_id, to)
        return handover.answer_of(dict(zip(cares, lefts, strict=True)))


def _waits_for_saving(care: Care, saved: set[int]) -> bool:
    """A refused password is tried again when somebody saves the camera, changed or not."""
    return care.camera.id in saved and care.status.state.cause is Cause.BAD_PASSWORD
