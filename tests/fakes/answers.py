"""A camera as the answers it gives: fixtures from the field, or written for a test."""

from __future__ import annotations

from pathlib import Path

import pytest

from recorder.errors import CameraError
from recorder.rtsp.auth import Credentials
from recorder.rtsp.dialog import Channel, Dialog
from recorder.rtsp.protocol import Headers, Request, Response, Stream
from recorder.rtsp.urls import read_address
from vms.core.secret import Secret

OWN = Path(__file__).parents[1] / "data" / "rtsp"
SHARED = Path(__file__).parents[2].parent / "shared" / "fixtures" / "rtsp"
URL = "rtsp://cam/live"
SDP = (OWN / "describe_tidy.txt").read_bytes().partition(b"\n\n")[2]


def ok(body: bytes = b"", **headers: str) -> Response:
    return status(200, body, **headers)


def status(code: int, body: bytes = b"", **headers: str) -> Response:
    fields = ((name.replace("_", "-"), value) for name, value in headers.items())
    return Response(code, "", Headers(fields), body)


def challenge(*offers: str) -> Response:
    return Response(401, "", Headers(("WWW-Authenticate", offer) for offer in offers))


def shared_fixtures() -> list[Path]:
    """Real cameras' answers; empty where the folder beside the project is not there."""
    return sorted(SHARED.glob("*.txt")) if SHARED.is_dir() else []


def shared(name: str) -> Path:
    path = SHARED / f"{name}.txt"
    if not path.exists():
        pytest.skip("../shared/fixtures/rtsp is not here: real cameras' answers are not tried")
    return path


def body_of(path: Path) -> bytes:
    data = path.read_bytes().replace(b"\r\n", b"\n")
    return data.partition(b"\n\n")[2] if data.startswith(b"RTSP") else data


def answer_in(path: Path) -> Response:
    """A fixture through the protocol's reader, its Content-Length corrected for its line ends;
    a bare session description as an answer that holds it."""
    data = path.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    if not data.startswith(b"RTSP"):
        return ok(data)
    head, _, body = data.partition(b"\r\n\r\n")
    lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"content-length")]
    whole = b"\r\n".join([*lines, b"Content-Length: %d" % len(body)]) + b"\r\n\r\n" + body
    (answer,) = Stream({}).receive(whole)
    assert isinstance(answer, Response)
    return answer


class AnsweringCamera:
    """Answers by method; what is not told is answered well. Keeps what it was asked."""

    def __init__(self, **answers: Response | list[Response]) -> None:
        self.asked: list[Request] = []
        self._answers = {
            name: list(told) if isinstance(told, list) else [told] * 9
            for name, told in answers.items()
        }

    def urls(self, method: str) -> list[str]:
        return [request.url for request in self.asked if request.method == method]

    def answer(self, request: Request) -> Response:
        self.asked.append(request)
        if self._answers.get(request.method):
            return self._answers[request.method].pop(0)
        transport = request.headers.get("Transport", "")
        good = {
            "OPTIONS": ok(public="OPTIONS, DESCRIBE, GET_PARAMETER"),
            "DESCRIBE": ok(SDP, content_base="rtsp://10.0.0.9/live/main/"),
            "SETUP": ok(session="77;timeout=30", transport=transport),
        }
        return good.get(request.method, ok())


def open_with(
    camera: AnsweringCamera,
    *,
    audio: bool = True,
    url: str = URL,
    user: str = "u",
    password: str = "p",
) -> tuple[Dialog, list[Channel]]:
    """The whole dialog with a camera. Raises CameraError as it does."""
    dialog = Dialog(read_address(url), Credentials(user, Secret(password)))
    talking = dialog.open(audio=audio)
    request = next(talking)
    while True:
        try:
            request = talking.send(camera.answer(request))
        except StopIteration as end:
            return dialog, end.value


def refusal(camera: AnsweringCamera) -> CameraError:
    with pytest.raises(CameraError) as caught:
        open_with(camera)
    return caught.value
