"""What the index locks, a store with object lock holds too; and it is let go with the last lock."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from minio.error import S3Error

from storage.archive import Archive
from storage.holding import Holding
from storage.index import Index, NewCamera, NewLock, NewStream
from storage.objects import ObjectStore, open_store
from storage.retention.sweep import sweep
from tests.fakes.segments import NINE, content, segment, spooled
from tests.servers.s3 import S3Server, open_bucket
from vms.core.model import Stream, StreamRole
from vms.core.promises import Lock, LockSpan
from vms.core.walltime import DAY, MINUTE, SECOND, TimeRange, WallTime

NOW = WallTime(NINE + DAY)
LATE = WallTime(NINE + 99 * DAY)


@dataclass
class Site:
    """Five minutes of one camera."""

    index: Index
    store: ObjectStore
    stream: Stream
    server: S3Server
    bucket: str

    def key(self, number: int) -> str:
        return segment(self.stream, number).key

    async def lock(self, start: float, end: float) -> Lock:
        """Seconds after nine."""
        span = TimeRange(
            WallTime(NINE + round(start * SECOND)), WallTime(NINE + round(end * SECOND))
        )
        spans = (LockSpan(self.stream.camera_id, span),)
        return await self.index.locks.add(NewLock("LP/12", "a collision", spans, "ratna"), NOW)

    async def release(self, lock: Lock) -> None:
        await self.index.locks.ask_release(lock.id, "ratna", "closed", NOW)
        await self.index.locks.confirm_release(lock.id, "budi", NOW)

    def held(self) -> list[int]:
        """The numbers of what the server refuses to delete to whoever may do everything there."""
        client, kept = self.server.client(), []
        for number in range(5):
            try:
                version = client.stat_object(self.bucket, self.key(number)).version_id
                client.remove_object(self.bucket, self.key(number), version_id=version)
            except S3Error as error:
                kept += [number] if error.code == "AccessDenied" else []
        return kept


@pytest.fixture
async def site(
    sqlite_index: Index, s3_server: S3Server, locking_bucket: str, tmp_path: Path
) -> AsyncIterator[Site]:
    async with open_bucket(s3_server, locking_bucket) as store:
        stream = await recorded(sqlite_index, store, tmp_path)
        yield Site(sqlite_index, store, stream, s3_server, locking_bucket)


async def recorded(index: Index, store: ObjectStore, folder: Path) -> Stream:
    new = NewCamera("Gate", streams=(NewStream(StreamRole.MAIN, "rtsp://gate/1"),))
    stream = (await index.cameras.add(new)).streams[0]
    for number in range(5):
        await Archive(index, store).commit(segment(stream, number), spooled(folder, number))
    return stream


async def test_every_segment_a_lock_touches_is_held_and_no_other(site: Site) -> None:
    await site.lock(70, 130)
    await site.lock(125, 128)
    holding = Holding(site.index, {0: site.store})
    assert await holding.hold(NOW) == 3
    assert await holding.hold(NOW) == 0
    assert site.held() == [1, 2]


async def test_what_is_archived_later_into_a_locked_time_is_held_then(
    site: Site, tmp_path: Path
) -> None:
    await site.lock(200, 400)
    holding = Holding(site.index, {0: site.store})
    assert await holding.hold(NOW) == 2
    late = segment(site.stream, 6)
    await Archive(site.index, site.store).commit(late, spooled(tmp_path, 6))
    assert await holding.hold(NOW) == 1


async def test_a_hold_is_lifted_with_the_last_lock_when_retention_deletes(site: Site) -> None:
    first, second = await site.lock(0, 100), await site.lock(0, 10)
    await Holding(site.index, {0: site.store}).hold(NOW)
    await site.release(first)
    await sweep(site.index, site.store, now=LATE, site_days=30)
    assert [await site.store.size(site.key(n)) for n in range(5)] == [1000, *[None] * 4]
    await site.release(second)
    await sweep(site.index, site.store, now=LATE, site_days=30)
    assert await site.store.size(site.key(0)) is None
    assert await site.index.garbage.list(1) == []


async def test_a_segment_that_became_garbage_though_it_is_locked_is_still_held(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    """As a fault in taking would leave it: the row is lost, the object is not."""
    outlines = await site.index.segments.oldest(site.stream.id, 2)
    await site.store.hold([site.key(0)])
    await site.index.garbage.take(site.stream.id, outlines, why="a fault", now=NOW)
    await site.lock(0, 10)
    await sweep(site.index, site.store, now=NOW, site_days=30)
    assert await site.store.read(site.key(0), 0, 1000) == content(0)
    assert await site.store.size(site.key(1)) is None
    assert [each.key for each in await site.index.garbage.list(9)] == [site.key(0)]
    assert "locked and yet garbage" in caplog.text


async def test_an_object_that_is_gone_does_not_keep_the_others_from_being_held(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    await site.store.delete([site.key(1)])
    await site.lock(0, 300)
    await Holding(site.index, {0: site.store}).hold(NOW)
    assert "whose object is gone" in caplog.text
    assert site.held() == [0, 2, 3, 4]


async def test_a_store_that_cannot_hold_is_left_alone(sqlite_index: Index, tmp_path: Path) -> None:
    async with open_store(f"file://{tmp_path / 'store'}", create=True) as store:
        stream = await recorded(sqlite_index, store, tmp_path)
        span = LockSpan(stream.camera_id, TimeRange(NINE, WallTime(NINE + 5 * MINUTE)))
        await sqlite_index.locks.add(NewLock("LP/12", "why", (span,), "ratna"), NOW)
        assert await Holding(sqlite_index, {0: store}).hold(NOW) == 0
