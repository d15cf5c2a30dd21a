"""Credentials per role: what each identity of docker-compose.yml may do, as SeaweedFS enforces it.

The store a recorder opens has no method to delete; and when its key is used by other means, the
server refuses.
"""

from __future__ import annotations

import hashlib
from functools import partial
from pathlib import Path

import pytest
import urllib3
from minio import Minio
from minio.deleteobjects import DeleteObject
from minio.error import S3Error

from storage.objects import open_record_store, open_store
from tests.fakes.segments import content
from tests.servers.s3 import S3Server, open_bucket, role_keys
from vms.core.errors import Unavailable

KEY = "1/2/2026-11-23/0.mp4"
SHA256 = hashlib.sha256(content(0)).digest()


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    path = tmp_path / "spool.mp4"
    path.write_bytes(content(0))
    return path


def client_of(server: S3Server, role: str) -> Minio:
    """Whoever stole the role's key."""
    access, secret = role_keys(role)
    return Minio(
        server.endpoint.removeprefix("http://"),
        access_key=access.reveal(),
        secret_key=secret.reveal(),
        secure=False,
        region="us-east-1",
        http_client=urllib3.PoolManager(timeout=10, retries=False),
    )


@pytest.mark.parametrize("locking", [False, True])
async def test_a_recorder_writes_and_reads(s3_server: S3Server, spool: Path, locking: bool) -> None:
    url = s3_server.url(s3_server.new_bucket(locking=locking))
    access, secret = role_keys("vms-record")
    async with open_record_store(url, access_key=access, secret_key=secret) as store:
        await store.check()
        await store.mark("this-store")
        await store.put(KEY, spool, SHA256)
        assert await store.identity() == "this-store"
        assert await store.size(KEY) == 1000
        assert await store.read(KEY, 10, 20) == content(0)[10:30]
        assert not hasattr(store, "delete")


@pytest.mark.parametrize("role", ["vms-record", "vms-read"])
@pytest.mark.parametrize("locking", [False, True])
async def test_the_server_itself_lets_neither_recorder_nor_reader_delete(
    s3_server: S3Server, spool: Path, role: str, locking: bool
) -> None:
    bucket = s3_server.new_bucket(locking=locking)
    async with open_bucket(s3_server, bucket) as store:
        await store.put(KEY, spool, SHA256)
        version = s3_server.client().stat_object(bucket, KEY).version_id
        thief = client_of(s3_server, role)
        for refused in (
            partial(thief.remove_object, bucket, KEY),
            partial(thief.remove_object, bucket, KEY, version_id=version),
            partial(thief.remove_bucket, bucket),
        ):
            with pytest.raises(S3Error, match="AccessDenied"):
                refused()
        for wanted in (DeleteObject(KEY), DeleteObject(KEY, version)):
            assert [e.code for e in thief.remove_objects(bucket, [wanted])] == ["AccessDenied"]
        assert await store.read(KEY, 0, 1000) == content(0)


async def test_a_recorder_cannot_lift_a_hold(
    s3_server: S3Server, locking_bucket: str, spool: Path
) -> None:
    async with open_bucket(s3_server, locking_bucket) as store:
        await store.put(KEY, spool, SHA256)
        await store.hold([KEY])
        with pytest.raises(S3Error, match="AccessDenied"):
            client_of(s3_server, "vms-record").disable_object_legal_hold(locking_bucket, KEY)


async def test_a_reader_may_ask_whether_the_store_holds(
    s3_server: S3Server, s3_bucket: str, locking_bucket: str
) -> None:
    access, secret = role_keys("vms-read")
    for bucket, holds in {s3_bucket: False, locking_bucket: True}.items():
        url = s3_server.url(bucket)
        async with open_record_store(url, access_key=access, secret_key=secret) as store:
            assert await store.holds() is holds


async def test_a_reader_cannot_write(s3_server: S3Server, s3_bucket: str, spool: Path) -> None:
    access, secret = role_keys("vms-read")
    url = s3_server.url(s3_bucket)
    async with open_record_store(url, access_key=access, secret_key=secret) as store:
        for refused in (store.put(KEY, spool, SHA256), store.mark("mine")):
            with pytest.raises(Unavailable, match="refuses our access key"):
                await refused
    assert spool.exists()


async def test_a_whole_store_with_the_recorders_key_is_told_that_it_may_not_delete(
    s3_server: S3Server, locking_bucket: str, spool: Path
) -> None:
    access, secret = role_keys("vms-record")
    url = s3_server.url(locking_bucket)
    async with open_store(url, access_key=access, secret_key=secret) as store:
        await store.put(KEY, spool, SHA256)
        with pytest.raises(Unavailable, match="refuses our access key"):
            await store.delete([KEY])
        assert await store.size(KEY) == 1000
