"""The arithmetic of what is kept beside the segments: spans joined and cut, hours summed. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from storage.index.values import HourRow
from vms.core.walltime import HOUR, TimeRange, WallTime, merge, without


def joined(spans: Sequence[TimeRange], more: Iterable[TimeRange]) -> list[TimeRange]:
    """The union; spans that touch become one."""
    return merge([*spans, *more])


def cut(spans: Iterable[TimeRange], gone: Iterable[TimeRange]) -> list[TimeRange]:
    """What of `spans` is left without `gone`."""
    holes = merge(gone)
    return [left for span in spans for left in without(span, holes)]


def hours_of(pieces: Iterable[tuple[int, TimeRange, int]]) -> list[HourRow]:
    """What segments (stream, range, bytes) are in the hours they start in, in order."""
    sums: dict[tuple[int, int], tuple[int, int]] = {}
    for stream_id, span, size in pieces:
        key = (stream_id, span.start - span.start % HOUR)
        micros, octets = sums.get(key, (0, 0))
        sums[key] = (micros + span.micros, octets + size)
    return [
        HourRow(stream_id, WallTime(hour), *sums[stream_id, hour])
        for stream_id, hour in sorted(sums)
    ]
