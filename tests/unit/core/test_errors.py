from __future__ import annotations

from vms.core.errors import ErrorKind, NotFound, VmsError
from vms.core.model import Stream, StreamRole, object_key
from vms.core.secret import Secret
from vms.core.walltime import from_iso


def test_an_error_names_what_finds_its_cause() -> None:
    error = NotFound("no such camera", camera=7)
    assert str(error) == "no such camera (camera=7)"
    assert error.kind is ErrorKind.NOT_FOUND


def test_every_kind_has_an_error_of_its_own() -> None:
    assert {error.kind for error in VmsError.__subclasses__()} == set(ErrorKind)


def test_a_secret_shows_only_when_asked() -> None:
    stream = Stream(1, 1, StreamRole.MAIN, "rtsp://camera/main", "operator", Secret("hunter2"))
    assert "hunter2" not in f"{stream!r} {stream.password} {stream.password!r}"
    assert stream.password.reveal() == "hunter2"


def test_an_object_key_is_made_of_ids_and_the_day_in_utc() -> None:
    start = from_iso("2026-11-24T07:59:59.5+08:00")
    assert object_key(7, 13, start, 5, 0) == f"7/13/2026-11-23/{start}-5-0.mp4"
