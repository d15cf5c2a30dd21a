"""When a change of a policy counts: what keeps more at once, what keeps less after a delay. Pure,
but for `change`, which asks the index and tells it.

Each thing a policy says is judged on its own, by every camera it concerns: a shorter `max_days`
that no camera feels (its own stands over it, or `min_days` does) need not wait.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import Final

from storage.index.database import Index
from storage.index.retention import Change, NewChange
from storage.index.standings import Said, Standing
from storage.retention.policy import FIELDS, USUAL, Effective, checked, effective, keeps_no_less
from vms.core.errors import Conflict
from vms.core.promises import RetentionPolicy, Scope
from vms.core.walltime import DAY, WallTime

DELAY_MICROS: Final = DAY
"""How long a reduction waits, so that a mistake can be taken back."""
MOST_NAMED: Final = 20


@dataclass(frozen=True, slots=True)
class Wanted:
    """Somebody wants a scope to say this from now on, as a whole."""

    scope: Scope
    owner_id: int
    policy: RetentionPolicy
    by: str
    reason: str = ""


def effective_of(said: Said, standing: Standing, usual: RetentionPolicy = USUAL) -> Effective:
    """What is in force for one camera."""
    return effective(said.site, standing.groups, standing.camera_id, standing.camera, usual=usual)


def with_policy(said: Said, scope: Scope, owner_id: int, policy: RetentionPolicy) -> Said:
    """As if a scope said `policy`."""
    if scope is Scope.SITE:
        return replace(said, site=policy)
    return replace(
        said,
        standings=tuple(_standing(one, scope, owner_id, policy) for one in said.standings),
    )


def with_members(
    said: Said, group_id: int, policy: RetentionPolicy, camera_ids: Collection[int]
) -> Said:
    """As if a group that says `policy` had these cameras. Removed ones stay where they are."""

    def regrouped(one: Standing) -> Standing:
        if one.removed:
            return one
        others = {number: each for number, each in one.groups.items() if number != group_id}
        its = {group_id: policy} if one.camera_id in camera_ids else {}
        return replace(one, groups=others | its)

    return replace(said, standings=tuple(map(regrouped, said.standings)))


def losing(before: Said, after: Said, usual: RetentionPolicy = USUAL) -> list[int]:
    """The cameras that keep less after than before. Both are about the same cameras."""
    return [
        old.camera_id
        for old, new in zip(before.standings, after.standings, strict=True)
        if not keeps_no_less(effective_of(after, new, usual), effective_of(before, old, usual))
    ]


def concerned(said: Said, scope: Scope, owner_id: int) -> Iterable[Standing]:
    """The cameras a scope speaks for."""
    for standing in said.standings:
        if scope is Scope.SITE or _is_of(standing, scope, owner_id):
            yield standing


def reduces(before: Said, after: Said, usual: RetentionPolicy = USUAL) -> bool:
    """Whether any camera keeps less after than before."""
    return bool(losing(before, after, usual))


def at_once(
    said: Said,
    scope: Scope,
    owner_id: int,
    current: RetentionPolicy,
    wanted: RetentionPolicy,
    usual: RetentionPolicy = USUAL,
) -> RetentionPolicy:
    """What of `wanted` no camera loses anything by; the rest stays as in `current`."""
    allowed = current
    ours = replace(said, standings=tuple(concerned(said, scope, owner_id)))
    before = with_policy(ours, scope, owner_id, current)
    for name in FIELDS:
        tried = replace(allowed, **{name: getattr(wanted, name)})
        if not reduces(before, with_policy(ours, scope, owner_id, tried), usual):
            allowed = tried
    return allowed


async def require_no_loss(
    index: Index, group_id: int, camera_ids: Collection[int], usual: RetentionPolicy = USUAL
) -> None:
    """Raises Conflict, naming them, when cameras would keep less at once because a group had these
    cameras from now on: what is kept becomes less by a change of a policy only, which waits."""
    said = await index.retention.said()
    policy = await index.retention.get(Scope.GROUP, group_id)
    lost = losing(said, with_members(said, group_id, policy, camera_ids), usual)
    if lost:
        raise Conflict(
            "these cameras would keep less at once: give them days of their own first",
            cameras=lost[:MOST_NAMED],
        )


async def change(
    index: Index,
    wanted: Wanted,
    now: WallTime,
    *,
    usual: RetentionPolicy = USUAL,
    delay_micros: int = DELAY_MICROS,
) -> Change | None:
    """Do what `wanted` asks: at once what keeps more, after the delay what keeps less. The change
    that waits, or None when all of it counts now. Takes the place of what waited for this owner.

    Raises Invalid for a policy that cannot be kept, NotFound without such a group or camera.
    """
    policy = checked(wanted.policy)
    said = await index.retention.said()
    current = await index.retention.get(wanted.scope, wanted.owner_id)
    first = at_once(said, wanted.scope, wanted.owner_id, current, policy, usual)
    if first == policy:
        await index.retention.set(wanted.scope, wanted.owner_id, policy)
        return None
    waits = NewChange(
        scope=wanted.scope,
        owner_id=wanted.owner_id,
        policy=policy,
        made=now,
        made_by=wanted.by,
        reason=wanted.reason,
        effective=WallTime(now + delay_micros),
    )
    return await index.retention.ask(waits, now_policy=first)


def _is_of(standing: Standing, scope: Scope, owner_id: int) -> bool:
    if scope is Scope.GROUP:
        return owner_id in standing.groups
    return standing.camera_id == owner_id


def _standing(standing: Standing, scope: Scope, owner_id: int, policy: RetentionPolicy) -> Standing:
    if not _is_of(standing, scope, owner_id):
        return standing
    if scope is Scope.CAMERA:
        return replace(standing, camera=policy)
    return replace(standing, groups={**standing.groups, owner_id: policy})
