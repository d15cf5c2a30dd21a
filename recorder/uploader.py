"""Sealed segments from the spool into the archive: oldest first, a few at a time, until it works.

`Uploader.run` and `Uploader.watch` are tasks of `recorder.fleet`. What the archive will not take
for a reason that waiting does not cure is set aside in the spool, counted, a gap, and offered again
at the next start. A store that says a segment is corrupt is believed only when the file is.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractContextManager, ExitStack, suppress
from pathlib import Path
from typing import Protocol

from recorder import metrics
from storage.objects.store import WrongStore
from vms.core.clock import Clock
from vms.core.errors import Conflict, Corrupt, Exhausted, NotFound, Unavailable, VmsError
from vms.core.model import Cause, Segment
from vms.core.nodestate import NodeState
from vms.core.together import together
from vms.core.walltime import TimeRange

log = logging.getLogger(__name__)

AT_ONCE = 4
"""Each by itself, when together they could not be committed."""
MOST_TOGETHER = 32
CHECK_EVERY_SECONDS = 2.0
CHECK_SECONDS = 2.5
_FIRST_PAUSE_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 5.0
_LATER_SECONDS = 30.0
_PROBLEMS = ("store-unreachable", "store-wrong")


class Sealed(Protocol):
    """The spool, as far as uploading needs it."""

    def sealed(self) -> list[Segment]: ...
    async def wait_sealed(self) -> None: ...
    def lend(self, segment: Segment) -> AbstractContextManager[Path]: ...
    async def forget(self, segment: Segment) -> None: ...
    async def set_aside(self, segment: Segment) -> None: ...


class Keeper(Protocol):
    """The archive, as far as uploading needs it."""

    async def check(self) -> None: ...
    async def commit(self, segment: Segment, path: Path) -> None: ...
    async def commit_all(self, sealed: Sequence[tuple[Segment, Path]]) -> None: ...


class Losses(Protocol):
    """The book of gaps, as far as uploading needs it."""

    def missing(self, stream_id: int, span: TimeRange, cause: Cause, detail: str = "") -> None: ...
    def stored(self, stream_id: int, span: TimeRange) -> None: ...


class Uploader:
    """`index_answers`: returns when the index does, else raises; tells whose fault an outage is."""

    def __init__(
        self,
        spool: Sealed,
        archive: Keeper,
        index_answers: Callable[[], Awaitable[object]],
        node: NodeState,
        clock: Clock,
        losses: Losses,
    ) -> None:
        self._spool, self._archive, self._index_answers = spool, archive, index_answers
        self._node, self._clock, self._losses = node, clock, losses
        self._later: dict[str, float] = {}

    async def run(self) -> None:
        """Upload until cancelled. A commit that is under way then is done again at the next start,
        which is safe."""
        pause = _FIRST_PAUSE_SECONDS
        while True:
            waiting = self._due()
            if not waiting and self._later:
                await self._clock.sleep(_FIRST_PAUSE_SECONDS)
            elif not waiting:
                await self._spool.wait_sealed()
            elif await self._commit_all(waiting[:MOST_TOGETHER]):
                pause = _FIRST_PAUSE_SECONDS
            else:
                await self._clock.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)

    async def drain(self, seconds: float) -> None:
        """At the end: what is sealed goes into the archive, as far as that takes no longer."""
        try:
            async with asyncio.timeout(seconds):
                while (waiting := self._due()[:MOST_TOGETHER]) and await self._commit_all(waiting):
                    for one in waiting:  # who took the stream over may have taken it for lost
                        self._losses.stored(one.stream_id, one.range)
        except TimeoutError:
            log.info("%d segments stay in the spool until the next start", len(self._due()))

    async def watch(self) -> None:
        """Until cancelled, look every few seconds whether store and index answer, so that an outage
        shows before the next segment is due."""
        while True:
            await self._check()
            await self._clock.sleep(CHECK_EVERY_SECONDS)

    async def _commit_all(self, segments: list[Segment]) -> bool:
        """Whether any of them left the spool or was refused for good. If others did, the fault is
        its own: one that stays does not hold up what comes behind it."""
        if len(segments) > 1 and await self._commit_together(segments):
            return True
        segments = segments[:AT_ONCE]
        done = await together(self._commit(segment) for segment in segments)
        if any(done):
            again = self._clock.monotonic() + _LATER_SECONDS
            left = (one for one, gone in zip(segments, done, strict=True) if not gone)
            self._later |= {one.key: again for one in left}
        return any(done)

    async def _commit_together(self, segments: list[Segment]) -> bool:
        """Whether all of them are in the archive now, and out of the spool."""
        with ExitStack() as lent:
            sealed = []
            for segment in segments:
                with suppress(NotFound):  # dropped meanwhile, and said so
                    sealed.append((segment, lent.enter_context(self._spool.lend(segment))))
            try:
                await self._archive.commit_all(sealed)
            except VmsError:
                return False
        for segment, _ in sealed:
            metrics.ARCHIVED.inc()
            await self._spool.forget(segment)
        return True

    def _due(self) -> list[Segment]:
        """What waits, oldest first, less what is to be tried again later."""
        if not self._later:
            return self._spool.sealed()
        now, sealed = self._clock.monotonic(), self._spool.sealed()
        known = {one.key for one in sealed}
        self._later = {key: at for key, at in self._later.items() if at > now and key in known}
        return [one for one in sealed if one.key not in self._later]

    async def _commit(self, segment: Segment) -> bool:
        try:
            with self._spool.lend(segment) as path:
                error = await self._offer(segment, path)
        except NotFound:
            return True  # dropped meanwhile, and said so
        if isinstance(error, Unavailable | WrongStore | Exhausted):
            await self._tell(error)
            return False
        if error is not None:
            return await self._refuse(segment, error)
        metrics.ARCHIVED.inc()
        await self._spool.forget(segment)
        return True

    async def _offer(self, segment: Segment, path: Path) -> VmsError | None:
        """Why the archive did not take it; None: it did."""
        try:
            await self._archive.commit(segment, path)
        except Corrupt as error:
            if await asyncio.to_thread(_is_sound, path, segment):
                return Unavailable(f"the store does not keep what it is given: {error.message}")
            return error
        except VmsError as error:
            return error
        return None

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

    async def _refuse(self, segment: Segment, error: VmsError) -> bool:
        """Whether it is out of the way."""
        try:
            await self._spool.set_aside(segment)
        except VmsError as failure:
            log.error("segment %s cannot be set aside: %s", segment.key, failure)
            return False
        metrics.REFUSED.inc()
        log.error("segment %s is set aside in the spool: %s", segment.key, error)
        cause = Cause.CLOCK_STEP if isinstance(error, Conflict) else Cause.DISK_FAULT
        words = f"the archive refused what was recorded: {error.message}"
        self._losses.missing(segment.stream_id, segment.range, cause, words)
        return True


def _is_sound(path: Path, segment: Segment) -> bool:
    """Whether the file holds what was recorded. Blocking."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest() == segment.sha256
    except OSError:
        return False
