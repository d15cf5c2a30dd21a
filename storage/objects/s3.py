"""Objects in an S3 bucket: the store of a city. The only module that imports minio.

minio blocks, so every call runs in a bounded pool of threads. A segment goes up in one PUT:
multipart would cost three requests more and a pool of threads each.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from itertools import islice
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import urllib3
from minio import Minio
from minio.datatypes import Object
from minio.deleteobjects import DeleteObject
from minio.error import MinioException, S3Error

from storage.objects.blocks import blocks
from storage.objects.store import (
    MARKER,
    Listed,
    Room,
    WrongStore,
    checked_key,
    marker_bytes,
    marker_id,
)
from storage.objects.threads import Threads, open_threads
from vms.core.errors import Conflict, Corrupt, Invalid, NotFound, Unavailable, VmsError
from vms.core.secret import Secret
from vms.core.walltime import SECOND, WallTime

_THREADS = 8
_CONNECT_SECONDS = 5.0
_ANSWER_SECONDS = 15.0
_PART_BYTES = 256 << 20
_HASH = "sha256"
_PAGE = 1000
_ABSENT = (
    "NoSuchKey",
    "NoSuchObject",
    "NotFound",
    "ObjectLockConfigurationNotFoundError",
)
_REFUSED = ("AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch")


class S3Store:
    def __init__(self, client: Minio, bucket: str, threads: Threads) -> None:
        self._client = client
        self._bucket = bucket
        self._threads = threads

    def __repr__(self) -> str:
        return f"S3Store({self._bucket!r})"

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

    async def keys(self, prefix: str = "") -> AsyncIterator[Listed]:
        if await self.identity() is None:
            raise WrongStore("the bucket has no marker: is it the right one?", bucket=self._bucket)
        last = ""
        while page := await self._threads.run(self._page, prefix, last):
            for listed in page:
                yield listed
            last = page[-1].key

    async def holds(self) -> bool:
        return await self._threads.run(self._has_lock)

    async def hold(self, keys: Sequence[str]) -> None:
        for key in keys:
            await self._threads.run(self._hold, checked_key(key))

    async def release(self, keys: Sequence[str]) -> None:
        for key in keys:
            await self._threads.run(self._release, checked_key(key))

    async def room(self) -> Room | None:
        return None

    async def delete(self, keys: Sequence[str]) -> None:
        await self._threads.run(self._delete, [checked_key(key) for key in keys])

    def _check(self) -> None:
        with _translated(self._bucket):
            if not self._client.bucket_exists(self._bucket):
                raise WrongStore("there is no such bucket", bucket=self._bucket)

    def _identity(self) -> str | None:
        found = self._stat(MARKER)
        return None if found is None else marker_id(self._read(MARKER, 0, found[0]))

    def _mark(self, store_id: str) -> None:
        if self._stat(MARKER) is not None:
            raise Conflict("this store has a marker already", bucket=self._bucket)
        content = marker_bytes(store_id)
        with _translated(MARKER):
            self._client.put_object(self._bucket, MARKER, io.BytesIO(content), len(content))

    def _put(self, key: str, path: Path, sha256: bytes) -> None:
        if not path.exists():
            self._require(key, sha256)
            return
        length = _checked_length(path, sha256)
        with path.open("rb") as file, _translated(key):
            self._client.put_object(
                self._bucket,
                key,
                file,
                length,
                content_type="video/mp4",
                metadata={_HASH: sha256.hex()},
                part_size=_PART_BYTES,
            )
        self._require(key, sha256, length)

    def _require(self, key: str, sha256: bytes, length: int | None = None) -> None:
        """That the object is the one put: by the hash beside it, and by its size if given."""
        found = self._stat(key)
        if found is None:
            raise NotFound("neither the spool file nor its object is there", key=key)
        if found[1] != sha256.hex() or length not in (None, found[0]):
            raise Corrupt("the object there is another one", key=key, size=found[0])

    def _stat(self, key: str) -> tuple[int, str] | None:
        """Size and hash as kept beside the object."""
        try:
            with _translated(key):
                found = self._client.stat_object(self._bucket, key)
        except NotFound:
            return None
        metadata = {name.lower(): value for name, value in (found.metadata or {}).items()}
        return int(found.size or 0), str(metadata.get(f"x-amz-meta-{_HASH}", ""))

    def _read(self, key: str, offset: int, size: int) -> bytes:
        if size == 0:
            return b""
        with _translated(key):
            answer = self._client.get_object(self._bucket, key, offset=offset, length=size)
            try:
                content = bytes(answer.read())
            finally:
                answer.close()
                answer.release_conn()
        if len(content) != size:
            raise Corrupt("an object is shorter than its index", key=key, offset=offset)
        return content

    def _page(self, prefix: str, after: str) -> list[Listed]:
        with _translated(self._bucket):
            found = self._client.list_objects(
                self._bucket, prefix=prefix or None, recursive=True, start_after=after or None
            )
            page = list(islice(found, _PAGE))
        return [_listed(each) for each in page if each.object_name != MARKER]

    def _has_lock(self) -> bool:
        try:
            with _translated(self._bucket):
                self._client.get_object_lock_config(self._bucket)
        except NotFound:
            return False
        return True

    def _hold(self, key: str) -> None:
        with _translated(key):
            self._client.enable_object_legal_hold(self._bucket, key)

    def _release(self, key: str) -> None:
        with suppress(NotFound), _translated(key):
            self._client.disable_object_legal_hold(self._bucket, key)

    def _delete(self, keys: Sequence[str]) -> None:
        with _translated(self._bucket):
            wanted = (DeleteObject(key) for key in keys)
            errors = list(self._client.remove_objects(self._bucket, wanted))
        if errors:
            raise Unavailable("the store did not delete", key=errors[0].name, cause=errors[0].code)


@asynccontextmanager
async def open_s3(
    url: str, access_key: Secret | None, secret_key: Secret | None, *, create: bool = False
) -> AsyncIterator[S3Store]:
    """`s3://bucket?endpoint=http://host:port&region=…`; `create`: make the bucket when missing."""
    parts = urlsplit(url)
    client = _client(dict(parse_qsl(parts.query)), access_key, secret_key)
    with open_threads("s3", _THREADS) as threads:
        if create:
            await threads.run(_create, client, parts.netloc)
        yield S3Store(client, parts.netloc, threads)


def _client(query: dict[str, str], access_key: Secret | None, secret_key: Secret | None) -> Minio:
    endpoint = urlsplit(query.get("endpoint", "https://s3.amazonaws.com"))
    if endpoint.scheme not in ("http", "https") or not endpoint.netloc:
        raise Invalid(
            "an S3 endpoint is http://host:port or https://host", endpoint=endpoint.netloc
        )
    return Minio(
        endpoint.netloc,
        access_key=access_key.reveal() if access_key else None,
        secret_key=secret_key.reveal() if secret_key else None,
        secure=endpoint.scheme == "https",
        region=query.get("region", "us-east-1"),
        http_client=urllib3.PoolManager(
            maxsize=_THREADS,
            timeout=urllib3.Timeout(connect=_CONNECT_SECONDS, read=_ANSWER_SECONDS),
            retries=urllib3.Retry(
                total=1, read=0, backoff_factor=0.2, status_forcelist=[502, 503, 504]
            ),
            cert_reqs="CERT_REQUIRED",
        ),
    )


def _create(client: Minio, bucket: str) -> None:
    with _translated(bucket):
        if not client.bucket_exists(bucket):
            client.make_bucket(bucket)


def _checked_length(path: Path, sha256: bytes) -> int:
    """Reading the file once more costs a fiftieth of sending it."""
    with path.open("rb") as file:
        if hashlib.file_digest(file, "sha256").digest() != sha256:
            raise Corrupt("a spool file is not what was written to it", file=path.name)
    return path.stat().st_size


@contextmanager
def _translated(what: str) -> Iterator[None]:
    try:
        yield
    except S3Error as error:
        raise _of_s3(error, what) from error
    except (MinioException, urllib3.exceptions.HTTPError, OSError) as error:
        raise Unavailable("the store cannot be reached", cause=type(error).__name__) from error


def _of_s3(error: S3Error, what: str) -> VmsError:
    if error.code in _ABSENT:
        return NotFound("no such object", key=what)
    if error.code == "NoSuchBucket":
        return WrongStore("there is no such bucket", bucket=what)
    if error.code == "InvalidRange":
        return Corrupt("an object is shorter than its index", key=what)
    if error.code in _REFUSED:
        return Unavailable("the store refuses our access key", cause=error.code)
    return Unavailable("the store refused", key=what, cause=error.code)


def _listed(found: Object) -> Listed:
    changed = found.last_modified
    micros = 0 if changed is None else round(changed.timestamp() * SECOND)
    return Listed(str(found.object_name), int(found.size or 0), WallTime(micros))
