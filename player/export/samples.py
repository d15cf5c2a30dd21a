"""One track of a clip while it is gathered: sizes, times and places of its samples. Pure.

Times are ticks of the track's clock since `base`, a wall time the tracks of a clip share. A unit's
ticks follow its pts as long as they agree with civil time to a millisecond, so that distances
between pictures stay exact; where they do not (another run, a slewed clock) civil time counts.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence

from vms.core.errors import Conflict
from vms.core.media.access_unit import AccessUnit, TrackFormat
from vms.core.walltime import SECOND, WallTime, iso

_AGREEMENT_MICROS = 1000


class Samples:
    """The samples of one track in decode order. 28 bytes of memory each."""

    def __init__(self, track: int, used: TrackFormat, base: WallTime) -> None:
        self.track = track
        self.formats = [used]
        self.sizes, self.ticks = array("I"), array("q")
        self.sync = array("B")
        self.chunks: list[tuple[int, int, int]] = []  # offset in mdat, samples, description
        self._shown: tuple[int, int] | None = None
        self._base = base
        self._shift: int | None = None

    @property
    def rate(self) -> int:
        return self.formats[0].clock_rate

    @property
    def shown(self) -> tuple[int, int]:
        """Ticks of the first and the last sample that is presented."""
        return self._shown or (self.ticks[0], self.ticks[-1])

    def ticks_of(self, wall: WallTime) -> int:
        return ((wall - self._base) * self.rate + SECOND // 2) // SECOND

    def add(self, units: Sequence[AccessUnit], offset: int, shown: Sequence[bool]) -> None:
        """Add a chunk: `units` that lie one behind the other from `offset`.

        `shown`: which of them are part of the clip; the rest only serves decoding. Raises Conflict
        when the codec changes.
        """
        self.chunks.append((offset, len(units), self._description(units[0])))
        for unit, is_shown in zip(units, shown, strict=True):
            at = self._place(unit)
            self.sizes.append(len(unit.data))
            self.ticks.append(at)
            self.sync.append(unit.random_access)
            if is_shown:
                first, last = self._shown or (at, at)
                self._shown = (min(first, at), max(last, at))

    def _place(self, unit: AccessUnit) -> int:
        by_wall = self.ticks_of(unit.wall)
        if self._shift is not None:
            by_pts = unit.pts + self._shift
            if abs(by_pts - by_wall) * SECOND <= _AGREEMENT_MICROS * self.rate:
                return by_pts
        self._shift = by_wall - unit.pts
        return by_wall

    def _description(self, unit: AccessUnit) -> int:
        """Index from 1 of the unit's sample description."""
        used = unit.format
        if used not in self.formats:
            first = self.formats[0]
            if (used.codec, used.clock_rate) != (first.codec, first.clock_rate):
                raise Conflict(
                    f"the camera's codec changed at {iso(unit.wall)}: make one clip up to then"
                    " and one from there",
                    before=first.codec,
                    after=used.codec,
                )
            self.formats.append(used)
        return self.formats.index(used) + 1
