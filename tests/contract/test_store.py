"""Object stores: one suite on the directory, on S3, and on S3 with object lock."""

from __future__ import annotations

import asyncio
import hashlib
import time
from pathlib import Path

import pytest

from storage.objects import MARKER, ObjectStore, WrongStore
from storage.objects.blocks import blocks, digest
from tests.fakes.segments import content
from vms.core.errors import Conflict, Corrupt, Invalid, NotFound
from vms.core.walltime import SECOND

MORE_THAN_A_PAGE = 1010
SHA256_OF_X = hashlib.sha256(b"x").digest()
KEY = "1/2/2026-11-23/1795424400000000-1795424400000000-0.mp4"


@pytest.fixture
async def marked(store: ObjectStore) -> ObjectStore:
    await store.mark("this-store")
    return store


def file(folder: Path, body: bytes) -> tuple[Path, bytes]:
    path = folder / "spool.mp4"
    path.write_bytes(body)
    return path, hashlib.sha256(body).digest()


async def test_any_range_of_an_object_can_be_read(marked: ObjectStore, tmp_path: Path) -> None:
    body = content(0, 300_000)
    await marked.put(KEY, *file(tmp_path, body))
    assert await marked.size(KEY) == len(body)
    for offset, size in ((0, len(body)), (0, 1), (len(body) - 1, 1), (1000, 200_000), (5, 0)):
        assert await marked.read(KEY, offset, size) == body[offset : offset + size]


async def test_a_range_beyond_the_end_is_corrupt(marked: ObjectStore, tmp_path: Path) -> None:
    await marked.put(KEY, *file(tmp_path, content(0)))
    for offset, size in ((0, 1001), (999, 2), (1000, 1), (5000, 10)):
        with pytest.raises(Corrupt):
            await marked.read(KEY, offset, size)
    with pytest.raises(Invalid):
        await marked.read(KEY, -1, 10)


async def test_an_object_that_is_not_there_is_not_found(marked: ObjectStore) -> None:
    assert await marked.size(KEY) is None
    with pytest.raises(NotFound):
        await marked.read(KEY, 0, 1)


async def test_putting_twice_is_putting_once(marked: ObjectStore, tmp_path: Path) -> None:
    path, sha256 = file(tmp_path, content(0))
    await marked.put(KEY, path, sha256)
    await marked.put(KEY, path, sha256)
    path.unlink(missing_ok=True)
    await marked.put(KEY, path, sha256)
    assert await marked.read(KEY, 0, 1000) == content(0)


async def test_neither_file_nor_object_is_not_found(marked: ObjectStore, tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        await marked.put(KEY, tmp_path / "gone.mp4", bytes(32))


async def test_a_gone_file_whose_object_is_another_is_corrupt(
    marked: ObjectStore, tmp_path: Path
) -> None:
    await marked.put(KEY, *file(tmp_path, content(0)))
    with pytest.raises(Corrupt):
        await marked.put(KEY, tmp_path / "gone.mp4", bytes(32))


async def test_what_is_deleted_is_gone_and_may_be_deleted_again(
    marked: ObjectStore, tmp_path: Path
) -> None:
    keys = [f"1/2/2026-11-23/{number}.mp4" for number in range(3)]
    for key in keys:
        await marked.put(key, *file(tmp_path, content(0)))
    await marked.delete(keys[:2])
    await marked.delete(keys[:2])
    await marked.delete([])
    assert [await marked.size(key) for key in keys] == [None, None, 1000]


@pytest.mark.parametrize(
    "key", ["", "/etc/passwd", "../x", "1/../../x", "1//2", "1/./2", "a b", "x\\y", "1/ü", "1/\0"]
)
async def test_a_key_that_is_not_ours_is_refused(
    marked: ObjectStore, tmp_path: Path, key: str
) -> None:
    with pytest.raises(Invalid):
        await marked.put(key, *file(tmp_path, b"x"))
    with pytest.raises(Invalid):
        await marked.read(key, 0, 1)
    with pytest.raises(Invalid):
        await marked.delete([key])


async def test_a_store_is_marked_once(store: ObjectStore) -> None:
    await store.check()
    assert await store.identity() is None
    await store.mark("this-store")
    assert await store.identity() == "this-store"
    with pytest.raises(Conflict):
        await store.mark("another")
    assert await store.identity() == "this-store"


async def test_a_marker_that_cannot_be_read_is_corrupt(marked: ObjectStore, tmp_path: Path) -> None:
    await marked.put(MARKER, *file(tmp_path, b"not json"))
    with pytest.raises(Corrupt):
        await marked.identity()


async def test_an_object_is_read_block_after_block(marked: ObjectStore, tmp_path: Path) -> None:
    body = content(0, 300_000)
    await marked.put(KEY, *file(tmp_path, body))
    for offset in (0, 100_001, len(body)):
        read = [block async for block in blocks(marked, KEY, offset, block=100_000)]
        assert b"".join(read) == body[offset:]
        assert all(0 < len(block) <= 100_000 for block in read)
        assert b"".join([block async for block in marked.open_read(KEY, offset)]) == body[offset:]
    assert await digest(marked, KEY) == hashlib.sha256(body).digest()
    with pytest.raises(NotFound):
        await anext(marked.open_read("1/2/2026-11-23/none.mp4"))


async def test_what_lies_there_is_listed_by_prefix_and_the_marker_is_not(
    marked: ObjectStore, tmp_path: Path
) -> None:
    keys = [
        f"{camera}/2/2026-11-{day}/{n}.mp4"
        for camera in (1, 10)
        for day in (23, 24)
        for n in (0, 1)
    ]
    for number, key in enumerate(keys):
        await marked.put(key, *file(tmp_path, content(0, 100 + number)))
    for prefix, found in {
        "": keys,
        "1/": keys[:4],
        "1": keys,
        "10/2/2026-11-24/": keys[6:],
        "1/2/2026-11-2": keys[:4],
        "1/2/2026-11-24/1": keys[3:4],
        "7/": [],
        "1/2/2026-11-25/": [],
    }.items():
        listed = [each async for each in marked.keys(prefix)]
        assert sorted(each.key for each in listed) == sorted(found)
        assert {each.key: each.size for each in listed} == {
            key: 100 + keys.index(key) for key in found
        }
    now = time.time() * SECOND
    ages = [now - each.changed async for each in marked.keys("")]
    assert max(map(abs, ages)) < 300 * SECOND


async def test_more_than_a_page_is_listed_and_deleted(marked: ObjectStore, tmp_path: Path) -> None:
    """S3 lists and deletes at most a thousand in one request."""
    keys = [f"1/2/2026-11-23/{1000 + number}.mp4" for number in range(MORE_THAN_A_PAGE)]
    async with asyncio.TaskGroup() as tasks:
        for key in keys:
            (tmp_path / key.replace("/", "-")).write_bytes(b"x")
            tasks.create_task(marked.put(key, tmp_path / key.replace("/", "-"), SHA256_OF_X))
    assert [each.key async for each in marked.keys("1/2/")] == keys
    await marked.delete(keys[5:])
    assert [each.key async for each in marked.keys("")] == keys[:5]


async def test_a_store_without_its_marker_lists_nothing(store: ObjectStore) -> None:
    with pytest.raises(WrongStore):
        await anext(store.keys())


async def test_a_store_tells_whether_it_holds_and_refuses_to_when_it_does_not(
    marked: ObjectStore, tmp_path: Path
) -> None:
    if await marked.holds():
        return
    await marked.put(KEY, *file(tmp_path, content(0)))
    for refused in (marked.hold([KEY]), marked.release([KEY])):
        with pytest.raises(Invalid, match="no object lock"):
            await refused
