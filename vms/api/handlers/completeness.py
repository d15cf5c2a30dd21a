"""Expected against stored, by camera and day of the site's zone."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from storage.completeness import account_by
from vms.api.accounts import AccountOut, CompletenessOut, CompletenessQuery, DayOut, StreamDaysOut
from vms.api.call import Api, Call
from vms.auth.policy import NO_SUCH_CAMERA, Action, allows, require
from vms.core.errors import NotFound
from vms.core.model import Camera, Stream
from vms.core.walltime import SECOND, TimeRange, WallTime, merge

_AT_ONCE = 8


async def get_completeness(call: Call) -> CompletenessOut:
    asked = call.query(CompletenessQuery)
    now, zone = call.api.clock.wall(), call.api.settings.site.zone
    days = last_days(now, asked.days, ZoneInfo(zone))
    room = asyncio.Semaphore(_AT_ONCE)

    async def counted(stream: Stream) -> StreamDaysOut:
        async with room:
            return await _counted(call.api, stream, days, now)

    cameras = await _cameras(call, asked.cameras)
    streams = [stream for camera in cameras for stream in camera.streams if stream.record]
    async with asyncio.TaskGroup() as tasks:
        counting = [tasks.create_task(counted(stream)) for stream in streams]
    return CompletenessOut(
        now=now,
        zone=zone,
        days=[_day(span, ZoneInfo(zone)) for span in days],
        streams=[task.result() for task in counting],
    )


def last_days(now: WallTime, count: int, zone: ZoneInfo) -> list[TimeRange]:
    """The last `count` days from midnight to midnight in `zone`, oldest first, today the last."""
    today = datetime.fromtimestamp(now // SECOND, zone).date()
    dates = [today + timedelta(days=ahead) for ahead in range(1 - count, 2)]
    midnights = [datetime(date.year, date.month, date.day, tzinfo=zone) for date in dates]
    walls = [WallTime(round(midnight.timestamp()) * SECOND) for midnight in midnights]
    return [TimeRange(start, end) for start, end in pairwise(walls)]


async def _cameras(call: Call, asked: list[int] | None) -> list[Camera]:
    """Those asked for, else all. Raises NotFound for one that is not there or may not be seen."""
    for camera_id in asked or ():
        require(call.user, Action.PLAYBACK, camera_id)
    there = await call.api.index.cameras.list()
    if asked is None:
        return [camera for camera in there if allows(call.user, Action.PLAYBACK, camera.id)]
    if set(asked) - {camera.id for camera in there}:
        raise NotFound(NO_SUCH_CAMERA)
    return [camera for camera in there if camera.id in asked]


async def _counted(api: Api, stream: Stream, days: list[TimeRange], now: WallTime) -> StreamDaysOut:
    # The tail first: what moves into the archive meanwhile is then seen twice, never not.
    tail = await api.footage.tail(stream.id)
    facts = await api.archive.facts(stream.id, TimeRange(days[0].start, days[-1].end), now)
    if tail:
        since = min(tail).start if facts.since is None else min(facts.since, min(tail).start)
        facts = replace(facts, stored=merge([*facts.stored, *tail]), since=since)
    accounts = account_by(days, facts)
    return StreamDaysOut(
        camera_id=stream.camera_id,
        stream_id=stream.id,
        role=stream.role,
        days=[AccountOut.of(each) if each.total else None for each in accounts],
    )


def _day(span: TimeRange, zone: ZoneInfo) -> DayOut:
    date = datetime.fromtimestamp(span.start // SECOND, zone).date()
    return DayOut(date=date.isoformat(), start=span.start, end=span.end)
