"""One stream's access units to whoever watches it now: the current group of pictures, then each.

Plain calls from the ingest, no task. Nobody slows the recorder down: a watcher who does not take
what waits for him loses it and goes on at the next random access point.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from vms.core.media.access_unit import VIDEO, AccessUnit

LARGEST_GROUP_BYTES = 32 * 1024 * 1024
"""A group of pictures beyond this is not kept for those who come later (minutes without a key)."""
LONGEST_QUEUE_BYTES = 16 * 1024 * 1024
LONGEST_QUEUE_UNITS = 3000


class Watcher:
    """One who watches. `skipped` counts units lost by slowness."""

    def __init__(self, group: list[AccessUnit]) -> None:
        self.skipped = 0
        self._queue = group
        self._size = 0
        self._lost = not group
        self._woken = asyncio.Event()
        if group:
            self._woken.set()

    async def take(self) -> list[AccessUnit]:
        """What waits, at least one unit, in order."""
        await self._woken.wait()
        self._woken.clear()
        taken, self._queue, self._size = self._queue, [], 0
        return taken

    def put(self, unit: AccessUnit) -> None:
        if self._lost and not _starts_group(unit):
            self.skipped += 1
            return
        if self._is_full():
            self.skipped += len(self._queue)
            self._queue, self._size = [], 0
            self._lost = not _starts_group(unit)
            if self._lost:
                self.skipped += 1
                return
        self._lost = False
        self._queue.append(unit)
        self._size += len(unit.data)
        self._woken.set()

    def _is_full(self) -> bool:
        return len(self._queue) >= LONGEST_QUEUE_UNITS or self._size >= LONGEST_QUEUE_BYTES


class Broadcast:
    """The live end of one stream."""

    def __init__(self) -> None:
        self._group: list[AccessUnit] = []
        self._size = 0
        self._watchers: set[Watcher] = set()
        self.on_watch: Callable[[], None] = _nobody_asked
        """Called when somebody begins to watch; whoever fetches the stream sets it."""

    @property
    def watchers(self) -> int:
        return len(self._watchers)

    def publish(self, units: Sequence[AccessUnit]) -> None:
        """Units in order; a random access point among them is the first."""
        begins = _starts_group(units[0])
        if begins:
            self._group, self._size = [], 0
        if begins or self._group:
            self._group += units
            self._size += sum([len(unit.data) for unit in units])
            if self._size > LARGEST_GROUP_BYTES:
                self._group = []
        for watcher in self._watchers:
            for unit in units:
                watcher.put(unit)

    def end_run(self) -> None:
        """The session with the camera ended: its last pictures are not live any more."""
        self._group, self._size = [], 0

    @contextmanager
    def watch(self) -> Iterator[Watcher]:
        """Watch from the start of the current group of pictures on."""
        watcher = Watcher(list(self._group))
        self._watchers.add(watcher)
        self.on_watch()
        try:
            yield watcher
        finally:
            self._watchers.discard(watcher)


def _nobody_asked() -> None: ...


def _starts_group(unit: AccessUnit) -> bool:
    return unit.random_access and unit.track == VIDEO
