"""The nouns of what an archive promises: how long video is kept, and what must not go. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from vms.core.walltime import TimeRange, WallTime


class Scope(StrEnum):
    """Whom a retention policy is for. A later one in this list stands over an earlier one."""

    SITE = "site"
    GROUP = "group"
    CAMERA = "camera"


@dataclass(frozen=True, slots=True)
class RetentionPolicy:
    """What one scope says; None leaves a thing to the scope above.

    `max_days`: older video goes. `min_days`: younger video stays, whatever the quota.
    `quota_bytes`: of one camera; beyond it the oldest goes. `event_days`: around events, instead
    of `max_days` where it is longer.
    """

    max_days: int | None = None
    min_days: int | None = None
    quota_bytes: int | None = None
    event_days: int | None = None


SITE_OWNER = 0
"""The owner's id of the site's own policy."""


class Purpose(StrEnum):
    """What a camera in a public place may be for (UU PDP 27/2022 art. 17)."""

    SECURITY = "security"
    DISASTER = "disaster"
    TRAFFIC = "traffic"


@dataclass(frozen=True, slots=True)
class LockSpan:
    """Time of one camera, all its streams, that a lock keeps."""

    camera_id: int
    range: TimeRange


@dataclass(frozen=True, slots=True)
class Lock:
    """An evidence lock: no segment that touches its spans is deleted while it holds.

    `expires` None: until it is released. `release_asked…`: one person asked; where two are needed
    another one confirms. Names are those of the users at the time.
    """

    id: int
    case_number: str
    reason: str
    spans: tuple[LockSpan, ...]
    created: WallTime
    created_by: str
    expires: WallTime | None = None
    release_asked: WallTime | None = None
    release_asked_by: str = ""
    release_reason: str = ""
    released: WallTime | None = None
    released_by: str = ""

    def holds(self, now: WallTime) -> bool:
        return self.released is None and (self.expires is None or now < self.expires)


@dataclass(frozen=True, slots=True)
class Bookmark:
    """What a person marked. `end` None: an instant."""

    id: int
    camera_id: int
    at: WallTime
    end: WallTime | None
    title: str
    note: str
    made: WallTime
    made_by: str


@dataclass(frozen=True, slots=True)
class CameraEvent:
    """What a camera, or somebody for it, told: `kind` is a word such as "motion"."""

    id: int
    camera_id: int
    at: WallTime
    kind: str
    detail: str
