"""What there is to play: the archive, and behind it the newest seconds that a recorder still holds.

What belongs here: joining the two without overlap, reading from whichever side has it. What does
not: pictures (`reader`), SQL and objects (`storage`). Owns no tasks, keeps nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from player.feed import read_bytes
from vms.core.bus import Bus, Payload
from vms.core.errors import Corrupt, NotFound, Unavailable
from vms.core.model import Gap, GopEntry, Segment
from vms.core.walltime import SECOND, TimeRange, WallTime, merge

_TAIL_SECONDS = 2.0
SLACK_MICROS = SECOND
"""Recordings not further apart than this are shown as one."""


class ArchiveReads(Protocol):
    """What is needed of `storage.archive.Archive`."""

    async def segments(self, stream_id: int, span: TimeRange) -> list[Segment]: ...

    async def last(self, stream_id: int) -> Segment | None: ...

    async def following(self, stream_id: int, wall: WallTime) -> Segment | None: ...

    async def coverage(
        self, stream_id: int, span: TimeRange, *, slack_micros: int = SLACK_MICROS
    ) -> list[TimeRange]: ...

    async def gaps(self, stream_id: int, span: TimeRange) -> list[Gap]: ...

    async def read(self, segment: Segment, offset: int, size: int) -> bytes: ...


class Footage:
    """Archive and tail of every stream as one. A segment of the tail has an empty `sha256`: it is
    not sealed, and grows."""

    def __init__(self, archive: ArchiveReads, bus: Bus) -> None:
        self._archive = archive
        self._bus = bus

    async def segments(self, stream_id: int, span: TimeRange) -> list[Segment]:
        """Segments overlapping `span`, oldest first."""
        tail = await self._tail(stream_id)
        kept = await self._archive.segments(stream_id, span)
        return _joined(kept, [one for one in tail if one.range.overlaps(span)])

    async def following(self, stream_id: int, wall: WallTime) -> Segment | None:
        """The first segment that ends after `wall`; None when recording ends before."""
        tail = await self._tail(stream_id)
        kept = await self._archive.following(stream_id, wall)
        later = [one for one in tail if one.range.end > wall]
        joined = _joined([kept] if kept else [], later)
        return joined[0] if joined else None

    async def spans(self, stream_id: int, span: TimeRange) -> list[TimeRange]:
        """What of `span` is recorded; pauses up to SLACK_MICROS are not shown."""
        tail = await self._tail(stream_id)
        kept = await self._archive.coverage(stream_id, span, slack_micros=SLACK_MICROS)
        cut = (one.range.intersection(span) for one in tail)
        return merge([*kept, *(part for part in cut if part)], slack_micros=SLACK_MICROS)

    async def gaps(self, stream_id: int, span: TimeRange) -> list[Gap]:
        """The gaps with their causes, as the recorders told them."""
        return await self._archive.gaps(stream_id, span)

    async def read(self, segment: Segment, offset: int, size: int) -> bytes:
        """Bytes of a segment, from wherever it lies by now.

        Raises NotFound when it lies nowhere, Unavailable when its place cannot be reached.
        """
        if segment.sha256:
            return await self._archive.read(segment, offset, size)
        try:
            return await read_bytes(
                self._bus,
                segment.stream_id,
                epoch=segment.epoch,
                sequence=segment.sequence,
                offset=offset,
                size=size,
            )
        except (NotFound, Unavailable):
            return await self._archive.read(await self._sealed(segment), offset, size)

    async def tail(self, stream_id: int) -> list[TimeRange]:
        """What a recorder holds and the archive may not have yet; none when nobody answers."""
        return [segment.range for segment in await self._tail(stream_id)]

    async def _sealed(self, segment: Segment) -> Segment:
        """The archived segment that one of the tail has become. Raises NotFound when it has not."""
        for kept in await self._archive.segments(segment.stream_id, segment.range):
            if (kept.epoch, kept.sequence) == (segment.epoch, segment.sequence):
                return kept
        raise NotFound(
            "neither recorder nor archive holds this segment",
            stream=segment.stream_id,
            epoch=segment.epoch,
            sequence=segment.sequence,
        )

    async def _tail(self, stream_id: int) -> list[Segment]:
        """Asked before the archive: what moves over in between is then seen twice, never not."""
        try:
            told = await self._bus.request(f"tail.{stream_id}", {}, timeout_seconds=_TAIL_SECONDS)
        except (NotFound, Unavailable):
            return []
        return [_segment(fields) for fields in told.get("segments", []) if fields.get("gops")]


def _joined(kept: list[Segment], tail: Iterable[Segment]) -> list[Segment]:
    """Both sides, oldest first; of a segment that both have, the archive's."""
    known = {(one.epoch, one.sequence) for one in kept}
    new = [
        one
        for one in tail
        if (one.epoch, one.sequence) not in known
        and not any(one.range.overlaps(other.range) for other in kept)
    ]
    return sorted([*kept, *new], key=lambda one: one.range.start)


def _segment(fields: Payload) -> Segment:
    try:
        return Segment(
            camera_id=fields["camera_id"],
            stream_id=fields["stream_id"],
            epoch=fields["epoch"],
            sequence=fields["sequence"],
            range=TimeRange(WallTime(fields["start"]), WallTime(fields["end"])),
            size=fields["size"],
            init_size=fields["init_size"],
            sha256=b"",
            prev_sha256=None,
            codec=fields["codec"],
            width=fields["width"],
            height=fields["height"],
            gops=tuple(GopEntry(*entry) for entry in fields["gops"]),
        )
    except (KeyError, TypeError) as error:
        raise Corrupt("a recorder describes its segments wrongly") from error
