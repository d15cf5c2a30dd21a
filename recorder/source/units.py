"""Access units between whoever reads them and the ingest that takes them, for every kind of run."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

from vms.core.errors import VmsError
from vms.core.media.access_unit import AccessUnit

LONGEST_QUEUE_BYTES = 32 * 1024 * 1024
"""Access units waiting to be taken; when full, reading stops until they are (TCP tells the
camera, which then drops what it cannot send)."""


class UnitQueue:
    """One producer, one consumer, on one event loop. `pause` stops and goes on reading."""

    def __init__(self, pause: Callable[[bool], None]) -> None:
        self.failure: VmsError | None = None
        self._take: Callable[[list[AccessUnit]], None] | None = None
        self._pause = pause
        self._ready: list[AccessUnit] = []
        self._ready_bytes = 0
        self._woken = asyncio.Event()

    @property
    def waits(self) -> bool:
        """Whether something is there that was not taken yet."""
        return bool(self._ready)

    def put(self, units: list[AccessUnit]) -> None:
        if self._take is not None:
            if self.failure is None:
                self._hand_on(units, self._take)
            return
        self._ready += units
        self._ready_bytes += sum(len(unit.data) for unit in units)
        if self._ready_bytes > LONGEST_QUEUE_BYTES:
            self._pause(True)
        self._woken.set()

    async def each(self, take: Callable[[list[AccessUnit]], None]) -> None:
        """`take` is called with what is here, then by `put` itself, until `fail`."""
        self._take = take
        try:
            if batch := self._taken():
                self._hand_on(batch, take)
            while self.failure is None:
                self._woken.clear()
                await self._woken.wait()
            raise self.failure
        finally:
            self._take = None

    def _taken(self) -> list[AccessUnit]:
        """What is here; where reading stood still for it, it goes on."""
        if self._ready_bytes > LONGEST_QUEUE_BYTES:
            self._pause(False)
        batch, self._ready, self._ready_bytes = self._ready, [], 0
        return batch

    def _hand_on(self, units: list[AccessUnit], take: Callable[[list[AccessUnit]], None]) -> None:
        try:
            take(units)
        except VmsError as error:
            self.fail(error)

    def fail(self, error: VmsError) -> None:
        """What is here is still taken, then this is raised; the first error stands."""
        self.failure = self.failure or error
        self._woken.set()

    async def __aiter__(self) -> AsyncIterator[list[AccessUnit]]:
        """Batches, until `fail`: then its CameraError."""
        while True:
            if not self._ready:
                if self.failure is not None:
                    raise self.failure
                self._woken.clear()
                await self._woken.wait()
                continue
            yield self._taken()
