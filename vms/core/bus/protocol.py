"""What the rooms know of the bus: a protocol of four verbs, and its buckets of keys and values."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from vms.core.bus.keyvalue import KeyValue, Payload

__all__ = ["Answer", "Bus", "Payload"]

Answer = Callable[[str, Payload], Awaitable[Payload]]
"""Called with the subject and the request; returns the reply or raises a VmsError."""


class Bus(Protocol):
    async def publish(self, subject: str, payload: Payload) -> None:
        """Tell everyone who listens, the sender's own subscriptions included; nobody may.

        Never waits for listeners. While the server is away a few megabytes are kept for later;
        what does not fit is dropped and counted. Raises Exhausted when one payload is too large.
        """
        ...

    def subscribe(
        self, subject: str, *, bound: int = 1024
    ) -> AbstractAsyncContextManager[AsyncIterator[tuple[str, Payload]]]:
        """Events on `subject` (`*` and `>` as in NATS) from now on, as (subject, payload).

        The queue holds `bound` events; when full the oldest is dropped and counted.
        """
        ...

    async def request(
        self, subject: str, payload: Payload, *, timeout_seconds: float = 5.0
    ) -> Payload:
        """Ask one who serves `subject`. Raises Unavailable when nobody does or the time is up, and
        whatever VmsError the answering side raised."""
        ...

    def serve(
        self, subject: str, answer: Answer, *, group: str = ""
    ) -> AbstractAsyncContextManager[None]:
        """Answer requests on `subject` while inside. Of those in one `group` one gets each."""
        ...

    def keyvalue(self, bucket: str, *, ttl_seconds: float | None = None) -> KeyValue:
        """A bucket, made when it is first used. `ttl_seconds`: an entry that nobody writes again
        for so long is gone. Costs nothing until it is asked something."""
        ...
