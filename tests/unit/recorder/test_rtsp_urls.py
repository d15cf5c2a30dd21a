"""What may be typed as a camera's address."""

from __future__ import annotations

import pytest

from recorder.errors import CameraError
from recorder.rtsp.urls import base_url, read_address, split_credentials
from vms.core.model import Cause


@pytest.mark.parametrize(
    ("url", "host", "port", "line"),
    [
        ("rtsp://cam", "cam", 554, "rtsp://cam/"),
        ("RTSP://cam:8554/live?x=1", "cam", 8554, "rtsp://cam:8554/live?x=1"),
        ("rtsp://[fe80::1]:554/a", "fe80::1", 554, "rtsp://[fe80::1]:554/a"),
        ("rtsp://u:p@cam/a", "cam", 554, "rtsp://cam/a"),
        ("rtsp://cam?x=1", "cam", 554, "rtsp://cam/?x=1"),
    ],
)
def test_addresses(url: str, host: str, port: int, line: str) -> None:
    address = read_address(url)
    assert (address.host, address.port, address.url) == (host, port, line)


@pytest.mark.parametrize(
    ("url", "cause"),
    [
        ("http://cam/", Cause.BAD_URL),
        ("cam/live", Cause.BAD_URL),
        ("rtsp:///live", Cause.BAD_URL),
        ("rtsp://cam:99999/", Cause.BAD_URL),
        ("rtsp://cam/a\r\nX: y", Cause.BAD_URL),
    ],
)
def test_what_is_no_address_is_said(url: str, cause: Cause) -> None:
    with pytest.raises(CameraError) as caught:
        read_address(url)
    assert caught.value.cause is cause


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("rtsp://cam/a@b", ("rtsp://cam/a@b", "", "")),
        ("rtsp://u@cam/a", ("rtsp://cam/a", "u", "")),
        ("rtsp://u:p%40ss@cam/a", ("rtsp://cam/a", "u", "p@ss")),
        ("rtsp://u:p@s:/#%s@cam:554/a", ("rtsp://cam:554/a", "u", "p@s:/#%s")),
        ("rtsp://u:100%@cam/a", ("rtsp://cam/a", "u", "100%")),
    ],
)
def test_user_and_password_are_taken_out(url: str, expected: tuple[str, str, str]) -> None:
    assert split_credentials(url) == expected


def test_an_address_over_tls_keeps_its_scheme_and_has_its_own_port() -> None:
    address = read_address("RTSPS://cam/live")
    assert (address.secure, address.port) == (True, 322)
    assert base_url(address, "rtsp://10.0.0.9/x/") == "rtsps://cam/x/"
    assert not read_address("rtsp://cam/live").secure
