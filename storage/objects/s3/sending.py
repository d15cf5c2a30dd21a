"""One file as one PUT, streamed: a block in memory at a time, hashed on its way.

The last block goes only when the hash of the whole is right. A file that is not what was written to
it is therefore never stored: the server gets less than it was told and keeps nothing. (Servers are
told the hash as well, but not all of them look.)
"""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit, urlunsplit

from minio import time
from minio.credentials.credentials import Credentials
from minio.signer import sign_v4_s3

from storage.objects.s3.connection import Connection, meaning, translated
from vms.core.errors import Corrupt, Unavailable

HASH_HEADER = "x-amz-meta-sha256"
_CODE = re.compile(rb"<Code>(\w+)</Code>")


class HashedFile:
    """A file to be sent; reading the last of it raises Corrupt when it is not of `sha256`."""

    def __init__(self, file: BinaryIO, sha256: bytes) -> None:
        self._file, self._sha256 = file, sha256
        self._hash = hashlib.sha256()
        self.length = os.fstat(file.fileno()).st_size

    def read(self, size: int = -1) -> bytes:
        content = self._file.read(size)
        self._hash.update(content)
        ended = not content or self._file.tell() >= self.length
        if ended and self._hash.digest() != self._sha256:
            raise Corrupt("a spool file is not what was written to it")
        return content

    def tell(self) -> int:
        return self._file.tell()

    def seek(self, offset: int) -> int:
        """To where sending begins again after a connection was lost: to the start."""
        self._hash = hashlib.sha256()
        return self._file.seek(offset)


def send(connection: Connection, key: str, path: Path, sha256: bytes) -> int:
    """PUT the file at `path` as `key`; its length. Raises Corrupt when it is not of `sha256`,
    Exhausted when the store is full, FileNotFoundError."""
    with path.open("rb") as file:
        body = HashedFile(file, sha256)
        credentials = _credentials(connection)
        with translated(key):
            address = _address(connection, key)
            answer = connection.pool.urlopen(
                "PUT",
                address,
                body=body,
                headers=_headers(connection, credentials, address, body.length, sha256),
            )
    if answer.status != 200:
        code = _CODE.search(answer.data)
        raise meaning(code[1].decode() if code else f"HTTP {answer.status}", key)
    return body.length


def _address(connection: Connection, key: str) -> str:
    """As the client spells it: the host's or the path's bucket, without a query."""
    signed = connection.client.presigned_put_object(connection.bucket, key)
    return urlunsplit(urlsplit(signed)._replace(query=""))


def _headers(
    connection: Connection, credentials: Credentials, address: str, length: int, sha256: bytes
) -> dict[str, str]:
    now = time.utcnow()
    headers: dict[str, str | list[str] | tuple[str]] = {
        "Host": urlsplit(address).netloc,
        "Content-Length": str(length),
        "Content-Type": "video/mp4",
        "x-amz-content-sha256": sha256.hex(),
        "x-amz-date": time.to_amz_date(now),
        HASH_HEADER: sha256.hex(),
    }
    signed = sign_v4_s3(
        method="PUT",
        url=urlsplit(address),
        region=connection.region,
        headers=headers,
        credentials=credentials,
        content_sha256=sha256.hex(),
        date=now,
    )
    return {name: str(value) for name, value in signed.items()}


def _credentials(connection: Connection) -> Credentials:
    if connection.keys is None:
        raise Unavailable("the store takes no writing without an access key")
    return connection.keys.retrieve()
