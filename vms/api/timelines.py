"""Recorded time as JSON: lanes of a timeline, days of a calendar, the nearest picture. µs UTC."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from vms.api.shapes import Ids, Moment, Schema
from vms.core.model import Cause, StreamRole

MOST_DAYS = 92
"""Of a calendar: a quarter of a year."""


class TimelineQuery(Schema):
    """`cameras`: ids with commas. Nothing in the answer is finer than a pixel: spans closer than
    one become one, gaps and events that share one become one with a count. `stream` absent: of
    each camera the one that is recorded, main before sub."""

    cameras: Ids
    start: Moment
    end: Moment
    pixels: Annotated[int, Field(ge=1, le=20_000)] = 1000
    stream: StreamRole | None = None


class GapOut(Schema):
    """`end` null: it lasts until now. `count`: so many of this cause stand here for one; `detail`
    is empty then."""

    start: int
    end: int | None
    cause: Cause
    detail: str
    count: int = 1


class LockMarkOut(Schema):
    """Time of this camera that an evidence lock keeps, not cut to what was asked."""

    lock_id: int
    case_number: str
    start: int
    end: int


class BookmarkMarkOut(Schema):
    """`end` null: an instant. `count`: so many share its pixel; the first one is named."""

    bookmark_id: int
    at: int
    end: int | None
    title: str
    count: int = 1


class EventMarkOut(Schema):
    """`count` events of this kind in one pixel; `at`: the first of them."""

    at: int
    kind: str
    count: int = 1


class LaneOut(Schema):
    """One camera. `activity`: one number a bucket of the answer: the bitrate of what is recorded
    there, in per cent of this camera's usual one; null: nothing recorded (the newest minute, which
    a recorder still holds, has none either). `usual_bitrate`: bits a second of the last days; null:
    too little is known."""

    camera_id: int
    spans: list[tuple[int, int]]
    gaps: list[GapOut]
    locks: list[LockMarkOut]
    bookmarks: list[BookmarkMarkOut]
    events: list[EventMarkOut]
    activity: list[int | None]
    usual_bitrate: int | None


class TimelineOut(Schema):
    """`bucket_start`, `bucket`: where the first bucket of `activity` begins, and how long each is
    (never shorter than a pixel). `with_events` false: so much time of so many cameras is asked for
    that no events are in the answer."""

    start: int
    end: int
    now: int
    bucket_start: int
    bucket: int
    with_events: bool
    cameras: list[LaneOut]


class CalendarQuery(Schema):
    """`cameras`: ids with commas. `from_date`: the first day, in the site's zone, as 2026-11-01."""

    cameras: Ids
    from_date: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]
    days: Annotated[int, Field(ge=1, le=MOST_DAYS)] = 31
    stream: StreamRole | None = None


class CalendarDayOut(Schema):
    """A day of the site's zone, from midnight to midnight (23 or 25 hours where clocks change)."""

    date: str
    start: int
    end: int


class CalendarCameraOut(Schema):
    """For each of the days, in their order: µs recorded, bytes kept, and how many events were told.
    The bytes are those of the hours that begin in it."""

    camera_id: int
    recorded: list[int]
    size: list[int]
    events: list[int]


class CalendarOut(Schema):
    zone: str
    now: int
    days: list[CalendarDayOut]
    cameras: list[CalendarCameraOut]


class NearestQuery(Schema):
    at: Moment
    stream: StreamRole | None = None


class NearestOut(Schema):
    """`nearest`: `at` itself where it is recorded, else the recorded instant closest to it.
    `next`: where the next recording after this one, or after this gap, begins. `previous`: where
    the one before begins (inside a recording: its own beginning). Null: there is none. `gap`: what
    `at` lies in, as far as it is known."""

    at: int
    nearest: int | None
    recorded: bool
    next: int | None
    previous: int | None
    gap: GapOut | None
