"""RTSP messages and packets out of one stream of bytes."""

from __future__ import annotations

import contextlib
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as some

from recorder.errors import CameraError
from recorder.rtsp.protocol import LONGEST_HEAD, MOST_GARBAGE, Request, Response, Stream
from tests.fakes.rtp import chopped, packet
from vms.core.model import Cause

ANSWER = b"RTSP/1.0 200 OK\r\ncSEQ: 3\r\nSESSION: 12;timeout=60\r\nContent-length: 5\r\n\r\nhello"


def interleaved(channel: int, data: bytes) -> bytes:
    return b"$" + bytes((channel,)) + len(data).to_bytes(2, "big") + data


PACKETS = [packet(bytes((n,)) * (n * 37 + 1), sequence=n) for n in range(30)]
MEDIA = b"".join(interleaved(n % 2, data) for n, data in enumerate(PACKETS))


class Heard:
    def __init__(self) -> None:
        self.packets: list[tuple[int, bytes]] = []
        self.messages: list[Response | Request] = []
        self.stream = Stream({0: partial(self._take, 0), 1: partial(self._take, 1)})

    def _take(self, channel: int, data: bytes, start: int, end: int) -> None:
        self.packets.append((channel, data[start:end]))

    def hear(self, *pieces: bytes) -> None:
        for piece in pieces:
            self.messages += self.stream.receive(piece)


def test_packets_and_answers_come_out_of_one_stream() -> None:
    heard = Heard()
    heard.hear(MEDIA + ANSWER + MEDIA)
    assert [data for _, data in heard.packets] == PACKETS * 2
    (answer,) = heard.messages
    assert isinstance(answer, Response)
    assert (answer.status, answer.cseq, answer.body) == (200, 3, b"hello")
    assert answer.headers.get("Session") == "12;timeout=60"


@given(some.lists(some.integers(1, 90), min_size=1, max_size=8))
def test_it_makes_no_difference_how_the_bytes_are_cut(sizes: list[int]) -> None:
    heard = Heard()
    heard.hear(*chopped(MEDIA + ANSWER + MEDIA, sizes))
    assert [data for _, data in heard.packets] == PACKETS * 2
    assert len(heard.messages) == 1


@pytest.mark.parametrize(
    "garbage",
    [b"\0" * 50, b"$$$$$$", b"$\x00\x00\x03abc", b"\r\n", b"RTS", b"$\x99\x00\x10" + b"\x80" * 9],
)
def test_after_garbage_the_next_packet_is_found(garbage: bytes) -> None:
    heard = Heard()
    heard.hear(MEDIA + garbage + MEDIA)
    assert [data for _, data in heard.packets][-len(PACKETS) + 2 :] == PACKETS[2:]
    heard.hear(ANSWER)
    assert len(heard.messages) == 1


def test_packets_on_channels_that_are_not_ours_are_passed_over() -> None:
    heard = Heard()
    heard.hear(interleaved(6, PACKETS[4]) + MEDIA)
    assert [data for _, data in heard.packets] == PACKETS


def test_what_a_camera_asks_of_us_is_told_from_its_answers() -> None:
    heard = Heard()
    heard.hear(b"SET_PARAMETER rtsp://cam/ RTSP/1.0\r\nCSeq: 9\r\n\r\n")
    (request,) = heard.messages
    assert isinstance(request, Request)
    assert (request.method, request.headers["CSeq"]) == ("SET_PARAMETER", "9")


@pytest.mark.parametrize(
    "data",
    [
        b"RTSP/1.0 200 OK\r\n" + b"x: y\r\n" * LONGEST_HEAD,
        b"RTSP/1.0 200 OK\r\nContent-Length: 999999999\r\n\r\n",
        b"RTSP/1.0 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"RTSP/1.0 huh\r\n\r\n",
        b"\0" * (MOST_GARBAGE + 2),
    ],
)
def test_beyond_every_bound_the_camera_is_given_up(data: bytes) -> None:
    with pytest.raises(CameraError) as caught:
        Heard().hear(*chopped(data, [60_000]))
    assert caught.value.cause is Cause.PROTOCOL


@given(some.lists(some.binary(max_size=200), max_size=20))
def test_no_bytes_do_more_than_end_the_session(pieces: list[bytes]) -> None:
    with contextlib.suppress(CameraError):
        Heard().hear(*pieces)


def test_packets_of_nothing_without_end_are_given_up_and_delimiters_are_not() -> None:
    heard = Heard()
    heard.hear(interleaved(0, packet(b"\x09\xf0")) * 2000)
    assert len(heard.packets) == 2000
    with pytest.raises(CameraError) as caught:
        heard.hear(interleaved(0, packet(b"")) * 4000)
    assert caught.value.cause is Cause.PROTOCOL


@pytest.mark.parametrize("size", [7, 10_000])
def test_a_description_without_its_length_ends_where_its_lines_end(size: int) -> None:
    head = b"RTSP/1.0 200 OK\r\nCSeq: 2\r\nContent-Type: application/sdp\r\n\r\n"
    body = b"v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"
    heard = Heard()
    heard.hear(head[:30], head[30:], *chopped(body[:-9], [size]), body[-9:], ANSWER)
    described, other = heard.messages
    assert isinstance(described, Response)
    assert isinstance(other, Response)
    assert described.body.startswith(b"v=0\r\nm=video 0 RTP/AVP 96\r\n")
    assert other.cseq == 3


def test_a_description_without_length_and_end_is_given_up() -> None:
    head = b"RTSP/1.0 200 OK\r\nCSeq: 2\r\nContent-Type: application/sdp\r\n\r\n"
    with pytest.raises(CameraError):
        Heard().hear(head, *[b"a=x\r\n" * 1000] * 100)
