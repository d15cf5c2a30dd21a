"""The room of a store that may hold less than its disk does, or that cannot tell. Pure."""

from __future__ import annotations

from storage.objects.store import Room


def within(room: Room | None, capacity_bytes: int | None, taken_bytes: int) -> Room | None:
    """The tighter of what the store says and what it may hold. `capacity_bytes` None: as much as
    there is. `taken_bytes`: of it, as the index knows. None: nobody knows."""
    if capacity_bytes is None:
        return room
    ours = Room(capacity_bytes, max(0, capacity_bytes - taken_bytes))
    if room is None:
        return ours
    return Room(min(room.total, ours.total), min(room.free, ours.free))
