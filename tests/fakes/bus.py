"""A bus inside one process. Kept honest by the contract suite it shares with NATS."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from vms.core.bus.keyvalue import Entry
from vms.core.bus.mailbox import Mailbox
from vms.core.bus.protocol import Answer, Payload
from vms.core.bus.wire import answer_of, decode, encode, error_payload
from vms.core.errors import Conflict, Unavailable, VmsError


@dataclass(eq=False)
class _Server:
    subject: str
    group: str
    answer: Answer


@dataclass(eq=False)
class _Listener:
    subject: str
    mailbox: Mailbox


class FakeKeyValue:
    """A bucket inside one process. Entries end by the bus's `now`."""

    def __init__(self, bus: FakeBus, ttl_seconds: float | None) -> None:
        self._bus, self._ttl_seconds = bus, ttl_seconds
        self._entries: dict[str, tuple[Entry, float]] = {}
        self._revision = 0

    async def keys(self) -> frozenset[str]:
        self._answer()
        return frozenset(self._entries)

    async def get(self, key: str) -> Entry | None:
        self._answer()
        found = self._entries.get(key)
        return None if found is None else Entry(dict(found[0].value), found[0].revision)

    async def create(self, key: str, value: Payload) -> int:
        return self._put(key, value, 0)

    async def update(self, key: str, value: Payload, revision: int) -> int:
        return self._put(key, value, revision)

    async def remove(self, key: str, revision: int) -> None:
        self._answer()
        self._check(key, revision)
        del self._entries[key]

    def _put(self, key: str, value: Payload, revision: int) -> int:
        self._answer()
        self._check(key, revision)
        self._revision += 1
        self._entries[key] = (Entry(decode(encode(value)), self._revision), self._bus.now())
        return self._revision

    def _check(self, key: str, revision: int) -> None:
        known = self._entries.get(key)
        if revision != (known[0].revision if known else 0):
            raise Conflict("the entry changed meanwhile", key=key)

    def _answer(self) -> None:
        if self._bus.away:
            raise Unavailable("the bus is away: try again")
        if self._ttl_seconds is not None:
            since = self._bus.now() - self._ttl_seconds
            self._entries = {key: one for key, one in self._entries.items() if one[1] > since}


@dataclass
class FakeBus:
    """Implements `vms.core.bus.Bus`. `published` keeps every event, for a test to look at.

    `away` set: as if the server could not be reached. `now`: seconds by which entries with a time
    to live end.
    """

    published: list[tuple[str, Payload]] = field(default_factory=list)
    away: bool = False
    now: Callable[[], float] = time.monotonic

    def __post_init__(self) -> None:
        self._listeners: list[_Listener] = []
        self._servers: list[_Server] = []
        self._turn = itertools.count()
        self._buckets: dict[str, FakeKeyValue] = {}

    @property
    def connected(self) -> bool:
        return not self.away

    async def publish(self, subject: str, payload: Payload) -> None:
        if self.away:
            return
        data = encode(payload)
        self.published.append((subject, decode(data)))
        for listener in self._listeners:
            if matches(listener.subject, subject):
                listener.mailbox.put(subject, decode(data))

    @asynccontextmanager
    async def subscribe(
        self, subject: str, *, bound: int = 1024
    ) -> AsyncIterator[AsyncIterator[tuple[str, Payload]]]:
        listener = _Listener(subject, Mailbox(bound))
        self._listeners.append(listener)
        try:
            yield listener.mailbox.read()
        finally:
            self._listeners.remove(listener)

    async def request(
        self, subject: str, payload: Payload, *, timeout_seconds: float = 5.0
    ) -> Payload:
        serving = [server for server in self._servers if matches(server.subject, subject)]
        if self.away or not serving:
            raise Unavailable("nobody answers there now", subject=subject)
        server = serving[next(self._turn) % len(serving)]
        try:
            async with asyncio.timeout(timeout_seconds):
                reply = await self._answer(server, subject, decode(encode(payload)))
        except TimeoutError as error:
            raise Unavailable("no answer in time", subject=subject) from error
        return answer_of(decode(encode(reply)))

    @asynccontextmanager
    async def serve(self, subject: str, answer: Answer, *, group: str = "") -> AsyncIterator[None]:
        server = _Server(subject, group, answer)
        self._servers.append(server)
        try:
            yield
        finally:
            self._servers.remove(server)

    def keyvalue(self, bucket: str, *, ttl_seconds: float | None = None) -> FakeKeyValue:
        return self._buckets.setdefault(bucket, FakeKeyValue(self, ttl_seconds))

    async def _answer(self, server: _Server, subject: str, payload: Payload) -> Payload:
        try:
            return await server.answer(subject, payload)
        except VmsError as error:
            return error_payload(error)


def matches(pattern: str, subject: str) -> bool:
    """NATS subjects: `*` is one token, `>` at the end one or more."""
    wanted, tokens = pattern.split("."), subject.split(".")
    for position, token in enumerate(wanted):
        if token == ">":
            return len(tokens) > position
        if position >= len(tokens) or token not in ("*", tokens[position]):
            return False
    return len(wanted) == len(tokens)
