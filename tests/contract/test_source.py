"""Sources: one suite on RTSP over TCP, UDP and TLS, and on PyAV with RTSP and files."""

from __future__ import annotations

import asyncio
import itertools
import logging
import time
from pathlib import Path

import pytest

from recorder.errors import CameraError
from tests.integration.clips import frames_of, make_clip, pictures_of
from tests.integration.sources import KINDS, Start, camera_of, running, stream_of, take, watch
from tests.integration.test_rtsp_gstreamer import coded
from vms.core.clock import SystemClock
from vms.core.media.access_unit import AUDIO, VIDEO, AccessUnit
from vms.core.media.nal import split_length_prefixed
from vms.core.model import Cause
from vms.core.walltime import SECOND

pytestmark = pytest.mark.parametrize("kind", KINDS)

PASSWORD = "p@ss:/#%w"


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("clip") / "clip.mp4", audio=True)


@pytest.fixture(scope="module")
def short_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("clip") / "short.mp4", seconds=1)


def pictures_in(units: list[AccessUnit]) -> list[AccessUnit]:
    return [unit for unit in units if unit.track == VIDEO]


def number_in(clip: Path, unit: AccessUnit) -> int:
    """Which of the clip's pictures this is, in decode order."""
    pictures = [coded(nals) for nals in pictures_of(clip)]
    return pictures.index(coded(split_length_prefixed(unit.data)))


def assert_unchanged(units: list[AccessUnit], clip: Path) -> None:
    pictures = pictures_in(units)
    first = number_in(clip, pictures[0])
    assert first <= 1  # libavformat keeps the first picture back when it waits for its SPS
    expected = [coded(nals) for nals in pictures_of(clip)][first : first + len(pictures)]
    assert [coded(split_length_prefixed(unit.data)) for unit in pictures] == expected
    keys = [unit.random_access for unit in pictures]
    assert keys == [(first + n) % 25 == 0 for n in range(len(keys))]
    assert (pictures[-1].format.width, pictures[-1].format.height) == (320, 180)


def assert_dated(units: list[AccessUnit]) -> None:
    shown = sorted(pictures_in(units), key=lambda unit: unit.pts)[:-3]  # B-pictures may be to come
    for one, later in itertools.pairwise(shown):
        assert abs(later.pts - one.pts - 3600) < 10  # libavformat counts by the camera's NTP time
    for unit in shown:
        media = (unit.pts - shown[0].pts) * SECOND // 90_000
        assert abs(unit.wall - shown[0].wall - media) <= 2_000
    assert abs(units[-1].wall - SystemClock().wall()) < 5 * SECOND


def assert_in_step(units: list[AccessUnit], clip: Path) -> None:
    """Frame n of the clip belongs to n * 64 ms, less the encoder's priming of 64 ms."""
    frames = [unit for unit in units if unit.track == AUDIO]
    expected = frames_of(clip)
    at = expected.index(frames[0].data)
    assert [unit.data for unit in frames] == expected[at : at + len(frames)]
    key = next(unit for unit in units if unit.random_access and unit.track == VIDEO)
    apart = frames[0].wall - key.wall - ((at - 1) * 64_000 - number_in(clip, key) * 40_000)
    assert abs(apart) < SECOND // 4


async def test_pictures_and_sound_arrive_unchanged_dated_and_in_step(
    kind: str, gst_cameras: Start, clip: Path, tmp_path: Path
) -> None:
    stream = stream_of(kind, camera_of(kind, gst_cameras, clip, tmp_path, audio=True), audio=True)
    async with running(stream) as run:
        units = await take(run, 55, 25)
        assert run.bytes_read >= sum(len(unit.data) for unit in units[:20])
        assert run.lost <= 1
    assert_unchanged(units, clip)
    assert_dated(units)
    assert_in_step(units, clip)


async def test_leaving_a_run_takes_no_time_and_sound_stays_away_unless_wanted(
    kind: str, gst_cameras: Start, clip: Path, tmp_path: Path
) -> None:
    stream = stream_of(kind, camera_of(kind, gst_cameras, clip, tmp_path, audio=True))
    for wait in (0.01, 0.3):
        watching = asyncio.create_task(watch(stream, 10_000))
        await asyncio.sleep(wait)
        began = time.monotonic()
        watching.cancel()
        with pytest.raises(asyncio.CancelledError):
            await watching
        assert time.monotonic() - began < 5.0
    assert {unit.track for unit in await watch(stream, 5)} == {VIDEO}


async def test_what_ends_says_why(
    kind: str, gst_cameras: Start, short_clip: Path, tmp_path: Path
) -> None:
    stream = stream_of(kind, camera_of(kind, gst_cameras, short_clip, tmp_path))
    with pytest.raises(CameraError) as caught:
        await watch(stream, 10_000, stall_seconds=1.0)
    assert caught.value.cause in (Cause.CLOSED, Cause.STALLED)
    assert caught.value.message


async def test_an_address_with_nothing_there_says_so(
    kind: str, gst_cameras: Start, short_clip: Path, tmp_path: Path
) -> None:
    url = camera_of(kind, gst_cameras, short_clip, tmp_path)
    with pytest.raises(CameraError) as caught:
        await watch(stream_of(kind, f"{url}/elsewhere"), 5)
    assert caught.value.cause is Cause.BAD_URL


async def test_a_password_is_in_no_error_and_no_log(
    kind: str, gst_cameras: Start, short_clip: Path, caplog: pytest.LogCaptureFixture
) -> None:
    if kind in ("pyav-file", "rtsps"):
        pytest.skip("a file asks for no password; GStreamer has one way in per server")
    only = kind if kind in ("tcp", "udp") else ""
    url = gst_cameras(short_clip, auth="digest", password=PASSWORD, only=only).url
    caplog.set_level(logging.DEBUG)
    assert len(await watch(stream_of(kind, url, "operator", PASSWORD), 5)) >= 5
    with pytest.raises(CameraError) as caught:
        await watch(stream_of(kind, url, "operator", "wr0ng-Secret"), 5)
    assert caught.value.cause is Cause.BAD_PASSWORD
    chain, error = "", caught.value.__context__
    while error is not None:
        chain, error = chain + repr(error) + str(error), error.__context__
    for text in (str(caught.value), repr(caught.value), chain, caplog.text):
        assert "wr0ng" not in text
        assert "p@ss" not in text
        assert "p%40ss" not in text
