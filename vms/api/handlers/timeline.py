"""What is recorded: spans and gaps of several cameras, as fine as the screen can show."""

from __future__ import annotations

import asyncio

from vms.api.call import Api, Call
from vms.api.problems import WrongFields
from vms.api.schemas import GapOut, LaneOut, TimelineOut, TimelineQuery
from vms.auth.policy import NO_SUCH_CAMERA, Action, require
from vms.core.errors import NotFound
from vms.core.model import Camera, Gap, Stream, StreamRole
from vms.core.walltime import DAY, TimeRange, WallTime, merge

LONGEST_MICROS = 400 * DAY
MOST_GAPS = 2000
"""Per camera; beyond that the longest are shown."""
_AT_ONCE = 8


async def get_timeline(call: Call) -> TimelineOut:
    asked = call.query(TimelineQuery)
    span = _span(asked)
    room = asyncio.Semaphore(_AT_ONCE)

    async def lane(camera: Camera) -> LaneOut:
        async with room:
            return await _lane(call.api, camera, asked.stream, span, span.micros // asked.pixels)

    cameras = [await _camera(call, camera_id) for camera_id in dict.fromkeys(asked.cameras)]
    async with asyncio.TaskGroup() as tasks:
        lanes = [tasks.create_task(lane(camera)) for camera in cameras]
    return TimelineOut(
        start=span.start,
        end=span.end,
        now=call.api.clock.wall(),
        cameras=[task.result() for task in lanes],
    )


def recorded(camera: Camera) -> Stream | None:
    """The stream whose archive is shown: the first that is recorded, main before sub."""
    by_preference = sorted(camera.streams, key=lambda stream: (not stream.record, stream.role))
    return by_preference[0] if by_preference else None


def _span(asked: TimelineQuery) -> TimeRange:
    if asked.end <= asked.start:
        raise WrongFields(("end", "before-start"))
    if asked.end - asked.start > LONGEST_MICROS:
        raise WrongFields(("end", "too-long"))
    return TimeRange(WallTime(asked.start), WallTime(asked.end))


async def _camera(call: Call, camera_id: int) -> Camera:
    """Raises NotFound alike for a camera that is not there and one the user may not see."""
    require(call.user, Action.PLAYBACK, camera_id)
    try:
        return await call.api.index.cameras.get(camera_id)
    except NotFound:
        raise NotFound(NO_SUCH_CAMERA) from None


async def _lane(
    api: Api, camera: Camera, role: StreamRole | None, span: TimeRange, pixel_micros: int
) -> LaneOut:
    stream = recorded(camera) if role is None else camera.stream(role)
    if stream is None:
        return LaneOut(camera_id=camera.id, spans=[], gaps=[])
    spans = merge(await api.footage.spans(stream.id, span), slack_micros=pixel_micros)
    gaps = await api.footage.gaps(stream.id, span)
    return LaneOut(
        camera_id=camera.id,
        spans=[(each.start, each.end) for each in spans],
        gaps=[_gap(gap) for gap in _longest(gaps, api.clock.wall())],
    )


def _longest(gaps: list[Gap], now: WallTime) -> list[Gap]:
    if len(gaps) <= MOST_GAPS:
        return gaps
    by_length = sorted(gaps, key=lambda gap: (gap.end or now) - gap.start, reverse=True)
    return sorted(by_length[:MOST_GAPS], key=lambda gap: gap.start)


def _gap(gap: Gap) -> GapOut:
    return GapOut(start=gap.start, end=gap.end, cause=gap.cause, detail=gap.detail)
