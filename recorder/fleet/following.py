"""Which streams run in this recorder, followed from what is wished and what is leased.

The cameras come from the index (`roster`), the wish who should have which from the members alive
(`assignment`), the right to record from leases (`leases`). `Fleet` brings what runs in line with
the three; only streams whose own settings changed are touched. `Fleet.run` is a task of `process`
and owns the streams' tasks. Design: docs/design/fleet.md.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping

from recorder.fleet import handover
from recorder.fleet.assignment import wishes_of
from recorder.fleet.care import Care
from recorder.fleet.leases import Lease, Leases, Taken
from recorder.fleet.means import Means
from recorder.fleet.moving import Moving
from recorder.fleet.roster import News, Roster
from recorder.fleet.running import Running
from recorder.fleet.session import BEAT_SECONDS, Session
from recorder.fleet.unrecorded import Unrecorded
from vms.core.errors import VmsError
from vms.core.model import Camera, Cause
from vms.core.nodestate import NodeState

log = logging.getLogger(__name__)

CLAIMS_AT_ONCE = 16
LEAVE_SECONDS = 7.0
"""A planned stop hands over for so long; who stops us waits 10 s."""
COLD_START_SECONDS = 8.0
"""Without a bus for so long at the start: go on with what was held at the end."""
_LOOK_SECONDS = 0.25


class Fleet:
    """What this recorder holds and does. `running`: its streams."""

    def __init__(
        self, means: Means, roster: Roster, session: Session, leases: Leases, node: NodeState
    ) -> None:
        self._means, self._roster = means, roster
        self._session, self._leases = session, leases
        self._clock, self._bus, self._book = means.clock, means.bus, means.book
        self.running = Running(means.disk, means.clock)
        self._moving = Moving(means, session, leases, self.running, self._wishes)
        self._unrecorded = Unrecorded(session, leases, means.book, node, means.clock)
        self._lapses = 0
        self._began = self._clock.monotonic()
        self._pending = True
        self._connected = False

    async def run(self) -> None:
        """Follow cameras, members and leases until cancelled."""
        subject = handover.subject_of(self._session.name)
        async with self._bus.subscribe("cameras.changed", bound=64) as changes:
            news = News(changes, self._session.changed)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(news.run())
                async with self._bus.serve(subject, self._moving.give):
                    try:
                        while True:
                            await self._follow(tasks, news)
                            await news.wait(self._rest_seconds())
                    finally:
                        self.running.forget()
                        self._moving.cameras.clear()

    async def leave(self) -> None:
        """Hand everything over, as far as there are others and time. Never fails."""
        await self._session.leave()
        if not self._session.members or not self._leases.held:
            return
        until = self._clock.monotonic() + LEAVE_SECONDS
        while self._leases.held or self._moving.cameras:
            alone = not (self._session.members and self._session.connected)
            if alone or self._clock.monotonic() >= until:
                log.warning("%d cameras could not be handed over", len(self._leases.held))
                return
            await self._clock.sleep(_LOOK_SECONDS)
        await self._clock.sleep(_LOOK_SECONDS)  # the last answer is on its way

    def earlier_holders(self, stream_id: int) -> list[str]:
        """Recorders that had this stream before us and answer, newest first."""
        care = self.running.cares.get(stream_id)
        lease = self._leases.held.get(care.camera.id) if care is not None else None
        before = lease.before if lease is not None else ()
        return [name for name in before if name in self._session.answering]

    def _rest_seconds(self) -> float:
        """Until the next look, when nothing happens."""
        return BEAT_SECONDS if self._pending else max(0.05, self._roster.due_seconds)

    async def _follow(self, tasks: asyncio.TaskGroup, news: News) -> None:
        """Bring what runs in line with cameras, wishes and leases."""
        saved = news.take_saved()
        connected, self._connected = self._connected, self._session.connected
        if saved or (self._connected and not connected):  # without a bus nobody told us anything
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
        if not self._session.connected:
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
        gone = {key: one for key, one in self.running.cares.items() if one.camera.id in lost}
        for care in gone.values():
            care.let_go()
        await self.running.stop(gone)

    async def _drop_unwanted(self, cameras: list[Camera], saved: set[int]) -> None:
        """Stop what was removed, disabled, changed, or is to be tried again; give leases back."""
        streams = {
            stream.id: stream for camera in cameras if camera.enabled for stream in camera.streams
        }
        leaving = [
            key
            for key, care in self.running.cares.items()
            if care.camera.id not in self._moving.cameras
            and (
                care.camera.id not in self._leases.held
                or not care.suits(streams.get(key))
                or _waits_for_saving(care, saved)
            )
        ]
        gone = {key: self.running.cares[key] for key in leaving}
        await self.running.stop(leaving)
        known = {camera.id: camera for camera in cameras}
        for key, care in gone.items():
            camera = known.get(care.camera.id)
            if camera is None or key not in {stream.id for stream in camera.streams}:
                self._book.back(key, self._clock.wall())  # nobody wants it: no gap lasts
        self._unrecorded.disabled(cameras)
        for camera_id in list(self._leases.held):
            if camera_id not in known or not known[camera_id].enabled:
                await self._leases.release(camera_id)

    async def _claim(self, cameras: list[Camera], tasks: asyncio.TaskGroup) -> None:
        """Ask for what should be ours and is not: free or dead ones at once, others are moved."""
        wishes = self._wishes()
        self._unrecorded.no_room([camera for camera in cameras if camera.id not in wishes])
        wanted = [
            camera
            for camera in cameras
            if camera.enabled
            and wishes.get(camera.id) == self._session.name
            and camera.id not in self._leases.held
            and camera.id not in self._moving.cameras
        ]
        room = asyncio.Semaphore(CLAIMS_AT_ONCE)
        found = await asyncio.gather(*(self._ask(camera, room) for camera in wanted))
        for camera, answer in zip(wanted, found, strict=True):
            if isinstance(answer, Taken):
                self._moving.begin(camera, answer.holder, tasks)
            self._pending = self._pending or not isinstance(answer, Lease)

    async def _ask(self, camera: Camera, room: asyncio.Semaphore) -> Lease | Taken | None:
        async with room:
            return await self._leases.claim(camera.id)

    def _wishes(self) -> Mapping[int, str]:
        return wishes_of(self._roster.cameras or [], self._session.members)

    def _start_held(self, cameras: list[Camera], tasks: asyncio.TaskGroup) -> None:
        for camera in cameras:
            lease = self._leases.held.get(camera.id)
            if lease is None or not camera.enabled or camera.id in self._moving.cameras:
                continue
            for stream in camera.streams:
                self._means.spool.rank(stream.id, camera.priority)
                if stream.id not in self.running.cares:
                    left = self._moving.left(stream.id)
                    care = Care(
                        *(self._means, camera, stream, lease.term, left),
                        taken=bool(lease.before),
                        orphan=lease.orphan,
                    )
                    self.running.start(care, tasks)

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


def _waits_for_saving(care: Care, saved: set[int]) -> bool:
    """A refused password is tried again when somebody saves the camera, changed or not."""
    return care.camera.id in saved and care.status.state.cause is Cause.BAD_PASSWORD
