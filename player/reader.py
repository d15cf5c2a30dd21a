"""Pictures from footage: finding the fragment for a moment, reading it, stepping to the next one.

What belongs here: places in recordings and a bounded cache of what was read. What does not: when a
picture is shown (`playback`). Owns no tasks.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from player.footage import Footage
from vms.core.errors import NotFound
from vms.core.media.access_unit import VIDEO, AccessUnit
from vms.core.media.fmp4 import Init, parse_fragment, parse_init
from vms.core.model import GopEntry, Segment
from vms.core.walltime import TimeRange, WallTime

_MOST_INITS = 256
LONGEST_GROUP_BYTES = 64 * 1024 * 1024
Key = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Place:
    """One fragment: entry `index` of `segment.gops`."""

    segment: Segment
    index: int

    @property
    def entry(self) -> GopEntry:
        return self.segment.gops[self.index]

    @property
    def range(self) -> TimeRange:
        start = self.segment.range.start + self.entry.start
        return TimeRange(WallTime(start), WallTime(start + max(1, self.entry.duration)))


class Reader:
    """Reads fragments; keeps the most recently used ones, `cache_bytes` in all, for all viewers."""

    def __init__(self, footage: Footage, cache_bytes: int) -> None:
        self._footage = footage
        self._most = cache_bytes
        self._held = 0
        self._inits: OrderedDict[Key, Init] = OrderedDict()
        self._units: OrderedDict[Key, tuple[AccessUnit, ...]] = OrderedDict()

    async def find(self, stream_id: int, wall: WallTime) -> Place | None:
        """The fragment that holds `wall`, or the first one after it; None when there is neither."""
        segment = await self._footage.following(stream_id, wall)
        if segment is None:
            return None
        for index in range(len(segment.gops)):
            place = Place(segment, index)
            if place.range.end > wall:
                return place
        later = WallTime(max(wall, segment.range.end))
        return await self.find(stream_id, later) if later > wall else None

    async def next(self, stream_id: int, place: Place) -> Place | None:
        """The fragment after `place`, maybe after a gap; None where recording ends for now."""
        if place.index + 1 < len(place.segment.gops):
            return Place(place.segment, place.index + 1)
        # Half a fragment later: rounding never brings the same one again.
        middle = WallTime(place.range.start + place.range.micros // 2)
        found = await self._footage.following(stream_id, middle)
        while found is not None:
            for index in range(len(found.gops)):
                candidate = Place(found, index)
                if candidate.range.start >= middle:
                    return candidate
            found = await self._footage.following(stream_id, found.range.end)
        return None

    async def units(self, place: Place) -> tuple[AccessUnit, ...]:
        """The pictures of a fragment in decode order. Raises NotFound, Unavailable, Corrupt."""
        segment, entry = place.segment, place.entry
        key = (segment.stream_id, segment.epoch, segment.sequence, entry.offset)
        held = self._units.get(key)
        if held is not None:
            self._units.move_to_end(key)
            return held
        init = await self._init(segment)
        data = await self._footage.read(segment, entry.offset, entry.size)
        units = tuple(unit for unit in parse_fragment(data, init) if unit.track == VIDEO)
        self._keep(key, units)
        return units

    async def group(self, place: Place) -> list[AccessUnit]:
        """The pictures of `place` behind those they need: from the last random access point on, be
        it in an earlier segment; LONGEST_GROUP_BYTES of them at most, the nearest."""
        units = list(await self.units(place))
        while units and not units[0].random_access and _size(units) < LONGEST_GROUP_BYTES:
            before = await self._before(place)
            if before is None:
                break
            place, units = before, [*await self.units(before), *units]
        if not units:
            raise NotFound("a fragment without pictures", key=place.segment.key)
        return units

    async def _before(self, place: Place) -> Place | None:
        """The fragment that `place`, which starts without a key picture, goes on from."""
        if place.index > 0:
            return Place(place.segment, place.index - 1)
        needs = (await self._init(place.segment)).identity.needs
        if needs is None:
            return None
        span = TimeRange(needs.start, place.segment.range.start)
        earlier = await self._footage.segments(place.segment.stream_id, span)
        found = [one for one in earlier if one.gops and one.range.end <= span.end]
        return Place(found[-1], len(found[-1].gops) - 1) if found else None

    async def _init(self, segment: Segment) -> Init:
        key = (segment.stream_id, segment.epoch, segment.sequence, 0)
        held = self._inits.get(key)
        if held is None:
            held = parse_init(await self._footage.read(segment, 0, segment.init_size))
            self._inits[key] = held
            if len(self._inits) > _MOST_INITS:
                self._inits.popitem(last=False)
        return held

    def _keep(self, key: Key, units: tuple[AccessUnit, ...]) -> None:
        if key in self._units:
            return
        self._units[key] = units
        self._held += _size(units)
        while self._held > self._most and len(self._units) > 1:
            _, gone = self._units.popitem(last=False)
            self._held -= _size(gone)


def _size(units: Sequence[AccessUnit]) -> int:
    return sum(len(unit.data) for unit in units)
