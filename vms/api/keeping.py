"""How long video is kept, and what became of it, as JSON. Times µs UTC, sizes bytes."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from vms.api.shapes import Days, Id, Ids, Schema, Words
from vms.core.promises import RetentionPolicy, Scope

MOST_RECEIPTS = 500
MOST_DAMAGE = 500

Quota = Annotated[int, Field(ge=0, le=10**17)]


class RetentionFields(Schema):
    """What one scope says; null leaves a thing to the scope above. `max_days`: older video goes.
    `min_days`: younger stays, whatever the quota. `quota_bytes`: of one camera; beyond it the
    oldest goes. `event_days`: around events, instead of `max_days` where it is longer."""

    max_days: Days | None = None
    min_days: Annotated[int, Field(ge=0, le=36_500)] | None = None
    quota_bytes: Quota | None = None
    event_days: Days | None = None

    @classmethod
    def of(cls, policy: RetentionPolicy) -> RetentionFields:
        return cls(
            max_days=policy.max_days,
            min_days=policy.min_days,
            quota_bytes=policy.quota_bytes,
            event_days=policy.event_days,
        )

    def policy(self) -> RetentionPolicy:
        return RetentionPolicy(self.max_days, self.min_days, self.quota_bytes, self.event_days)


class ScopeOut(Schema):
    """A policy and whose it is. `owner_id`: of the group or camera; 0: the site."""

    scope: Scope
    owner_id: int
    policy: RetentionFields


class ValueOut(Schema):
    """One thing in force and who says so: `owner_id` of that scope; `scope` null: nobody said
    anything, it is the program's own."""

    value: int | None
    scope: Scope | None
    owner_id: int


class EffectiveOut(Schema):
    """What is in force for a camera, and why."""

    camera_id: int
    max_days: ValueOut
    min_days: ValueOut
    quota_bytes: ValueOut
    event_days: ValueOut


class PendingOut(Schema):
    """A reduction that waits. `effective`: not before."""

    id: int
    scope: Scope
    owner_id: int
    policy: RetentionFields
    made: int
    made_by: str
    reason: str
    effective: int


class RetentionOut(Schema):
    """`scopes`: those that say something, the site first. `delay`: µs before a reduction counts."""

    now: int
    delay: int
    scopes: list[ScopeOut]
    cameras: list[EffectiveOut]
    pending: list[PendingOut]


class RetentionIn(Schema):
    """The whole policy of a scope. `owner_id` 0: the site."""

    scope: Scope
    owner_id: Annotated[int, Field(ge=0, lt=10**18)] = 0
    policy: RetentionFields
    reason: Words = ""


class RetentionSet(Schema):
    """`pending` null: it counts at once."""

    pending: PendingOut | None


class DryRunCameraOut(Schema):
    camera_id: int
    segments: int
    size: int
    oldest: int | None
    newest: int | None
    locked_size: int


class DryRunOut(Schema):
    """What would be deleted by the next sweep with the policy as asked, beyond what goes anyway.
    `locked_size`: what would go and stays because it is locked. `cameras`: those that lose."""

    segments: int
    size: int
    oldest: int | None
    newest: int | None
    locked_size: int
    cameras: list[DryRunCameraOut]


class CameraForecastOut(Schema):
    """`per_day`: bytes recorded a day, of the last week. `kept_days`: from the oldest picture until
    now. `days_left`: how far back this camera will reach at this rate, bounded by its policy, its
    quota and the store; null: nothing is recorded. `minimum_met`: the store has room for
    `min_days`; `quota_met`: the quota has. `locked_size`: bytes that retention cannot free."""

    camera_id: int
    size: int
    oldest: int | None
    newest: int | None
    per_day: int
    kept_days: float
    days_left: float | None
    min_days: int
    max_days: int
    minimum_met: bool
    quota_met: bool
    locked_size: int


class StoreFillOut(Schema):
    """`total`, `free` null: the store does not say. `used`: bytes of segments. `fill`: 0 to 1, of
    what is taken by anything; `protected`: by what must stay (locked, younger than its minimum, not
    ours): video that may go is as good as free room. `level` is of the protected: `full` from 95 %,
    `high` from 90 %, `filling` from 80 %. `days_left`: until it is full at today's rate; null:
    never, or not known."""

    total: int | None
    free: int | None
    used: int
    fill: float | None
    protected: float | None
    level: Literal["ok", "filling", "high", "full", "unknown"]
    per_day: int
    days_left: float | None


class ForecastOut(Schema):
    """`minimum_bytes`: what all minimums and locks need at today's rates."""

    now: int
    minimum_bytes: int
    store: StoreFillOut
    cameras: list[CameraForecastOut]


class ReceiptOut(Schema):
    """`merkle_root`: of the SHA-256 of what was deleted (RFC 6962), hexadecimal."""

    id: int
    at: int
    camera_id: int
    stream_id: int
    why: str
    start: int
    end: int
    segments: int
    size: int
    merkle_root: str


class ReceiptsQuery(Schema):
    """Newest first; `before`: only ids below this one, for the next page."""

    camera: Id | None = None
    before: Annotated[int, Field(ge=1, lt=10**18)] | None = None
    limit: Annotated[int, Field(ge=1, le=MOST_RECEIPTS)] = 100


class ReceiptsOut(Schema):
    receipts: list[ReceiptOut]


class DamageOut(Schema):
    """A segment whose object is not what its row says. `kind`: `missing`, `size`, `hash`, …"""

    camera_id: int
    stream_id: int
    start: int
    end: int
    kind: str
    found: int
    detail: str


class ArchiveHealthOut(Schema):
    """`damage`: what was asked for, the newest found first; `damaged`: how many in all.
    `scrub_began`: when the pass that reads everything again began; null: never. `garbage`,
    `garbage_size`: what waits to be deleted from the store. `object_lock`: the store itself can
    refuse to delete what is locked; null: it does not answer."""

    now: int
    store: StoreFillOut
    damaged: int
    damage: list[DamageOut]
    scrub_began: int | None
    garbage: int
    garbage_size: int
    object_lock: bool | None


class DamageQuery(Schema):
    """`cameras` absent: of all."""

    cameras: Ids | None = None
    offset: Annotated[int, Field(ge=0, le=10**6)] = 0
    limit: Annotated[int, Field(ge=1, le=MOST_DAMAGE)] = 100
