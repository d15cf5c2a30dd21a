"""Cameras on their way from one recorder to another, both sides of it.

What the two say to each other stands in `handover`, what the coming one holds meanwhile in `warm`.
The tasks belong to the fleet's group.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping

from recorder import metrics
from recorder.fleet import handover
from recorder.fleet.care import Care
from recorder.fleet.leases import Leases
from recorder.fleet.means import Means
from recorder.fleet.running import Running
from recorder.fleet.session import Session
from recorder.fleet.warm import Left
from vms.core.bus import Payload
from vms.core.errors import Conflict, NotFound, VmsError
from vms.core.model import Camera

log = logging.getLogger(__name__)

HANDOVERS_AT_ONCE = 8

Wishes = Callable[[], Mapping[int, str]]


class Moving:
    """`cameras`: those on their way. `wishes`: who should have which camera, as of now."""

    def __init__(
        self, means: Means, session: Session, leases: Leases, running: Running, wishes: Wishes
    ) -> None:
        self.cameras: set[int] = set()
        self._means, self._session, self._leases = means, session, leases
        self._running, self._wishes = running, wishes
        self._lefts: dict[int, Left] = {}

    def left(self, stream_id: int) -> Left | None:
        """Where another recorder stopped this stream, told once; None: it is not known."""
        return self._lefts.pop(stream_id, None)

    def begin(self, camera: Camera, holder: str, tasks: asyncio.TaskGroup) -> None:
        """Take a camera from a recorder that lives; nothing happens while too many move."""
        if len(self.cameras) < HANDOVERS_AT_ONCE:
            self.cameras.add(camera.id)
            tasks.create_task(self._move(camera, holder, tasks))

    async def _move(self, camera: Camera, holder: str, tasks: asyncio.TaskGroup) -> None:
        """Take a camera from a recorder that lives. Ends in order whatever happens."""
        cares = [Care(self._means, camera, stream, 0) for stream in camera.streams if stream.record]
        with contextlib.suppress(VmsError):
            await self._take(camera, holder, cares, tasks)
        self.cameras.discard(camera.id)
        self._session.changed.set()

    async def _take(
        self, camera: Camera, holder: str, cares: list[Care], tasks: asyncio.TaskGroup
    ) -> None:
        for care in cares:
            care.warm_up()
            self._running.start(care, tasks)
        warm = await handover.are_warm(cares)
        if not warm:
            await self._running.stop(care.stream.id for care in cares)
        got = await handover.ask(self._means.bus, self._leases, camera.id, holder, warm=warm)
        if got is None:
            await self._running.stop(
                care.stream.id for care in cares if care.stream.id in self._running.cares
            )
            return
        lease, lefts = got
        log.info("camera %d: taken over from %s%s", camera.number, holder, "" if warm else ", cold")
        metrics.HANDOVERS.labels("warm" if warm else "cold").inc()
        if warm:
            for care in cares:
                care.admit(lefts.get(care.stream.id, Left()), lease.term)
        else:
            self._lefts.update(lefts)

    async def give(self, subject: str, request: Payload) -> Payload:
        """Another recorder asks for a camera of ours."""
        camera_id, to = request.get("camera_id"), str(request.get("to"))
        if not isinstance(camera_id, int) or camera_id not in self._leases.held:
            raise NotFound("this camera is not held here")
        if camera_id in self.cameras or self._wishes().get(camera_id) != to:
            raise Conflict("who should have this camera is not agreed yet: ask again")
        self.cameras.add(camera_id)
        try:
            return await self._hand_over(camera_id, to, warm=bool(request.get("warm")))
        finally:
            self.cameras.discard(camera_id)
            self._session.changed.set()

    async def _hand_over(self, camera_id: int, to: str, *, warm: bool) -> Payload:
        await self._leases.give(camera_id, to)
        cares = self._running.of(camera_id)
        lefts = await asyncio.gather(*(care.leave(at_key=warm) for care in cares.values()))
        if not warm:  # the camera lets nobody else in before we have hung up
            await self._running.stop(cares)
        log.info("camera %d: handed over to %s", camera_id, to)
        return handover.answer_of(dict(zip(cares, lefts, strict=True)))
