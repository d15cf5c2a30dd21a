"""One look at how full the store is, and what follows, in this order: make room, ring the alarm,
let the least important cameras rest. A full store is never silent.

Between two sweeps retention's role lets `FullWatch.watch` look every half minute. Owns no task.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from storage.full.levels import ALARMS, Fill, Ranked, alarm, goes_on, resting
from storage.full.relief import Removable, Remove, make_room
from storage.full.room import within
from storage.full.stopped import NOBODY, Stopped, say
from storage.index import Index
from storage.metrics import FILL_RATIO, PROTECTED_RATIO, RESTING_CAMERAS
from storage.objects.store import Room, WrongStore
from vms.core.clock import Clock
from vms.core.errors import Unavailable
from vms.core.nodestate import NodeState
from vms.core.walltime import WallTime

log = logging.getLogger(__name__)

LOOK_SECONDS = 30.0
NEAR_PERCENT = 70.0
"""Below this nothing happens before the next sweep."""
RESTS = "store-full"
"""The problem's code while cameras rest; below that `store-80`, `store-90`, `store-95`."""


class Roomy(Protocol):
    """A store, as far as it is asked here."""

    async def room(self) -> Room | None: ...


@dataclass(frozen=True, slots=True)
class Pressure:
    """What may go, and how it goes."""

    these: Removable
    remove: Remove


Pressing = Callable[[WallTime], Awaitable[Pressure]]
"""Made anew for each look; raises Unavailable or WrongStore when the store is not ours."""


class FullWatch:
    """Remembers which alarm rings and which share of the cameras goes on."""

    def __init__(
        self, index: Index, store: Roomy, node: NodeState, capacity_bytes: int | None = None
    ) -> None:
        """`capacity_bytes`: what the store may hold, where it cannot tell (S3) or has less than its
        disk. None: as it says; a store that cannot tell is not watched then."""
        self._index, self._store, self._node = index, store, node
        self._capacity_bytes = capacity_bytes
        self._alarm, self._share, self._stopped = 0, 1.0, NOBODY
        self._fresh = True

    async def watch(self, seconds: float, pressing: Pressing, clock: Clock) -> None:
        """Look at once and, unless there is much room, every half minute, for so long. What is away
        is told by the sweep, not here."""
        until = clock.monotonic() + seconds
        while True:
            often = await self._try(pressing, clock.wall())
            left = until - clock.monotonic()
            if left <= 0:
                return
            await clock.sleep(min(left, LOOK_SECONDS) if often else left)

    async def look(self, pressure: Pressure, now: WallTime) -> Fill | None:
        """Look, and do what follows. None: the store cannot tell how full it is. Raises
        Unavailable."""
        these, remove = pressure.these, pressure.remove
        fill = await self._fill(these, now)
        if fill is None:
            return None
        if fill.wanted_bytes > 0:
            freed = await make_room(self._index, these, fill.wanted_bytes, remove, now)
            await remove.collect()
            log.warning("the store is %.0f %% full: %d bytes may go, and go", fill.percent, freed)
            fill = await self._fill(these, now) or fill
        self._ring(fill)
        await self._rest(fill, now)
        return fill

    async def _try(self, pressing: Pressing, now: WallTime) -> bool:
        """Whether to look again soon."""
        try:
            fill = await self.look(await pressing(now), now)
        except (Unavailable, WrongStore) as error:
            log.debug("nobody knows how full the store is: %s", error)
            return True
        return fill is not None and fill.percent >= NEAR_PERCENT

    async def _fill(self, these: Removable, now: WallTime) -> Fill | None:
        room = await self._room()
        if room is None:
            return None
        may_go = await self._index.weights.removable(these.kept_from, these.since, now)
        fill = Fill(room.total, room.free, may_go)
        FILL_RATIO.set(fill.percent / 100)
        PROTECTED_RATIO.set(fill.protected_percent / 100)
        return fill

    async def _room(self) -> Room | None:
        """What the store says, within what it may hold by what the index knows of it."""
        room, capacity = await self._store.room(), self._capacity_bytes
        if capacity is None:
            return room
        taken = sum(each.size for each in (await self._index.segments.used()).values())
        return within(room, capacity, taken)

    def _ring(self, fill: Fill) -> None:
        before, self._alarm = self._alarm, alarm(fill.protected_percent, self._alarm)
        for level in ALARMS:
            if level != self._alarm:
                self._node.clear(_code(level))
        if self._alarm:
            self._node.problem(_code(self._alarm), _words(self._alarm))
        if self._alarm != before:
            tell = log.warning if self._alarm > before else log.info
            tell("%.1f %% of the store must stay: alarm %d", fill.protected_percent, self._alarm)

    async def _rest(self, fill: Fill, now: WallTime) -> None:
        """Choose anew whose recording rests, and tell the recorders."""
        self._share = goes_on(fill.protected_percent, self._share)
        cameras = [
            Ranked(camera.id, camera.priority)
            for camera in await self._index.cameras.list()
            if camera.enabled and any(stream.record for stream in camera.streams)
        ]
        chosen = frozenset(resting(cameras, self._share))
        words = _rest_words(len(chosen), len(cameras))
        before, self._stopped = self._stopped, Stopped(chosen, words) if chosen else NOBODY
        if chosen or before.cameras or self._fresh:
            await say(self._index, self._stopped, now)
            self._fresh = False
        RESTING_CAMERAS.set(len(chosen))
        if chosen:
            self._node.problem(RESTS, words)
        else:
            self._node.clear(RESTS)
        if chosen != before.cameras:
            log.warning("recording rests for %d cameras: %s", len(chosen), sorted(chosen))


def _code(level: int) -> str:
    return f"store-{level}"


def _words(level: int) -> str:
    """Without numbers that change at every look: each new detail is told anew."""
    return (
        f"more than {level} % of the store must stay (locked, or younger than its minimum):"
        " release locks that are not needed, or add disks"
    )


def _rest_words(resting_count: int, count: int) -> str:
    return (
        f"{resting_count} of {count} cameras, those of the lowest priority, are not recorded: the"
        " store is full of video that must stay; release locks or add disks"
    )
