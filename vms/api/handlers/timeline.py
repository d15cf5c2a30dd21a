"""What is recorded of up to 64 cameras, as fine as the screen can show: every question of all of
them at once, one statement each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from player.footage import SLACK_MICROS
from storage.timeline import (
    BookmarkMark,
    Buckets,
    EventMark,
    GapMark,
    activity,
    thinned,
)
from vms.api.call import Api, Call
from vms.api.handlers.seen import asked_span, named_cameras, shown
from vms.api.looks import events_of, gaps_of, pieces_of, reads_events, spans_of, usual_of
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
from vms.core.walltime import DAY, TimeRange, WallTime

LONGEST_MICROS = 400 * DAY
MOST_BOOKMARKS = 5000
"""The newest."""
USER_BURST, USER_PER_SECOND = 200, 20.0
"""Looks at recorded time; somebody who zooms and pans makes a few a second."""


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
        with_events=reads_events(len(cameras), span),
        cameras=lanes,
    )


async def _lanes(
    api: Api,
    camera_ids: list[int],
    streams: Mapping[int, Stream],
    span: TimeRange,
    pixels: int,
) -> tuple[Buckets, list[LaneOut]]:
    """Every camera's, in the order of the ids, and the buckets of their activity."""
    pixel, now = span.micros // pixels, api.clock.wall()
    ids = [stream.id for stream in streams.values()]
    spans = await spans_of(api, streams.values(), span, max(pixel, SLACK_MICROS))
    gaps = await gaps_of(api, ids, span, pixels)
    events = await events_of(api, camera_ids, span, pixel)
    locks = await api.index.locks.touching(camera_ids, span, now)
    marks = await api.index.bookmarks.between(camera_ids, span, limit=MOST_BOOKMARKS)
    into, pieces = await pieces_of(api, ids, span, pixels)
    usual = await usual_of(api, ids, WallTime(min(span.end, now)))
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
