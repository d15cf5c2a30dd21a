"""The archive over every pair of index and store."""

from __future__ import annotations

import errno
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from storage.archive import Archive
from storage.index import Index, NewCamera, NewStream
from storage.objects import ObjectStore, Room, WrongStore, open_store
from storage.objects.blocks import blocks
from tests.fakes.segments import NINE, content, segment, spooled
from vms.core.errors import Conflict, Corrupt, NotFound, Unavailable
from vms.core.model import Cause, Gap, Stream, StreamRole
from vms.core.walltime import MINUTE, TimeRange, WallTime

HOUR = TimeRange(NINE, WallTime(NINE + 60 * MINUTE))


async def one_stream(index: Index) -> Stream:
    streams = (NewStream(StreamRole.MAIN, "rtsp://gate/1"),)
    return (await index.cameras.add(NewCamera("Gate", streams=streams))).streams[0]


@pytest.fixture
async def stream(index: Index) -> Stream:
    return await one_stream(index)


@pytest.fixture
async def archive(index: Index, store: ObjectStore) -> Archive:
    return Archive(index, store)


async def test_what_was_committed_is_found_and_read(
    archive: Archive, stream: Stream, tmp_path: Path
) -> None:
    for number in range(3):
        await archive.commit(segment(stream, number), spooled(tmp_path, number))
    found = await archive.segments(stream.id, HOUR)
    assert found == [segment(stream, number) for number in range(3)]
    assert [await archive.read(each, 0, each.size) for each in found] == [
        content(number) for number in range(3)
    ]
    assert await archive.read(found[1], 10, 20) == content(1)[10:30]
    assert await archive.last(stream.id) == found[2]
    assert await archive.following(stream.id, WallTime(NINE + MINUTE)) == found[1]
    assert await archive.coverage(stream.id, HOUR) == [TimeRange(NINE, WallTime(NINE + 3 * MINUTE))]


async def test_many_committed_together_are_there_and_again_is_no_difference(
    archive: Archive, index: Index, stream: Stream, tmp_path: Path
) -> None:
    other = await one_stream(index)
    await archive.commit(segment(stream, 0), spooled(tmp_path, 0))
    sealed = [(segment(stream, number), spooled(tmp_path, number)) for number in range(6)]
    (tmp_path / "other").mkdir()
    sealed += [(segment(other, 0), spooled(tmp_path / "other", 0))]
    for _ in range(2):
        await archive.commit_all(sealed)
    assert await archive.segments(stream.id, HOUR) == [each for each, _ in sealed[:6]]
    found = await archive.segments(other.id, HOUR)
    assert found == [segment(other, 0)]
    assert await archive.read(found[0], 0, found[0].size) == content(0)


async def test_of_many_together_none_gets_a_row_when_one_is_in_conflict(
    archive: Archive, store: ObjectStore, stream: Stream, tmp_path: Path
) -> None:
    first = segment(stream, 0)
    await archive.commit(first, spooled(tmp_path, 0))
    late = replace(first, epoch=first.epoch + 1024)
    sealed = [(segment(stream, 1), spooled(tmp_path, 1)), (late, spooled(tmp_path, 2))]
    with pytest.raises(Conflict):
        await archive.commit_all(sealed)
    assert await archive.segments(stream.id, HOUR) == [first]
    assert await store.size(late.key) is None
    await archive.commit(*sealed[0])
    assert await archive.segments(stream.id, HOUR) == [first, segment(stream, 1)]


async def test_committing_twice_is_committing_once(
    archive: Archive, stream: Stream, tmp_path: Path
) -> None:
    path = spooled(tmp_path, 0)
    for _ in range(2):
        await archive.commit(segment(stream, 0), path)
    assert await archive.segments(stream.id, HOUR) == [segment(stream, 0)]


async def test_a_crash_between_object_and_row_is_repaired_by_committing_again(
    archive: Archive, store: ObjectStore, stream: Stream, tmp_path: Path
) -> None:
    await archive.check()
    path, given = spooled(tmp_path, 0), segment(stream, 0)
    await store.put(given.key, path, given.sha256)
    await archive.commit(given, path)
    assert await archive.read(given, 0, given.size) == content(0)


async def test_a_file_of_another_size_gets_no_row(
    archive: Archive, stream: Stream, tmp_path: Path
) -> None:
    wrong = replace(segment(stream, 0), size=999)
    with pytest.raises(Corrupt):
        await archive.commit(wrong, spooled(tmp_path, 0))
    assert await archive.segments(stream.id, HOUR) == []


async def test_a_segment_over_another_leaves_its_file_and_no_object(
    archive: Archive, store: ObjectStore, stream: Stream, tmp_path: Path
) -> None:
    await archive.commit(segment(stream, 0), spooled(tmp_path, 0))
    other, path = segment(stream, 1, at=30), spooled(tmp_path, 1)
    with pytest.raises(Conflict):
        await archive.commit(other, path)
    assert path.exists()
    assert await store.size(other.key) is None


async def test_a_lost_file_is_not_found(archive: Archive, stream: Stream, tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        await archive.commit(segment(stream, 0), tmp_path / "gone.mp4")


async def test_gaps_are_read_through_the_archive(
    archive: Archive, index: Index, stream: Stream
) -> None:
    gap = Gap(stream.id, NINE, None, Cause.UNREACHABLE)
    await index.gaps.open(gap)
    assert await archive.gaps(stream.id, HOUR) == [gap]


async def test_a_new_index_and_a_new_store_are_joined_once(
    archive: Archive, index: Index, store: ObjectStore
) -> None:
    await archive.check()
    store_id = await store.identity()
    assert store_id == await index.facts.get("store")
    await archive.check()
    assert await store.identity() == store_id


async def test_another_store_is_refused_in_words(
    archive: Archive, index: Index, stream: Stream, tmp_path: Path
) -> None:
    await archive.commit(segment(stream, 0), spooled(tmp_path, 0))
    async with open_store(f"file://{tmp_path / 'other'}", create=True) as other:
        with pytest.raises(WrongStore, match="no marker though the index knows segments"):
            await Archive(index, other).check()
        await other.mark("somebody else's")
        path = spooled(tmp_path, 1)
        for refused in (
            Archive(index, other).check(),
            Archive(index, other).commit(segment(stream, 1), path),
        ):
            with pytest.raises(WrongStore, match="belongs to another index"):
                await refused
        assert path.exists()


async def test_a_new_index_does_not_take_the_store_of_another(
    archive: Archive, index: Index, store: ObjectStore
) -> None:
    await archive.check()
    await index.facts.remove("store")
    with pytest.raises(WrongStore, match="archive of another index"):
        await archive.check()


@dataclass
class Failing:
    """A store whose next call of the method named fails; the rest goes to `real`."""

    real: ObjectStore
    fails: str = ""

    def _fail(self, name: str) -> None:
        if self.fails == name:
            raise Unavailable("the store cannot be reached", cause=os.strerror(errno.EHOSTDOWN))

    async def check(self) -> None:
        self._fail("check")
        await self.real.check()

    async def identity(self) -> str | None:
        self._fail("identity")
        return await self.real.identity()

    async def mark(self, store_id: str) -> None:
        self._fail("mark")
        await self.real.mark(store_id)

    async def put(self, key: str, path: Path, sha256: bytes) -> None:
        self._fail("put")
        await self.real.put(key, path, sha256)

    async def size(self, key: str) -> int | None:
        self._fail("size")
        return await self.real.size(key)

    async def read(self, key: str, offset: int, size: int) -> bytes:
        self._fail("read")
        return await self.real.read(key, offset, size)

    def open_read(self, key: str, offset: int = 0) -> AsyncIterator[bytes]:
        return blocks(self, key, offset)

    async def holds(self) -> bool:
        return await self.real.holds()

    async def room(self) -> Room | None:
        return await self.real.room()


@pytest.mark.parametrize("fails", ["check", "identity", "mark", "put", "size"])
async def test_a_commit_that_failed_at_any_step_succeeds_when_the_store_is_back(
    sqlite_index: Index, tmp_path: Path, fails: str
) -> None:
    stream, path = await one_stream(sqlite_index), spooled(tmp_path, 0)
    async with open_store(f"file://{tmp_path / 'store'}", create=True) as real:
        store = Failing(real, fails)
        archive = Archive(sqlite_index, store)
        with pytest.raises(Unavailable):
            await archive.commit(segment(stream, 0), path)
        assert await archive.segments(stream.id, HOUR) == []
        store.fails = ""
        await archive.commit(segment(stream, 0), path)
        assert await archive.read(segment(stream, 0), 0, 1000) == content(0)
