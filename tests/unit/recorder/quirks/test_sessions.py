"""Quirks 1 to 15 of docs/ref/quirks.md: how cameras open, keep and end sessions."""

from __future__ import annotations

import itertools
from functools import partial

import pytest

from recorder.errors import TransportRefused
from recorder.rtp.h264 import H264Depacketizer
from recorder.rtp.receiver import TrackReceiver
from recorder.rtp.timeline import MediaClock
from recorder.rtsp.answers import channels_in, session_in
from recorder.rtsp.protocol import Response, Stream
from recorder.rtsp.urls import base_url, control_url, control_urls, read_address
from tests.fakes.answers import (
    SDP,
    AnsweringCamera,
    challenge,
    ok,
    open_with,
    refusal,
    shared,
    status,
)
from tests.fakes.rtp import fu_a, packet
from tests.fakes.units import PPS, SPS
from vms.core.media.access_unit import VIDEO
from vms.core.model import Cause

IDR = b"\x65\x88" + bytes(range(1, 200)) * 20
TCP = "RTP/AVP/TCP;unicast;interleaved="


def interleaved(channel: int, data: bytes) -> bytes:
    return b"$" + bytes((channel,)) + len(data).to_bytes(2, "big") + data


def receiver() -> TrackReceiver:
    return TrackReceiver(VIDEO, H264Depacketizer([SPS, PPS]), MediaClock(90_000))


def picture(number: int, first: int, ssrc: int) -> list[bytes]:
    """The packets of one picture, its sequence numbers from `first`."""
    pieces = fu_a(IDR, 700)
    return [
        packet(
            piece,
            sequence=first + n,
            timestamp=number * 3600,
            marker=n == len(pieces) - 1,
            ssrc=ssrc,
        )
        for n, piece in enumerate(pieces)
    ]


# 1: live555 before 2017 goes on writing an old session into a new connection


def test_q01_packets_of_an_old_session_on_our_channel_cost_no_picture() -> None:
    track, size = receiver(), len(picture(0, 0, 1))
    for number in range(10):
        ours = picture(number, 100 + number * size, 1)
        old = picture(number, 40_000 + number * size, 2)
        for pair in zip(ours, old, strict=True):
            for each in pair:
                track.push(each, 0, len(each))
    assert len(track.depacketizer.ready) == 10
    assert (track.tally.lost, track.depacketizer.dropped) == (0, 0)


def test_q01_a_camera_that_really_changes_its_ssrc_is_followed() -> None:
    track, size = receiver(), len(picture(0, 0, 1))
    for number in range(60):
        for each in picture(number, (7 if number < 5 else 9000) + number * size, number >= 5):
            track.push(each, 0, len(each))
    assert len(track.depacketizer.ready) > 60 - 5 - 128 // size
    assert track.depacketizer.ready[-1].timestamp == 59 * 3600


# 2: TEARDOWN that is answered late, on a dead session, or not at all


def test_q02_a_teardown_goes_to_the_session_and_its_answer_may_be_odd() -> None:
    dialog, _ = open_with(AnsweringCamera())
    request = dialog.tear_down()
    assert (request.method, request.headers["Session"]) == ("TEARDOWN", "77")
    late = b"RTSP/1.0 454 Session Not Found\nCSeq: 7\n\n"
    (answer,) = Stream({}).receive(late)
    assert isinstance(answer, Response)
    assert answer.cseq == 7


# 3: GET_PARAMETER breaks some; time-outs of every kind


@pytest.mark.parametrize(
    ("public", "method"),
    [
        ("OPTIONS, DESCRIBE, GET_PARAMETER", "GET_PARAMETER"),
        ("options,describe,get_parameter", "GET_PARAMETER"),
        ("OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, SET_PARAMETER", "OPTIONS"),
        ("", "OPTIONS"),
    ],
)
def test_q03_a_camera_that_does_not_offer_get_parameter_is_kept_by_options(
    public: str, method: str
) -> None:
    dialog, _ = open_with(AnsweringCamera(OPTIONS=ok(public=public)))
    assert dialog.keep_alive().method == method


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("12;timeout=30", ("12", 30.0)),
        ("   708345999;timeout=60", ("708345999", 60.0)),
        ("9a90de54; timeout=60", ("9a90de54", 60.0)),
        ("1;Timeout = 90 ;x", ("1", 90.0)),
        ("1;timeout=0", ("1", 60.0)),
        ("1;timeout=1", ("1", 4.0)),
        ("1;timeout=86400", ("1", 120.0)),
        ("1;timeout=99999999999", ("1", None)),
        ("1;timeout=-5", ("1", None)),
        ("1;timeout=", ("1", None)),
        ("", ("", None)),
    ],
)
def test_q03_impossible_time_outs_are_not_believed(
    field: str, expected: tuple[str, float | None]
) -> None:
    assert session_in(field) == expected


# 5: requests about the whole session go to the base address


def test_q05_keep_alive_and_teardown_go_to_the_base_and_not_to_a_track() -> None:
    dialog, _ = open_with(AnsweringCamera())
    assert dialog.keep_alive().url == dialog.tear_down().url == "rtsp://cam/live/main/"


# 6: one transport refused (the fresh DESCRIBE is in the contract suite of sources)


@pytest.mark.parametrize(
    "answer",
    [status(461), ok(session="1", transport="RTP/AVP;unicast;client_port=4-5;server_port=6-7")],
)
def test_q06_a_camera_that_does_not_send_over_tcp_is_asked_for_the_other_transport(
    answer: Response,
) -> None:
    assert isinstance(refusal(AnsweringCamera(SETUP=answer)), TransportRefused)


def test_q06_a_transport_that_the_answer_leaves_out_is_the_one_asked_for() -> None:
    _, channels = open_with(AnsweringCamera(SETUP=ok(session="1")))
    assert [(one.rtp, one.rtcp) for one in channels] == [(0, 1), (2, 3)]


# 7: other channels


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (TCP + "4-5", (4, 5)),
        (TCP + "6", (6, 7)),
        ("RTP/AVP/TCP;unicast;Interleaved = 2 - 3;mode=play", (2, 3)),
        ("RTP/AVP/TCP;unicast", (0, 1)),
        (TCP + "300-301", (0, 1)),
        (TCP + "5-5", (0, 1)),
        (TCP + "255", (0, 1)),
        (TCP + "999999-1", (0, 1)),
    ],
)
def test_q07_the_answers_channels_count_unless_they_are_impossible(
    given: str, expected: tuple[int, int]
) -> None:
    assert channels_in(given, 0) == expected


def test_q07_one_channel_for_picture_and_sound_leaves_the_picture_alone() -> None:
    camera = AnsweringCamera(SETUP=ok(session="1", transport=TCP + "0-1"))
    dialog, channels = open_with(camera)
    assert [(one.media.kind, one.rtp, one.rtcp) for one in channels] == [
        ("video", 0, 1),
        ("audio", 2, 3),
    ]
    assert any("one channel" in each for each in dialog.odd)


def test_q07_packets_on_a_channel_that_nobody_asked_for_are_passed_over() -> None:
    heard: list[bytes] = []
    stream = Stream({0: lambda data, start, end: heard.append(data[start:end])})
    stream.receive(interleaved(8, packet(b"metadata")) + interleaved(0, packet(b"picture")))
    assert [each[12:] for each in heard] == [b"picture"]


# 8: garbage between packets


@pytest.mark.parametrize(
    "garbage", [b"\0" * 9, b"$$$$", b"$\x00\xff\xff\x00", b"\r\n\r\n", b"RT", b"HTTP/1.1", b"$\x01"]
)
@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_q08_after_garbage_packets_and_answers_are_found_however_they_arrive(
    garbage: bytes, size: int
) -> None:
    heard: list[bytes] = []
    stream = Stream({0: lambda data, start, end: heard.append(data[start:end])})
    whole = interleaved(0, packet(b"before")) + garbage
    whole += b"RTSP/1.0 200 OK\r\nCSeq: 5\r\n\r\n" + interleaved(0, packet(b"after"))
    stream.receive(b"RTSP/1.0 200 OK\r\nCSeq: 4\r\n\r\n")
    pieces = [whole[at : at + size] for at in range(0, len(whole), size)]
    answers = list(itertools.chain.from_iterable(map(stream.receive, pieces)))
    assert [each[12:] for each in heard] == [b"before", b"after"]
    assert [each.cseq for each in answers if isinstance(each, Response)] == [5]


def test_q08_a_packet_of_ten_thousand_bytes_is_one_packet() -> None:
    track = receiver()
    large = packet(b"\x65\x88" + bytes(range(1, 201)) * 50, marker=True)
    track.push(large, 0, len(large))
    assert len(track.depacketizer.ready[0].data) == 4 + len(large) - 12


# 9: sessions that change their name, SSRCs that are wrong


def test_q09_the_session_that_was_named_last_is_the_session() -> None:
    answers = [ok(session=name, transport=TCP + "0-1") for name in ("231970", "231980")]
    answers[1] = ok(session="231980", transport=TCP + "2-3")
    camera = AnsweringCamera(SETUP=answers)
    open_with(camera)
    assert camera.asked[-1].headers["Session"] == "231980"


@pytest.mark.parametrize("ssrc", ["", ";ssrc=", ";ssrc= 4cacc3d1", ";ssrc=0x4CAC", ";ssrc=-1;x"])
def test_q09_an_ssrc_of_any_spelling_opens_a_session(ssrc: str) -> None:
    answer = ok(session="1", transport=f'{TCP}0-1{ssrc};mode="play"')
    assert open_with(AnsweringCamera(SETUP=answer), audio=False)[1][0].rtp == 0


def test_q09_a_report_with_another_ssrc_than_the_packets_is_kept() -> None:
    track = receiver()
    first = packet(b"\x65\x88abc", ssrc=5)
    track.push(first, 0, len(first))
    report = bytes((0x80, 200, 0, 6)) + (99).to_bytes(4, "big") + bytes(range(20))
    assert track.note_report(report, 0, len(report), 1.0) is not None


# 10: RTP-Info of any kind


@pytest.mark.parametrize(
    "info",
    [
        "url=trackID=1;seq=1;rtptime=-1,url=rtsp://h/x;seq=1;rtptime=-1",
        "url=rtsp://192.0.2.1/0/main/trackID=0;seq=0;rtptime=0;",
        "url=;seq=99999999999;rtptime=18446744073709551616",
        ";;;,,,",
        "",
    ],
)
def test_q10_an_rtp_info_that_makes_no_sense_is_not_needed(info: str) -> None:
    _, channels = open_with(AnsweringCamera(PLAY=ok(rtp_info=info)))
    assert len(channels) == 2


def test_q10_the_first_packet_says_where_counting_begins() -> None:
    track = receiver()
    for each in picture(1, 65_530, 3):
        track.push(each, 0, len(each))
    assert (len(track.depacketizer.ready), track.tally.lost) == (1, 0)


# 11: base addresses


@pytest.mark.parametrize(
    ("base", "expected"),
    [
        ("192.168.1.10:554/stream0/", "rtsp://cam:8554/stream0/1"),
        ("rtsp://rtsp://192.168.1.64/h264?c=1", "rtsp://cam:8554/h264?c=1/1"),
        ("rtsp://[::ffff:10.0.0.9]:554/s/", "rtsp://cam:8554/s/1"),
        ("rtsp://10.0.0.9/s/", "rtsp://cam:8554/s/1"),
        ("RTSP://admin:x@10.0.0.9/s/", "rtsp://cam:8554/s/1"),
        ('"rtsp://10.0.0.9/s/"', "rtsp://cam:8554/s/1"),
        ("//", "rtsp://cam:8554//1"),
        ("\x00\x01", "rtsp://cam:8554/live/1"),
        ("rtsp://", "rtsp://cam:8554/1"),
    ],
)
def test_q11_whatever_a_camera_calls_itself_the_place_that_was_dialled_is_asked(
    base: str, expected: str
) -> None:
    dialled = read_address("rtsp://cam:8554/live")
    assert control_url(dialled, base_url(dialled, base), "1") == expected


def test_q11_a_camera_that_calls_itself_something_else_is_told_of() -> None:
    dialog, _ = open_with(AnsweringCamera(DESCRIBE=ok(SDP, content_base="rtsp://10.0.0.9/x/")))
    assert dialog.odd == ["It calls itself 10.0.0.9; the address that was dialled is used"]


def test_q11_a_track_that_is_not_where_it_is_said_to_be_is_looked_for() -> None:
    missing = [status(404), status(454), ok(session="1", transport=TCP + "0-1")]
    base = "rtsp://cam/h264?channel=1"
    camera = AnsweringCamera(DESCRIBE=ok(SDP, content_base=base), SETUP=missing)
    dialog, _ = open_with(camera, audio=False)
    assert (
        camera.urls("SETUP") == control_urls(read_address("rtsp://cam/live"), base, "trackID=1")[:3]
    )
    assert dialog.odd


# 12: descriptions (the rest in test_descriptions)


def test_q12_a_description_without_a_content_type_or_any_but_media_lines_is_read() -> None:
    body = b"m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"
    camera = AnsweringCamera(DESCRIBE=ok(body))
    assert len(open_with(camera)[1]) == 1
    assert camera.urls("SETUP") == ["rtsp://cam/live"]


# 13: the case of header names; what must be sent and what must not


@pytest.mark.parametrize("name", ["CSeq", "Cseq", "cseq", "CSEQ"])
def test_q13_header_names_count_in_any_case(name: str) -> None:
    (answer,) = Stream({}).receive(f"RTSP/1.0 200 OK\r\n{name} : 8 \r\nSESSION:9\r\n\r\n".encode())
    assert isinstance(answer, Response)
    assert (answer.cseq, answer.headers.get("Session")) == (8, "9")


def test_q13_every_request_says_who_asks() -> None:
    camera = AnsweringCamera()
    open_with(camera)
    assert all(request.headers["User-Agent"] for request in camera.asked)


def test_q13_a_back_channel_is_never_set_up() -> None:
    body = SDP + b"m=audio 0 RTP/AVP 8\r\na=control:talk\r\na=sendonly\r\n"
    camera = AnsweringCamera(DESCRIBE=ok(body))
    dialog, channels = open_with(camera)
    assert [one.media.control for one in channels] == ["trackID=1", "trackID=2"]
    assert any("loudspeaker" in each for each in dialog.ignored)


# 14: media before the answer to PLAY (with a socket: tests/integration/test_rtsp_misbehaviour)


def test_q14_packets_and_reports_before_the_answer_to_play_are_not_an_error() -> None:
    heard: list[tuple[int, bytes]] = []

    def take(channel: int, data: bytes, start: int, end: int) -> None:
        heard.append((channel, data[start:end]))

    stream = Stream({n: partial(take, n) for n in range(32)})
    report = bytes((0x80, 200, 0, 6)) + bytes(24)
    early = interleaved(0, packet(b"first")) + interleaved(1, report)
    (answer,) = stream.receive(early + b"RTSP/1.0 200 OK\r\nCSeq: 5\r\n\r\n")
    assert answer.headers
    assert heard == [(0, packet(b"first")), (1, report)]


# 15: few sessions, and lock-outs


def test_q15_a_wrong_password_is_sent_once_because_cameras_lock_out() -> None:
    camera = AnsweringCamera(DESCRIBE=challenge('Digest realm="r", nonce="n"'))
    assert refusal(camera).cause is Cause.BAD_PASSWORD
    signed = [request for request in camera.asked if "Authorization" in request.headers]
    assert len(signed) == 1


@pytest.mark.parametrize("code", [453, 503])
def test_q15_a_camera_with_too_many_sessions_is_busy_and_not_broken(code: int) -> None:
    error = refusal(AnsweringCamera(SETUP=status(code)))
    assert error.cause is Cause.UNREACHABLE
    assert "too many" in error.message


def test_q15_a_real_lock_out_answer_is_a_wrong_password() -> None:
    path = shared("longse_unauthorized")
    (answer,) = Stream({}).receive(path.read_bytes())
    assert isinstance(answer, Response)
    assert refusal(AnsweringCamera(DESCRIBE=answer)).cause is Cause.BAD_PASSWORD


# Beside the list: PLAY that wants no range, or every track on its own


@pytest.mark.parametrize("code", [400, 406, 457])
def test_a_camera_that_knows_no_ranges_is_played_without(code: int) -> None:
    camera = AnsweringCamera(PLAY=[status(code), ok()])
    open_with(camera)
    assert ["Range" in one.headers for one in camera.asked if one.method == "PLAY"] == [True, False]


@pytest.mark.parametrize("code", [404, 455, 459, 460])
def test_a_camera_that_plays_only_single_tracks_is_asked_for_each(code: int) -> None:
    camera = AnsweringCamera(PLAY=[status(code), ok(), ok()])
    open_with(camera)
    assert camera.urls("PLAY")[1:] == camera.urls("SETUP")
