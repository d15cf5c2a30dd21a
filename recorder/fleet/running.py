"""The streams that run in this recorder: started and stopped one by one.

The tasks belong to the fleet's group.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable

from recorder.disk import SpoolDisk
from recorder.fleet.care import Care
from vms.core.clock import Clock
from vms.core.supervise import supervise

log = logging.getLogger(__name__)


class Running:
    """`cares`: what runs, by stream."""

    def __init__(self, disk: SpoolDisk, clock: Clock) -> None:
        self.cares: dict[int, Care] = {}
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._disk, self._clock = disk, clock

    def of(self, camera_id: int) -> dict[int, Care]:
        """What runs of one camera, by stream."""
        return {key: care for key, care in self.cares.items() if care.camera.id == camera_id}

    def start(self, care: Care, tasks: asyncio.TaskGroup) -> None:
        self.cares[care.stream.id] = care
        self._tasks[care.stream.id] = tasks.create_task(
            supervise(care.name, care.run, clock=self._clock)
        )
        log.info("%s: starting", care.name)

    async def stop(self, stream_ids: Iterable[int]) -> None:
        """Return once they have ended; what they recorded is sealed."""
        ending = [(self.cares.pop(key), self._tasks.pop(key)) for key in list(stream_ids)]
        for _, task in ending:
            task.cancel()
        await asyncio.gather(*(task for _, task in ending), return_exceptions=True)
        for care, _ in ending:
            self._disk.works(care.stream.id)
            log.info("%s: stopped", care.name)

    def forget(self) -> None:
        """The group that owned the tasks is gone."""
        self.cares.clear()
        self._tasks.clear()
