"""A spool whose recorder is dead: told, read and emptied by a neighbour, given back when wanted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from recorder.config import RecordConfig
from recorder.fleet.late import Late
from recorder.fleet.leftovers import Leftovers
from recorder.fleet.ownspool import own_spool
from recorder.fleet.session import Session, own_name
from recorder.gapbook import GapBook
from recorder.segmenter import Segmenter
from recorder.spool import Spool, open_spool
from recorder.uploader import Uploader
from storage.archive import Archive
from tests.fakes.recordings import steps_of
from tests.fakes.units import pictures
from tests.integration.recorders import Site, open_site, until
from vms.core.beside import beside
from vms.core.bus import Payload
from vms.core.clock import SystemClock
from vms.core.errors import Conflict, Unavailable
from vms.core.model import Camera, Cause, Gap, Segment
from vms.core.nodestate import NodeState
from vms.core.walltime import DAY, TimeRange, WallTime

LARGE = 1 << 30


class Quick(SystemClock):
    """Pauses take a fortieth of their time."""

    async def sleep(self, seconds: float) -> None:
        await super().sleep(seconds / 40)


class Shut(Archive):
    """An archive whose store is away."""

    async def commit(self, segment: Segment, path: Path) -> None:
        raise Unavailable("the store is away")

    async def commit_all(self, sealed: Sequence[tuple[Segment, Path]]) -> None:
        raise Unavailable("the store is away")


async def leave(folder: Path, camera: Camera) -> list[Segment]:
    """What a recorder named dead-… leaves in its spool: twelve seconds of a camera."""
    async with open_spool(folder, max_bytes=LARGE) as spool:
        own_name("dead", folder)
        segmenter = Segmenter(camera.id, camera.streams[0].id, segment_seconds=5)
        for step in steps_of(pictures(12), segmenter):
            await spool.write(step)
        return spool.sealed()


@asynccontextmanager
async def neighbour(
    site: Site, archive: Archive, look: Callable[[], list[Path]]
) -> AsyncIterator[Session]:
    """A recorder that looks after leftovers, as far as that goes."""
    clock = Quick()
    node = NodeState("record", "living", site.bus, clock)
    book = GapBook(site.index, node, clock)
    session = Session("living", 0, site.bus, node, clock)

    def uploader_of(spool: Spool, found: Iterable[Segment]) -> Uploader:
        late = Late(archive, book, found)
        return Uploader(spool, late, lambda: site.index.facts.get("ping"), node, clock, book)

    leftovers = Leftovers(look, uploader_of, session, site.bus, clock, LARGE)
    async with beside(session.run()), beside(book.run()), beside(leftovers.run()):
        yield session


async def tail_of_the_dead(site: Site, name: str, stream_id: int) -> list[Payload]:
    request: Payload = {"stream_id": stream_id}
    while True:
        try:
            answer = await site.bus.request(f"record.tail.{name}", request)
        except Unavailable:
            await asyncio.sleep(0.02)
        else:
            segments = answer["segments"]
            assert isinstance(segments, list)
            return segments


async def test_it_goes_into_the_archive_and_is_no_gap_any_more(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site:
        camera = await site.add_camera("rtsp://127.0.0.1/x")
        stream = camera.streams[0].id
        left = await leave(tmp_path / "dead", camera)
        first, last = left[0].range.start, left[-1].range.end
        await site.index.gaps.open(Gap(stream, first, None, Cause.RECORDER_OFF))
        async with neighbour(site, site.archive, lambda: [tmp_path / "dead"]):
            span = TimeRange(WallTime(first - DAY), WallTime(last + DAY))
            async with asyncio.timeout(30):
                while await site.archive.gaps(stream, span) != [
                    Gap(stream, last, None, Cause.RECORDER_OFF)
                ]:
                    await asyncio.sleep(0.05)
            kept = await site.archive.segments(stream, span)
            assert [one.sha256 for one in kept] == [one.sha256 for one in left]
            await until(lambda: not list((tmp_path / "dead").glob("*/*.mp4")))


async def test_while_the_store_is_away_it_is_read_and_its_owner_has_it_when_he_comes(
    tmp_path: Path,
) -> None:
    async with open_site(tmp_path) as site:
        camera = await site.add_camera("rtsp://127.0.0.1/x")
        left = await leave(tmp_path / "dead", camera)
        name = own_name("dead", tmp_path / "dead")
        shut = Shut(site.index, site.archive._store)
        async with neighbour(site, shut, lambda: [tmp_path / "dead"]) as session:
            async with asyncio.timeout(30):
                told = await tail_of_the_dead(site, name, camera.streams[0].id)
            assert [one["start"] for one in told] == [one.range.start for one in left]
            await until(lambda: name in session.answering)

            config = RecordConfig(tmp_path / "dead", "dead", fsync=False)
            async with own_spool(config, SystemClock()) as spool:
                assert len(await spool.recover()) == len(left)
                await until(lambda: name not in session.answering)


async def test_a_second_recorder_by_mistake_is_told_so(tmp_path: Path) -> None:
    config = RecordConfig(tmp_path, "here", fsync=False)
    async with own_spool(config, Quick()):
        with pytest.raises(Conflict):
            async with own_spool(config, _Hasty()):
                pass


class _Hasty(SystemClock):
    """Patience ends at once."""

    def __init__(self) -> None:
        self._asked = 0.0

    def monotonic(self) -> float:
        self._asked += 10.0
        return self._asked

    async def sleep(self, seconds: float) -> None:
        await super().sleep(0)
