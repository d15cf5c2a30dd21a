"""Object lock and versions of an S3 bucket that has them."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage.objects import Held, ObjectStore, open_store
from tests.fakes.segments import content
from tests.servers.s3 import S3Server, open_bucket
from vms.core.errors import NotFound

KEYS = [f"1/2/2026-11-23/{number}.mp4" for number in range(5)]


@pytest.fixture
async def store(
    s3_server: S3Server, locking_bucket: str, tmp_path: Path
) -> AsyncIterator[ObjectStore]:
    """With five objects."""
    async with open_bucket(s3_server, locking_bucket) as opened:
        await opened.mark("this-store")
        for number, key in enumerate(KEYS):
            await put(opened, key, tmp_path, number)
        yield opened


async def put(store: ObjectStore, key: str, folder: Path, number: int) -> None:
    (folder / "spool").write_bytes(content(number))
    await store.put(key, folder / "spool", hashlib.sha256(content(number)).digest())


async def sizes(store: ObjectStore) -> list[int | None]:
    return [await store.size(key) for key in KEYS]


def versions(server: S3Server, bucket: str) -> list[str]:
    """Of every object, markers of deletion included."""
    found = server.client().list_objects(bucket, recursive=True, include_version=True)
    return [str(each.object_name) for each in found]


async def test_what_is_held_stays_and_the_rest_of_the_call_goes(store: ObjectStore) -> None:
    assert await store.holds()
    await store.hold(KEYS[1:3])
    await store.hold(KEYS[1:3])
    with pytest.raises(Held) as refused:
        await store.delete(KEYS)
    assert refused.value.keys == {KEYS[1], KEYS[2]}
    assert await sizes(store) == [None, 1000, 1000, None, None]


async def test_what_is_released_can_be_deleted(store: ObjectStore) -> None:
    await store.hold(KEYS)
    await store.release([*KEYS, "1/2/2026-11-23/never-was.mp4"])
    await store.release(KEYS)
    await store.delete(KEYS)
    assert await sizes(store) == [None] * 5


async def test_only_what_is_there_can_be_held_and_all_of_that_is(store: ObjectStore) -> None:
    with pytest.raises(NotFound):
        await store.hold(["1/2/2026-11-23/-never-was.mp4", *KEYS])
    with pytest.raises(Held) as refused:
        await store.delete(KEYS)
    assert refused.value.keys == set(KEYS)


async def test_deleting_leaves_no_version_and_no_marker_of_deletion(
    store: ObjectStore, s3_server: S3Server, locking_bucket: str, tmp_path: Path
) -> None:
    await put(store, KEYS[0], tmp_path, 0)
    s3_server.client().remove_object(locking_bucket, KEYS[1])
    there = versions(s3_server, locking_bucket)
    assert (there.count(KEYS[0]), there.count(KEYS[1])) == (2, 2)
    await store.delete([KEYS[4], KEYS[0], KEYS[1]])
    assert versions(s3_server, locking_bucket) == [*KEYS[2:4], "matakota-store.json"]


async def test_writing_over_a_held_object_does_not_take_it_away(
    store: ObjectStore, s3_server: S3Server, locking_bucket: str, tmp_path: Path
) -> None:
    await store.hold([KEYS[0]])
    await put(store, KEYS[0], tmp_path, 7)
    with pytest.raises(Held):
        await store.delete([KEYS[0]])
    assert versions(s3_server, locking_bucket).count(KEYS[0]) == 1
    assert await store.read(KEYS[0], 0, 1000) == content(0)


async def test_a_bucket_that_is_made_gets_object_lock(s3_server: S3Server) -> None:
    url = s3_server.url("made-with-lock")
    keys = {"access_key": s3_server.access_key, "secret_key": s3_server.secret_key}
    async with open_store(url, create=True, **keys) as store:
        assert await store.holds()
