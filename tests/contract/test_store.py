"""Object stores: one suite on the directory and on S3."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from storage.objects import MARKER, ObjectStore
from tests.fakes.segments import content
from vms.core.errors import Conflict, Corrupt, Invalid, NotFound

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
