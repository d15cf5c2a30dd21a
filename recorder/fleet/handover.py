"""A camera from one living recorder to another, without a gap: what the two say to each other.

The one that should have the camera asks (`take`), since it alone knows when its pictures have come.
It connects beside the holder, then asks the holder to stop before a key picture, and goes on with
that picture. A camera that lets nobody in beside the holder is handed over cold: the holder hangs
up first, and the time between is a gap. Design: docs/design/fleet.md.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence

from recorder.fleet.care import Care
from recorder.fleet.leases import Lease, Leases
from recorder.fleet.warm import Left, left_of, left_payload
from vms.core.bus import Bus, Payload
from vms.core.errors import Corrupt, VmsError

log = logging.getLogger(__name__)

WARM_SECONDS = 12.0
ANSWER_SECONDS = 25.0
"""More than the holder waits for a key picture, a seal and its notes."""


def subject_of(holder: str) -> str:
    return f"record.yield.{holder}"


async def are_warm(cares: Sequence[Care]) -> bool:
    """Whether the camera let us in for all these streams, beside the holder and in time."""
    try:
        async with asyncio.timeout(WARM_SECONDS):
            return all(await asyncio.gather(*(care.until_warm() for care in cares)))
    except TimeoutError:
        return False


async def ask(
    bus: Bus, leases: Leases, camera_id: int, holder: str, *, warm: bool
) -> tuple[Lease, Mapping[int, Left]] | None:
    """Ask the holder for the camera: our lease, and where each stream was left.

    None when he does not agree (yet). One who gave the lease and died before he said so left the
    streams somewhere: they are then not in the mapping.
    """
    request: Payload = {"camera_id": camera_id, "to": leases.name, "warm": warm}
    lefts: dict[int, Left] = {}
    try:
        answer = await bus.request(subject_of(holder), request, timeout_seconds=ANSWER_SECONDS)
        lefts = _lefts(answer)
    except VmsError as error:
        log.info("camera %d stays with %s for now: %s", camera_id, holder, error)
    try:
        lease = await leases.accept(camera_id)
    except VmsError:
        return None
    return (lease, lefts) if lease is not None else None


def answer_of(lefts: Mapping[int, Left]) -> Payload:
    return {"streams": {str(stream_id): left_payload(left) for stream_id, left in lefts.items()}}


def _lefts(answer: Payload) -> dict[int, Left]:
    streams = answer.get("streams")
    if not isinstance(streams, dict):
        raise Corrupt("a handover cannot be read")
    return {int(stream_id): left_of(left) for stream_id, left in streams.items()}
