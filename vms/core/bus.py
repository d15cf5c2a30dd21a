"""The bus: events and requests between roles, over NATS. The only module that imports nats.

A subject names a noun; `docs/design/bus.md` lists all of them with their payloads. Payloads are JSON
objects. Errors of the answering side travel as `{"error": kind, "message": …}` and are raised again,
as the same kind of VmsError, on the asking side.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

Payload = dict[str, Any]
Answer = Callable[[str, Payload], Awaitable[Payload]]
"""Called with the subject and the request; returns the reply or raises a VmsError."""


class Bus(Protocol):
    async def publish(self, subject: str, payload: Payload) -> None:
        """Tell everyone who listens; nobody may. Never waits for listeners."""
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
