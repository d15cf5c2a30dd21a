"""Camera addresses as people paste them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vms.api.addresses import camera_address
from vms.api.problems import WrongFields
from vms.core.secret import Secret


@pytest.mark.parametrize(
    ("text", "url", "username", "password"),
    [
        ("rtsp://192.0.2.1/1", "rtsp://192.0.2.1/1", None, None),
        ("RTSP://Host:8554/a?b=1#c", "rtsp://Host:8554/a?b=1", None, None),
        ("rtsps://u:p@host/", "rtsps://host/", "u", "p"),
        ("rtsp://u%40x:p%3Aq@host/", "rtsp://host/", "u@x", "p:q"),
        ("rtsp://u:p@q@host/", "rtsp://host/", "u", "p@q"),
        ("rtsp://u@host/", "rtsp://host/", "u", None),
        ("rtsp://u:p@[2001:db8::1]:554/x", "rtsp://[2001:db8::1]:554/x", "u", "p"),
    ],
)
def test_user_and_password_are_split_off(
    text: str, url: str, username: str | None, password: str | None
) -> None:
    found = camera_address(text, "main_url")
    assert (found.url, found.username) == (url, username)
    assert found.password == (None if password is None else Secret(password))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "required"),
        ("192.0.2.1/1", "scheme"),
        ("http://192.0.2.1/1", "scheme"),
        ("rtsp:///1", "host"),
        ("rtsp://u:p@/1", "host"),
        ("rtsp://host:port/", "address"),
        ("rtsp://host:70000/", "address"),
        ("rtsp://[::1/", "address"),
        ("rtsp://host/a b", "address"),
        ("rtsp://host/a\r\nX: y", "address"),
    ],
)
def test_what_is_no_address_is_said_with_a_code(text: str, code: str) -> None:
    with pytest.raises(WrongFields) as raised:
        camera_address(text, "sub_url")
    assert raised.value.errors == (("sub_url", code),)


@given(st.text(max_size=60).map(lambda text: f"rtsp://{text}"))
def test_any_text_is_an_address_without_a_password_or_refused(text: str) -> None:
    try:
        found = camera_address(text, "main_url")
    except WrongFields:
        return
    assert "@" not in found.url.split("://", 1)[1].split("/", 1)[0].split("?", 1)[0]
