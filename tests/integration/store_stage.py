"""A recorder as far as it concerns a store: sealed files, the real uploader, the real archive."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from recorder.uploader import Uploader
from storage.archive import Archive
from storage.index import Index
from storage.objects import RecordStore
from tests.fakes.bus import FakeBus
from tests.fakes.clock import HandClock
from tests.fakes.segments import NINE, content, segment
from vms.core.beside import beside
from vms.core.model import Cause, Segment, Stream
from vms.core.nodestate import NodeState, Problem
from vms.core.walltime import TimeRange, WallTime

COUNT = 3
SIZE = 200_000
EVER = TimeRange(WallTime(0), WallTime(1 << 60))


def body(number: int) -> bytes:
    return content(number, SIZE)


@dataclass
class Waiting:
    """What is sealed and not archived, in real files."""

    folder: Path
    segments: dict[str, Segment] = field(default_factory=dict)
    aside: list[Segment] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def add(self, sealed: Segment) -> None:
        self._path(sealed).write_bytes(body(sealed.sequence))
        self.segments[sealed.key] = sealed
        self.news.set()

    def sealed(self) -> list[Segment]:
        return list(self.segments.values())

    async def wait_sealed(self) -> None:
        await self.news.wait()
        self.news.clear()

    @contextmanager
    def lend(self, sealed: Segment) -> Iterator[Path]:
        """A second name, as the spool gives: a store may rename that one."""
        path = self._path(sealed)
        out = path.with_suffix(".out")
        out.unlink(missing_ok=True)
        os.link(path, out)
        yield out

    async def forget(self, sealed: Segment) -> None:
        del self.segments[sealed.key]

    async def set_aside(self, sealed: Segment) -> None:
        self.aside.append(self.segments.pop(sealed.key))

    def _path(self, sealed: Segment) -> Path:
        return self.folder / f"{sealed.sequence}.mp4"


class NoLosses:
    """A book of gaps in which nothing may be written."""

    def stored(self, stream_id: int, span: TimeRange) -> None:
        """Nothing was noted that this could mend."""

    def missing(self, stream_id: int, span: TimeRange, cause: Cause, detail: str = "") -> None:
        raise AssertionError(f"{span} was given up: {detail}")


class Recorder:
    """As far as it concerns a store. `clock`: of the pauses between two tries."""

    def __init__(self, index: Index, store: RecordStore, stream: Stream, folder: Path) -> None:
        self.archive, self.stream, self.clock = Archive(index, store), stream, HandClock(wall=NINE)
        self.spool = Waiting(folder)
        self.node = NodeState("record", "here", FakeBus(), self.clock)
        self.uploader = Uploader(
            self.spool, self.archive, index.segments.any, self.node, self.clock, NoLosses()
        )

    @asynccontextmanager
    async def uploading(self) -> AsyncIterator[None]:
        async with beside(self.uploader.run(), self.uploader.watch()):
            yield

    def record(self, first: int) -> None:
        for number in range(first, first + COUNT):
            self.spool.add(segment(self.stream, number, body=body(number)))

    async def until(self, reached: Callable[[], bool]) -> None:
        """Let seconds pass until it is so; threads, proxies and servers get real time."""
        async with asyncio.timeout(30):
            while not reached():
                await self.clock.advance(1)
                await asyncio.sleep(0.02)

    @property
    def problems(self) -> list[Problem]:
        return list(self.node.problems)

    def alarmed(self, code: str, words: str) -> bool:
        return any(each.code == code and words in each.detail for each in self.problems)

    async def archived(self) -> list[int]:
        """The numbers of what has a row; its object gives back what was recorded."""
        rows = await self.archive.segments(self.stream.id, EVER)
        for each in rows:
            assert await self.archive.read(each, 0, each.size) == body(each.sequence)
        return [each.sequence for each in rows]

    async def lives_through(
        self, begin: Callable[[], object], end: Callable[[], object], code: str, words: str
    ) -> None:
        """Record, let the fault begin, record more, let it end."""
        async with self.uploading():
            self.record(0)
            await self.until(lambda: not self.spool.segments and not self.problems)
            begin()
            self.record(COUNT)
            await self.until(lambda: self.alarmed(code, words))
            assert len(self.spool.segments) == COUNT
            end()
            await self.until(lambda: not self.spool.segments and not self.problems)
        assert self.spool.aside == []
        assert await self.archived() == list(range(2 * COUNT))
