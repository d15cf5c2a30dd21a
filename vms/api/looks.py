"""Recorded time read for a screen: each question of all streams at once, no more than fits."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence

from storage.timeline import Buckets, EventMark, GapMark, Recorded, bitrate, buckets
from vms.api.call import Api
from vms.core.model import Stream
from vms.core.walltime import DAY, MINUTE, TimeRange, WallTime, merge

MOST_GAPS = 8000
"""Of all cameras together, and never more than a pixel each; beyond that they are joined."""
MOST_EVENTS = 8000
"""Marks of all cameras together, of each kind: beyond that a mark stands for more than a pixel."""
LONGEST_EVENTS_MICROS = 64 * 31 * DAY
"""Of all cameras together; of more time than that events are not read."""
MOST_SEGMENTS = 12_000
"""Beyond that, activity is read from the sums of hours."""
MOST_GROUP_TABLES = 600
"""Up to that, activity is read from the groups of pictures."""
USUAL_MICROS = 7 * DAY
"""What is usual: the days before the end of what is shown."""


async def spans_of(
    api: Api, streams: Collection[Stream], span: TimeRange, slack_micros: int
) -> dict[int, list[TimeRange]]:
    """By stream what of `span` is recorded, with what recorders still hold. The tails first: what
    moves into the archive meanwhile is then seen twice, never not."""
    ids = [stream.id for stream in streams]
    tails = await tails_of(api, ids)
    kept = await api.index.segments.coverage_many(ids, span, slack_micros=slack_micros)
    return {
        stream_id: merge(
            [
                *kept[stream_id],
                *(cut for each in tails[stream_id] if (cut := each.intersection(span))),
            ],
            slack_micros=slack_micros,
        )
        for stream_id in ids
    }


async def tails_of(api: Api, stream_ids: Sequence[int]) -> dict[int, list[TimeRange]]:
    """All are asked at once: one recorder that does not answer costs its two seconds once."""
    async with asyncio.TaskGroup() as tasks:
        asked = {each: tasks.create_task(api.footage.tail(each)) for each in stream_ids}
    return {stream_id: task.result() for stream_id, task in asked.items()}


async def gaps_of(
    api: Api, stream_ids: list[int], span: TimeRange, pixels: int
) -> dict[int, list[GapMark]]:
    """By stream the gaps that touch `span`: exact, or where there are too many, joined."""
    most = min(MOST_GAPS, pixels * len(stream_ids))
    cell = max(span.micros // pixels, span.micros * len(stream_ids) // MOST_GAPS)
    return await api.index.lanes.gaps(stream_ids, span, most=most, pixel_micros=cell)


async def events_of(
    api: Api, camera_ids: list[int], span: TimeRange, pixel: int
) -> dict[int, list[EventMark]]:
    """By camera the events of `span`, none where `reads_events` says so."""
    if not reads_events(len(camera_ids), span):
        return {camera_id: [] for camera_id in camera_ids}
    cell = max(pixel, span.micros * len(camera_ids) // MOST_EVENTS)
    return await api.index.lanes.events(camera_ids, span, pixel_micros=cell)


def reads_events(cameras: int, span: TimeRange) -> bool:
    """Whether events of so much time of so many cameras are counted while somebody waits."""
    return cameras * span.micros <= LONGEST_EVENTS_MICROS


async def pieces_of(
    api: Api, stream_ids: list[int], span: TimeRange, pixels: int
) -> tuple[Buckets, Mapping[int, list[Recorded]]]:
    """Bytes by time, as fine as they can be read without reading much."""
    segments = len(stream_ids) * span.micros / MINUTE
    if segments > MOST_SEGMENTS:
        into = buckets(span, pixels, whole_hours=True)
        return into, await api.index.lanes.hours(stream_ids, into.range, bucket_micros=into.micros)
    into = buckets(span, pixels, whole_hours=False)
    fine = segments <= MOST_GROUP_TABLES and into.micros < MINUTE
    return into, await api.index.lanes.recorded(stream_ids, span, groups=fine)


async def usual_of(api: Api, stream_ids: list[int], until: WallTime) -> dict[int, int | None]:
    """By stream the bits a second of the days before `until`; None: nothing was recorded."""
    days = buckets(TimeRange(WallTime(until - USUAL_MICROS), until), 1, whole_hours=True)
    found = await api.index.lanes.hours(stream_ids, days.range, bucket_micros=days.micros)
    return {stream_id: bitrate(pieces) for stream_id, pieces in found.items()}
