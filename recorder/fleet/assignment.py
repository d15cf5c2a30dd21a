"""Which recorder should hold which camera: rendezvous hashing within capacity. Pure.

Every recorder computes the same answer from the same cameras and members, so nobody has to decide
for the others. What is really recorded where is the business of the leases: this is only the wish.
A camera stays whole (its streams share a network path and often a limit of sessions).

Rendezvous hashing (Thaler and Ravishankar, 1998): a camera goes to the member with the highest
score of the two. One member more takes only what it gets; one less gives away only what it had.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from vms.core.model import Camera


@dataclass(frozen=True, slots=True, order=True)
class Member:
    """A recorder process that is alive. `capacity`: streams it takes at most; 0: any number."""

    name: str
    capacity: int = 0


@dataclass(frozen=True, slots=True)
class Load:
    """A camera as far as spreading needs it: how many streams it has, how much it matters."""

    camera_id: int
    streams: int
    priority: int = 5


def assign(loads: Iterable[Load], members: Iterable[Member]) -> Mapping[int, str]:
    """Camera to the name of its recorder. A camera for which no recorder has room is left out.

    Cameras choose in the order of priority, then of age: a new camera never moves an older one of
    the same priority, and when room is short the least important are the ones without.
    """
    room = {member.name: member.capacity or None for member in members}
    wishes: dict[int, str] = {}
    for load in sorted(loads, key=lambda one: (-one.priority, one.camera_id)):
        fitting = [name for name, left in room.items() if left is None or left >= load.streams]
        if not fitting:
            continue
        name = max(fitting, key=lambda each: (_score(load.camera_id, each), each))
        wishes[load.camera_id] = name
        left = room[name]
        if left is not None:
            room[name] = left - load.streams
    return wishes


def wishes_of(cameras: Iterable[Camera], members: Iterable[Member]) -> Mapping[int, str]:
    """`assign` for cameras as they are configured: a disabled one has no streams to record."""
    loads = (
        Load(camera.id, len(camera.streams) if camera.enabled else 0, camera.priority)
        for camera in cameras
    )
    return assign(loads, members)


def _score(camera_id: int, member: str) -> bytes:
    return hashlib.blake2b(f"{camera_id} {member}".encode(), digest_size=8).digest()
