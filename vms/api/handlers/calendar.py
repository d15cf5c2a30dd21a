"""How much of each day is recorded, and where the nearest recording is."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import pairwise
from math import gcd
from zoneinfo import ZoneInfo

from player.footage import SLACK_MICROS
from storage.timeline import Around, around, counted_in, recorded_in, summed_in
from vms.api.call import Call
from vms.api.handlers.seen import named_camera, named_cameras, shown
from vms.api.handlers.timeline import gap_out
from vms.api.looks import spans_of, tails_of
from vms.api.problems import WrongFields
from vms.api.timelines import (
    CalendarCameraOut,
    CalendarDayOut,
    CalendarOut,
    CalendarQuery,
    GapOut,
    NearestOut,
    NearestQuery,
)
from vms.core.walltime import DAY, HOUR, SECOND, TimeRange, WallTime


async def get_calendar(call: Call) -> CalendarOut:
    """Raises NotFound for a camera that may not be seen, WrongFields for a day that never was,
    Exhausted with the seconds to wait."""
    call.api.looks_of_users.take(call.user.id)
    asked, zone = call.query(CalendarQuery), ZoneInfo(call.api.settings.site.zone)
    days = _days(asked.from_date, asked.days, zone)
    whole = TimeRange(days[0].start, days[-1].end)
    cameras = await named_cameras(call, asked.cameras)
    streams = shown(cameras, asked.stream)
    ids = [stream.id for stream in streams.values()]
    spans = await spans_of(call.api, streams.values(), whole, SLACK_MICROS)
    even = gcd(*(day.micros for day in days))
    aligned = whole.start % HOUR == 0 and even % HOUR == 0
    hours = await call.api.index.lanes.hours(
        ids, _whole_hours(whole), bucket_micros=even if aligned else HOUR
    )
    events = await call.api.index.lanes.events(
        [camera.id for camera in cameras],
        whole,
        pixel_micros=even,
        origin=whole.start,
    )

    def of(camera_id: int) -> CalendarCameraOut:
        stream = streams.get(camera_id)
        none = [0] * len(days)
        return CalendarCameraOut(
            camera_id=camera_id,
            recorded=recorded_in(days, spans[stream.id]) if stream else none,
            size=summed_in(days, hours[stream.id]) if stream else none,
            events=counted_in(days, events[camera_id]),
        )

    return CalendarOut(
        zone=zone.key,
        now=call.api.clock.wall(),
        days=[_day(each, zone) for each in days],
        cameras=[of(camera.id) for camera in cameras],
    )


async def get_nearest(call: Call) -> NearestOut:
    call.api.looks_of_users.take(call.user.id)
    asked = call.query(NearestQuery)
    at, camera = WallTime(asked.at), await named_camera(call)
    stream = shown([camera], asked.stream).get(camera.id)
    if stream is None:
        return _nearest(at, Around(None, False, None, None), None)
    tails = await tails_of(call.api, [stream.id])
    spans = await call.api.index.lanes.near(stream.id, at)
    found = around([*spans, *tails[stream.id]], at, slack_micros=SLACK_MICROS)
    gap = None if found.recorded else await _gap(call, stream.id, at)
    return _nearest(at, found, gap)


async def _gap(call: Call, stream_id: int, at: WallTime) -> GapOut | None:
    here = TimeRange(at, WallTime(at + 1))
    found = await call.api.index.lanes.gaps([stream_id], here, most=1, pixel_micros=1)
    return gap_out(found[stream_id][0]) if found[stream_id] else None


def _nearest(at: WallTime, found: Around, gap: GapOut | None) -> NearestOut:
    return NearestOut(
        at=at,
        nearest=found.nearest,
        recorded=found.recorded,
        next=found.next,
        previous=found.previous,
        gap=gap,
    )


def _days(first: str, count: int, zone: ZoneInfo) -> list[TimeRange]:
    """From midnight to midnight in the zone; 23 or 25 hours where clocks are changed."""
    try:
        begin = date.fromisoformat(first)
        dates = [begin + timedelta(days=ahead) for ahead in range(count + 1)]
        midnights = [datetime(each.year, each.month, each.day, tzinfo=zone) for each in dates]
        walls = [WallTime(round(midnight.timestamp()) * SECOND) for midnight in midnights]
    except (ValueError, OverflowError):
        raise WrongFields(("from_date", "time")) from None
    if walls[0] < DAY:
        raise WrongFields(("from_date", "time"))
    return [TimeRange(start, end) for start, end in pairwise(walls)]


def _whole_hours(span: TimeRange) -> TimeRange:
    return TimeRange(WallTime(span.start - span.start % HOUR), span.end)


def _day(span: TimeRange, zone: ZoneInfo) -> CalendarDayOut:
    day = datetime.fromtimestamp(span.start // SECOND, zone).date()
    return CalendarDayOut(date=day.isoformat(), start=span.start, end=span.end)
