"""One bucket over HTTP: the client, its connections and time-outs, and its errors in our words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import urllib3
from minio import Minio
from minio.credentials.providers import StaticProvider
from minio.error import MinioException, S3Error
from minio.helpers import check_bucket_name

from storage.objects.store import WrongStore
from vms.core.errors import Corrupt, Exhausted, Invalid, NotFound, Unavailable, VmsError
from vms.core.secret import Secret

THREADS = 8
BLOCK = 256 << 10
"""Bytes of a file in memory at a time, on their way to the server."""
_CONNECT_SECONDS = 5.0
_ANSWER_SECONDS = 15.0
_ABSENT = ("NoSuchKey", "NoSuchObject", "NoSuchVersion", "NotFound")
_REFUSED = ("AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch")
_FULL = (
    "QuotaExceeded",
    "XMinioStorageFull",
    "XMinioAdminBucketQuotaExceeded",
    "InsufficientStorage",
)


@dataclass(frozen=True, slots=True)
class Connection:
    """`client` for questions, `pool` and `keys` for what the client would read into memory."""

    client: Minio
    bucket: str
    region: str
    pool: urllib3.PoolManager = field(repr=False)
    keys: StaticProvider | None = field(repr=False)


def connect(
    bucket: str, query: dict[str, str], access_key: Secret | None, secret_key: Secret | None
) -> Connection:
    """Asks nothing of the server yet. Raises Invalid."""
    endpoint = urlsplit(query.get("endpoint", "https://s3.amazonaws.com"))
    if endpoint.scheme not in ("http", "https") or not endpoint.netloc:
        raise Invalid(
            "an S3 endpoint is http://host:port or https://host", endpoint=endpoint.netloc
        )
    _check_name(bucket)
    region, pool, keys = query.get("region", "us-east-1"), _pool(), _keys(access_key, secret_key)
    client = Minio(
        endpoint.netloc,
        secure=endpoint.scheme == "https",
        region=region,
        http_client=pool,
        credentials=keys,
    )
    return Connection(client, bucket, region, pool, keys)


def _check_name(bucket: str) -> None:
    try:
        check_bucket_name(bucket)
    except ValueError as error:
        raise Invalid("this is not the name of a bucket: s3://bucket?…", bucket=bucket) from error


def _keys(access_key: Secret | None, secret_key: Secret | None) -> StaticProvider | None:
    if not access_key or not secret_key:
        return None
    return StaticProvider(access_key.reveal(), secret_key.reveal())


def _pool() -> urllib3.PoolManager:
    return urllib3.PoolManager(
        maxsize=THREADS,
        blocksize=BLOCK,
        timeout=urllib3.Timeout(connect=_CONNECT_SECONDS, read=_ANSWER_SECONDS),
        retries=urllib3.Retry(
            total=1,
            read=0,
            backoff_factor=0.2,
            status_forcelist=[502, 503, 504],
            raise_on_status=False,
        ),
        cert_reqs="CERT_REQUIRED",
    )


@contextmanager
def translated(what: str) -> Iterator[None]:
    """Errors of minio, urllib3 and the system as ours; `what` is the key or bucket they are of."""
    try:
        yield
    except S3Error as error:
        raise meaning(str(error.code), what) from error
    except (MinioException, urllib3.exceptions.HTTPError, OSError) as error:
        raise Unavailable("the store cannot be reached", cause=type(error).__name__) from error


def meaning(code: str, what: str) -> VmsError:
    """An S3 error code as an error of ours."""
    if code in _ABSENT:
        return NotFound("no such object", key=what)
    if code == "NoSuchBucket":
        return WrongStore("there is no such bucket", bucket=what)
    if code == "InvalidRange":
        return Corrupt("an object is shorter than its index", key=what)
    if code in _REFUSED:
        return Unavailable("the store refuses our access key", cause=code)
    if code in _FULL:
        return Exhausted("the store is full", cause=code)
    return Unavailable("the store refused", key=what, cause=code)
