"""Requests are cut out of a stream however it is cut, and nonsense is refused."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from vms.core.errors import Corrupt
from vms.demo.rtsp import LONGEST_HEAD, Interleaved, Parser, Request, Response

DESCRIBE = b"DESCRIBE rtsp://a/b RTSP/1.0\r\nCSeq: 2\r\nAccept: application/sdp\r\n\r\n"
SET = b"SET_PARAMETER rtsp://a/b RTSP/1.0\r\nCSeq: 3\r\nContent-Length: 5\r\n\r\nx: 1\n"
REPORT = b"$\x01\x00\x04abcd"


@given(st.lists(st.integers(1, 40), max_size=12))
def test_requests_and_reports_are_found_however_the_stream_is_cut(cuts: list[int]) -> None:
    stream, parser = DESCRIBE + REPORT + SET, Parser()
    found: list[Request | Interleaved] = []
    for cut in cuts:
        found += parser.feed(stream[:cut])
        stream = stream[cut:]
    found += parser.feed(stream)
    first, second, third = found
    assert isinstance(first, Request)
    assert (first.method, first.url, first.sequence) == ("DESCRIBE", "rtsp://a/b", "2")
    assert second == Interleaved(1, b"abcd")
    assert isinstance(third, Request)
    assert third.body == b"x: 1\n"


@given(st.binary(max_size=300))
@example(b"GET / HTTP/1.1\r\n\r\n")
@example(b"A b RTSP/1.0\r\nContent-Length: -1\r\n\r\n")
@example(b"A b RTSP/1.0\r\nContent-Length: 99999999\r\n\r\n")
def test_nonsense_raises_nothing_but_corrupt(data: bytes) -> None:
    with contextlib.suppress(Corrupt):
        list(Parser().feed(data))


def test_a_head_without_end_is_refused() -> None:
    with pytest.raises(Corrupt):
        list(Parser().feed(b"a" * (LONGEST_HEAD + 1)))


def test_a_session_is_named_without_its_parameters() -> None:
    request = Request("PLAY", "rtsp://a/b", {"session": "abc;timeout=60"})
    assert request.session == "abc"


def test_a_repeated_header_stands_on_lines_of_its_own() -> None:
    made = Response(401, {"WWW-Authenticate": ("Digest a", "Basic b")}).encode("7")
    assert made.startswith(b"RTSP/1.0 401 Unauthorized\r\nCSeq: 7\r\n")
    assert made.count(b"WWW-Authenticate: ") == 2
    assert made.endswith(b"\r\n\r\n")
