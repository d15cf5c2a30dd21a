"""Objects in an S3 bucket: the store of a city. The only package that imports minio.

minio blocks, so every call runs in a bounded pool of threads. Bytes go up in one streamed PUT:
multipart would cost three requests more and a pool of threads each.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import parse_qsl, urlsplit

from storage.objects.s3.connection import THREADS, Connection, connect
from storage.objects.s3.records import S3RecordStore
from storage.objects.s3.store import S3Store
from storage.objects.threads import Threads, open_threads
from vms.core.secret import Secret

__all__ = ["S3RecordStore", "S3Store", "open_s3", "open_s3_records"]


@asynccontextmanager
async def open_s3(
    url: str, access_key: Secret | None, secret_key: Secret | None, *, create: bool = False
) -> AsyncIterator[S3Store]:
    """`s3://bucket?endpoint=http://host:port&region=…`; `create`: make the bucket when missing,
    with object lock where the server has it. Raises Invalid for a URL that is none."""
    async with _opened(url, access_key, secret_key) as (connection, threads):
        store = S3Store(connection, threads)
        if create:
            await store.make()
        yield store


@asynccontextmanager
async def open_s3_records(
    url: str, access_key: Secret | None, secret_key: Secret | None
) -> AsyncIterator[S3RecordStore]:
    """The same bucket for who writes and reads and never deletes."""
    async with _opened(url, access_key, secret_key) as (connection, threads):
        yield S3RecordStore(connection, threads)


@asynccontextmanager
async def _opened(
    url: str, access_key: Secret | None, secret_key: Secret | None
) -> AsyncIterator[tuple[Connection, Threads]]:
    parts = urlsplit(url)
    connection = connect(parts.netloc, dict(parse_qsl(parts.query)), access_key, secret_key)
    with open_threads("s3", THREADS) as threads:
        yield connection, threads
