"""Something happened at a camera: kept in the index, and told to its recorder, which keeps the time
around it."""

from __future__ import annotations

import logging

from vms.api.accounts import EventIn, EventOut
from vms.api.call import Call
from vms.api.problems import WrongFields
from vms.auth.policy import NO_SUCH_CAMERA
from vms.core.errors import NotFound
from vms.core.walltime import MINUTE, WallTime

log = logging.getLogger(__name__)

EARLIEST_MICROS = 10 * MINUTE
"""Older than this, no recorder holds the pictures any more."""
LATEST_MICROS = MINUTE
"""Clocks differ by less."""
CAMERA_BURST, CAMERA_PER_SECOND = 10, 1.0
USER_BURST, USER_PER_SECOND = 100, 20.0


async def add_event(call: Call) -> EventOut:
    """Raises NotFound, Exhausted with the seconds to wait, WrongFields for an impossible time."""
    sent = call.body(EventIn)
    call.api.signals_of_users.take(call.user.id)
    call.api.signals_of_cameras.take(call.camera_id)
    at = _moment(sent.at, call.api.clock.wall())
    await _keep(call, at, sent)
    told = {"at": at, "kind": sent.kind, "detail": sent.detail}
    await call.api.bus.publish(f"camera.event.{call.camera_id}", told)
    log.info("camera %d: event %s, told by %s", call.camera_id, sent.kind, call.user.name)
    return EventOut(camera_id=call.camera_id, at=at, kind=sent.kind)


def _moment(at: int | None, now: WallTime) -> WallTime:
    if at is None:
        return now
    if not now - EARLIEST_MICROS <= at <= now + LATEST_MICROS:
        raise WrongFields(("at", "time"))
    return WallTime(at)


async def _keep(call: Call, at: WallTime, sent: EventIn) -> None:
    """For the timeline, and for what is kept longer around events. Raises NotFound for a camera
    that is not there."""
    try:
        await call.api.index.events.add(call.camera_id, at, sent.kind, sent.detail)
    except NotFound:
        raise NotFound(NO_SUCH_CAMERA) from None
