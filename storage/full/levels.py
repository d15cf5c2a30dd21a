"""How full a store is of what must stay, and what follows. Pure.

Protected is what cannot be freed: locked video, video younger than its minimum, and whatever else
lies on the disk. Video that may go is as good as free room: it goes when room is needed. So a store
that is full and overwrites its oldest day is healthy, and one that is half empty but locked to four
fifths is not.

From 95 % on the least important cameras rest, more of them at every per cent, so that those that
matter have what is left for longer. Never all: a tenth goes on, at least one, until the store
itself refuses, and then each says so by its own gap and alarm.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

ALARMS: Final = (80, 90, 95)
"""Per cent protected at which an alarm rings."""
KEPT: Final = ((98, 0.1), (97, 0.25), (96, 0.5), (95, 0.75))
"""From so many per cent protected on, the share of the cameras that goes on recording."""
CALM_PERCENT: Final = 1.0
"""An alarm or a rest ends only when it is so much below where it began."""
TIGHT_SHARE: Final = 0.08
"""With less free than this, room is made,"""
ROOMY_SHARE: Final = 0.1
"""until so much is free."""


@dataclass(frozen=True, slots=True)
class Fill:
    """Bytes of a store. `removable`: of video that may go as soon as room is needed."""

    total: int
    free: int
    removable: int

    @property
    def percent(self) -> float:
        """Taken, by anything."""
        return 100 * (1 - self.free / self.total) if self.total > 0 else 100.0

    @property
    def protected_percent(self) -> float:
        """Taken by what must stay."""
        if self.total <= 0:
            return 100.0
        return max(0.0, 100 * (1 - (self.free + self.removable) / self.total))

    @property
    def wanted_bytes(self) -> int:
        """How much should go now to have room again; 0: there is enough."""
        if self.free >= self.total * TIGHT_SHARE:
            return 0
        return min(self.removable, math.ceil(self.total * ROOMY_SHARE) - self.free)


@dataclass(frozen=True, slots=True)
class Ranked:
    """A camera that is recorded. `priority` 0 to 9: the higher goes on longer."""

    camera_id: int
    priority: int


def alarm(protected_percent: float, before: int = 0) -> int:
    """The per cent whose alarm rings now; 0: none. `before`: the one that rings already."""
    rings = [level for level in ALARMS if protected_percent >= level]
    holds = [level for level in ALARMS if level <= before]
    stays = [level for level in holds if protected_percent >= level - CALM_PERCENT]
    return max([*rings, *stays], default=0)


def goes_on(protected_percent: float, before: float = 1.0) -> float:
    """The share of the cameras that goes on recording; `before`: the share that does now."""
    now = _share(protected_percent)
    return now if now <= before else min(now, _share(protected_percent + CALM_PERCENT))


def resting(cameras: Iterable[Ranked], share: float) -> tuple[int, ...]:
    """Whose recording rests when `share` of all goes on: lowest priority first, and of those the
    newest first, as when recorders have no room. Always one goes on."""
    ordered = sorted(cameras, key=lambda one: (one.priority, -one.camera_id))
    kept = max(1, math.ceil(len(ordered) * share))
    return tuple(one.camera_id for one in ordered[: max(0, len(ordered) - kept)])


def _share(protected_percent: float) -> float:
    return next((share for level, share in KEPT if protected_percent >= level), 1.0)
