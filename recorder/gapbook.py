"""Notes for the index about gaps, written when the index can be reached, in order.

The recorder never waits for the index: notes queue here, at most MOST_NOTES; when full the oldest
is let go and counted. `run` is a task of `recorder.fleet`.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from recorder.metrics import GAPS, JOURNAL_DROPPED
from storage.index import Index
from vms.core.clock import Clock
from vms.core.errors import NotFound, Unavailable, VmsError
from vms.core.model import Cause, Gap
from vms.core.nodestate import NodeState
from vms.core.walltime import WallTime

log = logging.getLogger(__name__)

MOST_NOTES = 10_000
_FIRST_PAUSE_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 5.0

Note = Callable[[], Awaitable[None]]


class GapBook:
    """`lost` and `back` are plain calls; they never fail and never wait."""

    def __init__(self, index: Index, node: NodeState, clock: Clock) -> None:
        self._index, self._node, self._clock = index, node, clock
        self._notes: deque[Note] = deque()
        self._noted = asyncio.Event()
        self._writing: Note | None = None
        self._dropped = 0

    @property
    def waiting(self) -> int:
        return len(self._notes) + (self._writing is not None)

    def lost(self, stream_id: int, start: WallTime, cause: Cause, detail: str = "") -> None:
        """From `start` on there is no video. A gap of the same cause that lasts goes on."""
        GAPS.labels(cause).inc()
        gap = Gap(stream_id, start, None, cause, detail[:500])
        self._add(lambda: self._index.gaps.open(gap))

    def back(self, stream_id: int, end: WallTime) -> None:
        """There is video again, from `end` on."""
        self._add(lambda: self._index.gaps.close(stream_id, end))

    def resume(self, stream_id: int, recorded_until: WallTime | None, now: WallTime) -> None:
        """The recorder starts on this stream: since what is recorded ends, it was off.

        A gap that already lasts stays. A stream that has nothing yet is connecting from now.
        """
        self._add(lambda: self._resume(stream_id, recorded_until, now))

    def renew(self, stream_id: int, now: WallTime) -> None:
        """The gap that lasts goes on as another one: it is known to have lasted till now."""
        self._add(lambda: self._renew(stream_id, now))

    def lay_out(self, stream_id: int, parts: Callable[[Gap], Sequence[Gap]]) -> None:
        """The gap that lasts becomes several, oldest first, the last of which lasts on. The first
        begins where it does."""
        self._add(lambda: self._lay_out(stream_id, parts))

    async def run(self) -> None:
        """Write notes until cancelled."""
        while True:
            if not self.waiting:
                self._noted.clear()
                await self._noted.wait()
            await self._write_next()

    async def drain(self, seconds: float) -> None:
        """At the end: write what waits, but no longer than this."""
        try:
            async with asyncio.timeout(seconds):
                while self.waiting:
                    await self._write_next()
        except TimeoutError:
            log.warning("%d notes about gaps could not be written: index away", self.waiting)

    async def _write_next(self) -> None:
        """The oldest note; cancelled in the middle, it is written again by the next call."""
        if self._writing is None:
            self._writing = self._notes.popleft()
        await self._write(self._writing)
        self._writing = None

    async def _write(self, note: Note) -> None:
        """Once written, or refused for good; tries again while the index is away."""
        pause = _FIRST_PAUSE_SECONDS
        while True:
            try:
                await note()
                self._node.clear("index-unreachable")
                return
            except Unavailable as error:
                self._node.problem("index-unreachable", error.message)
            except NotFound:
                return  # the camera was removed meanwhile
            except VmsError as error:
                log.error("a gap cannot be recorded: %s", error)
                return
            await self._clock.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)

    async def _resume(self, stream_id: int, recorded_until: WallTime | None, now: WallTime) -> None:
        if await self._index.gaps.opened(stream_id) is not None:
            return
        last = await self._index.segments.last(stream_id)
        ends = [recorded_until] if recorded_until is not None else []
        ends += [last.range.end] if last is not None else []
        start, cause = (max(ends), Cause.RECORDER_OFF) if ends else (now, Cause.CONNECTING)
        if start < now or not ends:
            await self._index.gaps.open(Gap(stream_id, start, None, cause))

    async def _renew(self, stream_id: int, now: WallTime) -> None:
        lasting = await self._index.gaps.opened(stream_id)
        if lasting is not None and lasting.start < now:
            await self._index.gaps.close(stream_id, now)
            await self._index.gaps.open(replace(lasting, start=now))

    async def _lay_out(self, stream_id: int, parts: Callable[[Gap], Sequence[Gap]]) -> None:
        lasting = await self._index.gaps.opened(stream_id)
        for gap in parts(lasting) if lasting is not None else ():
            await self._index.gaps.open(gap)

    def _add(self, note: Note) -> None:
        if len(self._notes) >= MOST_NOTES:
            self._notes.popleft()
            self._dropped += 1
            JOURNAL_DROPPED.inc()
            if self._dropped % 1000 == 1:
                log.warning("notes about gaps are being lost: the index is away for too long")
        self._notes.append(note)
        self._noted.set()
