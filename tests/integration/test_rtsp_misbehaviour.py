"""Our client against cameras that misbehave: what they do wrong costs no more than it must."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from recorder.errors import CameraError
from recorder.rtsp.intake import open_intake
from recorder.source import RtspRun, RtspSource
from tests.servers.cameras import Cameras
from vms.core.clock import SystemClock
from vms.core.media.access_unit import AccessUnit
from vms.core.model import Cause, Stream, StreamRole
from vms.core.secret import Secret
from vms.core.walltime import SECOND
from vms.demo.misbehaviour import Misbehaviour

KEY = "gate"


@asynccontextmanager
async def watching(cameras: Cameras) -> AsyncIterator[RtspRun]:
    password = Secret(cameras.password)
    stream = Stream(1, 1, StreamRole.SUB, cameras.url(KEY, "sub"), cameras.username, password)
    async with (
        asyncio.timeout(60),
        open_intake() as intake,
        RtspSource(stream, SystemClock(), intake).open() as run,
    ):
        yield run


async def take(run: RtspRun, pictures: int) -> list[AccessUnit]:
    units: list[AccessUnit] = []
    async for batch in run:
        units += batch
        if len(units) >= pictures:
            break
    return units


async def cause_of_end(cameras: Cameras) -> Cause:
    with pytest.raises(CameraError) as caught:
        async with watching(cameras) as run:
            await take(run, 10_000)
    return caught.value.cause


@pytest.mark.parametrize(
    "what",
    [
        *(Misbehaviour.NO_MARKER, Misbehaviour.GARBAGE, Misbehaviour.EARLY),
        *(Misbehaviour.WRONG_SSRC, Misbehaviour.NO_REPORTS, Misbehaviour.REPORT_OFFSET),
    ],
)
async def test_pictures_come_all_the_same(cameras: Cameras, what: Misbehaviour) -> None:
    cameras.misbehave(KEY, what)
    async with watching(cameras) as run:
        units = await take(run, 25)
    assert units[0].random_access
    steps = {later.pts - one.pts for one, later in itertools.pairwise(units)}
    assert min(steps) > 0


async def test_a_camera_clock_that_is_wrong_is_seen_and_not_believed(cameras: Cameras) -> None:
    cameras.misbehave(KEY, Misbehaviour.REPORT_OFFSET)
    async with watching(cameras) as run:
        units = await take(run, 20)
        offset = run.camera_offset
    assert offset is not None
    assert abs(offset - 3600 * SECOND) < SECOND
    assert abs(units[-1].wall - SystemClock().wall()) < 5 * SECOND


async def test_a_jump_of_media_time_does_not_reach_the_pictures(cameras: Cameras) -> None:
    async with watching(cameras) as run:
        before = await take(run, 12)
        cameras.misbehave(KEY, Misbehaviour.TIME_JUMP, -3600)
        after = await take(run, 12)
    units = before + after
    for one, later in itertools.pairwise(units):
        assert 0 < later.wall - one.wall < 2 * SECOND


async def test_another_picture_size_is_another_format(cameras: Cameras) -> None:
    async with watching(cameras) as run:
        before = await take(run, 8)
        cameras.misbehave(KEY, Misbehaviour.RESIZE)
        after = await take(run, 25)
        cameras.misbehave(KEY, Misbehaviour.RESIZE)
        await take(run, 5)
    assert after[-1].format.width != before[0].format.width
    first = next(unit for unit in after if unit.format != before[0].format)
    assert first.random_access


async def test_lost_packets_cost_their_pictures_and_are_counted(cameras: Cameras) -> None:
    cameras.misbehave(KEY, Misbehaviour.LOSS, 7)
    async with watching(cameras) as run:
        units = await take(run, 10)
        assert run.lost > 0
    assert units


@pytest.mark.parametrize(
    ("what", "cause"),
    [
        (Misbehaviour.UNAUTHORIZED, Cause.BAD_PASSWORD),
        (Misbehaviour.NOT_FOUND, Cause.BAD_URL),
        (Misbehaviour.UNPLUGGED, Cause.CLOSED),
        (Misbehaviour.STALL, Cause.STALLED),
    ],
)
async def test_what_cannot_be_watched_ends_with_its_cause(
    cameras: Cameras, what: Misbehaviour, cause: Cause
) -> None:
    cameras.misbehave(KEY, what)
    assert await cause_of_end(cameras) is cause
