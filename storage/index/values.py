"""What goes into the index and comes out of it beside the nouns of `vms.core.model`. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from vms.core.model import (
    USUAL_POLICY,
    USUAL_PRIORITY,
    Engine,
    RecordPolicy,
    Role,
    StreamRole,
    Transport,
    object_key,
)
from vms.core.promises import LockSpan, Purpose
from vms.core.secret import Secret
from vms.core.walltime import TimeRange, WallTime


class Keep(Enum):
    """The value of a field that a change leaves as it is."""

    KEEP = "keep"


KEEP: Final = Keep.KEEP


@dataclass(frozen=True, slots=True)
class NewStream:
    """A stream as an administrator gives it. `password` None: the one already kept for this role
    stays (in a change), or there is none (in a new camera)."""

    role: StreamRole
    url: str
    username: str = ""
    password: Secret | None = None
    record: bool = True
    audio: bool = False
    engine: Engine = Engine.AUTO
    transport: Transport = Transport.AUTO
    policy: RecordPolicy = USUAL_POLICY


@dataclass(frozen=True, slots=True)
class NewCamera:
    """`number` None: the lowest number above all taken ones is given."""

    name: str
    number: int | None = None
    enabled: bool = True
    retention_days: int | None = None
    streams: tuple[NewStream, ...] = ()
    priority: int = USUAL_PRIORITY
    purposes: tuple[Purpose, ...] = ()
    owner_agency: str = ""
    sign_posted: bool = False
    contact: str = ""


@dataclass(frozen=True, slots=True)
class CameraChange:
    """Fields left at KEEP stay. `streams` is the whole new set: a role that stays keeps its id and
    archive, a role that is missing is no longer recorded (its archive stays until it expires)."""

    name: str | Keep = KEEP
    number: int | Keep = KEEP
    enabled: bool | Keep = KEEP
    retention_days: int | Keep | None = KEEP
    streams: tuple[NewStream, ...] | Keep = KEEP
    priority: int | Keep = KEEP
    purposes: tuple[Purpose, ...] | Keep = KEEP
    owner_agency: str | Keep = KEEP
    sign_posted: bool | Keep = KEEP
    contact: str | Keep = KEEP


@dataclass(frozen=True, slots=True)
class UserChange:
    """Fields left at KEEP stay. `cameras` None: every camera."""

    name: str | Keep = KEEP
    role: Role | Keep = KEEP
    cameras: frozenset[int] | Keep | None = KEEP
    enabled: bool | Keep = KEEP
    password_hash: str | Keep = KEEP


@dataclass(frozen=True, slots=True)
class NewLock:
    """An evidence lock as somebody asks for it. `expires` None: until it is released."""

    case_number: str
    reason: str
    spans: tuple[LockSpan, ...]
    by: str
    expires: WallTime | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody signed in. Only the hash of the token is known. `seen`: last use."""

    token_sha256: bytes
    user_id: int
    created: WallTime
    expires: WallTime
    seen: WallTime


@dataclass(frozen=True, slots=True)
class Outline:
    """A segment without its group table: enough to name its object and judge its age.

    `tier`: which store has the object, 0 the first. `sha256` None: an older program made it
    garbage. `why`: of garbage, the rule that let it go.
    """

    camera_id: int
    stream_id: int
    epoch: int
    sequence: int
    range: TimeRange
    size: int
    tier: int = 0
    sha256: bytes | None = None
    why: str = ""

    @property
    def key(self) -> str:
        return object_key(
            self.camera_id, self.stream_id, self.range.start, self.epoch, self.sequence
        )


@dataclass(frozen=True, slots=True)
class HourRow:
    """What of one UTC hour of a stream is recorded: of the segments that start in it.

    `recorded_micros` may be a little more than an hour: the last segment ends in the next one.
    """

    stream_id: int
    hour: WallTime
    recorded_micros: int
    size: int


@dataclass(frozen=True, slots=True)
class Used:
    """What the archive holds of one stream: bytes, start of its oldest and end of its newest."""

    size: int
    oldest: WallTime
    newest: WallTime


@dataclass(frozen=True, slots=True)
class Taken:
    """What one step moved out of the archive into garbage."""

    segments: int = 0
    size: int = 0
