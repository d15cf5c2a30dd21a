"""What is kept of a real camera by its policy, and what the rest of its time is called."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from storage.completeness import account
from storage.index.values import NewCamera, NewStream
from tests.integration.clips import make_clip
from tests.integration.recorders import Site, open_site
from tests.servers.gstreamer import GstCamera
from vms.core.model import Cause, Hours, RecordPolicy, RecordWhen, Stream, StreamRole
from vms.core.walltime import HOUR, SECOND, TimeRange, WallTime

Start = Callable[..., GstCamera]


async def added(site: Site, url: str, policy: RecordPolicy) -> Stream:
    stream = NewStream(StreamRole.MAIN, url, policy=policy)
    return (await site.index.cameras.add(NewCamera("gate", streams=(stream,)))).streams[0]


def lately(site: Site) -> TimeRange:
    now = site.clock.wall()
    return TimeRange(WallTime(now - HOUR), WallTime(now + HOUR))


async def kept(site: Site, stream: Stream) -> list[TimeRange]:
    return [one.range for one in await site.archive.segments(stream.id, lately(site))]


async def test_the_seconds_before_and_after_an_event_are_in_the_archive_and_no_others(
    gst_cameras: Start, tmp_path: Path
) -> None:
    camera = gst_cameras(make_clip(tmp_path / "clip.mp4", seconds=30))
    policy = RecordPolicy(RecordWhen.EVENTS, pre_seconds=3, post_seconds=2)
    async with open_site(tmp_path) as site:
        stream = await added(site, camera.url, policy)
        async with site.recording():
            state = await site.until_state(stream.id, condition="watchable", cause="no-event")
            await asyncio.sleep(5)
            at = site.clock.wall()
            told = {"at": at, "kind": "motion", "detail": ""}
            await site.bus.publish(f"camera.event.{stream.camera_id}", told)
            await site.until_state(stream.id, condition="recording")
            await site.until_state(stream.id, condition="watchable", cause="no-event")
            async with asyncio.timeout(20):
                while not any(span.end >= at + 2 * SECOND for span in await kept(site, stream)):
                    await asyncio.sleep(0.1)
        spans = await kept(site, stream)
        assert spans[0].start <= at - 3 * SECOND
        assert sum(span.seconds for span in spans) < 5 + 2 * 2, "a group more at each end, at most"
        gaps = await site.archive.gaps(stream.id, lately(site))
        before, after = [gap for gap in gaps if gap.cause is Cause.NO_EVENT]
        assert (before.end, after.start) == (spans[0].start, spans[-1].end)
        assert state["last_picture"] is not None, "it can be watched all the while"
        span = TimeRange(gaps[0].start, site.clock.wall())
        counted = account(span, await site.archive.facts(stream.id, span, span.end))
        assert counted.total == span.micros
        assert counted.unexplained == 0


async def test_outside_its_hours_a_stream_is_watched_and_not_kept(
    gst_cameras: Start, tmp_path: Path
) -> None:
    camera = gst_cameras(make_clip(tmp_path / "clip.mp4", seconds=30))
    later = datetime.now(UTC) + timedelta(hours=3)
    policy = RecordPolicy(
        RecordWhen.SCHEDULE, (Hours(later.weekday(), later.hour * 60, later.hour * 60 + 30),)
    )
    async with open_site(tmp_path) as site:
        stream = await added(site, camera.url, policy)
        async with site.recording():
            await site.until_state(stream.id, condition="watchable", cause="schedule")
            await asyncio.sleep(2)
        assert await kept(site, stream) == []
        gaps = await site.archive.gaps(stream.id, lately(site))
        assert Cause.SCHEDULE in [gap.cause for gap in gaps]
