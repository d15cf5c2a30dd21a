"""What only a directory does as a store."""

from __future__ import annotations

import errno
import hashlib
import os
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage.objects import MARKER, ObjectStore, WrongStore, files, open_store
from tests.fakes.segments import content
from vms.core.errors import Corrupt, Exhausted, Invalid, Unavailable

KEY = "1/2/2026-11-23/0.mp4"
MEMORY = Path("/dev/shm")
"""On every Linux, and never the filesystem of temporary directories."""
SHA256 = hashlib.sha256(content(0)).digest()


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    path = tmp_path / "spool.mp4"
    path.write_bytes(content(0))
    return path


@pytest.fixture
async def root(tmp_path: Path) -> Path:
    return tmp_path / "archive of the city"


@pytest.fixture
async def store(root: Path) -> AsyncIterator[ObjectStore]:
    async with open_store(f"file://{root}", create=True) as opened:
        await opened.mark("this-store")
        yield opened


async def test_the_spool_file_becomes_the_object(
    store: ObjectStore, root: Path, spool: Path
) -> None:
    number = spool.stat().st_ino
    await store.put(KEY, spool, SHA256)
    assert not spool.exists()
    assert (root / KEY).stat().st_ino == number


async def test_from_another_filesystem_it_is_copied_and_checked(
    store: ObjectStore, root: Path
) -> None:
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        far = Path(folder) / "spool.mp4"
        assert far.parent.stat().st_dev != root.stat().st_dev
        far.write_bytes(content(0))
        await store.put(KEY, far, SHA256)
        assert await store.read(KEY, 0, 1000) == content(0)
        far.write_bytes(content(1))
        with pytest.raises(Corrupt):
            await store.put("1/2/2026-11-23/1.mp4", far, SHA256)
    assert [path.name for path in (root / KEY).parent.iterdir()] == ["0.mp4"]


async def test_days_that_are_empty_go_with_their_last_object(
    store: ObjectStore, root: Path, spool: Path
) -> None:
    await store.put(KEY, spool, SHA256)
    await store.delete([KEY])
    assert [path.name for path in root.iterdir()] == [MARKER]


async def test_without_its_disk_it_takes_gives_and_deletes_nothing(
    store: ObjectStore, root: Path, spool: Path
) -> None:
    await store.put(KEY, spool, SHA256)
    root.rename(root.with_name("unplugged"))
    with pytest.raises(Unavailable):
        await store.check()
    root.mkdir()  # the empty mount point
    spool.write_bytes(content(0))
    for refused in (
        store.put(KEY, spool, SHA256),
        store.delete([KEY]),
        store.read(KEY, 0, 1),
        store.size(KEY),
    ):
        with pytest.raises(WrongStore, match="disk mounted"):
            await refused
    assert spool.exists()
    assert list(root.iterdir()) == []


def test_a_full_disk_is_told_apart_from_a_broken_one(tmp_path: Path) -> None:
    for number, kind in {errno.ENOSPC: Exhausted, errno.EIO: Unavailable}.items():
        with pytest.raises(kind), files.translated(tmp_path):
            raise OSError(number, os.strerror(number))


async def test_a_path_that_is_not_absolute_is_refused() -> None:
    with pytest.raises(Invalid):
        async with open_store("file:archive"):
            pass


async def test_a_store_without_create_is_not_made(root: Path) -> None:
    async with open_store(f"file://{root}") as opened:
        with pytest.raises(Unavailable):
            await opened.check()
    assert not root.exists()
