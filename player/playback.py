"""One viewer of the archive: the exact picture of a moment, then all that follow, at any speed.

What belongs here: bursts to a picture, pacing, gaps. What does not: where bytes lie (`footage`),
commands (`session`). Tasks: one that reads ahead, inside `play`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from player.live import Unplayable
from player.outlet import Outlet
from player.pacer import Pacer, Piece
from player.reader import Place, Reader
from player.webrtc.layout import Picture
from vms.core.beside import beside
from vms.core.clock import Clock
from vms.core.errors import Corrupt, NotFound
from vms.core.media.access_unit import AccessUnit, Codec
from vms.core.walltime import SECOND, TimeRange, WallTime

log = logging.getLogger(__name__)

GAP_MICROS = SECOND
"""A longer pause between fragments is a gap, told and jumped over."""
_LATE_SECONDS = 0.5
"""Reading that falls behind by more than this moves the time line instead of rushing after it."""
_AHEAD = 2
"""Fragments read ahead of the one being shown."""


@dataclass(frozen=True, slots=True)
class Position:
    """The picture that stands: number `index` of the fragment at `place`, of the time `wall`."""

    place: Place
    index: int
    wall: WallTime


class Playback:
    """`position` is None until a picture stands, and again while a burst is under way.

    `on_piece` is told each new time line, `on_gap` each gap that is jumped over.
    """

    def __init__(
        self,
        stream_id: int,
        reader: Reader,
        outlet: Outlet,
        pacer: Pacer,
        clock: Clock,
        *,
        on_piece: Callable[[Piece], None],
        on_gap: Callable[[TimeRange], Awaitable[None]],
    ) -> None:
        self.position: Position | None = None
        self.piece: Piece | None = None
        self._stream_id = stream_id
        self._reader = reader
        self._outlet = outlet
        self._pacer = pacer
        self._clock = clock
        self._on_piece = on_piece
        self._on_gap = on_gap

    async def seek(self, at: WallTime, *, speed: float) -> bool:
        """Show the last picture not after `at`, or after a gap the first one there.

        False when there is no recording at or after `at`. Raises Unplayable when it is not H.264,
        NotFound or Unavailable when it cannot be read.
        """
        place = await self._reader.find(self._stream_id, at)
        if place is None:
            return False
        if place.range.start > at + GAP_MICROS:
            await self._on_gap(TimeRange(at, place.range.start))
        await self._show(place, at, speed)
        return True

    async def play(self, speed: float) -> None:
        """Send what follows the position, each picture at its time; returns at the end."""
        queue: asyncio.Queue[tuple[Place, tuple[AccessUnit, ...]] | None] = asyncio.Queue(_AHEAD)
        async with beside(self._read_ahead(queue)):
            while (found := await queue.get()) is not None:
                await self._play(*found, speed)

    async def _show(self, place: Place, at: WallTime, speed: float) -> None:
        units = await self._reader.group(place)
        _require_h264(units[0])
        target = _target(units, at)
        first = max(index for index in range(target + 1) if units[index].random_access or not index)
        burst = units[first : target + 1]
        walls = [unit.wall for unit in burst]
        self.position = None
        self.piece, stamps = self._pacer.catch_up(walls, self._clock.monotonic(), speed=speed)
        self._on_piece(self.piece)
        await self._outlet.ready()
        for unit, rtp in zip(burst, stamps, strict=True):
            await self._outlet.write(Picture(unit), self._pacer.used(rtp))
        before = len(units) - len(await self._reader.units(place))
        self.position = Position(place, target - before, units[target].wall)

    async def _read_ahead(
        self, queue: asyncio.Queue[tuple[Place, tuple[AccessUnit, ...]] | None]
    ) -> None:
        assert self.position is not None
        place: Place | None = self.position.place
        while place is not None:
            try:
                await queue.put((place, await self._reader.units(place)))
            except (NotFound, Corrupt) as error:
                log.warning("a fragment is passed over: %s", error)
            place = await self._reader.next(self._stream_id, place)
        await queue.put(None)

    async def _play(self, place: Place, units: tuple[AccessUnit, ...], speed: float) -> None:
        assert self.position is not None
        first = 0
        if place == self.position.place:
            first = self.position.index + 1
        elif place.range.start > self.position.place.range.end + GAP_MICROS:
            await self._jump(place, speed)
        for index in range(first, len(units)):
            await self._send(place, index, units[index], speed)

    async def _jump(self, place: Place, speed: float) -> None:
        """Over a gap: what follows is shown now."""
        assert self.position is not None
        await self._on_gap(TimeRange(self.position.place.range.end, place.range.start))
        self._anchor(self._pacer.resume(place.range.start, self._clock.monotonic(), speed=speed))

    async def _send(self, place: Place, index: int, unit: AccessUnit, speed: float) -> None:
        _require_h264(unit)
        assert self.position is not None
        if self.piece is None or self.piece.speed != speed:
            self.resume(speed)
        assert self.piece is not None
        wait = self.piece.due_at(unit.wall) - self._clock.monotonic()
        if wait > 0:
            await self._clock.sleep(wait)
        elif wait < -_LATE_SECONDS:
            self._anchor(self._pacer.resume(unit.wall, self._clock.monotonic(), speed=speed))
        rtp = self._pacer.used(self.piece.rtp_of(unit.wall))
        picture = Picture(unit)
        self.position = Position(place, index, unit.wall)
        if not self._outlet.try_write(picture, rtp):
            await self._outlet.write(picture, rtp)

    def resume(self, speed: float) -> None:
        """From the picture that stands go on at `speed`, from now on."""
        assert self.position is not None
        wall = self.position.wall
        self._anchor(self._pacer.resume(wall, self._clock.monotonic(), speed=speed))

    def _anchor(self, piece: Piece) -> None:
        self.piece = piece
        self._on_piece(piece)


def _require_h264(unit: AccessUnit) -> None:
    if unit.format.codec is not Codec.H264:
        raise Unplayable


def _target(units: list[AccessUnit], at: WallTime) -> int:
    """Index of the last picture, in order of presentation, not after `at`; else the earliest."""
    shown = [index for index, unit in enumerate(units) if unit.wall <= at]
    if shown:
        return max(shown, key=lambda index: units[index].wall)
    return min(range(len(units)), key=lambda index: units[index].wall)
