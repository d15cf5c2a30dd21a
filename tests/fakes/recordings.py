"""Recordings in memory: what the segmenter makes of units, and a source that serves it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from recorder.segmenter import Segmenter
from recorder.steps import AppendFragment, OpenSegment, Step
from vms.core.errors import NotFound
from vms.core.media.access_unit import AccessUnit
from vms.core.media.codec import codec_string
from vms.core.media.fmp4 import Identity, init_segment, parse_fragment, parse_init
from vms.core.media.fmp4.parse import leading_track
from vms.core.model import GopEntry, Segment
from vms.core.walltime import TimeRange


@dataclass(slots=True)
class Recorded:
    """One segment as a file would hold it."""

    identity: Identity
    init_size: int
    codec: str
    width: int
    height: int
    data: bytearray
    fragments: list[AppendFragment] = field(default_factory=list)
    gops: list[GopEntry] = field(default_factory=list)

    @property
    def range(self) -> TimeRange:
        return TimeRange(self.identity.start, self.fragments[-1].end)

    @property
    def segment(self) -> Segment:
        one = self.identity
        return Segment(
            *(one.camera_id, one.stream_id, one.epoch, one.sequence, self.range),
            *(len(self.data), self.init_size, hashlib.sha256(self.data).digest(), None),
            *(self.codec, self.width, self.height, tuple(self.gops)),
        )

    def units(self) -> list[AccessUnit]:
        """Everything in it, read back fragment by fragment."""
        data = bytes(self.data)
        init = parse_init(data)
        parts = (data[gop.offset : gop.offset + gop.size] for gop in self.gops)
        return [unit for part in parts for unit in parse_fragment(part, init)]


def steps_of(units: Iterable[AccessUnit], segmenter: Segmenter) -> list[Step]:
    """All steps of one run, its end included."""
    steps = [step for unit in units for step in segmenter.push(unit)]
    return steps + segmenter.flush()


def record(
    units: Iterable[AccessUnit],
    *,
    segment_seconds: float = 60.0,
    stream_id: int = 7,
    video: bool = True,
) -> list[Recorded]:
    """The segments of one run."""
    segmenter = Segmenter(3, stream_id, video=video, segment_seconds=segment_seconds)
    return gathered(steps_of(units, segmenter))


def gathered(steps: Iterable[Step]) -> list[Recorded]:
    """What a spool would hold after `steps`."""
    files: list[Recorded] = []
    for step in steps:
        if isinstance(step, OpenSegment):
            files.append(_opened(step))
        elif isinstance(step, AppendFragment):
            _append(files[-1], step)
    return files


def _opened(step: OpenSegment) -> Recorded:
    front = init_segment(step.formats, step.identity)
    used = step.formats[leading_track(step.formats)]
    size = (used.width, used.height)
    return Recorded(step.identity, len(front), codec_string(used), *size, bytearray(front))


def _append(file: Recorded, step: AppendFragment) -> None:
    start = step.start - file.identity.start
    entry = GopEntry(start, step.end - step.start, len(file.data), step.size, step.key_size)
    file.gops.append(entry)
    file.fragments.append(step)
    for buffer in step.buffers:
        file.data += buffer


class MemorySource:
    """A FragmentSource over recordings in memory."""

    def __init__(self, recordings: Iterable[Recorded]) -> None:
        self._held = {one.segment.key: one for one in recordings}

    async def segments(self, stream_id: int, span: TimeRange) -> list[Segment]:
        listed = (one.segment for one in self._held.values())
        found = [one for one in listed if one.stream_id == stream_id and one.range.overlaps(span)]
        return sorted(found, key=lambda one: one.range.start)

    async def read(self, segment: Segment, offset: int, size: int) -> bytes:
        if segment.key not in self._held:
            raise NotFound("no such recording", key=segment.key)
        return bytes(self._held[segment.key].data[offset : offset + size])


def shifted(units: Iterable[AccessUnit], *, pts: int = 0, micros: int = 0) -> list[AccessUnit]:
    """The same units at another media time and another civil time."""
    return [
        replace(unit, pts=unit.pts + pts, wall=type(unit.wall)(unit.wall + micros))
        for unit in units
    ]
