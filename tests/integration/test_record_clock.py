"""Clocks that are set while a real session runs: ours and the camera's. Recording goes on."""

from __future__ import annotations

import asyncio
import itertools
from pathlib import Path

from tests.integration.recorders import PATIENCE_SECONDS, Site, open_site
from tests.servers.cameras import Cameras
from vms.core.clock import SystemClock
from vms.core.media.fmp4 import parse_init
from vms.core.runs import CameraClock, RunFacts, Stepped
from vms.core.walltime import HOUR, SECOND, TimeRange, WallTime
from vms.demo.cameras import DEMO_CAMERAS


class SetClock(SystemClock):
    """The system's, and a hand that sets it."""

    def __init__(self) -> None:
        self.micros = 0

    def wall(self) -> WallTime:
        return WallTime(super().wall() + self.micros)


def around() -> TimeRange:
    now = SystemClock().wall()
    return TimeRange(WallTime(now - HOUR), WallTime(now + HOUR))


async def until_told(site: Site, stream_id: int | None, clock: Stepped, count: int) -> None:
    """Wait until the index knows of so many steps of this clock."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            steps = await site.index.runs.steps(stream_id, around())
            if sum(step.clock is clock for step in steps) >= count:
                return
            await site.clock.sleep(0.2)


async def the_run(site: Site, stream_id: int) -> RunFacts:
    (run,) = await site.index.runs.between(stream_id, around())
    return run


async def test_clocks_that_are_set_cost_no_picture_and_are_facts(
    cameras: Cameras, tmp_path: Path
) -> None:
    key = DEMO_CAMERAS[0].key
    async with open_site(tmp_path) as site:
        clock = site.clock = SetClock()
        site.segment_seconds = 2.0
        camera = await site.add_camera(cameras.url(key), cameras.username, cameras.password)
        stream_id = camera.streams[0].id
        began = SystemClock().wall()
        async with site.recording():
            await site.until_state(stream_id, condition="recording")
            clock.micros = 60 * SECOND
            await until_told(site, None, Stepped.SERVER, 1)
            cameras.misbehave(key, "time-jump", 30)
            await until_told(site, stream_id, Stepped.MEDIA, 1)
            clock.micros = -60 * SECOND
            await until_told(site, None, Stepped.SERVER, 2)
            cameras.misbehave(key, "report-offset", 30)
            await until_told(site, stream_id, Stepped.CAMERA, 1)
            clock.micros = 0
            await until_told(site, None, Stepped.SERVER, 3)
        ended = SystemClock().wall()
        segments = await site.archive.segments(stream_id, around())
        assert len(segments) >= 3

        for before, after in itertools.pairwise(segments):
            assert before.range.end == after.range.start
        assert began - SECOND < segments[0].range.start
        assert segments[-1].range.end < ended + SECOND
        run = await the_run(site, stream_id)
        assert run.epoch == segments[0].epoch == segments[-1].epoch
        assert run.mapping.camera_clock is CameraClock.SENDER_REPORT
        offset = run.mapping.camera_offset
        assert offset is not None
        assert abs(offset - 30 * SECOND) < 3 * SECOND

        init = parse_init(await site.archive.read(segments[-1], 0, segments[-1].init_size))
        assert init.identity.mapping is not None
        assert init.identity.mapping.camera_clock is CameraClock.SENDER_REPORT
