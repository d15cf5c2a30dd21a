"""Archives with real segments in them: segmenter, spool and archive as the recorder joins them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from recorder.segmenter import Segmenter
from recorder.spool import open_spool
from storage.archive import Archive
from storage.index import Index, NewCamera, NewStream
from storage.index.census import Entry
from storage.objects import ObjectStore
from tests.fakes.recordings import steps_of
from tests.fakes.units import START, pictures
from vms.core.media.access_unit import AccessUnit
from vms.core.model import Camera, Segment, Stream, StreamRole
from vms.core.walltime import DAY, TimeRange, WallTime

SEGMENT_SECONDS = 5.0
ALWAYS = TimeRange(WallTime(START - DAY), WallTime(START + 400 * DAY))


@dataclass(frozen=True, slots=True)
class Vault:
    """An index and a store that belong together, and a folder for a spool."""

    index: Index
    store: ObjectStore
    folder: Path

    async def add_camera(self, name: str, *roles: StreamRole) -> Camera:
        wanted = roles or (StreamRole.MAIN,)
        streams = tuple(NewStream(role, f"rtsp://{name}/{role}") for role in wanted)
        return await self.index.cameras.add(NewCamera(name, streams=streams))

    async def record(
        self, stream: Stream, *runs: Iterable[AccessUnit], after: int = 0
    ) -> list[Segment]:
        """Each run recorded, sealed and committed; the chain goes from one to the next."""
        archive = Archive(self.index, self.store)
        async with open_spool(self.folder / f"spool-{stream.id}", max_bytes=1 << 30) as spool:
            for units in runs:
                segmenter = Segmenter(
                    stream.camera_id, stream.id, segment_seconds=SEGMENT_SECONDS, after=after
                )
                for step in steps_of(units, segmenter):
                    await spool.write(step)
            sealed = spool.sealed()
            for segment in sealed:
                with spool.lend(segment) as path:
                    await archive.commit(segment, path)
                await spool.forget(segment)
        return sealed


def seconds(start: int, end: int) -> list[AccessUnit]:
    """Pictures of one run, from `start` to `end` seconds after the usual time."""
    return [unit for unit in pictures(end, size=60) if unit.pts >= start * 90_000]


async def rows(index: Index, *stream_ids: int) -> list[Segment]:
    """Everything in the archive of these streams, whole."""
    found = []
    for stream_id in stream_ids or await index.census.streams():
        found += await index.segments.between(stream_id, ALWAYS)
    return found


async def entries(index: Index, stream_id: int) -> Sequence[Entry]:
    return await index.census.of_stream(stream_id, WallTime(-1))
