"""How long video is kept: what each scope says, what is in force and why, changes that wait, and
receipts of what went. For administrators."""

from __future__ import annotations

import logging
from dataclasses import replace

from storage.index.receipts import Receipt
from storage.index.retention import Change
from storage.index.standings import Standing
from storage.retention.changes import DELAY_MICROS, Wanted, change, effective_of
from storage.retention.policy import USUAL, Effective
from vms.api.call import Api, Call
from vms.api.keeping import (
    EffectiveOut,
    PendingOut,
    ReceiptOut,
    ReceiptsOut,
    ReceiptsQuery,
    RetentionFields,
    RetentionIn,
    RetentionOut,
    RetentionSet,
    ScopeOut,
    ValueOut,
)
from vms.api.numbers import id_in_path
from vms.core.promises import RetentionPolicy, Scope

log = logging.getLogger(__name__)

NO_SUCH_CHANGE = "no such change waits"


async def get_retention(call: Call) -> RetentionOut:
    index = call.api.index
    scopes, said = await index.retention.scopes(), await index.retention.said()
    return RetentionOut(
        now=call.api.clock.wall(),
        delay=DELAY_MICROS,
        scopes=[
            ScopeOut(scope=scope, owner_id=owner_id, policy=RetentionFields.of(policy))
            for (scope, owner_id), policy in scopes.items()
        ],
        cameras=[
            _effective(standing, effective_of(said, standing, usual(call.api)))
            for standing in said.standings
            if not standing.removed
        ],
        pending=[_pending(each) for each in await index.retention.pending()],
    )


async def set_retention(call: Call) -> RetentionSet:
    """What keeps more counts at once, what keeps less after the delay. Raises NotFound for a group
    or camera that is not there, Invalid beside the field for a policy that cannot be kept."""
    sent = call.body(RetentionIn)
    wanted = Wanted(
        sent.scope, sent.owner_id, sent.policy.policy(), by=call.user.name, reason=sent.reason
    )
    now = call.api.clock.wall()
    waits = await change(call.api.index, wanted, now, usual=usual(call.api))
    log.info("retention of %s %d set by %s", sent.scope, sent.owner_id, call.user.name)
    call.api.watch.cameras_changed()
    return RetentionSet(pending=None if waits is None else _pending(waits))


async def set_days(call: Call, camera_id: int, days: int | None) -> None:
    """What a camera itself says of `max_days`, as `set_retention`. The same days as now change
    nothing: what waits goes on waiting when somebody saves another field."""
    index = call.api.index
    before = await index.retention.get(Scope.CAMERA, camera_id)
    policy = replace(before, max_days=days)
    if policy == before:
        return
    wanted = Wanted(Scope.CAMERA, camera_id, policy, by=call.user.name)
    await change(index, wanted, call.api.clock.wall(), usual=usual(call.api))


async def cancel_change(call: Call) -> None:
    """Raises NotFound when it does not wait (any more)."""
    change_id = id_in_path(call, "change_id", NO_SUCH_CHANGE)
    await call.api.index.retention.cancel(change_id)
    log.info("retention: change %d taken back by %s", change_id, call.user.name)


async def list_receipts(call: Call) -> ReceiptsOut:
    asked = call.query(ReceiptsQuery)
    found = await call.api.index.receipts.list(
        camera_id=asked.camera, before=asked.before, limit=asked.limit
    )
    return ReceiptsOut(receipts=[_receipt(each) for each in found])


def usual(api: Api) -> RetentionPolicy:
    """What counts where nobody says anything: the settings' days."""
    return replace(USUAL, max_days=api.settings.retain.days)


def _effective(standing: Standing, policy: Effective) -> EffectiveOut:
    def value(name: str) -> ValueOut:
        origin = policy.why[name]
        return ValueOut(value=getattr(policy, name), scope=origin.scope, owner_id=origin.owner_id)

    return EffectiveOut(
        camera_id=standing.camera_id,
        max_days=value("max_days"),
        min_days=value("min_days"),
        quota_bytes=value("quota_bytes"),
        event_days=value("event_days"),
    )


def _pending(each: Change) -> PendingOut:
    return PendingOut(
        id=each.id,
        scope=each.scope,
        owner_id=each.owner_id,
        policy=RetentionFields.of(each.policy),
        made=each.made,
        made_by=each.made_by,
        reason=each.reason,
        effective=each.effective,
    )


def _receipt(receipt: Receipt) -> ReceiptOut:
    return ReceiptOut(
        id=receipt.id,
        at=receipt.at,
        camera_id=receipt.camera_id,
        stream_id=receipt.stream_id,
        why=receipt.why,
        start=receipt.range.start,
        end=receipt.range.end,
        segments=receipt.segments,
        size=receipt.size,
        merkle_root=receipt.merkle_root.hex(),
    )
