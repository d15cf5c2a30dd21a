"""Object stores: where the bytes of segments lie, under keys made of ids.

What belongs here: one protocol, a directory and S3 behind it. What does not: which objects there
should be; that is the index's to say. A store is listed only to verify it or to rebuild the index.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

from storage.objects.directory import open_directory, open_directory_records
from storage.objects.store import MARKER, Held, Listed, ObjectStore, RecordStore, Room, WrongStore
from vms.core.errors import Invalid
from vms.core.secret import Secret

__all__ = [
    "MARKER",
    "Held",
    "Listed",
    "ObjectStore",
    "RecordStore",
    "Room",
    "WrongStore",
    "open_record_store",
    "open_store",
]


@asynccontextmanager
async def open_store(
    url: str,
    *,
    access_key: Secret | None = None,
    secret_key: Secret | None = None,
    create: bool = False,
) -> AsyncIterator[ObjectStore]:
    """`file:///path` or `s3://bucket?endpoint=http://host:port&region=…`.

    `create`: make the directory or bucket when it is missing. Without it nothing is asked of the
    store here, so that a role starts while its store is away. Raises Invalid for another URL.
    """
    if (root := _directory(url)) is not None:
        async with open_directory(root, create=create) as directory:
            yield directory
    else:
        from storage.objects.s3 import open_s3

        async with open_s3(url, access_key, secret_key, create=create) as bucket:
            yield bucket


@asynccontextmanager
async def open_record_store(
    url: str, *, access_key: Secret | None = None, secret_key: Secret | None = None
) -> AsyncIterator[RecordStore]:
    """The same for who writes and reads: what is opened here has no way to delete."""
    if (root := _directory(url)) is not None:
        async with open_directory_records(root) as directory:
            yield directory
    else:
        from storage.objects.s3 import open_s3_records

        async with open_s3_records(url, access_key, secret_key) as bucket:
            yield bucket


def _directory(url: str) -> Path | None:
    """The path of a directory; None: it is a bucket. Raises Invalid."""
    scheme = urlsplit(url).scheme
    if scheme not in ("file", "s3"):
        raise Invalid("the store is file:///path or s3://bucket?endpoint=…", scheme=scheme)
    return Path(unquote(urlsplit(url).path)) if scheme == "file" else None
