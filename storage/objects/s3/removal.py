"""Deleting from a bucket, with and without versions. Plain blocking functions.

In a bucket with versions a plain delete removes nothing: it lays a marker over the object. So the
versions are listed, markers too, over the stretch of keys to be removed, and deleted by name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby, takewhile

from minio import Minio
from minio.deleteobjects import DeleteError, DeleteObject
from minio.error import S3Error


@dataclass(frozen=True, slots=True)
class Left:
    """What the server did not delete, and why; `held`: because it holds it."""

    key: str
    code: str
    held: bool = False


def remove(client: Minio, bucket: str, keys: Sequence[str]) -> list[Left]:
    """Delete `keys` (sorted) and all their versions; what could not be."""
    wanted: Iterable[DeleteObject] = (DeleteObject(key) for key in keys)
    if client.get_bucket_versioning(bucket).status in ("Enabled", "Suspended"):
        wanted = list(_versions(client, bucket, keys))
    return [_left(client, bucket, error) for error in client.remove_objects(bucket, wanted)]


def _versions(client: Minio, bucket: str, keys: Sequence[str]) -> Iterator[DeleteObject]:
    for _, group in groupby(keys, key=_folder):
        together = list(group)
        yield from _versions_of(client, bucket, together)


def _versions_of(client: Minio, bucket: str, keys: Sequence[str]) -> Iterator[DeleteObject]:
    """Of keys in one folder: one listing from the first to the last of them."""
    wanted, last = set(keys), keys[-1]
    found = client.list_objects(
        bucket,
        prefix=_shared_start(keys[0], last),
        recursive=True,
        include_version=True,
        start_after=keys[0][:-1],
    )
    for each in takewhile(lambda each: str(each.object_name) <= last, found):
        if each.object_name in wanted:
            yield DeleteObject(str(each.object_name), each.version_id)


def _folder(key: str) -> str:
    return key.rpartition("/")[0]


def _left(client: Minio, bucket: str, error: DeleteError) -> Left:
    """A hold and a lack of rights have the same code."""
    key, held = str(error.name), False
    if error.code == "AccessDenied" and error.version_id:
        with suppress(S3Error):
            held = client.is_object_legal_hold_enabled(bucket, key, error.version_id)
    return Left(key, error.code, held)


def _shared_start(first: str, last: str) -> str:
    """Of two sorted keys, and so of all between them."""
    same = takewhile(lambda pair: pair[0] == pair[1], zip(first, last, strict=False))
    return "".join(letter for letter, _ in same)
