"""Cameras whose recording rests because the store is full of what must stay; said loudly.

Which ones is retention's word (`storage.full`), read from the index every few seconds. What is
watched live goes on. A word that nobody repeats ends, and what it stopped is recorded again.
`Rests.run` is a task of `recorder.fleet`.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Protocol

from recorder.keeping import Keeps
from storage.full.stopped import NOBODY, Stopped, heard
from storage.index import Index
from vms.core.clock import Clock
from vms.core.errors import VmsError
from vms.core.media.access_unit import AccessUnit
from vms.core.model import Camera, Cause
from vms.core.nodestate import NodeState
from vms.core.walltime import WallTime

log = logging.getLogger(__name__)

LOOK_SECONDS = 5.0
PROBLEM = "store-full"


class Rested:
    """In the place of a recording that rests: takes nothing, and remembers how the run stands."""

    trouble: tuple[Cause, str] | None = None
    resting: Cause | None = Cause.STORE_FULL

    def __init__(self, keeps: Keeps, now: WallTime, words: str) -> None:
        """`keeps` seals what it has; its gap begins."""
        self.keeps = keeps
        self._lost: tuple[Cause, str] | None = None
        keeps.end_run(now, Cause.STORE_FULL, words)

    @property
    def until(self) -> WallTime | None:
        return self.keeps.until

    def not_before(self, now: WallTime) -> WallTime | None:
        return self.keeps.not_before(now)

    def begin_run(self) -> None:
        self._lost = None

    def take(self, units: Sequence[AccessUnit]) -> None:
        """Nothing is kept."""

    def clock_stepped(self, words: str) -> None:
        """Nothing is recorded that it could concern."""

    def end_run(self, now: WallTime, cause: Cause, detail: str) -> None:
        """The gap goes on as it is: with the camera there it would be the same."""
        self._lost = (cause, detail)

    def wake(self, now: WallTime) -> Keeps:
        """What is recorded to from now on: from the next key picture, or when the camera is back;
        then the gap until there is the camera's."""
        if self._lost is None:
            self.keeps.begin_run()
        else:
            self.keeps.end_run(now, *self._lost)
        return self.keeps


class Restful(Protocol):
    """A stream in this recorder's care, as far as it is needed here."""

    @property
    def camera(self) -> Camera: ...

    def rest(self, words: str | None) -> None:
        """Record nothing, for this reason; None: record. Said again it changes nothing."""
        ...


class Rests:
    """`cares`: the streams that run here, by id; read anew at every look."""

    def __init__(
        self, index: Index, cares: Mapping[int, Restful], node: NodeState, clock: Clock
    ) -> None:
        self._index, self._cares, self._node, self._clock = index, cares, node, clock
        self._told: Stopped = NOBODY

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self.look()
            await self._clock.sleep(LOOK_SECONDS)

    async def look(self) -> None:
        """Ask and obey. While the index is away the last word stands for as long as it holds."""
        now = self._clock.wall()
        try:
            self._told = await heard(self._index, now)
        except VmsError as error:
            log.debug("nobody says whose recording rests: %s", error)
        self._obey(self._told if now < self._told.until else NOBODY)

    def _obey(self, told: Stopped) -> None:
        ours = False
        for care in self._cares.values():
            rests = care.camera.id in told.cameras
            care.rest(told.words if rests else None)
            ours = ours or rests
        if ours:
            self._node.problem(PROBLEM, told.words)
        else:
            self._node.clear(PROBLEM)
