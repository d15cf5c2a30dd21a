"""What a store holds, by its names alone: before an index is made anew from it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, field

from storage.integrity.findings import Finding
from storage.integrity.names import Name
from storage.integrity.presence import Group, groups
from storage.objects.store import Listed, ObjectStore
from vms.core.walltime import HOUR, TimeRange, WallTime

LONGEST_SEGMENT_MICROS = HOUR
"""More than any segment lasts: a name tells no end."""
_SAMPLES = 3


@dataclass(slots=True)
class Extent:
    """The objects of one stream. `newest`: the last few of them, the newest last."""

    camera_id: int
    stream_id: int
    tier: int
    objects: int = 0
    size: int = 0
    range: TimeRange | None = None
    newest: list[tuple[Name, Listed]] = field(default_factory=list)


async def survey(
    stores: Mapping[int, ObjectStore], old: WallTime
) -> AsyncIterator[Extent | Finding]:
    """One pass over every store; findings for names that are no segment's."""
    for tier, store in stores.items():
        async for found in groups(store, None, old):
            yield found if isinstance(found, Finding) else _extent(found, tier)


def by_camera(extents: Iterable[Extent]) -> dict[int, dict[int, list[Extent]]]:
    """Camera, then stream: its extents, one a tier."""
    found: dict[int, dict[int, list[Extent]]] = {}
    for extent in extents:
        found.setdefault(extent.camera_id, {}).setdefault(extent.stream_id, []).append(extent)
    return found


def whole(extents: Iterable[Extent]) -> TimeRange:
    """From the first beginning to behind the last one."""
    spans = [extent.range for extent in extents if extent.range is not None]
    return TimeRange(min(each.start for each in spans), max(each.end for each in spans))


def _extent(group: Group, tier: int) -> Extent:
    extent = Extent(group.camera_id, group.stream_id, tier)
    for name, listed in in_order(group):
        end = WallTime(name.start + LONGEST_SEGMENT_MICROS)
        extent.range = TimeRange(extent.range.start if extent.range else name.start, end)
        extent.newest = [*extent.newest, (name, listed)][-_SAMPLES:]
        extent.objects += 1
        extent.size += listed.size
    return extent


def in_order(group: Group) -> list[tuple[Name, Listed]]:
    """The objects of a stream, the oldest video first."""
    names = group.objects.values()
    return sorted(names, key=lambda pair: (pair[0].start, pair[0].epoch, pair[0].sequence))
