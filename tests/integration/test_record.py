"""The whole recorder against cameras that are not ours: what is kept, what is missing and why."""

from __future__ import annotations

import asyncio
import itertools
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from storage.index.values import CameraChange, NewStream
from tests.integration.clips import make_clip, pictures_of
from tests.integration.recorders import Site, open_site, until
from tests.servers.gstreamer import GstCamera
from vms.core.media.access_unit import VIDEO
from vms.core.media.fmp4 import parse_fragment, parse_init
from vms.core.media.nal import split_length_prefixed
from vms.core.model import Cause, Gap, Segment, StreamRole
from vms.core.secret import Secret
from vms.core.walltime import HOUR, SECOND, TimeRange, WallTime

Start = Callable[..., GstCamera]


def lately(site: Site) -> TimeRange:
    now = site.clock.wall()
    return TimeRange(WallTime(now - HOUR), WallTime(now + HOUR))


async def segments_of(site: Site, stream_id: int) -> list[Segment]:
    return await site.archive.segments(stream_id, lately(site))


async def recorded_after(site: Site, stream_id: int, wall: WallTime) -> bool:
    return any(segment.range.start > wall for segment in await segments_of(site, stream_id))


async def gaps_of(site: Site, stream_id: int) -> list[Gap]:
    return await site.archive.gaps(stream_id, lately(site))


async def pictures_in(site: Site, segments: list[Segment]) -> list[list[bytes]]:
    """The NAL units of each archived picture, read fragment by fragment."""
    pictures = []
    for segment in segments:
        init = parse_init(await site.archive.read(segment, 0, segment.init_size))
        for gop in segment.gops:
            data = await site.archive.read(segment, gop.offset, gop.size)
            units = parse_fragment(data, init)
            pictures += [split_length_prefixed(u.data) for u in units if u.track == VIDEO]
    return pictures


def without_parameter_sets(pictures: list[list[bytes]]) -> list[list[bytes]]:
    return [[nal for nal in nals if nal[0] & 0x1F not in (7, 8, 9)] for nals in pictures]


async def test_what_the_archive_holds_is_what_the_camera_sent(
    gst_cameras: Start, tmp_path: Path
) -> None:
    clip = make_clip(tmp_path / "clip.mp4", seconds=9)
    camera = gst_cameras(clip)
    async with open_site(tmp_path) as site:
        stream = (await site.add_camera(camera.url)).streams[0]
        async with site.recording():
            await site.until_state(stream.id, condition="down", cause="stalled")
            async with asyncio.timeout(20):
                while sum(s.range.seconds for s in await segments_of(site, stream.id)) < 8.9:
                    await asyncio.sleep(0.1)
        segments = await segments_of(site, stream.id)
        archived = await pictures_in(site, segments)
        expected = pictures_of(clip)
        assert len(archived) >= len(expected) - 1
        assert without_parameter_sets(archived) == without_parameter_sets(expected)[: len(archived)]
        assert len(segments) >= 2
        for before, after in itertools.pairwise(segments):
            assert before.range.end == after.range.start
            assert after.prev_sha256 == before.sha256
        gaps = await gaps_of(site, stream.id)
        (stall,) = [gap for gap in gaps if gap.cause is Cause.STALLED]
        assert stall.start == segments[-1].range.end


async def test_a_killed_recorder_loses_at_most_the_open_group_and_says_so(
    gst_cameras: Start, tmp_path: Path
) -> None:
    camera = gst_cameras(make_clip(tmp_path / "clip.mp4", seconds=60))
    async with open_site(tmp_path) as site:
        stream = (await site.add_camera(camera.url)).streams[0]
        command = (sys.executable, "-m", "tests.integration.recorders", str(tmp_path))
        process = await asyncio.create_subprocess_exec(*command)
        try:
            spool = tmp_path / "spool"
            await until(
                lambda: [p for p in spool.rglob("*") if p.is_file() and p.stat().st_size > 60_000]
            )
            await asyncio.sleep(1.5)
            killed = site.clock.wall()
        finally:
            process.send_signal(signal.SIGKILL)
            await process.wait()
        async with site.recording():
            await site.until_state(stream.id, condition="recording")
            async with asyncio.timeout(30):
                while not await recorded_after(site, stream.id, killed):
                    await asyncio.sleep(0.2)
        segments = await segments_of(site, stream.id)
        before = [segment for segment in segments if segment.epoch == segments[0].epoch]
        assert before[-1].range.end > killed - 1.6 * SECOND - 0.5 * SECOND
        after = segments[len(before)]
        (gap,) = [gap for gap in await gaps_of(site, stream.id) if gap.cause is Cause.RECORDER_OFF][
            :1
        ]
        assert (gap.start, gap.end) == (before[-1].range.end, after.range.start)
        assert await pictures_in(site, segments)  # every archived byte can be read


async def test_a_wrong_password_is_said_and_the_right_one_taken_at_once(
    gst_cameras: Start, tmp_path: Path
) -> None:
    clip = make_clip(tmp_path / "clip.mp4", seconds=60)
    camera = gst_cameras(clip, auth="digest", password="right")
    async with open_site(tmp_path) as site:
        added = await site.add_camera(camera.url, "operator", "wrong")
        (stream,) = added.streams
        async with site.recording():
            told = await site.until_state(stream.id, condition="down", cause="bad-password")
            assert "wrong" not in str(told)
            await asyncio.sleep(1.5)
            right = NewStream(StreamRole.MAIN, camera.url, "operator", Secret("right"))
            await site.index.cameras.change(added.id, CameraChange(streams=(right,)))
            await site.bus.publish("cameras.changed", {"camera_id": added.id})
            await site.until_state(stream.id, condition="recording", cause=None)
        causes = [gap.cause for gap in await gaps_of(site, stream.id)]
        assert Cause.BAD_PASSWORD in causes
        assert "right" not in str(site.bus.published)


async def test_a_wrong_address_is_said(gst_cameras: Start, tmp_path: Path) -> None:
    camera = gst_cameras(make_clip(tmp_path / "clip.mp4"))
    async with open_site(tmp_path) as site:
        (stream,) = (await site.add_camera(camera.url + "/elsewhere")).streams
        async with site.recording():
            told = await site.until_state(stream.id, condition="down", cause="bad-url")
            assert "path" in told["detail"]


async def test_an_unplugged_camera_is_said_and_comes_back_by_itself(
    gst_cameras: Start, tmp_path: Path
) -> None:
    clip = make_clip(tmp_path / "clip.mp4", seconds=60)
    camera = gst_cameras(clip)
    async with open_site(tmp_path) as site:
        (stream,) = (await site.add_camera(camera.url)).streams
        async with site.recording():
            await site.until_state(stream.id, condition="recording")
            await asyncio.sleep(2.5)
            camera.stop()
            await site.until_state(stream.id, condition="down", cause="unreachable")
            gst_cameras(clip, port=camera.port)
            await site.until_state(stream.id, condition="recording", cause=None)
        gaps = [gap for gap in await gaps_of(site, stream.id) if gap.cause is not Cause.CONNECTING]
        assert [gap.cause for gap in gaps] == [Cause.CLOSED, Cause.UNREACHABLE, Cause.RECORDER_OFF]
        assert gaps[0].end == gaps[1].start
        assert gaps[1].end is not None


async def test_cameras_come_and_go_without_touching_the_others(
    gst_cameras: Start, tmp_path: Path
) -> None:
    camera = gst_cameras(make_clip(tmp_path / "clip.mp4", seconds=60))
    async with open_site(tmp_path) as site:
        first = await site.add_camera(camera.url)
        async with site.recording():
            state = await site.until_state(first.streams[0].id, condition="recording")
            second = await site.add_camera(camera.url)
            await site.bus.publish("cameras.changed", {"camera_id": second.id})
            await site.until_state(second.streams[0].id, condition="recording")
            await site.index.cameras.change(second.id, CameraChange(enabled=False))
            await site.bus.publish("cameras.changed", {"camera_id": second.id})
            await until(lambda: not _answers(site, second.streams[0].id))
            await asyncio.sleep(2.5)
            newest = site.states(first.streams[0].id)[-1]
            assert newest["since"] == state["since"]
            assert newest["condition"] == "recording"
        gaps = await gaps_of(site, second.streams[0].id)
        assert gaps[-1].cause is Cause.DISABLED


def _answers(site: Site, stream_id: int) -> bool:
    return any(server.subject == f"feed.{stream_id}" for server in site.bus._servers)


async def test_a_stream_that_is_not_kept_can_be_watched(gst_cameras: Start, tmp_path: Path) -> None:
    camera = gst_cameras(make_clip(tmp_path / "clip.mp4", seconds=30))
    async with open_site(tmp_path) as site:
        added = await site.add_camera(camera.url)
        unkept = NewStream(StreamRole.MAIN, camera.url, record=False)
        await site.index.cameras.change(added.id, CameraChange(streams=(unkept,)))
        async with site.recording():
            await site.until_state(added.streams[0].id, condition="watchable", width=320)
        assert await gaps_of(site, added.streams[0].id) == []


async def test_an_index_that_is_away_at_the_start_is_waited_for(
    gst_cameras: Start, tmp_path: Path
) -> None:
    camera = gst_cameras(make_clip(tmp_path / "clip.mp4", seconds=60))
    async with open_site(tmp_path) as site:
        (stream,) = (await site.add_camera(camera.url)).streams
    index = tmp_path / "index.db"
    hidden = index.rename(tmp_path / "hidden.db")
    index.mkdir()
    async with open_site(tmp_path, migrated=True) as site, site.recording():
        await until(lambda: "index-unreachable" in str(site.bus.published))
        index.rmdir()
        hidden.rename(index)
        await site.until_state(stream.id, condition="recording")
