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

from recorder.metrics import DROPPED, GAPS, JOURNAL_DROPPED
from storage.index import Index
from vms.core.clock import Clock
from vms.core.errors import NotFound, Unavailable, VmsError
from vms.core.model import Cause, Gap, Segment
from vms.core.nodestate import NodeState
from vms.core.walltime import DAY, TimeRange, WallTime, without

log = logging.getLogger(__name__)

MOST_NOTES = 10_000
AUDIT_MICROS = DAY
"""How far back a start looks for time without segment and without gap: notes die with a crash."""
_FIRST_PAUSE_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 5.0

_UNKNOWN = "the reason was lost when the recorder stopped"

Note = Callable[[], Awaitable[None]]


class GapBook:
    """`lost` and `back` are plain calls; they never fail and never wait."""

    def __init__(self, index: Index, node: NodeState, clock: Clock) -> None:
        self._index, self._node, self._clock = index, node, clock
        self._notes: deque[Note] = deque()
        self._noted = asyncio.Event()
        self._writing: Note | None = None
        self._dropped = 0
        self._elsewhere: set[int] = set()

    def hand_over(self, stream_id: int) -> None:
        """Another recorder has this stream from now on: whether a gap lasts is his to say."""
        self._elsewhere.add(stream_id)

    def take_over(self, stream_id: int) -> None:
        """This stream is ours (again)."""
        self._elsewhere.discard(stream_id)

    @property
    def waiting(self) -> int:
        return len(self._notes) + (self._writing is not None)

    def lost(self, stream_id: int, start: WallTime, cause: Cause, detail: str = "") -> None:
        """From `start` on there is no video. A gap of the same cause that lasts goes on."""
        GAPS.labels(cause).inc()
        gap = Gap(stream_id, start, None, cause, detail[:500])
        self._add_own(stream_id, lambda: self._index.gaps.open(gap))

    def back(self, stream_id: int, end: WallTime) -> None:
        """There is video again, from `end` on."""
        self._add_own(stream_id, lambda: self._index.gaps.close(stream_id, end))

    def missing(self, stream_id: int, span: TimeRange, cause: Cause, detail: str = "") -> None:
        """What of `span` the archive does not hold is lost: a gap that is over. One of the same
        cause that ends where this begins is made longer."""
        GAPS.labels(cause).inc()
        gap = Gap(stream_id, span.start, span.end, cause, detail[:500])
        self._add(lambda: self._missing(gap, span))

    def dropped(self, segment: Segment) -> None:
        """A sealed segment had to make room for a camera of higher priority."""
        DROPPED.inc()
        log.warning("segment %s is dropped: the spool is full", segment.key)
        words = "dropped for cameras of higher priority: the spool was full"
        self.missing(segment.stream_id, segment.range, Cause.SPOOL_FULL, words)

    def resume(self, stream_id: int, held: Sequence[TimeRange], now: WallTime) -> None:
        """The recorder starts on this stream; `held`: what of it is on disk here and maybe not in
        the index yet. Since what is recorded ends, it was off.

        A gap that already lasts stays. One that ended while nobody could note it ends where what is
        recorded begins; time of the last day that is neither recorded nor explained gets a gap. A
        stream that has nothing yet is connecting from now.
        """
        self._add_own(stream_id, lambda: self._resume(stream_id, held, now))

    def stored(self, stream_id: int, span: TimeRange) -> None:
        """This was taken for lost and is in the archive now, whoever has the stream."""
        self._add(lambda: self._index.gaps.cut(stream_id, span))

    def renew(self, stream_id: int, now: WallTime) -> None:
        """The gap that lasts is known to have lasted till now."""
        self._add_own(stream_id, lambda: self._index.gaps.renew(stream_id, now))

    def unwanted(self, stream_id: int, now: WallTime) -> None:
        """The stream is only watched from now on. If it ever was recorded, that is a gap that
        somebody wanted; one that never was has none."""
        self._add_own(stream_id, lambda: self._unwanted(stream_id, now))

    def lay_out(self, stream_id: int, parts: Callable[[Gap], Sequence[Gap]]) -> None:
        """The gap that lasts becomes several, oldest first, the last of which lasts on. The first
        begins where it does."""
        self._add_own(stream_id, lambda: self._lay_out(stream_id, parts))

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

    async def _resume(self, stream_id: int, held: Sequence[TimeRange], now: WallTime) -> None:
        last = await self._index.segments.last(stream_id)
        recorded = [*held, *([last.range] if last is not None else [])]
        if not recorded:
            if await self._index.gaps.opened(stream_id) is None:
                await self._index.gaps.open(Gap(stream_id, now, None, Cause.CONNECTING))
            return
        until = max(one.end for one in recorded)
        await self._end_overtaken(stream_id, held, until)
        await self._audit(stream_id, held, until)
        if until < now:
            await self._begin_off(stream_id, until)

    async def _end_overtaken(
        self, stream_id: int, held: Sequence[TimeRange], until: WallTime
    ) -> None:
        """A gap that lasts though there are recordings behind its start ended there."""
        lasting = await self._index.gaps.opened(stream_id)
        if lasting is None or lasting.start >= until:
            return
        behind = TimeRange(lasting.start, until)
        kept = await self._index.segments.coverage(stream_id, behind)
        starts = [one.start for one in (*kept, *held) if one.end > lasting.start]
        if starts:
            await self._index.gaps.close(stream_id, max(min(starts), lasting.start))

    async def _audit(self, stream_id: int, held: Sequence[TimeRange], until: WallTime) -> None:
        """Give time before `until` that is neither recorded nor in a gap one of its own."""
        span = TimeRange(WallTime(until - AUDIT_MICROS), until)
        kept = [*await self._index.segments.coverage(stream_id, span), *held]
        told = await self._index.gaps.between(stream_id, span)
        known = [*kept, *(TimeRange(one.start, one.end or until) for one in told)]
        began = min((one.start for one in known), default=until)
        if began < until:
            for hole in without(TimeRange(began, until), known):
                gap = Gap(stream_id, hole.start, hole.end, Cause.RECORDER_OFF, _UNKNOWN)
                await self._index.gaps.add(gap)

    async def _begin_off(self, stream_id: int, until: WallTime) -> None:
        """Off since `until`, or since the last gap behind it ended."""
        if await self._index.gaps.opened(stream_id) is not None:
            return
        behind = TimeRange(until, WallTime(until + AUDIT_MICROS))
        told = await self._index.gaps.between(stream_id, behind)
        ends = [one.end for one in told if one.end is not None]
        start = max(ends, default=until)
        await self._index.gaps.open(Gap(stream_id, start, None, Cause.RECORDER_OFF))

    async def _unwanted(self, stream_id: int, now: WallTime) -> None:
        lasting = await self._index.gaps.opened(stream_id)
        if lasting is not None or await self._index.segments.last(stream_id) is not None:
            await self._index.gaps.open(Gap(stream_id, now, None, Cause.DISABLED))

    async def _lay_out(self, stream_id: int, parts: Callable[[Gap], Sequence[Gap]]) -> None:
        lasting = await self._index.gaps.opened(stream_id)
        for gap in parts(lasting) if lasting is not None else ():
            await self._index.gaps.open(gap)

    async def _missing(self, gap: Gap, span: TimeRange) -> None:
        kept = await self._index.segments.coverage(gap.stream_id, span)
        for hole in without(span, kept):
            start = await self._begun(gap, hole.start)
            await self._index.gaps.add(replace(gap, start=start, end=hole.end))

    async def _begun(self, gap: Gap, start: WallTime) -> WallTime:
        """Where a gap of this cause begins that reaches up to `start`; else `start`."""
        before = TimeRange(WallTime(start - 1), start)
        found = await self._index.gaps.between(gap.stream_id, before)
        same = (one.start for one in found if one.cause is gap.cause and one.end == start)
        return next(same, start)

    def _add_own(self, stream_id: int, note: Note) -> None:
        if stream_id not in self._elsewhere:
            self._add(note)

    def _add(self, note: Note) -> None:
        if len(self._notes) >= MOST_NOTES:
            self._notes.popleft()
            self._dropped += 1
            JOURNAL_DROPPED.inc()
            if self._dropped % 1000 == 1:
                log.warning("notes about gaps are being lost: the index is away for too long")
        self._notes.append(note)
        self._noted.set()
