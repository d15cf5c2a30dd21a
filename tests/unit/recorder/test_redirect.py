"""Where a camera may send us."""

from __future__ import annotations

import pytest

from recorder.errors import CameraError, Redirected
from recorder.rtsp.redirect import follow
from recorder.rtsp.urls import read_address
from vms.core.model import Cause

NOBODY: frozenset[str] = frozenset()
CAMERA = "rtsp://Cam-1:8554/live"


def sent(
    location: str, dialled: str = CAMERA, allowed: frozenset[str] = NOBODY, left: int = 3
) -> str:
    return follow(read_address(dialled), Redirected(location), allowed, left=left).url


@pytest.mark.parametrize(
    ("location", "followed"),
    [
        ("rtsp://cam-1:8554/other", "rtsp://cam-1:8554/other"),
        ("rtsp://CAM-1/other", "rtsp://CAM-1/other"),
        ("rtsps://cam-1/live", "rtsps://cam-1/live"),
        ("/profile2", "rtsp://Cam-1:8554/profile2"),
        ("  rtsp://cam-1:9000/x ", "rtsp://cam-1:9000/x"),
        ("rtsp://eve:secret@cam-1/x", "rtsp://cam-1/x"),
    ],
)
def test_a_camera_may_send_us_to_its_own_host(location: str, followed: str) -> None:
    assert sent(location) == followed


@pytest.mark.parametrize(
    "location",
    [
        *("rtsp://10.0.0.7/live", "rtsp://cam-1.evil.example/live", "//evil.example/live"),
        *("rtsp://cam-1@evil.example/live", "rtsp://evil.example/@cam-1/", "http://cam-1/", ""),
        *("rtsp://cam-1:0/", "rtsp://[::1/", "file:///etc/passwd", "rtsp://cam-1/a\r\nX: y"),
        CAMERA,
    ],
)
def test_a_camera_may_send_us_nowhere_else(location: str) -> None:
    with pytest.raises(CameraError) as caught:
        sent(location)
    assert caught.value.cause is Cause.BAD_URL


def test_a_host_that_the_site_names_may_be_followed() -> None:
    allowed = frozenset({"gateway.city.example"})
    assert sent("rtsp://Gateway.city.example/7", allowed=allowed).endswith("/7")


def test_nobody_is_led_out_of_tls() -> None:
    with pytest.raises(CameraError, match="rtsps"):
        sent("rtsp://cam-1/live", dialled="rtsps://cam-1/live")
    assert sent("/other", dialled="rtsps://cam-1/live") == "rtsps://cam-1/other"


def test_nobody_is_led_round_for_ever() -> None:
    with pytest.raises(CameraError):
        sent("rtsp://cam-1:8554/other", left=0)
