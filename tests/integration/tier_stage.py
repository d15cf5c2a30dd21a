"""A site with two stores and five minutes of one stream, to be moved."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from storage.archive import Archive
from storage.index import Index, NewCamera, NewStream
from storage.moving import COLD, ColdTier, MoveConfig, Mover
from storage.objects import ObjectStore
from storage.retention.sweep import sweep
from tests.fakes.segments import NINE, content, segment, spooled
from vms.core.model import Stream, StreamRole
from vms.core.walltime import DAY, MINUTE, TimeRange, WallTime

EVER = TimeRange(WallTime(0), WallTime(1 << 60))
MINUTES = 5


def after(days: int, minutes: int = 0) -> WallTime:
    """That long after nine o'clock, when the first segment began."""
    return WallTime(NINE + days * DAY + minutes * MINUTE)


@dataclass
class Site:
    """Five minutes of one stream, all in the first store."""

    index: Index
    hot: ObjectStore
    cold: ObjectStore
    stream: Stream
    folder: Path

    @property
    def archive(self) -> Archive:
        return Archive(self.index, self.hot, self.cold)

    def mover(self, *, hot: ObjectStore | None = None, cold: ObjectStore | None = None) -> Mover:
        config = MoveConfig(after_days=7, folder=self.folder / "moving", interval_seconds=60)
        return Mover(self.index, hot or self.hot, ColdTier(cold or self.cold, config))

    async def sweep(self, now: WallTime, cold: ObjectStore | None = None) -> None:
        stores = {COLD: cold or self.cold}
        await sweep(self.index, self.hot, now=now, site_days=30, tiers=stores)

    async def lies(self) -> list[str]:
        """Of each segment, where its object is: h, c, both or none."""
        places = []
        for number in range(MINUTES):
            key = segment(self.stream, number).key
            sizes = {"h": await self.hot.size(key), "c": await self.cold.size(key)}
            places.append("".join(name for name, size in sizes.items() if size is not None))
        return places

    async def reads(self) -> bool:
        """Whether every segment of the index gives back its bytes."""
        found = await self.archive.segments(self.stream.id, EVER)
        return [content(each.sequence) for each in found] == [
            await self.archive.read(each, 0, each.size) for each in found
        ]


async def recorded(index: Index, hot: ObjectStore, folder: Path) -> Stream:
    new = NewCamera("Gate", streams=(NewStream(StreamRole.MAIN, "rtsp://gate/1"),))
    stream = (await index.cameras.add(new)).streams[0]
    archive = Archive(index, hot)
    for number in range(MINUTES):
        await archive.commit(segment(stream, number), spooled(folder, number))
    return stream
