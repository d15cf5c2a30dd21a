"""Evidence locks. Who may play a camera sees what is locked of it and why; administrators lock and
release (until there are investigators)."""

from __future__ import annotations

import logging
from typing import Literal

from storage.index import NewLock
from vms.api.call import Call
from vms.api.handlers.seen import playable
from vms.api.marks import (
    LockIn,
    LockOut,
    LocksOut,
    LockSpanOut,
    LocksQuery,
    RealSpanOut,
    ReleaseIn,
)
from vms.api.numbers import id_in_path
from vms.api.problems import WrongFields
from vms.auth.policy import Action, allows
from vms.core.errors import NotFound
from vms.core.model import User
from vms.core.promises import Lock, LockSpan
from vms.core.walltime import TimeRange, WallTime

log = logging.getLogger(__name__)

NO_SUCH_LOCK = "there is no such lock"
MOST = 1000
"""In one answer: the newest."""
State = Literal["holds", "asked", "released", "expired"]


async def list_locks(call: Call) -> LocksOut:
    asked, now = call.query(LocksQuery), call.api.clock.wall()
    cameras = playable(call, asked.cameras)
    locks = await call.api.index.locks.list(asked.active, now, camera_ids=cameras)
    return LocksOut(
        now=now,
        two_persons=call.api.settings.site.two_person_release,
        locks=[_out(call.user, lock, now) for lock in locks[:MOST]],
    )


async def get_lock(call: Call) -> LockOut:
    """With what it keeps in truth, to the border of segments. Raises NotFound also for a lock of
    which nothing may be seen."""
    lock = await _lock(call)
    out = _out(call.user, lock, call.api.clock.wall())
    if not out.spans:
        raise NotFound(NO_SUCH_LOCK)
    return out.model_copy(update={"real": await _real(call, lock)})


async def add_lock(call: Call) -> LockOut:
    """Raises NotFound for a camera that is not there, WrongFields for times that cannot be."""
    sent, now = call.body(LockIn), call.api.clock.wall()
    new = NewLock(
        case_number=sent.case_number,
        reason=sent.reason,
        spans=_spans(sent),
        by=call.user.name,
        expires=None if sent.expires is None else WallTime(sent.expires),
    )
    lock = await call.api.index.locks.add(new, now)
    log.info("lock %d, case %s, made by %s", lock.id, lock.case_number, call.user.name)
    out = _out(call.user, lock, now)
    return out.model_copy(update={"real": await _real(call, lock)})


async def ask_release(call: Call) -> LockOut:
    """Where one person is enough it is released at once. Raises NotFound, Conflict when it holds no
    longer or somebody else has asked."""
    lock_id, now = _lock_id(call), call.api.clock.wall()
    reason = call.body(ReleaseIn).reason
    lock = await call.api.index.locks.ask_release(lock_id, call.user.name, reason, now)
    if not call.api.settings.site.two_person_release:
        lock = await call.api.index.locks.confirm_release(lock_id, call.user.name, now, alone=True)
    log.info("lock %d: release asked by %s", lock.id, call.user.name)
    return _out(call.user, lock, now)


async def confirm_release(call: Call) -> LockOut:
    """Raises NotFound, Conflict when nobody asked, or where two are needed the same person did."""
    lock_id, now = _lock_id(call), call.api.clock.wall()
    alone = not call.api.settings.site.two_person_release
    lock = await call.api.index.locks.confirm_release(lock_id, call.user.name, now, alone=alone)
    log.info("lock %d: released by %s", lock.id, call.user.name)
    return _out(call.user, lock, now)


async def withdraw_release(call: Call) -> LockOut:
    """It is kept after all. Raises NotFound, Conflict when it holds no longer."""
    now = call.api.clock.wall()
    lock = await call.api.index.locks.withdraw_release(_lock_id(call), now)
    return _out(call.user, lock, now)


def _spans(sent: LockIn) -> tuple[LockSpan, ...]:
    for number, each in enumerate(sent.spans):
        if each.end <= each.start:
            raise WrongFields((f"spans.{number}.end", "before-start"))
    return tuple(
        LockSpan(each.camera_id, TimeRange(WallTime(each.start), WallTime(each.end)))
        for each in sent.spans
    )


def _lock_id(call: Call) -> int:
    return id_in_path(call, "lock_id", NO_SUCH_LOCK)


async def _lock(call: Call) -> Lock:
    try:
        return await call.api.index.locks.get(_lock_id(call))
    except NotFound:
        raise NotFound(NO_SUCH_LOCK) from None


async def _real(call: Call, lock: Lock) -> list[RealSpanOut]:
    """Of the streams that may be seen; of removed cameras they are known by the index alone."""
    real = await call.api.index.locks.real(lock)
    owners = await call.api.index.lanes.cameras_of(real)
    return [
        RealSpanOut(
            camera_id=owners[stream_id], stream_id=stream_id, start=each.start, end=each.end
        )
        for stream_id, spans in sorted(real.items())
        if allows(call.user, Action.PLAYBACK, owners[stream_id])
        for each in spans
    ]


def _out(user: User, lock: Lock, now: WallTime) -> LockOut:
    return LockOut(
        id=lock.id,
        case_number=lock.case_number,
        reason=lock.reason,
        state=_state(lock, now),
        spans=[
            LockSpanOut(camera_id=each.camera_id, start=each.range.start, end=each.range.end)
            for each in lock.spans
            if allows(user, Action.PLAYBACK, each.camera_id)
        ],
        created=lock.created,
        created_by=lock.created_by,
        expires=lock.expires,
        release_asked=lock.release_asked,
        release_asked_by=lock.release_asked_by,
        release_reason=lock.release_reason,
        released=lock.released,
        released_by=lock.released_by,
    )


def _state(lock: Lock, now: WallTime) -> State:
    if lock.released is not None:
        return "released"
    if not lock.holds(now):
        return "expired"
    return "holds" if lock.release_asked is None else "asked"
