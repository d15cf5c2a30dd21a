"""Which fragments a clip needs: those it overlaps, and before them back to a key picture. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from vms.core.model import GopEntry, Segment
from vms.core.walltime import TimeRange, WallTime, merge

LARGEST_READ = 8 * 1024 * 1024
"""Bytes; neighbouring fragments are read together up to this."""
GAP_MICROS = 500_000
"""Time without pictures longer than this, between fragments, is reported as a gap."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Neighbouring fragments of one segment, to be read at once."""

    segment: Segment
    entries: tuple[GopEntry, ...]

    @property
    def offset(self) -> int:
        return self.entries[0].offset

    @property
    def size(self) -> int:
        return self.entries[-1].offset + self.entries[-1].size - self.offset


def pieces(segments: Iterable[Segment], span: TimeRange) -> list[Piece]:
    """What to read, in order of time. Only the first fragments serve to decode what follows."""
    found: list[Piece] = []
    for segment in sorted(segments, key=lambda one: one.range.start):
        entries = _wanted(segment, span, first=not found)
        found += (Piece(segment, part) for part in _batches(entries))
    return found


def gaps(segments: Iterable[Segment], span: TimeRange) -> list[TimeRange]:
    """Where in `span` nothing is recorded, oldest first."""
    entries = [entry_range(one, entry) for one in segments for entry in one.gops]
    recorded = merge(entries, slack_micros=GAP_MICROS)
    starts = [span.start, *(one.end for one in recorded)]
    ends = [*(one.start for one in recorded), span.end]
    found = (_between(start, end, span) for start, end in zip(starts, ends, strict=True))
    return [gap for gap in found if gap is not None and gap.micros > GAP_MICROS]


def entry_range(segment: Segment, entry: GopEntry) -> TimeRange:
    start = segment.range.start + entry.start
    return TimeRange(WallTime(start), WallTime(start + max(1, entry.duration)))


def _wanted(segment: Segment, span: TimeRange, *, first: bool) -> Sequence[GopEntry]:
    """The entries of one segment that overlap `span`, with pre-roll where nothing precedes."""
    overlapping = [
        at for at, entry in enumerate(segment.gops) if entry_range(segment, entry).overlaps(span)
    ]
    if not overlapping:
        return ()
    begin = overlapping[0]
    while first and begin > 0 and not segment.gops[begin].key_size:
        begin -= 1
    return segment.gops[begin : overlapping[-1] + 1]


def _batches(entries: Sequence[GopEntry]) -> Iterator[tuple[GopEntry, ...]]:
    batch: list[GopEntry] = []
    for entry in entries:
        if batch and entry.offset + entry.size - batch[0].offset > LARGEST_READ:
            yield tuple(batch)
            batch = []
        batch.append(entry)
    if batch:
        yield tuple(batch)


def _between(start: WallTime, end: WallTime, span: TimeRange) -> TimeRange | None:
    start, end = max(start, span.start), min(end, span.end)
    return TimeRange(start, end) if start < end else None
