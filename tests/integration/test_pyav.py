"""The second engine: MPEG-TS, HTTP and RTMP from ffmpeg, silent peers, its bounds."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack, ExitStack, contextmanager
from pathlib import Path

import pytest

from recorder.engines import source_for
from recorder.errors import CameraError
from recorder.pyav.address import IO_SECONDS, opening
from recorder.pyav.reading import MOST_READERS, OPEN_SECONDS, Reading, reading
from recorder.rtsp.intake import open_intake
from recorder.rtsp.tls import Trust
from recorder.source import Source
from tests.integration.clips import frames_of, make_clip, pictures_of
from tests.integration.sources import stream_of, take, watch
from tests.integration.test_rtsp_gstreamer import coded
from vms.core.clock import SystemClock
from vms.core.media.access_unit import AUDIO, VIDEO, AccessUnit, Codec
from vms.core.media.nal import split_length_prefixed
from vms.core.model import Cause


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(
        tmp_path_factory.mktemp("clip") / "clip.mp4", seconds=8, audio=True, b_pictures=0
    )


def free_port(kind: int = socket.SOCK_STREAM) -> int:
    with socket.socket(socket.AF_INET, kind) as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


@contextmanager
def ffmpeg(clip: Path, *out: str) -> Iterator[None]:
    command = ["ffmpeg", "-v", "error", "-re", "-i", str(clip)]
    process = subprocess.Popen([*command, "-c", "copy", *out], stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.kill()
        process.wait()


def address(kind: str) -> tuple[str, tuple[str, ...]]:
    if kind == "udp":
        url = f"udp://127.0.0.1:{free_port(socket.SOCK_DGRAM)}"
        return url, ("-f", "mpegts", f"{url}?pkt_size=1316")
    if kind == "http":
        url = f"http://127.0.0.1:{free_port()}/live.ts"
        return url, ("-f", "mpegts", "-listen", "1", url)
    url = f"rtmp://127.0.0.1:{free_port()}/live/gate"
    return url, ("-f", "flv", "-listen", "1", url)


async def patiently(url: str, pictures: int) -> list[AccessUnit]:
    """Watch; ffmpeg takes a while until it listens."""
    async with asyncio.timeout(40):
        while True:
            try:
                return await watch(stream_of("auto", url, audio=True), pictures, 20)
            except CameraError:
                await asyncio.sleep(0.2)


@pytest.mark.parametrize("kind", ["udp", "http", "rtmp"])
async def test_pictures_and_sound_arrive_unchanged_and_in_step(kind: str, clip: Path) -> None:
    url, out = address(kind)
    with ffmpeg(clip, *out):
        units = await patiently(url, 30)
    pictures = [unit for unit in units if unit.track == VIDEO]
    expected = [coded(nals) for nals in pictures_of(clip)]
    got = [coded(split_length_prefixed(unit.data)) for unit in pictures]
    first = expected.index(got[0])
    assert got == expected[first : first + len(got)]
    frames = [unit for unit in units if unit.track == AUDIO]
    at = frames_of(clip).index(frames[0].data)
    apart = frames[0].wall - pictures[0].wall - ((at - 1) * 64_000 - first * 40_000)
    assert abs(apart) < 150_000


@contextmanager
def silent_server() -> Iterator[str]:
    """Takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/live.ts"


async def test_leaving_does_not_wait_for_a_peer_that_says_nothing() -> None:
    async with AsyncExitStack() as opened:
        url = opened.enter_context(silent_server())
        intake = await opened.enter_async_context(open_intake())
        source = source_for(stream_of("auto", url), SystemClock(), intake)
        watching = asyncio.create_task(_enter(source))
        await asyncio.sleep(0.5)
        began = time.monotonic()
        watching.cancel()
        with pytest.raises(asyncio.CancelledError):
            await watching
        assert time.monotonic() - began < 2.0


async def _enter(source: Source) -> None:
    async with source.open() as run:
        await take(run, 1)


async def test_no_more_threads_than_the_bound_and_all_of_them_end() -> None:
    blocked = [
        opening(stream_of("auto", f"udp://127.0.0.1:{port}"), Trust())
        for port in {free_port(socket.SOCK_DGRAM) for _ in range(MOST_READERS + 8)}
    ]
    with ExitStack() as opened:
        running: list[Reading] = []

        def fill() -> None:
            for each in blocked:
                running.append(opened.enter_context(reading(each, audio=False, name="one")))  # noqa: PERF401

        with pytest.raises(CameraError, match="second engine"):
            fill()
    assert MOST_READERS - 4 < len(running) <= MOST_READERS  # those of other tests may still end
    async with asyncio.timeout(IO_SECONDS + OPEN_SECONDS + 10):
        for one in running:
            await one.ended.wait()
    with reading(blocked[0], audio=False, name="again"):
        pass


@pytest.mark.parametrize(
    ("name", "content", "cause"),
    [
        ("text.mp4", b"this is no video at all", Cause.UNSUPPORTED),
        ("list.m3u8", b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", Cause.UNSUPPORTED),
        ("list.txt", b"ffconcat version 1.0\nfile /etc/passwd\n", Cause.UNSUPPORTED),
        ("empty.ts", b"", Cause.UNSUPPORTED),
    ],
)
async def test_what_is_no_video_is_refused(
    tmp_path: Path, name: str, content: bytes, cause: Cause
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(CameraError) as caught:
        await watch(stream_of("auto", f"file://{path}"), 1)
    assert caught.value.cause in (cause, Cause.CLOSED)


async def test_a_file_is_handed_out_as_fast_as_time_passes(clip: Path) -> None:
    began = time.monotonic()
    units = await watch(stream_of("auto", f"file://{clip}"), 50)
    pictures = [unit for unit in units if unit.track == VIDEO]
    assert time.monotonic() - began > len(pictures) * 0.04 - 0.5


async def test_a_pipe_is_no_file_that_could_hold_a_thread_for_ever(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.mp4"
    os.mkfifo(pipe)
    with pytest.raises(CameraError) as caught:
        await watch(stream_of("auto", f"file://{pipe}"), 1)
    assert caught.value.cause is Cause.BAD_URL


def slices(nals: list[bytes]) -> list[bytes]:
    """ffmpeg puts SEI out of the head before key pictures of MPEG-TS once more."""
    return [nal for nal in nals if nal[0] >> 1 & 0x3F < 32]


@pytest.mark.parametrize("container", ["mp4", "ts", "mkv"])
async def test_h265_arrives_unchanged_whatever_holds_it(tmp_path: Path, container: str) -> None:
    clip = make_clip(tmp_path / "clip.mp4", codec="libx265", seconds=2)
    path = tmp_path / f"held.{container}"
    command = ["ffmpeg", "-v", "error", "-y", "-i", str(clip), "-c", "copy", str(path)]
    subprocess.run(command, check=True)
    units = await watch(stream_of("auto", f"file://{path}"), 20)
    got = [slices(split_length_prefixed(unit.data)) for unit in units]
    assert got == [slices(nals) for nals in pictures_of(clip)][: len(got)]
    assert (units[0].random_access, units[0].format.codec) == (True, Codec.H265)


async def test_pictures_without_time_are_refused_in_words(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4", seconds=1)
    raw = tmp_path / "clip.h264"
    subprocess.run(["ffmpeg", "-v", "error", "-i", str(clip), "-c", "copy", str(raw)], check=True)
    with pytest.raises(CameraError) as caught:
        await watch(stream_of("auto", f"file://{raw}"), 1)
    assert caught.value.cause is Cause.UNSUPPORTED
