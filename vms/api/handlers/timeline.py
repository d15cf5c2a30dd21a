"""What is recorded of up to 64 cameras, as fine as the screen can show: every question of all of
them at once, one statement each."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence

from player.footage import SLACK_MICROS
from storage.timeline import (
    BookmarkMark,
    Buckets,
    EventMark,
    GapMark,
    Recorded,
    activity,
    bitrate,
    buckets,
    thinned,
)
from vms.api.call import Api, Call
from vms.api.handlers.seen import asked_span, named_cameras, shown
from vms.api.timelines import (
    BookmarkMarkOut,
    EventMarkOut,
    GapOut,
    LaneOut,
    LockMarkOut,
    TimelineOut,
    TimelineQuery,
)
from vms.core.model import Stream
from vms.core.promises import Lock
from vms.core.walltime import DAY, MINUTE, TimeRange, WallTime, merge

LONGEST_MICROS = 400 * DAY
MOST_GAPS = 8000
"""Of all cameras together, and never more than a pixel each; beyond that they are joined."""
MOST_EVENTS = 8000
"""Marks of all cameras together, of each kind: beyond that a mark stands for more than a pixel."""
LONGEST_EVENTS_MICROS = 64 * 31 * DAY
"""Of all cameras together; of more time than that events are not read."""
MOST_BOOKMARKS = 5000
"""The newest."""
MOST_SEGMENTS = 12_000
"""Beyond that, activity is read from the sums of hours."""
MOST_GROUP_TABLES = 600
"""Up to that, activity is read from the groups of pictures."""
USER_BURST, USER_PER_SECOND = 200, 20.0
"""Looks at recorded time; somebody who zooms and pans makes a few a second."""
USUAL_MICROS = 7 * DAY
"""What is usual: the days before the end of what is shown."""


async def get_timeline(call: Call) -> TimelineOut:
    """Raises NotFound for a camera that may not be seen, Exhausted with the seconds to wait."""
    call.api.looks_of_users.take(call.user.id)
    asked = call.query(TimelineQuery)
    span = asked_span(asked.start, asked.end, LONGEST_MICROS)
    cameras = await named_cameras(call, asked.cameras)
    streams = shown(cameras, asked.stream)
    into, lanes = await _lanes(call.api, [each.id for each in cameras], streams, span, asked.pixels)
    return TimelineOut(
        start=span.start,
        end=span.end,
        now=call.api.clock.wall(),
        bucket_start=into.start,
        bucket=into.micros,
        with_events=_reads_events(len(cameras), span),
        cameras=lanes,
    )


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


async def _lanes(
    api: Api,
    camera_ids: list[int],
    streams: Mapping[int, Stream],
    span: TimeRange,
    pixels: int,
) -> tuple[Buckets, list[LaneOut]]:
    pixel, now, ids = (
        span.micros // pixels,
        api.clock.wall(),
        [each.id for each in streams.values()],
    )
    spans = await spans_of(api, streams.values(), span, max(pixel, SLACK_MICROS))
    gaps = await _gaps(api, ids, span, pixels)
    events = await _events(api, camera_ids, span, pixel)
    locks = await api.index.locks.touching(camera_ids, span, now)
    marks = await api.index.bookmarks.between(camera_ids, span, limit=MOST_BOOKMARKS)
    into, pieces = await _pieces(api, ids, span, pixels)
    usual = await _usual(api, ids, WallTime(min(span.end, now)))
    nothing: list[int | None] = [None] * into.count

    def lane(camera_id: int) -> LaneOut:
        stream = streams.get(camera_id)
        mine = [mark for mark in marks if mark.camera_id == camera_id]
        rate = usual.get(stream.id) if stream else None
        return LaneOut(
            camera_id=camera_id,
            spans=[(each.start, each.end) for each in spans[stream.id]] if stream else [],
            gaps=[gap_out(each) for each in gaps[stream.id]] if stream else [],
            locks=_locks(locks, camera_id, span),
            bookmarks=[_bookmark(each) for each in thinned(mine, pixel)],
            events=[_event(each) for each in events[camera_id]],
            activity=activity(into, pieces[stream.id], rate) if stream else nothing,
            usual_bitrate=rate,
        )

    return into, [lane(camera_id) for camera_id in camera_ids]


async def _gaps(
    api: Api, stream_ids: list[int], span: TimeRange, pixels: int
) -> dict[int, list[GapMark]]:
    most = min(MOST_GAPS, pixels * len(stream_ids))
    cell = max(span.micros // pixels, span.micros * len(stream_ids) // MOST_GAPS)
    return await api.index.lanes.gaps(stream_ids, span, most=most, pixel_micros=cell)


async def _events(
    api: Api, camera_ids: list[int], span: TimeRange, pixel: int
) -> dict[int, list[EventMark]]:
    if not _reads_events(len(camera_ids), span):
        return {camera_id: [] for camera_id in camera_ids}
    cell = max(pixel, span.micros * len(camera_ids) // MOST_EVENTS)
    return await api.index.lanes.events(camera_ids, span, pixel_micros=cell)


def _reads_events(cameras: int, span: TimeRange) -> bool:
    return cameras * span.micros <= LONGEST_EVENTS_MICROS


async def _pieces(
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


async def _usual(api: Api, stream_ids: list[int], until: WallTime) -> dict[int, int | None]:
    days = buckets(TimeRange(WallTime(until - USUAL_MICROS), until), 1, whole_hours=True)
    found = await api.index.lanes.hours(stream_ids, days.range, bucket_micros=days.micros)
    return {stream_id: bitrate(pieces) for stream_id, pieces in found.items()}


def gap_out(gap: GapMark) -> GapOut:
    return GapOut(start=gap.start, end=gap.end, cause=gap.cause, detail=gap.detail, count=gap.count)


def _locks(locks: Sequence[Lock], camera_id: int, span: TimeRange) -> list[LockMarkOut]:
    return [
        LockMarkOut(
            lock_id=lock.id,
            case_number=lock.case_number,
            start=each.range.start,
            end=each.range.end,
        )
        for lock in locks
        for each in lock.spans
        if each.camera_id == camera_id and each.range.overlaps(span)
    ]


def _bookmark(mark: BookmarkMark) -> BookmarkMarkOut:
    first = mark.first
    return BookmarkMarkOut(
        bookmark_id=first.id, at=first.at, end=first.end, title=first.title, count=mark.count
    )


def _event(mark: EventMark) -> EventMarkOut:
    return EventMarkOut(at=mark.at, kind=mark.kind, count=mark.count)
