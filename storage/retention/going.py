"""What goes of one camera now, by way of whoever removes it, or only says what it would be.

What belongs here: reading the index a day at a time and handing what `plan` lets go to a `Remove`.
The sweep's moves rows to garbage, the dry run's only asks what is locked; so both go the same way
and a prediction is what happens. Owns no task.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from storage.index import Index, Outline, Used
from storage.index.standings import Standing
from storage.retention.plan import Rule, Windows, aged
from vms.core.walltime import DAY, TimeRange, WallTime, merge


class Remove(Protocol):
    """Takes segments out of the archive, or acts as if."""

    async def these(self, stream_id: int, outlines: Sequence[Outline], why: str) -> int:
        """Remove those of one stream that are not locked; the bytes that were."""
        ...

    async def until(self, stream_id: int, horizon: WallTime, why: str) -> int:
        """The same of all that ended at or before `horizon`."""
        ...


@dataclass(frozen=True, slots=True)
class Of:
    """A camera and what its archive is judged by. `windows`: the time around events, by stream.
    `judged`: by stream, from when on what a look before this one left is judged again; what lies
    before it has not changed since."""

    standing: Standing
    rule: Rule
    windows: Mapping[int, Windows]
    judged: Mapping[int, WallTime]


async def remove_aged(
    index: Index, of: Of, used: Mapping[int, Used], remove: Remove
) -> Mapping[int, int]:
    """What is too old; bytes removed, by stream."""
    removed: dict[int, int] = {}
    for term in of.standing.streams:
        held = used.get(term.stream_id)
        if held is not None and held.oldest < of.rule.kept_from:
            removed[term.stream_id] = await _aged_of(index, of, term.stream_id, held, remove)
    return removed


async def remove_over_quota(index: Index, of: Of, size: int, remove: Remove) -> int:
    """While the camera holds more than its quota, its oldest; `size`: what it holds. Bytes
    removed. What lies around events goes last."""
    quota = of.rule.quota_bytes
    if quota is None or size <= quota:
        return 0
    excess, removed = size - quota, 0
    for around_events in (False, True):
        if around_events and not any(windows.spans for windows in of.windows.values()):
            break
        async for day in _days_of(index, of):
            these = [
                each
                for each in day
                if each.range.end <= of.rule.quota_from
                and of.windows[each.stream_id].touch(each.range) is around_events
            ]
            removed += await _oldest_of(these, excess - removed, of, remove)
            if removed >= excess:
                return removed
    return removed


async def _aged_of(index: Index, of: Of, stream_id: int, held: Used, remove: Remove) -> int:
    windows, rule = of.windows[stream_id], of.rule
    if not windows.spans:
        return await remove.until(stream_id, rule.kept_from, rule.why_age)
    removed = await remove.until(stream_id, rule.events_from, rule.why_events)
    since = max(held.oldest, of.judged.get(stream_id, held.oldest))
    async for day in days(index, [stream_id], since, rule.kept_from):
        going = list(aged(day, rule, windows))
        if going:
            removed += await remove.these(stream_id, going, rule.why_age)
    return removed


async def _oldest_of(candidates: Sequence[Outline], excess: int, of: Of, remove: Remove) -> int:
    """The first of `candidates` that make up for `excess`; what turns out to be locked is passed
    over, and the next ones go in its place."""
    removed = at = 0
    while removed < excess and at < len(candidates):
        first, size = at, 0
        while at < len(candidates) and size < excess - removed:
            size += candidates[at].size
            at += 1
        removed += await _remove_each(candidates[first:at], of.rule.why_quota, remove)
    return removed


async def _remove_each(outlines: Sequence[Outline], why: str, remove: Remove) -> int:
    """Of several streams."""
    by_stream: dict[int, list[Outline]] = {}
    for outline in outlines:
        by_stream.setdefault(outline.stream_id, []).append(outline)
    return sum([await remove.these(stream, its, why) for stream, its in by_stream.items()])


async def _days_of(index: Index, of: Of) -> AsyncIterator[list[Outline]]:
    """The camera's segments that start before the quota's limit, a day at a time, oldest first."""
    streams = [term.stream_id for term in of.standing.streams]
    oldest = [await index.segments.oldest(stream_id, 1) for stream_id in streams]
    start = min((each[0].range.start for each in oldest if each), default=of.rule.quota_from)
    async for day in days(index, streams, start, of.rule.quota_from):
        yield day


async def days(
    index: Index, streams: Sequence[int], start: WallTime, end: WallTime
) -> AsyncIterator[list[Outline]]:
    """What starts within, of these streams, a day at a time, oldest first. Empty time is skipped:
    what a lock of years ago keeps costs one look."""
    if start >= end:
        return
    span = TimeRange(start, end)
    recorded = await index.segments.coverage_many(streams, span, slack_micros=DAY)
    for stretch in merge((each for its in recorded.values() for each in its), slack_micros=DAY):
        at = stretch.start
        while at < stretch.end:
            until = WallTime(min(at + DAY, stretch.end))
            day: list[Outline] = []
            for stream_id in streams:
                day += await _starting(index, stream_id, at, until)
            yield sorted(day, key=lambda each: (each.range.start, each.stream_id))
            at = until


async def _starting(index: Index, stream_id: int, start: WallTime, end: WallTime) -> list[Outline]:
    found = await index.segments.outlines(stream_id, TimeRange(start, end))
    return [each for each in found if each.range.start >= start]
