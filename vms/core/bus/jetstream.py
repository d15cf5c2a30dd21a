"""Buckets of keys and values in NATS JetStream. Foreign errors become VmsErrors here.

A bucket is a stream that keeps the newest message of each subject, as every client of NATS
key-value knows it. Removing deletes the message itself instead of writing a mark, so that `keys` is
one request whose answer lists what is there.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from nats.errors import Error
from nats.errors import TimeoutError as NatsTimeout
from nats.js import JetStreamContext
from nats.js.api import DiscardPolicy, Header, StreamConfig
from nats.js.errors import APIError, BadRequestError, NotFoundError, ServiceUnavailableError

from vms.core.bus.keyvalue import Entry
from vms.core.bus.link import Link
from vms.core.bus.protocol import Payload
from vms.core.bus.wire import decode, encode
from vms.core.errors import Conflict, Unavailable

TIMEOUT_SECONDS = 2.0
_GONE_OR_NEWER = (10071, 10164, 10043)
"""Wrong last sequence (two codes), and no message to delete."""
_NO_STREAM = 10059
_IN_USE = 10058
"""The stream is there with other settings: it is used as it is."""
_LONGEST_DUPLICATES_SECONDS = 120.0

T = TypeVar("T")


class _Missing(Exception):
    """There is no such message."""


class _Refused(Exception):
    """The revision is not the newest, or the message to delete is gone."""


class NatsKeyValue:
    """Implements `vms.core.bus.KeyValue`. The bucket is made when it is first needed, and again
    after it was lost with the server's disk."""

    def __init__(self, link: Link, bucket: str, ttl_seconds: float | None) -> None:
        self._link, self._bucket, self._ttl_seconds = link, bucket, ttl_seconds
        self._stream, self._prefix = f"KV_{bucket}", f"$KV.{bucket}."
        self._is_made = False

    async def keys(self) -> frozenset[str]:
        info = await self._ask(
            lambda js: js.stream_info(self._stream, subjects_filter=f"{self._prefix}>")
        )
        return frozenset(each.removeprefix(self._prefix) for each in info.state.subjects or {})

    async def get(self, key: str) -> Entry | None:
        try:
            found = await self._ask(
                lambda js: js.get_msg(self._stream, subject=self._prefix + key, direct=True)
            )
        except _Missing:
            return None
        if found.seq is None:
            raise Unavailable("the bus answered without a revision", key=key)
        return Entry(decode(found.data or b""), found.seq)

    async def create(self, key: str, value: Payload) -> int:
        return await self._put(key, value, 0)

    async def update(self, key: str, value: Payload, revision: int) -> int:
        return await self._put(key, value, revision)

    async def remove(self, key: str, revision: int) -> None:
        known = await self.get(key)
        if known is None or known.revision != revision:
            raise Conflict("the entry changed meanwhile", key=key)
        try:
            await self._ask(lambda js: js.delete_msg(self._stream, revision))
        except (_Missing, _Refused) as error:
            raise Conflict("the entry changed meanwhile", key=key) from error

    async def _put(self, key: str, value: Payload, revision: int) -> int:
        headers = {Header.EXPECTED_LAST_SUBJECT_SEQUENCE.value: str(revision)}
        subject, data = self._prefix + key, encode(value)
        try:
            done = await self._ask(lambda js: js.publish(subject, data, headers=headers))
        except _Refused as error:
            raise Conflict("the entry changed meanwhile", key=key) from error
        return done.seq

    async def _ask(self, request: Callable[[JetStreamContext], Awaitable[T]]) -> T:
        """Do it, on a bucket that is there. Raises Unavailable, _Missing, _Refused."""
        if not self._link.connected:
            raise Unavailable("the bus is away: try again", bucket=self._bucket)
        js = self._link.client.jetstream(timeout=TIMEOUT_SECONDS)
        try:
            if not self._is_made:
                await _translated(self._make(js))
                self._is_made = True
            return await _translated(request(js))
        except Unavailable:
            self._is_made = False  # it may be gone with the server's disk
            raise

    async def _make(self, js: JetStreamContext) -> None:
        ttl = self._ttl_seconds
        config = StreamConfig(
            name=self._stream,
            subjects=[f"{self._prefix}>"],
            max_msgs_per_subject=1,
            max_age=ttl,
            duplicate_window=min(ttl or _LONGEST_DUPLICATES_SECONDS, _LONGEST_DUPLICATES_SECONDS),
            discard=DiscardPolicy.NEW,
            allow_direct=True,
        )
        try:
            await js.add_stream(config)
        except BadRequestError as error:
            if error.err_code != _IN_USE:
                raise


async def _translated(answer: Awaitable[T]) -> T:
    try:
        return await answer
    except ServiceUnavailableError as error:
        raise Unavailable("the bus keeps no leases: start NATS with JetStream") from error
    except NotFoundError as error:
        if error.err_code == _NO_STREAM:
            raise Unavailable("the bus has lost its leases: try again") from error
        raise _Missing from error
    except APIError as error:
        if error.err_code in _GONE_OR_NEWER:
            raise _Refused from error
        raise Unavailable(f"the bus refuses: {error.description}") from error
    except NatsTimeout as error:
        raise Unavailable("the bus does not answer in time") from error
    except (Error, OSError) as error:
        raise Unavailable("the bus is away: try again") from error
