"""Camera addresses as people paste them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vms.api.addresses import camera_address
from vms.api.problems import WrongFields
from vms.core.model import Engine
from vms.core.secret import Secret


def test_user_and_password_are_split_off_and_decoded() -> None:
    found = camera_address("rtsp://root:p%40ss%3Aword@192.0.2.1:8554/a?channel=1", "main_url")
    assert found.url == "rtsp://192.0.2.1:8554/a?channel=1"
    assert (found.username, found.password) == ("root", Secret("p@ss:word"))


def test_an_address_without_them_says_so() -> None:
    found = camera_address("rtsps://kamera-1.example/a", "main_url")
    assert (found.url, found.username, found.password) == ("rtsps://kamera-1.example/a", None, None)


def test_an_at_sign_in_the_password_is_not_the_end_of_it() -> None:
    found = camera_address("rtsp://root:p@ss@192.0.2.1/a", "main_url")
    assert (found.url, found.password) == ("rtsp://192.0.2.1/a", Secret("p@ss"))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "required"),
        ("ftp://192.0.2.1/a", "scheme"),
        ("file:///etc/passwd", "scheme"),
        ("192.0.2.1/a", "scheme"),
        ("rtsp:///a", "host"),
        ("rtsp://user@/a", "host"),
        ("rtsp://192.0.2.1:port/a", "address"),
        ("rtsp://192.0.2.1:99999/a", "address"),
        ("rtsp://[::1/a", "address"),
        ("rtsp://192.0.2.1/a\r\nSET_PARAMETER", "address"),
        ("rtsp://192.0.2.1/a b", "address"),
    ],
)
def test_a_mistake_is_said_beside_its_field(text: str, code: str) -> None:
    with pytest.raises(WrongFields) as raised:
        camera_address(text, "sub_url")
    assert raised.value.errors == (("sub_url", code),)


@given(st.text(max_size=30), st.text(alphabet="abc@:/%", max_size=12))
def test_whatever_is_pasted_is_taken_or_refused_in_words(text: str, login: str) -> None:
    for pasted in (text, f"rtsp://{login}@192.0.2.1/a"):
        try:
            found = camera_address(pasted, "main_url")
        except WrongFields:
            continue
        assert "@" not in found.url.split("/")[2]


@pytest.mark.parametrize("scheme", ["http", "https", "rtmp", "srt", "tcp", "udp"])
def test_what_is_no_rtsp_goes_to_the_other_engine_and_not_to_our_own(scheme: str) -> None:
    text = f"{scheme}://root:secret@192.0.2.1:5000/live"
    found = camera_address(text, "main_url")
    assert (found.url, found.password) == (f"{scheme}://192.0.2.1:5000/live", Secret("secret"))
    with pytest.raises(WrongFields) as raised:
        camera_address(text, "main_url", Engine.RTSP)
    assert raised.value.errors == (("main_url", "scheme"),)
