"""Sealed segments from the spool into the archive: oldest first, a few at a time, until it works.

`Uploader.run` and `Uploader.watch` are tasks of `recorder.fleet`. What the archive will not take
for a reason that waiting does not cure stays in the spool, is counted and said, and is tried again
at the next start.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Protocol

from recorder import metrics
from storage.objects.store import WrongStore
from vms.core.clock import Clock
from vms.core.errors import Exhausted, Unavailable, VmsError
from vms.core.model import Segment
from vms.core.nodestate import NodeState

log = logging.getLogger(__name__)

AT_ONCE = 4
CHECK_EVERY_SECONDS = 2.0
CHECK_SECONDS = 2.5
_FIRST_PAUSE_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 5.0
_PROBLEMS = ("store-unreachable", "store-wrong")


class Sealed(Protocol):
    """The spool, as far as uploading needs it."""

    def sealed(self) -> list[Segment]: ...
    async def wait_sealed(self) -> None: ...
    def path(self, segment: Segment) -> Path: ...
    async def forget(self, segment: Segment) -> None: ...


class Keeper(Protocol):
    """The archive, as far as uploading needs it."""

    async def check(self) -> None: ...
    async def commit(self, segment: Segment, path: Path) -> None: ...


class Uploader:
    """`index_answers`: returns when the index does, else raises; tells whose fault an outage is."""

    def __init__(
        self,
        spool: Sealed,
        archive: Keeper,
        index_answers: Callable[[], Awaitable[object]],
        node: NodeState,
        clock: Clock,
    ) -> None:
        self._spool, self._archive, self._index_answers = spool, archive, index_answers
        self._node, self._clock = node, clock
        self._refused: set[str] = set()

    async def run(self) -> None:
        """Upload until cancelled. A commit that is under way then is done again at the next start,
        which is safe."""
        pause = _FIRST_PAUSE_SECONDS
        while True:
            waiting = [one for one in self._spool.sealed() if one.key not in self._refused]
            if not waiting:
                await self._spool.wait_sealed()
            elif await self._commit_all(waiting[:AT_ONCE]):
                pause = _FIRST_PAUSE_SECONDS
            else:
                await self._clock.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)

    async def watch(self) -> None:
        """Until cancelled, look every few seconds whether store and index answer, so that an outage
        shows before the next segment is due."""
        while True:
            await self._check()
            await self._clock.sleep(CHECK_EVERY_SECONDS)

    async def _commit_all(self, segments: list[Segment]) -> bool:
        """Whether any of them left the spool or was refused for good."""
        done = await asyncio.gather(*(self._commit(segment) for segment in segments))
        return any(done)

    async def _commit(self, segment: Segment) -> bool:
        try:
            await self._archive.commit(segment, self._spool.path(segment))
        except (Unavailable, WrongStore, Exhausted) as error:
            await self._tell(error)
            return False
        except VmsError as error:
            self._refuse(segment, error)
            return True
        metrics.ARCHIVED.inc()
        await self._spool.forget(segment)
        return True

    async def _check(self) -> None:
        try:
            async with asyncio.timeout(CHECK_SECONDS):
                await self._archive.check()
        except TimeoutError:
            await self._tell(Unavailable("the store does not answer in time"))
        except VmsError as error:
            await self._tell(error)
        else:
            for code in (*_PROBLEMS, "index-unreachable"):
                self._node.clear(code)

    async def _tell(self, error: VmsError) -> None:
        """Say what is away: the index, or the store."""
        if isinstance(error, WrongStore):
            self._node.clear("index-unreachable")
            self._node.problem("store-wrong", error.message)
            return
        try:
            async with asyncio.timeout(CHECK_SECONDS):
                await self._index_answers()
        except (TimeoutError, VmsError):
            self._node.problem("index-unreachable", error.message)
            return
        self._node.clear("index-unreachable")
        self._node.problem("store-unreachable", error.message)

    def _refuse(self, segment: Segment, error: VmsError) -> None:
        self._refused.add(segment.key)
        metrics.REFUSED.inc()
        log.error("segment %s stays in the spool: %s", segment.key, error)
