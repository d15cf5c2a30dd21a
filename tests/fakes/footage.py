"""Footage without disks and databases: an archive in memory, a recorder's tail, a paced camera."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from recorder.segmenter import Segmenter
from recorder.steps import AppendFragment, OpenSegment
from vms.core.errors import NotFound
from vms.core.media.access_unit import AccessUnit
from vms.core.media.fmp4 import init_segment
from vms.core.model import Gap, GopEntry, Segment
from vms.core.walltime import SECOND, TimeRange, WallTime, merge


def segments_of(
    units: Iterable[AccessUnit],
    *,
    camera_id: int = 1,
    stream_id: int = 1,
    segment_seconds: float = 60.0,
) -> list[tuple[Segment, bytes]]:
    """The sealed segments of one run, as the recorder would write them, with their bytes."""
    segmenter = Segmenter(camera_id, stream_id, segment_seconds=segment_seconds)
    steps = [step for unit in units for step in segmenter.push(unit)]
    made: list[tuple[Segment, bytes]] = []
    for step in [*steps, *segmenter.flush()]:
        if isinstance(step, OpenSegment):
            front = init_segment(step.formats, step.identity)
            opened = step
            made.append((_empty(opened, front), front))
        elif isinstance(step, AppendFragment):
            segment, data = made.pop()
            made.append(_appended(segment, data, step))
    return [
        (replace(segment, sha256=hashlib.sha256(data).digest()), data) for segment, data in made
    ]


def _empty(opened: OpenSegment, front: bytes) -> Segment:
    identity = opened.identity
    used = next(iter(opened.formats.values()))
    return Segment(
        camera_id=identity.camera_id,
        stream_id=identity.stream_id,
        epoch=identity.epoch,
        sequence=identity.sequence,
        range=TimeRange(identity.start, WallTime(identity.start + 1)),
        size=len(front),
        init_size=len(front),
        sha256=b"",
        prev_sha256=None,
        codec=used.codec.value,
        width=used.width,
        height=used.height,
        gops=(),
    )


def _appended(segment: Segment, data: bytes, step: AppendFragment) -> tuple[Segment, bytes]:
    start = step.start - segment.range.start
    entry = GopEntry(start, step.end - step.start, len(data), step.size, step.key_size)
    data += b"".join(step.buffers)
    span = TimeRange(segment.range.start, step.end)
    return replace(segment, range=span, size=len(data), gops=(*segment.gops, entry)), data


@dataclass
class FakeArchive:
    """Implements `player.footage.ArchiveReads` over segments given to `keep`."""

    kept: list[tuple[Segment, bytes]] = field(default_factory=list)
    known_gaps: list[Gap] = field(default_factory=list)
    reads: int = 0

    def keep(self, made: Iterable[tuple[Segment, bytes]]) -> None:
        self.kept += made
        self.kept.sort(key=lambda one: one[0].range.start)

    async def segments(self, stream_id: int, span: TimeRange) -> list[Segment]:
        return [s for s, _ in self.kept if s.stream_id == stream_id and s.range.overlaps(span)]

    async def last(self, stream_id: int) -> Segment | None:
        return next((s for s, _ in reversed(self.kept) if s.stream_id == stream_id), None)

    async def following(self, stream_id: int, wall: WallTime) -> Segment | None:
        mine = (s for s, _ in self.kept if s.stream_id == stream_id and s.range.end > wall)
        return next(mine, None)

    async def coverage(
        self, stream_id: int, span: TimeRange, *, slack_micros: int = SECOND
    ) -> list[TimeRange]:
        cut = [s.range.intersection(span) for s in await self.segments(stream_id, span)]
        return merge([part for part in cut if part], slack_micros=slack_micros)

    async def gaps(self, stream_id: int, span: TimeRange) -> list[Gap]:
        return [
            gap
            for gap in self.known_gaps
            if gap.stream_id == stream_id
            and gap.start < span.end
            and (gap.end is None or gap.end > span.start)
        ]

    async def read(self, segment: Segment, offset: int, size: int) -> bytes:
        self.reads += 1
        for kept, data in self.kept:
            if kept.key == segment.key:
                return data[offset : offset + size]
        raise NotFound("no such object", key=segment.key)


@dataclass
class FakeTail:
    """Implements `recorder.feed.Tail`: what a recorder still holds."""

    held: list[tuple[Segment, bytes]] = field(default_factory=list)

    def tail(self, stream_id: int) -> list[Segment]:
        return [s for s, _ in self.held if s.stream_id == stream_id]

    async def read(
        self, stream_id: int, epoch: int, sequence: int, offset: int, size: int
    ) -> bytes:
        for segment, data in self.held:
            if (segment.stream_id, segment.epoch, segment.sequence) == (stream_id, epoch, sequence):
                return data[offset : offset + size]
        raise NotFound("not held", epoch=epoch, sequence=sequence)
