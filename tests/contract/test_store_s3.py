"""What only S3 does as a store."""

from __future__ import annotations

import hashlib
import logging
import tracemalloc
from functools import partial
from pathlib import Path

import pytest

from storage.objects import WrongStore, open_store
from tests.fakes.segments import content
from tests.servers.s3 import S3Server, open_bucket
from vms.core.errors import Corrupt, Invalid, Unavailable
from vms.core.secret import Secret

KEY = "1/2/2026-11-23/0.mp4"
SHA256 = hashlib.sha256(content(0)).digest()


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    path = tmp_path / "spool.mp4"
    path.write_bytes(content(0))
    return path


async def test_the_hash_lies_beside_the_object_and_the_file_stays(
    s3_server: S3Server, s3_bucket: str, spool: Path
) -> None:
    async with open_bucket(s3_server, s3_bucket) as store:
        await store.put(KEY, spool, SHA256)
    found = s3_server.client().stat_object(s3_bucket, KEY)
    assert found.metadata is not None
    assert found.metadata["x-amz-meta-sha256"] == SHA256.hex()
    assert spool.exists()


async def test_a_file_that_is_not_of_its_hash_is_not_sent(
    s3_server: S3Server, s3_bucket: str, spool: Path
) -> None:
    async with open_bucket(s3_server, s3_bucket) as store:
        with pytest.raises(Corrupt):
            await store.put(KEY, spool, bytes(32))
        assert await store.size(KEY) is None


async def test_an_object_of_twenty_megabytes_is_one_put(
    s3_server: S3Server, s3_bucket: str, tmp_path: Path
) -> None:
    body = content(0, 20_000_000)
    path = tmp_path / "large.mp4"
    path.write_bytes(body)
    async with open_bucket(s3_server, s3_bucket) as store:
        await store.put(KEY, path, hashlib.sha256(body).digest())
        assert await store.read(KEY, 19_999_000, 1000) == body[-1000:]
    etag = s3_server.client().stat_object(s3_bucket, KEY).etag
    assert etag == hashlib.md5(body, usedforsecurity=False).hexdigest()


async def test_a_large_file_that_is_not_of_its_hash_is_cut_off_before_it_is_stored(
    s3_server: S3Server, s3_bucket: str, tmp_path: Path
) -> None:
    path = tmp_path / "large.mp4"
    path.write_bytes(content(0, 20_000_000))
    async with open_bucket(s3_server, s3_bucket) as store:
        with pytest.raises(Corrupt, match="not what was written"):
            await store.put(KEY, path, SHA256)
        assert await store.size(KEY) is None


async def test_a_large_file_goes_up_in_little_memory(
    s3_server: S3Server, s3_bucket: str, tmp_path: Path
) -> None:
    body = content(0, 32_000_000)
    path, sha256 = tmp_path / "large.mp4", hashlib.sha256(body).digest()
    path.write_bytes(body)
    async with open_bucket(s3_server, s3_bucket) as store:
        tracemalloc.start()
        try:
            await store.put(KEY, path, sha256)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert peak < 4_000_000
        assert await store.size(KEY) == len(body)


async def test_a_bucket_is_made_only_when_asked(s3_server: S3Server, spool: Path) -> None:
    bucket = partial(
        open_store,
        s3_server.url("made-when-asked"),
        access_key=s3_server.access_key,
        secret_key=s3_server.secret_key,
    )
    async with bucket() as store:
        for refused in (store.check(), store.put(KEY, spool, SHA256)):
            with pytest.raises(WrongStore, match="no such bucket"):
                await refused
    async with bucket(create=True) as store:
        await store.check()
    async with bucket(create=True) as store:
        await store.check()


async def test_a_wrong_key_is_told_and_not_shown(
    s3_server: S3Server, s3_bucket: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    wrong = Secret("wrong-secret-key")
    url = s3_server.url(s3_bucket)
    async with open_store(url, access_key=s3_server.access_key, secret_key=wrong) as store:
        with pytest.raises(Unavailable, match="refuses our access key") as refused:
            await store.check()
        assert "wrong-secret" not in f"{store!r} {refused.value} {caplog.text}"


async def test_a_server_that_was_away_is_found_again(
    s3_server: S3Server, s3_bucket: str, spool: Path
) -> None:
    async with open_bucket(s3_server, s3_bucket) as store:
        await store.put(KEY, spool, SHA256)
        s3_server.stop()
        try:
            for refused in (
                store.check(),
                store.identity(),
                store.size(KEY),
                store.read(KEY, 0, 1),
                store.put(KEY, spool, SHA256),
                store.delete([KEY]),
            ):
                with pytest.raises(Unavailable):
                    await refused
        finally:
            s3_server.start()
        await store.check()
        assert await store.read(KEY, 0, 1000) == content(0)


@pytest.mark.parametrize(
    "url", ["s3://bucket?endpoint=127.0.0.1:1", "s3://bucket?endpoint=ftp://x", "x://b", "s3://No"]
)
async def test_a_url_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(Invalid):
        async with open_store(url):
            pass
