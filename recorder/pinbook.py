"""Which certificate each stream's camera showed first. Nobody waits for the index here.

Read with the list of cameras, written behind by `run`, a task of the recorder. What is not written
yet counts all the same; its number is bounded by that of streams.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable

from vms.core.clock import Clock
from vms.core.errors import VmsError
from vms.core.model import Stream

log = logging.getLogger(__name__)

_RETRY_SECONDS = 5.0


class PinBook:
    """`write(stream_id, certificate)` keeps one for good (`index.cameras.pin`)."""

    def __init__(self, write: Callable[[int, str], Awaitable[None]], clock: Clock) -> None:
        self._write, self._clock = write, clock
        self._known: dict[int, str] = {}
        self._unwritten: dict[int, str] = {}
        self._noted = asyncio.Event()

    def learn(self, streams: Iterable[Stream]) -> None:
        """What the index holds now; what an administrator made it forget is forgotten here too."""
        held = {stream.id: stream.certificate for stream in streams}
        self._known = held | self._unwritten

    def known(self, stream_id: int) -> str:
        """SHA-256 in hexadecimal; empty: none was seen yet."""
        return self._known.get(stream_id, "")

    def note(self, stream_id: int, certificate: str) -> None:
        self._known[stream_id] = self._unwritten[stream_id] = certificate
        self._noted.set()

    async def run(self) -> None:
        """Write what was noted, again and again while the index is away, until cancelled."""
        while True:
            await self._noted.wait()
            self._noted.clear()
            for stream_id, certificate in tuple(self._unwritten.items()):
                try:
                    await self._write(stream_id, certificate)
                except VmsError as error:
                    log.warning("a certificate is not kept yet: %s", error)
                    self._noted.set()
                    await self._clock.sleep(_RETRY_SECONDS)
                    break
                if self._unwritten.get(stream_id) == certificate:
                    del self._unwritten[stream_id]
