"""Object stores: where the bytes of segments lie, under keys made of ids.

What belongs here: one protocol, a directory and S3 behind it. What does not: which objects there
should be; that is the index's to say, and nothing is ever found by listing a store.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

from storage.objects.directory import open_directory
from storage.objects.store import MARKER, Listed, ObjectStore, RecordStore, Room, WrongStore
from vms.core.errors import Invalid
from vms.core.secret import Secret

__all__ = ["MARKER", "Listed", "ObjectStore", "RecordStore", "Room", "WrongStore", "open_store"]


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
    scheme = urlsplit(url).scheme
    if scheme == "file":
        async with open_directory(Path(unquote(urlsplit(url).path)), create=create) as directory:
            yield directory
    elif scheme == "s3":
        from storage.objects.s3 import open_s3

        async with open_s3(url, access_key, secret_key, create=create) as bucket:
            yield bucket
    else:
        raise Invalid("the store is file:///path or s3://bucket?endpoint=…", scheme=scheme)
