"""How long a camera's video is kept, from what site, groups and camera say. Pure.

What belongs here: precedence, and why. What does not: which segments that lets go (`plan.py`), from
when on a change counts (`changes.py`).

Each thing is said on its own: the camera's word stands over its groups', theirs over the site's,
the site's over the program's settings. Where several groups speak, the one that keeps most counts.
Between the things stands the order: lock, then `min_days`, then `event_days`, then `max_days`, then
the quota. So `min_days` keeps what `max_days` would let go, and the quota takes nothing younger
than `min_days`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Final

from vms.core.errors import Invalid
from vms.core.promises import SITE_OWNER, RetentionPolicy, Scope

FIELDS: Final = tuple(field.name for field in fields(RetentionPolicy))
MOST_DAYS: Final = 36_500
USUAL: Final = RetentionPolicy(max_days=30)
"""Where nobody says anything, and no settings do."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Who said it: the owner of a scope. `scope` None: the program's settings."""

    scope: Scope | None = None
    owner_id: int = SITE_OWNER

    def __str__(self) -> str:
        if self.scope in (None, Scope.SITE):
            return self.scope or "settings"
        return f"{self.scope} {self.owner_id}"


NOBODY: Final = Origin()


@dataclass(frozen=True, slots=True)
class Effective:
    """What is in force for one camera. `quota_bytes` None: no bound. `event_days` None: no longer
    around events than elsewhere. `why`: by the name of each field, who said it."""

    max_days: int
    min_days: int
    quota_bytes: int | None
    event_days: int | None
    why: Mapping[str, Origin]

    @property
    def kept_days(self) -> int:
        """Older than this goes, whatever the room."""
        return max(self.max_days, self.min_days)

    @property
    def event_kept_days(self) -> int:
        """The same, of what lies around an event."""
        return max(self.kept_days, self.event_days or 0)


def effective(
    site: RetentionPolicy,
    groups: Mapping[int, RetentionPolicy],
    camera_id: int,
    camera: RetentionPolicy,
    *,
    usual: RetentionPolicy = USUAL,
) -> Effective:
    """What is in force for a camera. `groups`: by id, of those it is in. `usual`: the settings'."""
    said: dict[str, tuple[int | None, Origin]] = {}
    for name in FIELDS:
        values = (
            (getattr(camera, name), Origin(Scope.CAMERA, camera_id)),
            _of_groups(name, groups),
            (getattr(site, name), Origin(Scope.SITE)),
            (getattr(usual, name), NOBODY),
        )
        said[name] = next((each for each in values if each[0] is not None), (None, NOBODY))
    return Effective(
        max_days=_or(said["max_days"][0], USUAL.max_days or 0),
        min_days=_or(said["min_days"][0], 0),
        quota_bytes=said["quota_bytes"][0],
        event_days=said["event_days"][0],
        why={name: origin for name, (_, origin) in said.items()},
    )


def checked(policy: RetentionPolicy) -> RetentionPolicy:
    """`policy`, when it can be kept. Raises Invalid, naming the field."""
    for name, least in (("max_days", 1), ("min_days", 0), ("event_days", 1)):
        days = getattr(policy, name)
        if days is not None and not least <= days <= MOST_DAYS:
            raise Invalid("days of retention are out of bounds", field=name, value=days)
    if policy.quota_bytes is not None and policy.quota_bytes < 0:
        raise Invalid("a quota is not negative", field="quota_bytes", value=policy.quota_bytes)
    if _or(policy.min_days, 0) > _or(policy.max_days, MOST_DAYS):
        raise Invalid("the minimum is above the maximum", field="min_days")
    return policy


def keeps_no_less(one: Effective, other: Effective) -> bool:
    """Whether `one` keeps everything that `other` keeps."""
    return (
        one.kept_days >= other.kept_days
        and one.event_kept_days >= other.event_kept_days
        and one.min_days >= other.min_days
        and _quota(one) >= _quota(other)
    )


def _of_groups(name: str, groups: Mapping[int, RetentionPolicy]) -> tuple[int | None, Origin]:
    """The most that any of them says; of equals the one with the lowest id."""
    said: Iterable[tuple[int, int]] = (
        (-value, group_id)
        for group_id, policy in groups.items()
        if (value := getattr(policy, name)) is not None
    )
    least = min(said, default=None)
    return (None, NOBODY) if least is None else (-least[0], Origin(Scope.GROUP, least[1]))


def _or(value: int | None, other: int) -> int:
    return other if value is None else value


def _quota(policy: Effective) -> float:
    return float("inf") if policy.quota_bytes is None else policy.quota_bytes
