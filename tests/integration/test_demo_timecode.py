"""The time code survives what cameras, recorders and browsers do to pictures."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.frame import VideoFrame
from hypothesis import given
from hypothesis import strategies as st
from playwright._impl._driver import compute_driver_executable

from vms.core.walltime import MINUTE, SECOND, WallTime
from vms.demo import timecode
from vms.demo.coding import VideoCoder, VideoSettings
from vms.demo.overlay import burn
from vms.demo.scenes import build

WALL = WallTime(1_795_456_763_766_000)
SCRIPT = Path(__file__).parents[1] / "data" / "timecode.js"


def picture(width: int, height: int, wall: WallTime = WALL) -> timecode.Luma:
    luma = np.full((height, width), 120, np.uint8)
    timecode.draw(luma, wall)
    return luma


@given(st.integers(0, 2**47 // 1000).map(lambda ms: ms * 1000), st.integers(80, 1000))
def test_what_was_drawn_is_read_at_any_width(wall: int, half_width: int) -> None:
    assert timecode.read(picture(2 * half_width, 200, WallTime(wall))) == wall


def test_a_time_between_two_milliseconds_is_rounded() -> None:
    assert timecode.read(picture(640, 360, WallTime(WALL + 700))) == WALL + 1000


def test_a_picture_without_the_strip_has_no_time() -> None:
    noise = np.random.default_rng(0).integers(0, 255, (360, 640), np.uint8)
    assert timecode.read(noise) is None
    assert timecode.read(np.full((360, 640), 200, np.uint8)) is None


@pytest.mark.parametrize("block", range(64))
def test_one_wrong_block_is_noticed(block: int) -> None:
    luma = picture(640, 360)
    left = (timecode.FIRST_BLOCK + block) * 8
    luma[:8, left : left + 8] = 251 - luma[:8, left : left + 8]
    assert timecode.read(luma) is None


def test_a_looped_code_becomes_the_nearest_full_time() -> None:
    inside = WallTime(WALL % MINUTE)
    assert timecode.unfold(inside, WallTime(WALL + 20 * SECOND)) == WALL
    assert timecode.unfold(inside, WallTime(WALL - 20 * SECOND)) == WALL
    assert timecode.unfold(WALL, WallTime(0)) == WALL


@pytest.mark.parametrize("width", [1280, 640, 320])
def test_it_survives_low_bitrate_and_scaling_to_320_columns(width: int) -> None:
    height = width * 9 // 16
    coder = VideoCoder(VideoSettings(width=width, height=height, kbit_per_second=width // 5))
    scene = build("market", width, height)
    decoder = av.CodecContext.create("h264", "r")
    for number in range(20):
        wall = WallTime(WALL + number * 80_000)
        scene.draw(coder.canvas, wall)
        burn(coder.canvas, "Pasar Taman Rawa Indah", wall)
        stream = b"".join(b"\0\0\0\1" + nal for nal in coder.encode().nals)
        for frame in decoder.decode(av.Packet(stream)):
            assert isinstance(frame, VideoFrame)
            small = frame.reformat(width=320, height=180, format="gray")
            assert timecode.read(small.to_ndarray()) is not None
            assert timecode.read(frame.reformat(format="gray").to_ndarray()) is not None


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (640, 360), (320, 180), (426, 240)])
def test_a_browser_reads_the_same(width: int, height: int) -> None:
    for wall in (WALL, WallTime(WALL % MINUTE), WallTime(WALL + 86_400 * SECOND)):
        assert in_javascript(picture(width, height, wall)) == wall // 1000


def test_a_browser_sees_no_time_where_there_is_none() -> None:
    luma = picture(640, 360)
    luma[:8, 200:208] = 251 - luma[:8, 200:208]
    assert in_javascript(luma) is None


def in_javascript(luma: timecode.Luma) -> int | None:
    """What readTimecode says, run by the Node that Playwright brings."""
    height, width = luma.shape
    program = f"""{SCRIPT.read_text()}
    const rows = Buffer.from(require('fs').readFileSync(0, 'latin1'), 'latin1');
    const data = new Uint8ClampedArray({width * height * 4});
    for (let i = 0; i < {width * height}; i++) data.fill(rows[i], i * 4, i * 4 + 3);
    console.log(JSON.stringify(readTimecode({{data, width: {width}, height: {height}}})));
    """
    node, _ = compute_driver_executable()
    result = subprocess.run([node, "-e", program], input=luma.tobytes(), capture_output=True)
    assert result.returncode == 0, result.stderr
    found: int | None = json.loads(result.stdout)
    return found
