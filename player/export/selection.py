"""Which fragments a clip needs: those it overlaps, and before them back to a key picture. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

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
    """What to read, in order of time: the fragments that overlap `span`, and before them those that
    serve to decode the first, back to a key picture; that may lie in an earlier segment."""
    ordered = sorted(segments, key=lambda one: one.range.start)
    listed = [(segment, entry) for segment in ordered for entry in segment.gops]
    wanted = [at for at, one in enumerate(listed) if entry_range(*one).overlaps(span)]
    if not wanted:
        return []
    begin = wanted[0]
    while begin > 0 and not listed[begin][1].key_size:
        begin -= 1
    chosen = groupby(listed[begin : wanted[-1] + 1], key=lambda one: one[0].key)
    return [piece for _, parts in chosen for piece in _pieces(list(parts))]


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


def _pieces(listed: Sequence[tuple[Segment, GopEntry]]) -> Iterator[Piece]:
    """Those of one segment."""
    for entries in _batches([entry for _, entry in listed]):
        yield Piece(listed[0][0], entries)


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
