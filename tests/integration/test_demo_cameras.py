"""Simulated cameras before judges that are not ours: ffprobe and GStreamer."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.servers.cameras import PASSWORD, USERNAME, Cameras, run_cameras, small
from vms.core.secret import Secret
from vms.demo.access import Access, Scheme
from vms.demo.cameras import DEMO_CAMERAS

SECONDS = 60


def probed(url: str, transport: str = "tcp") -> dict[str, dict[str, Any]]:
    """What ffprobe says of each kind of track; it fails the test when it cannot play."""
    command = [
        "ffprobe",
        "-v",
        "error",
        "-rtsp_transport",
        transport,
        "-show_streams",
        "-of",
        "json",
    ]
    result = subprocess.run([*command, url], capture_output=True, timeout=SECONDS, text=True)
    assert result.returncode == 0, result.stderr
    return {stream["codec_type"]: stream for stream in json.loads(result.stdout)["streams"]}


@pytest.mark.parametrize("transport", ["tcp", "udp"])
@pytest.mark.parametrize(("role", "width"), [("main", 640), ("sub", 320)])
def test_ffprobe_plays_h264_and_aac(
    cameras: Cameras, transport: str, role: str, width: int
) -> None:
    found = probed(cameras.url("harbour", role, credentials=True), transport)
    assert (found["video"]["codec_name"], found["video"]["width"]) == ("h264", width)
    assert (found["audio"]["codec_name"], found["audio"]["sample_rate"]) == ("aac", "16000")
    assert found["video"]["has_b_frames"] == 0


def test_ffprobe_plays_h265(cameras: Cameras) -> None:
    found = probed(cameras.url("kuala", "main", credentials=True))
    assert (found["video"]["codec_name"], found["video"]["width"]) == ("hevc", 640)
    assert probed(cameras.url("kuala", "sub", credentials=True))["video"]["codec_name"] == "h264"


@pytest.mark.parametrize(("key", "codec"), [("street", "pcm_alaw"), ("market", "pcm_mulaw")])
def test_ffprobe_hears_g711(cameras: Cameras, key: str, codec: str) -> None:
    found = probed(cameras.url(key, "sub", credentials=True))
    assert (found["audio"]["codec_name"], found["audio"]["sample_rate"]) == (codec, "8000")


@pytest.fixture(params=[Scheme.MD5, Scheme.BASIC], ids=str)
def cameras_of_one_scheme(request: pytest.FixtureRequest) -> Iterator[Cameras]:
    access = Access(USERNAME, Secret(PASSWORD), (request.param,))
    with run_cameras((small(DEMO_CAMERAS[0]),), access=access) as cameras:
        yield cameras


def test_ffprobe_signs_in_by_each_scheme_it_knows(cameras_of_one_scheme: Cameras) -> None:
    assert probed(cameras_of_one_scheme.url("harbour", "sub", credentials=True))["video"]


def test_ffprobe_is_refused_with_a_wrong_password(cameras: Cameras) -> None:
    url = cameras.url("harbour", "main", credentials=True).replace(PASSWORD, "salah")
    result = subprocess.run(["ffprobe", "-v", "error", url], capture_output=True, text=True)
    assert result.returncode != 0
    assert "401" in result.stderr


@pytest.mark.parametrize("protocol", ["tcp", "udp"])
@pytest.mark.parametrize(
    ("key", "elements"),
    [
        ("mosque", "rtph264depay ! h264parse ! avdec_h264"),
        ("kuala", "rtph265depay ! h265parse ! avdec_h265"),
    ],
)
def test_gstreamer_decodes(cameras: Cameras, protocol: str, key: str, elements: str) -> None:
    source = (
        f"rtspsrc location={cameras.url(key, credentials=True)} protocols={protocol} latency=50"
    )
    pipeline = f"{source} ! application/x-rtp,media=video ! {elements} ! fakesink num-buffers=12"
    command = ["gst-launch-1.0", *pipeline.split()]
    result = subprocess.run(command, capture_output=True, timeout=SECONDS, text=True)
    # It says so once twelve decoded pictures have come, and never after an error. Its exit code is
    # not judged: once, on a busy machine, the PAUSE of its hanging up met a closed connection. Why
    # is not known (24 more runs under load did not show it); the server logs now why it hangs up.
    assert "Got EOS from element" in result.stdout, result.stderr


def test_ffprobe_plays_a_looped_camera_from_its_cache() -> None:
    camera = small(DEMO_CAMERAS[0])
    tiny = replace(camera.main, width=320, height=180, constant_rate=True, kbit_per_second=300)
    with run_cameras((replace(camera, looped=True, main=tiny, sub=tiny),)) as cameras:
        assert probed(cameras.url("harbour", "main", credentials=True))["video"]["width"] == 320
