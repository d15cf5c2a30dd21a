"""The conversation that opens a session, with cameras that answer as told."""

from __future__ import annotations

from pathlib import Path

import pytest

from recorder.errors import CameraError
from recorder.rtsp.auth import Credentials
from recorder.rtsp.dialog import Channel, Dialog
from recorder.rtsp.protocol import Headers, Request, Response, Stream
from recorder.rtsp.urls import read_address
from vms.core.model import Cause
from vms.core.secret import Secret

DATA = Path(__file__).parents[2] / "data" / "rtsp"
SHARED = Path(__file__).parents[3].parent / "shared" / "fixtures" / "rtsp"
SDP = (DATA / "describe_tidy.txt").read_bytes().partition(b"\n\n")[2]


def ok(body: bytes = b"", **headers: str) -> Response:
    fields = ((name.replace("_", "-"), value) for name, value in headers.items())
    return Response(200, "OK", Headers(fields), body)


def status(code: int, *challenges: str) -> Response:
    return Response(code, "", Headers(("www-authenticate", each) for each in challenges))


class Camera:
    """Answers by method; what is not told is answered well. Keeps what it was asked."""

    def __init__(self, **answers: Response | list[Response]) -> None:
        self.asked: list[Request] = []
        self._answers = {
            name: list(told) if isinstance(told, list) else [told] * 9
            for name, told in answers.items()
        }

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


def talk(
    camera: Camera, *, audio: bool = False, user: str = "", password: str = ""
) -> tuple[Dialog, list[Channel]]:
    dialog = Dialog(read_address("rtsp://cam/live"), Credentials(user, Secret(password)))
    talking = dialog.open(audio=audio)
    request = next(talking)
    while True:
        try:
            request = talking.send(camera.answer(request))
        except StopIteration as end:
            return dialog, end.value


def refusal(camera: Camera, **more: str) -> CameraError:
    with pytest.raises(CameraError) as caught:
        talk(camera, **more)  # type: ignore[arg-type]
    return caught.value


def test_picture_and_sound_are_set_up_on_four_channels() -> None:
    camera = Camera()
    dialog, channels = talk(camera, audio=True)
    assert [(one.media.kind, one.rtp, one.rtcp) for one in channels] == [
        ("video", 0, 1),
        ("audio", 2, 3),
    ]
    assert [request.method for request in camera.asked] == [
        *("OPTIONS", "DESCRIBE", "SETUP", "SETUP", "PLAY")
    ]
    assert camera.asked[-1].url == "rtsp://cam/live/main/"
    assert camera.asked[-1].headers["Session"] == "77"
    assert dialog.timeout_seconds == 30.0


def test_sound_is_not_asked_for_when_it_is_not_wanted() -> None:
    assert len(talk(Camera())[1]) == 1


def test_sound_that_the_camera_refuses_does_not_cost_the_picture() -> None:
    transport = "RTP/AVP/TCP;unicast;interleaved=0-1"
    camera = Camera(SETUP=[ok(session="1", transport=transport), status(500)])
    dialog, channels = talk(camera, audio=True)
    assert len(channels) == 1
    assert dialog.ignored


def test_other_channels_than_asked_for_are_used_as_the_camera_says() -> None:
    camera = Camera(SETUP=ok(session="1", transport="RTP/AVP/TCP;interleaved=4-5;ssrc= 12"))
    (channel,) = talk(camera)[1]
    assert (channel.rtp, channel.rtcp) == (4, 5)


def test_a_session_that_changes_its_name_is_followed() -> None:
    transport = "RTP/AVP/TCP;interleaved=0-1"
    answers = [ok(session="231970", transport=transport), ok(session="231980", transport=transport)]
    camera = Camera(SETUP=answers)
    talk(camera, audio=True)
    assert camera.asked[-1].headers["Session"] == "231980"


def test_keep_alive_is_what_the_camera_offers_on_the_base_address() -> None:
    dialog, _ = talk(Camera())
    assert dialog.keep_alive().method == "GET_PARAMETER"
    assert dialog.keep_alive().url == "rtsp://cam/live/main/"
    assert talk(Camera(OPTIONS=ok()))[0].keep_alive().method == "OPTIONS"


def test_a_challenge_is_answered_and_the_answer_kept_for_later_requests() -> None:
    digest = 'Digest realm="r", nonce="n"'
    good = ok(SDP)
    camera = Camera(DESCRIBE=[status(401, digest), good])
    talk(camera, user="u", password="p")
    assert "Authorization" not in camera.asked[1].headers
    assert camera.asked[-1].headers["Authorization"].startswith("Digest ")


def test_a_nonce_that_goes_stale_in_the_middle_is_answered_again() -> None:
    digest = 'Digest realm="r", nonce="{}"'
    camera = Camera(
        DESCRIBE=[status(401, digest.format(1)), ok(SDP)],
        PLAY=[status(401, digest.format(2)), ok()],
    )
    talk(camera, user="u", password="p")
    assert 'nonce="2"' in camera.asked[-1].headers["Authorization"]


@pytest.mark.parametrize(
    ("method", "answer", "cause"),
    [
        ("OPTIONS", status(401, 'Basic realm="r"'), Cause.BAD_PASSWORD),
        ("DESCRIBE", status(401, 'Basic realm="r"'), Cause.BAD_PASSWORD),
        ("DESCRIBE", status(403), Cause.BAD_PASSWORD),
        ("DESCRIBE", status(404), Cause.BAD_URL),
        ("DESCRIBE", status(302), Cause.BAD_URL),
        ("DESCRIBE", status(503), Cause.UNREACHABLE),
        ("DESCRIBE", status(500), Cause.PROTOCOL),
        ("DESCRIBE", ok(), Cause.PROTOCOL),
        ("DESCRIBE", ok(b"m=video 0 RTP/AVP 26\n"), Cause.UNSUPPORTED),
        ("DESCRIBE", ok(b"m=audio 0 RTP/AVP 8\n"), Cause.BAD_URL),
        ("SETUP", status(461), Cause.UNSUPPORTED),
        ("SETUP", ok(transport="RTP/AVP;unicast;client_port=1-2"), Cause.UNSUPPORTED),
        ("PLAY", status(453), Cause.UNREACHABLE),
    ],
)
def test_every_refusal_has_a_cause(method: str, answer: Response, cause: Cause) -> None:
    assert refusal(Camera(**{method: answer})).cause is cause


def test_a_wrong_password_is_tried_once_and_never_told() -> None:
    camera = Camera(DESCRIBE=status(401, 'Digest realm="r", nonce="n"'))
    error = refusal(camera, user="u", password="hunter2")
    assert error.cause is Cause.BAD_PASSWORD
    assert len([request for request in camera.asked if request.method == "DESCRIBE"]) == 2
    assert "hunter2" not in repr(error) + str(error)


def test_a_camera_that_answers_options_with_an_error_is_still_asked() -> None:
    talk(Camera(OPTIONS=status(501)))


def real(name: str) -> Response:
    path = SHARED / f"{name}.txt"
    if not path.exists():
        pytest.skip("../shared/fixtures/rtsp is not here: real cameras' answers are not tried")
    data = path.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    head, _, body = data.partition(b"\r\n\r\n")
    lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"content-length")]
    length = b"Content-Length: %d" % len(body)
    whole = b"\r\n".join([*lines, length]) + b"\r\n\r\n" + body
    (answer,) = Stream({}).receive(whole)
    assert isinstance(answer, Response)
    return answer


REAL_SETUPS = ["bunny_setup", "dahua_setup", "gw_main_setup_video", "hikvision_setup"]


@pytest.mark.parametrize("setup", [*REAL_SETUPS, "reolink_setup"])
@pytest.mark.parametrize("play", ["bunny_play", "bad_rtptime", "laureii_play", "reolink_play"])
def test_real_cameras_answers_open_a_session(setup: str, play: str) -> None:
    camera = Camera(SETUP=real(setup), PLAY=real(play))
    dialog, channels = talk(camera)
    assert len(channels) == 1
    assert dialog.session


@pytest.mark.parametrize(
    ("describe", "expected"),
    [
        ("reolink_describe", "rtsp://cam/h264Preview_01_main/trackID=1"),
        ("foscam_describe", "rtsp://cam/videoMain/track1"),
        ("anjvision_describe", "rtsp://cam/stream0/trackID=1"),
        ("missing_content_type_describe", "rtsp://cam/live/streamid=0"),
        (
            "hikvision_describe",
            "rtsp://cam/Streaming/Channels/101/trackID=1?transportmode=unicast&profile=Profile_1",
        ),
    ],
)
def test_real_cameras_tracks_are_set_up_at_the_address_they_expect(
    describe: str, expected: str
) -> None:
    camera = Camera(DESCRIBE=real(describe))
    talk(camera)
    assert next(one for one in camera.asked if one.method == "SETUP").url == expected


def test_a_real_cameras_refusal_without_end_is_understood() -> None:
    camera = Camera(DESCRIBE=real("longse_unauthorized"))
    assert refusal(camera, user="u", password="p").cause is Cause.BAD_PASSWORD


def test_a_camera_that_sends_only_over_udp_is_told_so() -> None:
    error = refusal(Camera(SETUP=real("h264dvr_setup_video")))
    assert error.cause is Cause.UNSUPPORTED
