"""A whole recorder on SQLite and a directory store, in this process or in one of its own.

python -m tests.integration.recorders FOLDER [SEGMENT_SECONDS]

records what FOLDER's index lists, until killed.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from recorder.config import RecordConfig
from recorder.fleet import record
from storage.archive import Archive
from storage.index import Index, migrate, open_index
from storage.index.values import NewCamera, NewStream
from storage.objects import open_store
from tests.fakes.bus import FakeBus
from vms.core.beside import beside
from vms.core.bus import Payload
from vms.core.clock import SystemClock
from vms.core.model import Camera, StreamRole
from vms.core.secret import Secret

KEY = bytes(range(32))
PATIENCE_SECONDS = 40.0

_T = TypeVar("_T")


@dataclass
class Site:
    """What a recorder needs, and what it has done."""

    folder: Path
    index: Index
    archive: Archive
    bus: FakeBus = field(default_factory=FakeBus)
    clock: SystemClock = field(default_factory=SystemClock)
    segment_seconds: float = 4.0
    spool_max_bytes: int = 1 << 34

    @property
    def config(self) -> RecordConfig:
        return RecordConfig(
            self.folder / "spool",
            "here",
            spool_max_bytes=self.spool_max_bytes,
            segment_seconds=self.segment_seconds,
            fsync=False,
        )

    async def add_camera(self, url: str, user: str = "", password: str = "") -> Camera:
        stream = NewStream(StreamRole.MAIN, url, user, Secret(password) if password else None)
        return await self.index.cameras.add(NewCamera("gate", streams=(stream,)))

    @asynccontextmanager
    async def recording(self) -> AsyncIterator[None]:
        async with beside(record(self.config, self.index, self.archive, self.bus, self.clock)):
            yield

    def states(self, stream_id: int) -> list[Payload]:
        """What was told of a stream, oldest first."""
        subject = f"stream.state.{stream_id}"
        return [payload for name, payload in self.bus.published if name == subject]

    async def until_state(self, stream_id: int, **wanted: object) -> Payload:
        """Wait until the stream's newest state has these values."""

        def told() -> Payload | None:
            newest = self.states(stream_id)[-1:] or [{}]
            fits = all(newest[0].get(name) == value for name, value in wanted.items())
            return newest[0] if fits else None

        return await until(told)


async def until(wanted: Callable[[], _T | None], seconds: float = PATIENCE_SECONDS) -> _T:
    """Wait for a true value of `wanted`, looking often, not long."""
    async with asyncio.timeout(seconds):
        while not (value := wanted()):
            await asyncio.sleep(0.05)
    return value


@asynccontextmanager
async def open_site(folder: Path, *, migrated: bool = False) -> AsyncIterator[Site]:
    url = f"sqlite:///{folder / 'index.db'}"
    if not migrated:
        await migrate(url)
    async with (
        open_index(url, key=KEY) as index,
        open_store(f"file://{folder / 'store'}", create=True) as store,
    ):
        yield Site(folder, index, Archive(index, store))


async def _main(folder: Path, segment_seconds: float) -> None:
    async with open_site(folder) as site:
        site.segment_seconds = segment_seconds
        await record(site.config, site.index, site.archive, site.bus, site.clock)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    asyncio.run(_main(Path(sys.argv[1]), float((*sys.argv, "4")[2])))
