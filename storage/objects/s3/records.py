"""A bucket to be written and read: what a recorder and a player have of the store."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from contextlib import suppress
from functools import partial
from pathlib import Path

from minio.error import S3Error

from storage.objects.blocks import blocks
from storage.objects.s3.connection import Connection, translated
from storage.objects.s3.sending import HASH_HEADER, send
from storage.objects.store import MARKER, Room, WrongStore, checked_key, marker_bytes, marker_id
from storage.objects.threads import Threads
from storage.objects.walks import T, Walk, walk_through
from vms.core.errors import Conflict, Corrupt, Invalid, NotFound, Unavailable

_NO_LOCK = (
    "ObjectLockConfigurationNotFoundError",
    "NoSuchObjectLockConfiguration",
    "NotImplemented",
    "MethodNotAllowed",
)
_MARKER_BYTES = 1000
"""More than there are in a marker; of another object of its name no more is read."""


class S3RecordStore:
    def __init__(self, connection: Connection, threads: Threads) -> None:
        self._connection = connection
        self._client, self._bucket = connection.client, connection.bucket
        self._threads = threads

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._bucket!r})"

    async def check(self) -> None:
        """Also raises WrongStore when there is no such bucket."""
        await self._threads.run(self._check)

    async def identity(self) -> str | None:
        return await self._threads.run(self._identity)

    async def mark(self, store_id: str) -> None:
        await self._threads.run(self._mark, store_id)

    async def put(self, key: str, path: Path, sha256: bytes) -> None:
        """Raises Corrupt when the file is not that of `sha256`; the hash goes into the metadata."""
        await self._threads.run(self._put, checked_key(key), path, sha256)

    async def size(self, key: str) -> int | None:
        found = await self._threads.run(self._stat, checked_key(key))
        return None if found is None else found[0]

    async def read(self, key: str, offset: int, size: int) -> bytes:
        if offset < 0 or size < 0:
            raise Invalid("a range of an object is not negative", offset=offset, size=size)
        return await self._threads.run(self._read, checked_key(key), offset, size)

    def open_read(self, key: str, offset: int = 0) -> AsyncIterator[bytes]:
        return blocks(self, key, offset)

    async def walk(self, key: str, walk: Walk[T]) -> T:
        return await self._threads.run(walk_through, walk, partial(self._read, checked_key(key)))

    async def holds(self) -> bool:
        return await self._threads.run(self._has_lock)

    async def room(self) -> Room | None:
        return None

    def _check(self) -> None:
        with translated(self._bucket):
            if not self._client.bucket_exists(self._bucket):
                raise WrongStore("there is no such bucket", bucket=self._bucket)

    def _identity(self) -> str | None:
        try:
            with translated(MARKER):
                answer = self._client.get_object(self._bucket, MARKER)
                try:
                    return marker_id(bytes(answer.read(_MARKER_BYTES)))
                finally:
                    answer.close()
                    answer.release_conn()
        except NotFound:
            return None

    def _mark(self, store_id: str) -> None:
        if self._stat(MARKER) is not None:
            raise Conflict("this store has a marker already", bucket=self._bucket)
        content = marker_bytes(store_id)
        with translated(MARKER):
            self._client.put_object(self._bucket, MARKER, io.BytesIO(content), len(content))

    def _put(self, key: str, path: Path, sha256: bytes) -> None:
        length = None
        with suppress(FileNotFoundError):
            length = send(self._connection, key, path, sha256)
        self._require(key, sha256, length)

    def _require(self, key: str, sha256: bytes, length: int | None) -> None:
        """That the object is the one put: by the hash beside it, and by its size if given."""
        found = self._stat(key)
        if found is None and length is not None:
            raise Unavailable("the store does not keep what it is given", key=key)
        if found is None:
            raise NotFound("neither the spool file nor its object is there", key=key)
        if found[1] != sha256.hex() or length not in (None, found[0]):
            raise Corrupt("the object there is another one", key=key, size=found[0])

    def _stat(self, key: str) -> tuple[int, str] | None:
        """Size and hash as kept beside the object."""
        try:
            with translated(key):
                found = self._client.stat_object(self._bucket, key)
        except NotFound:
            return None
        metadata = {name.lower(): value for name, value in (found.metadata or {}).items()}
        return int(found.size or 0), str(metadata.get(HASH_HEADER, ""))

    def _read(self, key: str, offset: int, size: int) -> bytes:
        if size == 0:
            return b""
        with translated(key):
            answer = self._client.get_object(self._bucket, key, offset=offset, length=size)
            try:
                content = bytes(answer.read())
            finally:
                answer.close()
                answer.release_conn()
        if len(content) != size:
            raise Corrupt("an object is shorter than its index", key=key, offset=offset)
        return content

    def _has_lock(self) -> bool:
        with translated(self._bucket):
            try:
                self._client.get_object_lock_config(self._bucket)
            except S3Error as error:
                if error.code not in _NO_LOCK:
                    raise
                return False
        return True
