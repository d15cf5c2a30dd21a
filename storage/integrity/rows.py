"""Rows judged by themselves, by their neighbours, and by what is kept beside them. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from storage.index.census import Entry, Held
from storage.integrity.findings import Finding, Kind, of_segment
from vms.core.errors import Corrupt
from vms.core.model import GopEntry
from vms.core.walltime import HOUR, TimeRange, WallTime

_HASH_BYTES = 32


class Recount:
    """The rows of one stream, pushed oldest first: each judged, and all of them counted again."""

    def __init__(self, stream_id: int, camera_id: int) -> None:
        self._stream_id, self._camera_id = stream_id, camera_id
        self._last: Entry | None = None
        self._coverage: list[TimeRange] = []
        self._hours: dict[WallTime, tuple[int, int]] = {}

    def push(self, entry: Entry) -> Iterator[Finding]:
        """What is wrong with this row."""
        for detail in self._wrong(entry):
            yield of_segment(Kind.ROW, entry.outline, detail)
        self._last = entry
        self._count(entry.outline.range, entry.outline.size)

    def compare(self, held: Held) -> Iterator[Finding]:
        """What is wrong with the merged spans and the hours, when all rows have been pushed."""
        if (span := _first_difference(self._coverage, list(held.coverage))) is not None:
            yield self._beside(Kind.COVERAGE, "the merged spans are not those of the rows", span)
        counted = [(hour, *sums) for hour, sums in sorted(self._hours.items())]
        if counted != list(held.hours):
            hour = min(set(counted) ^ set(held.hours))[0]
            span = TimeRange(hour, WallTime(hour + HOUR))
            yield self._beside(Kind.HOURS, "the sums of this hour are not those of the rows", span)

    def _wrong(self, entry: Entry) -> Iterator[str]:
        outline, last = entry.outline, self._last
        if outline.camera_id != self._camera_id:
            yield f"its stream belongs to camera {self._camera_id}"
        if last is not None and last.outline.range.end > outline.range.start:
            yield f"it begins before {last.outline.key} ends"
        if len(entry.sha256) != _HASH_BYTES or len(entry.prev_sha256 or entry.sha256) != 32:
            yield "its hashes are not SHA-256"
        if entry.table:
            yield from _wrong_table(entry)

    def _count(self, span: TimeRange, size: int) -> None:
        last = self._coverage[-1] if self._coverage else None
        if last is not None and last.end >= span.start:
            self._coverage[-1] = TimeRange(last.start, max(last.end, span.end))
        else:
            self._coverage.append(span)
        hour = WallTime(span.start - span.start % HOUR)
        micros, size_before = self._hours.get(hour, (0, 0))
        self._hours[hour] = (micros + span.micros, size_before + size)

    def _beside(self, kind: Kind, detail: str, span: TimeRange) -> Finding:
        return Finding(kind, detail, self._camera_id, self._stream_id, span)


def _wrong_table(entry: Entry) -> Iterator[str]:
    """A group table fills the object behind its front, in order, within the segment's time."""
    try:
        groups = entry.groups
    except Corrupt as error:
        yield f"its group table cannot be read: {error.message}"
        return
    if not _fills(groups, entry.init_size, entry.outline.size):
        yield "its group table does not fill its object"
    if any(one.start < 0 or one.start >= entry.outline.range.micros for one in groups):
        yield "a group lies outside the segment's time"


def _fills(groups: tuple[GopEntry, ...], start: int, size: int) -> bool:
    for group in groups:
        if group.offset != start or group.size <= 0:
            return False
        start += group.size
    return bool(groups) and start == size


def _first_difference(one: list[TimeRange], other: list[TimeRange]) -> TimeRange | None:
    return min(set(one) ^ set(other), default=None)
