"""Trying a camera's address before it is added."""

from __future__ import annotations

from vms.api.addresses import camera_address
from vms.api.call import Call
from vms.api.schemas import ProbeIn, ProbeOut
from vms.core.errors import Unavailable
from vms.core.secret import Secret


async def probe_camera(call: Call) -> ProbeOut:
    """What the camera sends. Raises Unavailable with the cause when it does not."""
    sent = call.body(ProbeIn)
    address = camera_address(sent.url, "url")
    given = None if sent.password is None else Secret(sent.password.get_secret_value())
    found = await call.api.probe(
        address.url,
        sent.username or address.username or "",
        given or address.password or Secret(""),
    )
    if found.cause is not None:
        raise Unavailable(found.detail, cause=found.cause.value)
    return ProbeOut(
        codec=found.codec,
        width=found.width,
        height=found.height,
        fps=found.fps or None,
        audio=found.audio or None,
        key_seconds=found.key_seconds or None,
        clock_offset_micros=found.clock_offset_micros,
        notes=list(found.notes),
    )
