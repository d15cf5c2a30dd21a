"""Access units between whoever reads them and the ingest that takes them, for every kind of run."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

from recorder.errors import CameraError
from vms.core.media.access_unit import AccessUnit

LONGEST_QUEUE_BYTES = 32 * 1024 * 1024
"""Access units waiting to be taken; when full, reading stops until they are (TCP tells the
camera, which then drops what it cannot send)."""


class UnitQueue:
    """One producer, one consumer, on one event loop. `pause` stops and goes on reading."""

    def __init__(self, pause: Callable[[bool], None]) -> None:
        self.failure: CameraError | None = None
        self._pause = pause
        self._ready: list[AccessUnit] = []
        self._ready_bytes = 0
        self._woken = asyncio.Event()

    @property
    def waits(self) -> bool:
        """Whether something is there that was not taken yet."""
        return bool(self._ready)

    def put(self, units: list[AccessUnit]) -> None:
        self._ready += units
        self._ready_bytes += sum(len(unit.data) for unit in units)
        if self._ready_bytes > LONGEST_QUEUE_BYTES:
            self._pause(True)
        self._woken.set()

    def fail(self, error: CameraError) -> None:
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
            full = self._ready_bytes > LONGEST_QUEUE_BYTES
            batch, self._ready, self._ready_bytes = self._ready, [], 0
            if full:
                self._pause(False)
            yield batch
