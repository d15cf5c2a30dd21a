"""What a viewer wishes to see, and how a control message changes it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Any

from vms.core.model import StreamRole
from vms.core.walltime import WallTime

SLOWEST, FASTEST = 0.5, 4.0
LATEST = 10**17
"""µs UTC; beyond it lies no recording, and no database column."""


class Mode(Enum):
    LIVE = auto()
    ARCHIVE = auto()


@dataclass(frozen=True, slots=True)
class Wish:
    """`at`: the moment wanted (archive), or the moment shown (live). `stands`: the picture wanted
    is the one on the screen; nothing has to be looked for."""

    mode: Mode
    role: StreamRole
    at: WallTime | None = None
    speed: float = 1.0
    paused: bool = False
    stands: bool = False


def wish_of(message: dict[str, Any], present: Wish) -> Wish | None:
    """The wish a control message makes of what is shown now; None when it makes no sense."""
    match message:
        case {"op": "seek", "at": int(at)} if 0 < at < LATEST:
            return replace(present, mode=Mode.ARCHIVE, at=WallTime(at), stands=False)
        case {"op": "live"}:
            return replace(present, mode=Mode.LIVE, paused=False, stands=False, speed=1.0)
        case {"op": "pause"}:
            stands = present.stands or present.mode is Mode.LIVE
            return replace(present, mode=Mode.ARCHIVE, paused=True, stands=stands)
        case {"op": "play"}:
            return _played(message.get("speed", present.speed), present)
        case {"op": "stream", "stream": str(name)} if name in {role.value for role in StreamRole}:
            return replace(present, role=StreamRole(name), stands=False)
        case _:
            return None


def _played(speed: object, present: Wish) -> Wish | None:
    """Playing on. A picture that was live stands in no fragment yet: it is looked for."""
    if isinstance(speed, bool) or not isinstance(speed, int | float):
        return None
    if present.mode is Mode.LIVE or not SLOWEST <= speed <= FASTEST:
        return None
    return replace(present, speed=float(speed), paused=False)
