"""Which cameras there are: the index's list, read again when the bus or half a minute says so.

While the index is away the list read last stands. `News.run` is a task of the fleet.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from recorder.pinbook import PinBook
from storage.index import Index
from vms.core.bus import Payload
from vms.core.clock import Clock
from vms.core.errors import VmsError
from vms.core.model import Camera
from vms.core.nodestate import NodeState

RELOAD_SECONDS = 30.0
_RETRY_SECONDS = 1.0


class News:
    """What changed since it was last looked at. `saved`: cameras somebody saved meanwhile.

    `woken` is shared with the session: one event for everything that the fleet must look at.
    """

    def __init__(self, changes: AsyncIterator[tuple[str, Payload]], woken: asyncio.Event) -> None:
        self.saved: set[int] = set()
        self._changes, self._woken = changes, woken

    async def run(self) -> None:
        async for _, payload in self._changes:
            camera_id = payload.get("camera_id")
            self.saved.add(camera_id if isinstance(camera_id, int) else 0)
            self._woken.set()

    async def wait(self, seconds: float) -> None:
        """Return at a change, or after so many seconds."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._woken.wait()
        self._woken.clear()

    def take_saved(self) -> set[int]:
        saved, self.saved = self.saved, set()
        return saved


class Roster:
    """`cameras`: as read last; None before the first time."""

    def __init__(self, index: Index, node: NodeState, clock: Clock, pins: PinBook) -> None:
        self.cameras: list[Camera] | None = None
        self._pins = pins
        self._index, self._node, self._clock = index, node, clock
        self._due = float("-inf")

    @property
    def due_seconds(self) -> float:
        """Until it should be read again."""
        return max(0.0, self._due - self._clock.monotonic())

    def expire(self) -> None:
        """Somebody changed something."""
        self._due = float("-inf")

    async def load(self) -> None:
        """Read the list if that is due; soon again when the index does not answer."""
        if self.due_seconds > 0:
            return
        try:
            self.cameras = await self._index.cameras.list()
        except VmsError as error:
            self._node.problem("index-unreachable", error.message)
            self._due = self._clock.monotonic() + _RETRY_SECONDS
        else:
            self._pins.learn(stream for camera in self.cameras for stream in camera.streams)
            self._node.clear("index-unreachable")
            self._due = self._clock.monotonic() + RELOAD_SECONDS
