"""Stand-ins for what the recorder records to: index, spool, archive, a camera told what to send."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from recorder.errors import CameraError
from recorder.steps import AppendFragment, Step
from vms.core.errors import NotFound, Unavailable, VmsError
from vms.core.media.access_unit import AccessUnit
from vms.core.model import Gap, Segment
from vms.core.runs import ClockMapping, Noticed
from vms.core.walltime import TimeRange, WallTime, merge


@dataclass
class FakeGaps:
    """An index's gaps, with its rules for opening and closing. `away`: it cannot be reached."""

    rows: list[Gap] = field(default_factory=list)
    away: bool = False

    async def open(self, gap: Gap) -> None:
        self._answer()
        before = await self.opened(gap.stream_id)
        if before is not None and before.cause == gap.cause:
            return
        if before is not None:
            await self.close(gap.stream_id, gap.start)
        self.rows.append(gap)

    async def close(self, stream_id: int, end: WallTime) -> None:
        self._answer()
        before = await self.opened(stream_id)
        if before is not None:
            self.rows.remove(before)
            if end > before.start:
                closed = Gap(stream_id, before.start, end, before.cause, before.detail)
                self.rows.append(closed)

    async def renew(self, stream_id: int, now: WallTime) -> None:
        self._answer()
        lasting = await self.opened(stream_id)
        if lasting is None or lasting.start >= now:
            return
        before = [
            one
            for one in self.rows
            if (one.stream_id, one.end, one.cause) == (stream_id, lasting.start, lasting.cause)
        ]
        start = before[0].start if before else lasting.start
        self.rows = [one for one in self.rows if one not in (lasting, *before)]
        self.rows += [replace(lasting, start=start, end=now), replace(lasting, start=now)]

    async def opened(self, stream_id: int) -> Gap | None:
        self._answer()
        mine = (gap for gap in self.rows if gap.stream_id == stream_id)
        return next((gap for gap in mine if gap.end is None), None)

    async def add(self, gap: Gap) -> None:
        self._answer()
        same = [
            one for one in self.rows if (one.stream_id, one.start) == (gap.stream_id, gap.start)
        ]
        if not same or (same[0].end or gap.start) < (gap.end or gap.start):
            self.rows = [one for one in self.rows if one not in same] + [gap]

    async def between(self, stream_id: int, span: TimeRange) -> list[Gap]:
        self._answer()
        found = [
            one
            for one in self.rows
            if one.stream_id == stream_id
            and one.start < span.end
            and (one.end is None or one.end > span.start)
        ]
        return sorted(found, key=lambda one: one.start)

    def _answer(self) -> None:
        if self.away:
            raise Unavailable("the index is away")


@dataclass
class FakeSegments:
    newest: Segment | None = None
    covered: list[TimeRange] = field(default_factory=list)

    async def last(self, stream_id: int) -> Segment | None:
        return self.newest

    async def coverage(self, stream_id: int, span: TimeRange) -> list[TimeRange]:
        newest = [self.newest.range] if self.newest is not None else []
        cut = (one.intersection(span) for one in merge([*self.covered, *newest]))
        return [one for one in cut if one is not None]


@dataclass
class FakeIndex:
    """As much of an index as notes about gaps need."""

    gaps: FakeGaps = field(default_factory=FakeGaps)
    segments: FakeSegments = field(default_factory=FakeSegments)


@dataclass
class FakeSpool:
    """Takes steps at once. `error` set: refuses them with it, those of `fails_only` if that is set.
    `segments` wait to be uploaded."""

    steps: list[Step] = field(default_factory=list)
    error: VmsError | None = None
    fails_only: type | None = None
    segments: list[Segment] = field(default_factory=list)
    aside: list[Segment] = field(default_factory=list)
    folder: Path = Path()
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def write(self, step: Step) -> asyncio.Future[Segment | None]:
        done: asyncio.Future[Segment | None] = asyncio.get_running_loop().create_future()
        spared = self.fails_only is not None and not isinstance(step, self.fails_only)
        if self.error is None or spared:
            self.steps.append(step)
            done.set_result(None)
        else:
            done.set_exception(self.error)
        return done

    @property
    def fragments(self) -> list[AppendFragment]:
        return [step for step in self.steps if isinstance(step, AppendFragment)]

    def sealed(self) -> list[Segment]:
        return list(self.segments)

    async def wait_sealed(self) -> None:
        await self.news.wait()
        self.news.clear()

    @contextmanager
    def lend(self, segment: Segment) -> Iterator[Path]:
        if segment not in self.segments:
            raise NotFound("dropped")
        yield self.folder / segment.key

    async def forget(self, segment: Segment) -> None:
        self.segments.remove(segment)

    async def set_aside(self, segment: Segment) -> None:
        self.segments.remove(segment)
        self.aside.append(segment)


@dataclass
class FakeKeeper:
    """An archive that keeps, or fails with what is in `errors` by key (or for all, by "")."""

    kept: list[Segment] = field(default_factory=list)
    errors: dict[str, VmsError] = field(default_factory=dict)
    checks: int = 0

    async def check(self) -> None:
        self.checks += 1
        if "" in self.errors:
            raise self.errors[""]

    async def commit_all(self, sealed: Sequence[tuple[Segment, Path]]) -> None:
        keys = {"", *(segment.key for segment, _ in sealed)}
        for key in sorted(keys & self.errors.keys()):
            raise self.errors[key]
        self.kept += [segment for segment, _ in sealed]

    async def commit(self, segment: Segment, path: Path) -> None:
        error = self.errors.get("") or self.errors.get(segment.key)
        if error is not None:
            raise error
        self.kept.append(segment)


@dataclass
class FakeRun:
    """Gives the batches it is sent; an error sent ends it."""

    incoming: asyncio.Queue[list[AccessUnit] | CameraError] = field(default_factory=asyncio.Queue)
    camera_offset: int | None = None
    remark: str = ""
    bytes_read: int = 0
    lost: int = 0
    mapping: ClockMapping = field(default_factory=ClockMapping)
    steps: list[Noticed] = field(default_factory=list)

    def take_steps(self) -> list[Noticed]:
        steps, self.steps = self.steps, []
        return steps

    async def __aiter__(self) -> AsyncIterator[list[AccessUnit]]:
        while True:
            batch = await self.incoming.get()
            if isinstance(batch, CameraError):
                raise batch
            yield batch

    async def each(self, take: Callable[[list[AccessUnit]], None]) -> None:
        async for batch in self:
            take(batch)


@dataclass
class FakeSource:
    """Each opening takes the next of `attempts`: a run, or the error of a failed one."""

    attempts: list[FakeRun | CameraError]
    opened: int = 0

    @asynccontextmanager
    async def open(self, not_before: WallTime | None = None) -> AsyncIterator[FakeRun]:
        attempt = self.attempts[min(self.opened, len(self.attempts) - 1)]
        self.opened += 1
        if isinstance(attempt, CameraError):
            raise attempt
        yield attempt
