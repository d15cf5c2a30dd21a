"""Our RTSP client against GStreamer's server: every byte of a file arrives as it stands there."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

from recorder.errors import CameraError
from recorder.probe import probe
from recorder.rtsp.intake import open_intake
from recorder.source import RtspSource
from tests.integration.clips import SHARED_CLIPS, frames_of, make_clip, pictures_of
from tests.servers.gstreamer import GstCamera
from vms.core.clock import SystemClock
from vms.core.media.access_unit import AUDIO, VIDEO, AccessUnit
from vms.core.media.nal import split_length_prefixed
from vms.core.model import Cause, Stream, StreamRole
from vms.core.secret import Secret
from vms.core.walltime import SECOND

Start = Callable[..., GstCamera]


def source_of(url: str, user: str = "", password: str = "", *, audio: bool = False) -> Stream:
    return Stream(1, 1, StreamRole.MAIN, url, user, Secret(password), audio=audio)


async def watch(stream: Stream, pictures: int, frames: int = 0) -> list[AccessUnit]:
    """Units until so many pictures and frames of sound came."""
    units: list[AccessUnit] = []
    async with (
        asyncio.timeout(60),
        open_intake() as intake,
        RtspSource(stream, SystemClock(), intake).open() as run,
    ):
        async for batch in run:
            units += batch
            video = sum(unit.track == VIDEO for unit in units)
            if video >= pictures and len(units) - video >= frames:
                break
    return units


def coded(nals: list[bytes], *, h265: bool = False) -> list[bytes]:
    """Without parameter sets and delimiters, which servers may move."""
    kinds = range(32, 36) if h265 else (7, 8, 9)
    return [nal for nal in nals if ((nal[0] >> 1) & 0x3F if h265 else nal[0] & 0x1F) not in kinds]


def assert_same(units: list[AccessUnit], path: Path, *, h265: bool = False) -> None:
    expected = [coded(nals, h265=h265) for nals in pictures_of(path)]
    pictures = [unit for unit in units if unit.track == VIDEO]
    got = [coded(split_length_prefixed(unit.data), h265=h265) for unit in pictures]
    assert got == expected[: len(got)]
    assert len(got) >= len(expected) - 2


@pytest.mark.parametrize("b_pictures", [0, 2])
async def test_every_nal_unit_arrives_unchanged(
    gst_cameras: Start, tmp_path: Path, b_pictures: int
) -> None:
    clip = make_clip(tmp_path / "clip.mp4", b_pictures=b_pictures)
    units = await watch(source_of(gst_cameras(clip).url), len(pictures_of(clip)) - 2)
    assert_same(units, clip)
    assert [unit.random_access for unit in units] == [n % 25 == 0 for n in range(len(units))]
    assert len({id(unit.format) for unit in units}) == 1


async def test_media_time_and_civil_time_of_pictures_agree(
    gst_cameras: Start, tmp_path: Path
) -> None:
    clip = make_clip(tmp_path / "clip.mp4")
    units = await watch(source_of(gst_cameras(clip).url), 60)
    shown = sorted(units, key=lambda unit: unit.pts)
    first = shown[0]
    assert {later.pts - one.pts for one, later in itertools.pairwise(shown)} == {3600}
    for unit in units:
        media = (unit.pts - first.pts) * SECOND // 90_000
        assert abs(unit.wall - first.wall - media) <= 2_000


async def test_h265_arrives_unchanged(gst_cameras: Start, tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4", codec="libx265")
    camera = gst_cameras(clip, h265=True)
    assert_same(await watch(source_of(camera.url), 73), clip, h265=True)


async def test_sound_arrives_unchanged_and_in_step(gst_cameras: Start, tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4", audio=True)
    camera = gst_cameras(clip, audio=True)
    units = await watch(source_of(camera.url, audio=True), 73, 40)
    assert_same(units, clip)
    frames = [unit for unit in units if unit.track == AUDIO]
    expected = frames_of(clip)
    skipped = expected.index(frames[0].data)  # the encoder's priming, outside the edit list
    assert skipped <= 1
    assert [unit.data for unit in frames] == expected[skipped : skipped + len(frames)]
    pictures = min((unit for unit in units if unit.track == VIDEO), key=lambda unit: unit.pts)
    assert abs(frames[0].wall - pictures.wall) < SECOND // 4


@pytest.mark.parametrize("auth", ["basic", "digest"])
async def test_signing_in(gst_cameras: Start, tmp_path: Path, auth: str) -> None:
    password = "p@ss:/#%w"
    camera = gst_cameras(make_clip(tmp_path / "c.mp4"), auth=auth, password=password)
    assert len(await watch(source_of(camera.url, "operator", password), 5)) >= 5
    with pytest.raises(CameraError) as caught:
        await watch(source_of(camera.url, "operator", "wrong"), 5)
    assert caught.value.cause is Cause.BAD_PASSWORD


async def test_a_path_that_is_not_there_and_a_port_nobody_serves(
    gst_cameras: Start, tmp_path: Path
) -> None:
    camera = gst_cameras(make_clip(tmp_path / "c.mp4"))
    with pytest.raises(CameraError) as caught:
        await watch(source_of(camera.url + "/elsewhere"), 5)
    assert caught.value.cause is Cause.BAD_URL
    camera.stop()
    with pytest.raises(CameraError) as caught:
        await watch(source_of(camera.url), 5)
    assert caught.value.cause is Cause.UNREACHABLE


async def test_a_file_that_ends_is_a_camera_that_stalls(gst_cameras: Start, tmp_path: Path) -> None:
    camera = gst_cameras(make_clip(tmp_path / "c.mp4", seconds=1))
    with pytest.raises(CameraError) as caught:
        await watch(source_of(camera.url), 10_000)
    assert caught.value.cause in (Cause.STALLED, Cause.CLOSED)


async def test_a_probe_tells_what_the_camera_sends(gst_cameras: Start, tmp_path: Path) -> None:
    camera = gst_cameras(make_clip(tmp_path / "c.mp4"))
    report = await probe(camera.url, watch_seconds=1.5)
    assert report.ok
    assert (report.width, report.height) == (320, 180)
    assert report.fps == pytest.approx(25, abs=0.5)
    assert "320×180" in report.words()
    assert not (await probe(camera.url + "/elsewhere")).ok


@pytest.mark.parametrize("name", ["car-detection.mp4", "one-by-one-person-detection.mp4"])
async def test_real_clips_arrive_unchanged(gst_cameras: Start, name: str) -> None:
    clip = SHARED_CLIPS / name
    if not clip.exists():
        pytest.skip("../shared/clips is not here: real clips are not tried")
    units = await watch(source_of(gst_cameras(clip).url), 100)
    expected = [coded(nals) for nals in pictures_of(clip)[: len(units)]]
    assert [coded(split_length_prefixed(unit.data)) for unit in units] == expected
