"""An exact clip of one stream as a progressive MP4, stream-copied: no picture is encoded again.

What belongs here: reading what the clip needs and writing the file. What does not: several cameras,
seals, packages. Memory stays bounded: samples go through a temporary file beside the result, only
28 bytes a sample are kept. Owns no tasks. Design: docs/design/export.md.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path
from typing import BinaryIO, Protocol

from player.export.movie import end_of, front
from player.export.samples import Samples
from player.export.selection import Piece, gaps, pieces
from vms.core.errors import Exhausted, NotFound, Unavailable
from vms.core.media.access_unit import AccessUnit
from vms.core.media.codec import codec_string
from vms.core.media.fmp4 import Init, parse_fragment, parse_init
from vms.core.media.fmp4.parse import leading_track
from vms.core.model import Segment
from vms.core.walltime import TimeRange, WallTime

_COPY_BYTES = 4 * 1024 * 1024


class FragmentSource(Protocol):
    """Where recordings are read from; `player.footage.Footage` is one."""

    async def segments(self, stream_id: int, span: TimeRange) -> list[Segment]:
        """Segments that overlap `span`."""
        ...

    async def read(self, segment: Segment, offset: int, size: int) -> bytes: ...


@dataclass(frozen=True, slots=True)
class ClipReport:
    """What a clip holds, for the person who asked and for the record.

    `first`, `last`: wall time of its first and last picture; `end`: when the last one is over.
    `preroll`: pictures in the file only to decode the first one, not presented. `gaps`: parts of
    the span without recording; the picture before a gap stands until it is over. `codecs`: RFC 6381
    names of each sample description, video first.
    """

    path: Path
    size: int
    first: WallTime
    last: WallTime
    end: WallTime
    pictures: int
    preroll: int
    gaps: tuple[TimeRange, ...]
    codecs: tuple[str, ...]


async def make_clip(
    source: FragmentSource, stream_id: int, span: TimeRange, out: Path
) -> ClipReport:
    """Write to `out` all pictures and sound of `stream_id` with wall time in `span`.

    `out` appears only when it is complete. Raises NotFound when nothing is recorded there, Conflict
    when the codec changes within the span, Corrupt when footage cannot be read, Exhausted when the
    disk is full, and what `source` raises.
    """
    fragments = _Fragments(source)
    segments = await source.segments(stream_id, span)
    wanted = await _with_references(fragments, stream_id, span, pieces(segments, span))
    if not wanted:
        raise _nothing(span)
    with _writing(out) as (media, result):
        gathering = _Gathering(span, media)
        for piece in wanted:
            init, data = await fragments.read(piece)
            await asyncio.to_thread(gathering.take, piece, data, init)
        report = await asyncio.to_thread(gathering.finish, out, result)
    return replace(report, gaps=tuple(gaps(segments, span)))


class _Fragments:
    """Reads pieces with the front of their segment; only the newest front is kept."""

    def __init__(self, source: FragmentSource) -> None:
        self.source = source
        self._newest: tuple[str, Init] | None = None

    async def read(self, piece: Piece) -> tuple[Init, bytes]:
        segment = piece.segment
        if self._newest is None or self._newest[0] != segment.key:
            front = await self.source.read(segment, 0, segment.init_size)
            self._newest = (segment.key, parse_init(front))
        data = await self.source.read(segment, piece.offset, piece.size)
        return self._newest[1], data


async def _with_references(
    fragments: _Fragments, stream_id: int, span: TimeRange, wanted: list[Piece]
) -> list[Piece]:
    """`wanted`, begun where the first picture shown can be decoded.

    A segment that starts within a long group names the one where that begins. Leading pictures
    (B-pictures of an open group), shown before their key picture, refer to the group before.
    """
    if not wanted:
        return wanted
    first = Piece(wanted[0].segment, wanted[0].entries[:1])
    init, data = await fragments.read(first)
    if init.identity.needs is not None and not first.entries[0].key_size:
        longer = TimeRange(init.identity.needs.start, span.end)
        return pieces(await fragments.source.segments(stream_id, longer), span)
    key, *others = parse_fragment(data, init)
    leading = (unit for unit in others if unit.track == key.track and unit.pts < key.pts)
    if not any(unit.wall in span for unit in leading):
        return wanted
    start = first.segment.range.start + first.entries[0].start
    longer = TimeRange(WallTime(start - 1), span.end)
    return pieces(await fragments.source.segments(stream_id, longer), longer)


@dataclass(slots=True)
class _Gathering:
    """Samples on their way from fragments to the clip. Blocking; one thread at a time."""

    span: TimeRange
    media: BinaryIO
    tracks: dict[int, Samples] = field(default_factory=dict)
    base: WallTime | None = None
    lead: int = 0
    first: WallTime | None = None
    last: WallTime | None = None
    pictures: int = 0
    preroll: int = 0
    size: int = 0

    def take(self, piece: Piece, data: bytes, init: Init) -> None:
        """Keep what the clip needs of the fragments in `data`."""
        self.lead = leading_track(init.formats)
        for entry in piece.entries:
            start = entry.offset - piece.offset
            units = parse_fragment(data[start : start + entry.size], init)
            for track, own in groupby(units, key=lambda unit: unit.track):
                self._keep(track, list(own))

    def finish(self, out: Path, result: BinaryIO) -> ClipReport:
        """Write the front, then the samples. Raises NotFound when no picture lies in the span."""
        if self.first is None or self.last is None:
            raise _nothing(self.span)
        tracks = [self.tracks[number] for number in sorted(self.tracks)]
        end = end_of(self.tracks[self.lead], self.last)
        result.write(front(tracks, self.first, end, self.size))
        self.media.seek(0)
        shutil.copyfileobj(self.media, result, _COPY_BYTES)
        result.flush()
        os.fsync(result.fileno())
        codecs = tuple(codec_string(used) for samples in tracks for used in samples.formats)
        size = result.tell()
        return ClipReport(
            *(out, size, self.first, self.last, end, self.pictures, self.preroll, (), codecs)
        )

    def _keep(self, track: int, units: Sequence[AccessUnit]) -> None:
        shown: Sequence[bool] = [unit.wall in self.span for unit in units]
        if track == self.lead:
            units, shown = _up_to_last_needed(units, shown, self.span)
            self._count(units, shown)
        else:
            units = [unit for unit, wanted in zip(units, shown, strict=True) if wanted]
            shown = [True] * len(units)
        if not units:
            return
        if self.base is None:
            self.base = units[0].wall
        if track not in self.tracks:
            self.tracks[track] = Samples(track, units[0].format, self.base)
        self.tracks[track].add(units, self.size, shown)
        for unit in units:
            self.media.write(unit.data)
            self.size += len(unit.data)

    def _count(self, units: Sequence[AccessUnit], shown: Sequence[bool]) -> None:
        walls = [unit.wall for unit, wanted in zip(units, shown, strict=True) if wanted]
        self.pictures += len(walls)
        self.preroll += sum(unit.wall < self.span.start for unit in units)
        if walls:
            self.first = min(walls) if self.first is None else min(self.first, *walls)
            self.last = max(walls) if self.last is None else max(self.last, *walls)


def _up_to_last_needed(
    units: Sequence[AccessUnit], shown: Sequence[bool], span: TimeRange
) -> tuple[Sequence[AccessUnit], Sequence[bool]]:
    """Without what is decoded after the last picture before the span's end."""
    needed = [at for at, unit in enumerate(units) if unit.wall < span.end]
    count = needed[-1] + 1 if needed else 0
    return units[:count], shown[:count]


def _nothing(span: TimeRange) -> NotFound:
    return NotFound(
        "nothing is recorded in this span: choose one that the timeline shows as recorded",
        span=span,
    )


@contextlib.contextmanager
def _writing(out: Path) -> Iterator[tuple[BinaryIO, BinaryIO]]:
    """A temporary file for samples and one for the result, which becomes `out` when all is well."""
    media_path, result_path = (out.with_name(f".{out.name}.{part}") for part in ("media", "part"))
    try:
        with _guard(), media_path.open("w+b") as media, result_path.open("w+b") as result:
            media_path.unlink()
            yield media, result
        result_path.rename(out)
    except BaseException:
        result_path.unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def _guard() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise Exhausted("disk full while writing the clip: free some space") from error
        raise Unavailable(f"the clip cannot be written: {error.strerror}") from error
