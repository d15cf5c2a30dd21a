"""A camera that means harm costs its own stream only, within fixed memory and time."""

from __future__ import annotations

import asyncio
import resource
import socket
import struct
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import pytest

from recorder.errors import CameraError
from recorder.rtsp.intake import Intake, open_intake
from recorder.source import RtspSource
from tests.servers.cameras import Cameras
from tests.servers.hostile import SDP, answers, for_ever, hostile_camera, with_length
from vms.core.clock import SystemClock
from vms.core.model import Cause, Stream, StreamRole, Transport
from vms.core.secret import Secret

MOST_GROWTH_BYTES = 256 * 1024 * 1024
ANSWER_SECONDS = 3.0
"""So long an answer may take here: less than is usual, for quick tests."""
LONGEST_LAG_SECONDS = 2.0
"""Of the event loop beside a hostile camera, on a machine that is busy with other tests."""


def source(url: str, intake: Intake, **more: object) -> RtspSource:
    stream = Stream(1, 1, StreamRole.SUB, url, transport=Transport.TCP, **more)  # type: ignore[arg-type]
    return RtspSource(stream, SystemClock(), intake, answer_seconds=ANSWER_SECONDS)


async def refused(url: str) -> CameraError:
    """How a camera's run ends."""
    async with asyncio.timeout(40), open_intake() as intake:
        return await _end_of(source(url, intake))


@asynccontextmanager
async def pulse() -> AsyncIterator[list[float]]:
    """How late the event loop was, each twentieth of a second."""
    lags: list[float] = []

    async def beat() -> None:
        while True:
            due = time.monotonic() + 0.05
            await asyncio.sleep(0.05)
            lags.append(time.monotonic() - due)

    beating = asyncio.create_task(beat())
    try:
        yield lags
    finally:
        beating.cancel()
        with suppress(asyncio.CancelledError):
            await beating


def peak_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def rtp(payload: bytes, *, marker: bool = False, sequence: int = 1, channel: int = 0) -> bytes:
    head = struct.pack(">BBHII", 0x80, 96 | marker << 7, sequence, 9, 7)
    size = len(head) + len(payload)
    return b"$" + bytes((channel,)) + size.to_bytes(2, "big") + head + payload


def describing(body: bytes, head: bytes | None = None) -> object:
    def script(connection: socket.socket) -> None:
        answers(connection, DESCRIBE=with_length(body) if head is None else head + b"\r\n\r\n")
        connection.recv(1)

    return script


def headers_without_end(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.sendall(b"RTSP/1.0 200 OK\r\n")
    while True:
        connection.sendall(b"X-Header: more and more of it\r\n" * 100)


def noise(connection: socket.socket) -> None:
    block = bytes(range(0x25, 0x100)) * 300
    while True:
        connection.sendall(block)


def only_dollars(connection: socket.socket) -> None:
    while True:
        connection.sendall(b"$" * 65536)


def web_server(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
    connection.recv(1)


def hangs_up(connection: socket.socket) -> None:
    connection.recv(10)


@pytest.mark.parametrize(
    ("script", "cause"),
    [
        (headers_without_end, Cause.PROTOCOL),
        (noise, Cause.PROTOCOL),
        (only_dollars, Cause.PROTOCOL),
        (describing(b"", b"Content-Length: 10737418240"), Cause.PROTOCOL),
        (describing(b"", b"Content-Length: -3"), Cause.PROTOCOL),
        (describing(b"", b"Content-Length: 0x10"), Cause.PROTOCOL),
        (describing(b"", b"Content-Length: " + b"9" * 5000), Cause.PROTOCOL),
        (describing(b"<html>" * 1000), Cause.PROTOCOL),
        (describing(b"m=audio 0 RTP/AVP 8\r\n" * 9000), Cause.BAD_URL),
        (describing(b"m=video 0 RTP/AVP 26\r\n" * 9000), Cause.UNSUPPORTED),
        (web_server, Cause.BAD_URL),
        (hangs_up, Cause.CLOSED),
    ],
)
async def test_what_answers_nonsense_is_refused_at_once_for_a_reason(
    script: object, cause: Cause
) -> None:
    before = peak_bytes()
    async with pulse() as lags:
        with hostile_camera(script) as url:  # type: ignore[arg-type]
            begun = time.monotonic()
            assert (await refused(url)).cause is cause
            assert time.monotonic() - begun < 20
    assert peak_bytes() - before < MOST_GROWTH_BYTES
    assert max(lags, default=0.0) < LONGEST_LAG_SECONDS


async def test_answers_that_drip_are_not_waited_for() -> None:
    def drips(connection: socket.socket) -> None:
        connection.recv(65536)
        for byte in b"RTSP/1.0 200 OK\r\n" + b"A: b\r\n" * 5000:
            connection.sendall(bytes((byte,)))
            time.sleep(0.05)

    with hostile_camera(drips) as url:
        begun = time.monotonic()
        assert (await refused(url)).cause is Cause.UNREACHABLE
    assert ANSWER_SECONDS <= time.monotonic() - begun < 20


FLOODS = {
    "fragments of one unit without end": [rtp(b"\x7c\x85" + b"a" * 60_000)]
    + [rtp(b"\x7c\x05" + b"a" * 60_000, sequence=n) for n in range(2, 60)],
    "aggregates of single bytes": [rtp(b"\x18" + b"\0\x01\x65" * 20_000, marker=True)],
    "start codes and nothing else": [rtp(b"\0\0\1\x65" * 15_000, marker=True)],
    "glued start codes in a fragmented SEI": [rtp(b"\x7c\x86" + b"\0\0\1\x09" * 15_000)]
    + [rtp(b"\x7c\x06" + b"\0\0\1\x09" * 15_000, sequence=n) for n in range(2, 250)],
    "packets of nothing": [rtp(b"") * 4000],
    "dollars": [b"$" * 60_000],
    "packets of channels that nobody has": [rtp(b"", channel=30) * 4000],
    "requests": [b"OPTIONS rtsp://you RTSP/1.0\r\nCSeq: 1\r\n\r\n" * 1000],
    "answers to nothing": [b"RTSP/1.0 200 OK\r\nCSeq: 999\r\n\r\n" * 1000],
    "parameter sets, another each time": [
        rtp(bytes((0x67, 0x42, 0xC0, 0x1F, 0xDA, n, 0x40, 0x16, 0xE8, 0x40))) for n in range(256)
    ],
}


NAMES = list(FLOODS)


PAIRS = list(zip(NAMES[::2], NAMES[1::2], strict=True))


@pytest.mark.parametrize("names", PAIRS, ids=" and ".join)
async def test_two_floods_leave_the_other_cameras_alone(
    cameras: Cameras, names: tuple[str, str]
) -> None:
    """Beside them a good camera is watched on the same event loop: its pictures go on coming."""
    before, pictures = peak_bytes(), 0
    good = {"username": cameras.username, "password": Secret(cameras.password)}
    first, second = (hostile_camera(for_ever(*FLOODS[name])) for name in names)
    with first as one, second as other:
        async with asyncio.timeout(60), open_intake() as intake, pulse() as lags:
            watching = [asyncio.create_task(_watch(source(bad, intake))) for bad in (one, other)]
            try:
                async with source(cameras.url("gate", "sub"), intake, **good).open() as run:
                    async for batch in run:
                        pictures += len(batch)
                        if pictures >= 8:
                            break
            finally:
                for each in watching:
                    each.cancel()
                ends = await asyncio.gather(*watching, return_exceptions=True)
    assert all(isinstance(end, asyncio.CancelledError) for end in ends)
    assert pictures >= 8
    assert max(lags) < LONGEST_LAG_SECONDS
    assert peak_bytes() - before < MOST_GROWTH_BYTES


async def _watch(camera: RtspSource) -> None:
    """Take whatever comes, and connect again when it ends, as a recorder does."""
    while True:
        with suppress(CameraError):
            async with camera.open() as run:
                async for _ in run:
                    pass
        await asyncio.sleep(0.2)


def tiny_pictures() -> list[bytes]:
    """Each of them a whole picture of 24 bytes: as plausible as tiny."""
    made = []
    for number in range(4096):
        head = struct.pack(">BBHII", 0x80, 0xE0, number * 16 & 0xFFFF, number * 90, 7)
        made.append(b"$\0\0\x18" + head + b"\x41\x9a" + bytes(range(10)))
    return [b"".join(made)]


def tiny_fragments() -> list[bytes]:
    return [b"".join(rtp(b"\x7c\x05" + bytes(12), sequence=n, channel=0) for n in range(65_536))]


@pytest.mark.parametrize(
    ("flood", "words"), [(tiny_pictures, "pictures"), (tiny_fragments, "packets")]
)
async def test_plausible_packets_at_line_rate_end_their_own_stream_with_a_reason(
    cameras: Cameras, flood: Callable[[], list[bytes]], words: str
) -> None:
    good = {"username": cameras.username, "password": Secret(cameras.password)}
    with hostile_camera(for_ever(*flood())) as bad:
        async with (
            asyncio.timeout(60),
            open_intake() as intake,
            pulse() as lags,
            source(cameras.url("gate", "sub"), intake, **good).open() as run,
        ):
            ended = asyncio.create_task(_end_of(source(bad, intake)))
            pictures = 0
            async for batch in run:
                pictures += len(batch)
                if pictures >= 8 and ended.done():
                    break
    error = ended.result()
    assert error.cause is Cause.PROTOCOL
    assert words in error.message
    assert max(lags) < LONGEST_LAG_SECONDS


async def _end_of(camera: RtspSource) -> CameraError:
    try:
        async with camera.open() as run:
            async for _ in run:
                pass
    except CameraError as error:
        return error
    raise AssertionError("a run ends with an error only")


def test_the_tidy_description_of_the_hostile_camera_is_one() -> None:
    assert SDP.count(b"m=video") == 1


async def test_a_camera_that_counts_its_answers_its_own_way_is_watched_all_the_same() -> None:
    """Whatever the number of the request, the answer says 7; then a picture and the end."""

    def script(connection: socket.socket) -> None:
        bodies = {"DESCRIBE": with_length(SDP), "SETUP": b"Transport: interleaved=0-1\r\n\r\n"}
        for _ in range(4):
            method = connection.recv(65536).split(b" ", 1)[0].decode()
            rest = bodies.get(method, b"X: y\r\n\r\n")
            connection.sendall(b"RTSP/1.0 200 OK\r\nCSeq: 7\r\n" + rest)

    with hostile_camera(script) as url:
        begun = time.monotonic()
        assert (await refused(url)).cause is Cause.CLOSED  # after PLAY: all four were answered
        assert time.monotonic() - begun < 4 * ANSWER_SECONDS
