"""Offers as they come over the bus."""

from __future__ import annotations

from typing import Any

import pytest

from player.request import offer_request
from player.webrtc.offer import offers_h265, stripped
from vms.core.errors import Invalid, NotFound
from vms.core.model import StreamRole

ASKED: dict[str, Any] = {
    "camera_id": 3,
    "streams": {"main": 5, "sub": 6},
    "stream": "sub",
    "at": None,
    "sdp": "v=0\r\n",
    "address": "127.0.0.1",
    "session_id": "abc",
    "user_id": 9,
    "playback": False,
}


def test_a_request_is_read_whole() -> None:
    request = offer_request(ASKED)
    assert request.viewing.streams == {StreamRole.MAIN: 5, StreamRole.SUB: 6}
    assert request.viewing.stream is StreamRole.SUB
    assert request.viewing.at is None
    assert not request.viewing.playback


def test_an_ipv4_browser_of_a_dual_stack_server_gets_an_ipv4_candidate() -> None:
    assert offer_request({**ASKED, "address": "::ffff:10.1.2.3"}).address == "10.1.2.3"
    assert offer_request({**ASKED, "address": "::1"}).address == "::1"


def test_a_camera_with_one_stream_shows_that_one() -> None:
    request = offer_request({**ASKED, "streams": {"main": 5, "sub": None}})
    assert request.viewing.stream is StreamRole.MAIN


@pytest.mark.parametrize(
    "wrong",
    [
        {"address": "localhost; rm"},
        {"camera_id": "x"},
        {"streams": None},
        {"stream": "third"},
        {"at": "noon"},
    ],
)
def test_a_request_that_makes_no_sense_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(Invalid):
        offer_request({**ASKED, **wrong})


def test_a_camera_without_streams_is_not_found() -> None:
    with pytest.raises(NotFound):
        offer_request({**ASKED, "streams": {}})


def test_a_revocation_covers_who_matches_all_it_names() -> None:
    request = offer_request(ASKED)
    assert request.is_covered_by({"user_id": 9})
    assert request.is_covered_by({"user_id": 9, "camera_id": 3})
    assert request.is_covered_by({"session_id": "abc", "user_id": None})
    assert not request.is_covered_by({"user_id": 9, "camera_id": 4})
    assert not request.is_covered_by({"user_id": 8})
    assert not request.is_covered_by({})


OFFER = "\r\n".join(
    (
        "v=0",
        "m=video 9 UDP/TLS/RTP/SAVPF 96",
        "a=candidate:1 1 udp 2113937151 abc.local 5000 typ host",
        "a=end-of-candidates",
        "a=mid:0",
        "",
    )
)


def test_the_browsers_candidates_are_not_used() -> None:
    kept = stripped(OFFER)
    assert "candidate" not in kept
    assert kept.endswith("a=mid:0\r\n")


@pytest.mark.parametrize("text", ["", "hello", "v=0\r\nm=audio 9 x 0\r\n", "v=0" + "x" * 100_000])
def test_what_is_no_offer_for_video_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        stripped(text)


def test_h265_is_offered_only_where_it_is_listed() -> None:
    assert not offers_h265(OFFER)
    assert offers_h265(OFFER + "a=rtpmap:100 H265/90000\r\n")
