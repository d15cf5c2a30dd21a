"""A bounded queue of events: when full the oldest is dropped and counted."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator

from vms.core.bus.protocol import Payload


class Mailbox:
    """Filled by `put` (never waits), emptied by iterating. One reader."""

    def __init__(self, bound: int) -> None:
        self._events: deque[tuple[str, Payload]] = deque()
        self._bound = bound
        self._filled = asyncio.Event()
        self.dropped = 0

    def put(self, subject: str, payload: Payload) -> None:
        if len(self._events) >= self._bound:
            self._events.popleft()
            self.dropped += 1
        self._events.append((subject, payload))
        self._filled.set()

    async def read(self) -> AsyncIterator[tuple[str, Payload]]:
        while True:
            await self._filled.wait()
            while self._events:
                yield self._events.popleft()
            self._filled.clear()
