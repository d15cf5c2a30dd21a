"""Evidence locks, as far as a recorder's spool is concerned: what they touch is not dropped there.

A lock may be made while what it keeps still waits for the store. The spool learns of it within
seconds; while the index is away, the locks known last stand. `Evidence.run` is a task of
`recorder.fleet`.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from storage.index import Index
from vms.core.clock import Clock
from vms.core.errors import VmsError
from vms.core.promises import Lock
from vms.core.walltime import DAY, TimeRange, WallTime, merge

log = logging.getLogger(__name__)

LOOK_SECONDS = 5.0
YOUNGEST_MICROS = 30 * DAY
"""Locks of older time keep nothing that a spool still holds: it would have had to wait a month."""


class Lockable(Protocol):
    """The spool, as far as it is needed here."""

    def lock(self, spans: Mapping[int, Sequence[TimeRange]]) -> None: ...


class Evidence:
    def __init__(self, index: Index, spool: Lockable, clock: Clock) -> None:
        self._index, self._spool, self._clock = index, spool, clock

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self.look()
            await self._clock.sleep(LOOK_SECONDS)

    async def look(self) -> None:
        """Ask once, and tell the spool."""
        now = self._clock.wall()
        try:
            locks = await self._index.locks.list(True, now)
        except VmsError as error:
            log.debug("the locks known last stand: %s", error)
            return
        self._spool.lock(spans_of(locks, WallTime(now - YOUNGEST_MICROS)))


def spans_of(locks: Iterable[Lock], since: WallTime) -> Mapping[int, Sequence[TimeRange]]:
    """What they keep of the time since then, by camera, merged."""
    found: dict[int, list[TimeRange]] = {}
    for lock in locks:
        for span in lock.spans:
            if span.range.end > since:
                found.setdefault(span.camera_id, []).append(span.range)
    return {camera_id: merge(spans) for camera_id, spans in found.items()}
