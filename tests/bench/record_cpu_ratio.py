"""CPU per camera of the whole recorder against `ffmpeg -c copy -f segment`, one process a camera.

Both record the same simulated cameras (4 Mbit/s, 25 pictures a second, over TCP on this machine)
into segments of a minute on the same disk: the recorder from RTSP to sealed, hashed and indexed
segments in the directory store, each camera's minute ending at another second; ffmpeg into MP4
files. Counted is the CPU time, user and system, of the recording processes alone, over a window
that starts when all cameras are being recorded. The two take turns in one call, so that a busy
machine hurts both alike; each must have written what the cameras sent meanwhile.

    python -m tests.bench.record_cpu_ratio [--cameras N] [--seconds S]
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

from storage.index.values import NewCamera, NewStream
from tests.bench.result import OUT, Result, write
from tests.integration.recorders import open_site
from vms.core.clock import SystemClock
from vms.core.model import StreamRole
from vms.demo.coding import VideoSettings
from vms.demo.server import open_camera_server
from vms.demo.site import DemoCamera

NAME = "record-cpu-ratio"
CAMERAS = 32
WINDOW_SECONDS = 15.0
SEGMENT_SECONDS = 60
BIT_RATE = 4_000_000
LEAST_SHARE = 0.7
"""Bursts at the ends of the window, and encoders that stay below their rate."""
LONGEST_START_SECONDS = 60.0
_TICK = 1 / os.sysconf("SC_CLK_TCK")
_SETTINGS = VideoSettings(
    width=640, height=360, fps=Fraction(25), kbit_per_second=BIT_RATE // 1000, constant_rate=True
)

Running = subprocess.Popen[bytes]


def listed(count: int) -> list[DemoCamera]:
    """Cameras that send one loop, each at its own time."""
    return [
        DemoCamera(n + 1, f"c{n}", "Bench", "street", _SETTINGS, _SETTINGS, looped=True)
        for n in range(count)
    ]


async def serve(count: int) -> None:
    """The cameras' process: says its port, then serves until killed."""
    OUT.mkdir(parents=True, exist_ok=True)
    async with open_camera_server(
        listed(count), clock=SystemClock(), host="127.0.0.1", port=0, cache=OUT
    ) as server:
        print(server.port, flush=True)
        await asyncio.get_running_loop().create_future()


def cpu_seconds(processes: Iterable[Running]) -> float:
    """User and system time that these processes have used so far."""
    ticks = 0
    for process in processes:
        stat = Path(f"/proc/{process.pid}/stat").read_text()
        fields = stat.rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks * _TICK


def bytes_in(folder: Path) -> int:
    """What all files below hold; one with two names counts once."""
    found = [path.stat() for path in folder.rglob("*") if path.is_file()]
    return sum({stat.st_ino: stat.st_size for stat in found}.values())


async def measure(processes: list[Running], folder: Path, cameras: int, seconds: float) -> float:
    """CPU milliseconds per camera and second, over a window that starts now.

    Exits when much less than what the cameras sent has been written to `folder`.
    """
    used, written, began = cpu_seconds(processes), bytes_in(folder), time.monotonic()
    await asyncio.sleep(seconds)
    passed, used = time.monotonic() - began, cpu_seconds(processes) - used
    share = (bytes_in(folder) - written) * 8 / (passed * cameras * BIT_RATE)
    if share < LEAST_SHARE:
        sys.exit(f"{NAME}: only {share:.0%} of what the cameras sent was written")
    return used / passed / cameras * 1000


@contextmanager
def started(*commands: list[str]) -> Iterator[list[Running]]:
    """Processes, ended and waited for on leaving."""
    running = [subprocess.Popen(command, stderr=subprocess.DEVNULL) for command in commands]
    try:
        yield running
    finally:
        for process in running:
            process.kill()
        for process in running:
            process.wait()


async def once(wanted: Callable[[], Awaitable[bool]], what: str) -> None:
    try:
        async with asyncio.timeout(LONGEST_START_SECONDS):
            while not await wanted():
                await asyncio.sleep(0.2)
    except TimeoutError:
        sys.exit(f"{NAME}: {what}")


async def ours(urls: list[str], folder: Path, seconds: float) -> float:
    command = [
        sys.executable,
        "-m",
        "tests.integration.recorders",
        str(folder),
        str(SEGMENT_SECONDS),
    ]
    async with open_site(folder) as site:
        for n, url in enumerate(urls):
            stream = NewStream(StreamRole.MAIN, url)
            await site.index.cameras.add(NewCamera(f"camera {n}", streams=(stream,)))
        with started(command) as running:
            await once(lambda: _all_recorded(folder / "spool", len(urls)), "cameras not recorded")
            return await measure(running, folder, len(urls), seconds)


async def ffmpeg(urls: list[str], folder: Path, seconds: float) -> float:
    folder.mkdir()
    commands = [
        [
            *(
                "ffmpeg",
                "-v",
                "error",
                "-nostdin",
                "-rtsp_transport",
                "tcp",
                "-i",
                url,
                "-c",
                "copy",
            ),
            *("-f", "segment", "-segment_time", str(SEGMENT_SECONDS), f"{folder}/{n}-%d.mp4"),
        ]
        for n, url in enumerate(urls)
    ]
    with started(*commands) as running:
        await once(lambda: _all_recorded(folder, len(urls)), "cameras not recorded by ffmpeg")
        return await measure(running, folder, len(urls), seconds)


async def _all_recorded(folder: Path, count: int) -> bool:
    """Whether there are files with pictures for that many cameras."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return sum(path.stat().st_size > 100_000 for path in files if path.exists()) >= count


async def compare(cameras: int, seconds: float) -> Result:
    command = [sys.executable, "-m", "tests.bench.record_cpu_ratio", "--serve", str(cameras)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE)
    try:
        assert server.stdout is not None
        port = int(await asyncio.to_thread(server.stdout.readline))
        urls = [f"rtsp://127.0.0.1:{port}/c{n}/main" for n in range(cameras)]
        with tempfile.TemporaryDirectory() as folder:
            value = await ours(urls, Path(folder), seconds)
            baseline = await ffmpeg(urls, Path(folder) / "ffmpeg", seconds)
    finally:
        server.kill()
        server.wait()
    print(
        f"{cameras} cameras of 4 Mbit/s: recorder {value:.2f}, "
        f"ffmpeg -c copy -f segment {baseline:.2f} CPU ms per camera and second"
    )
    name = f"ffmpeg -c copy -f segment: {baseline:.2f}"
    ratio = round(value / baseline, 3)
    print(f"ratio {ratio}")
    return Result(NAME, ratio, "ratio", name, ratio)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cameras", type=int, default=CAMERAS)
    parser.add_argument("--seconds", type=float, default=WINDOW_SECONDS)
    parser.add_argument("--serve", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        asyncio.run(serve(options.serve))
        return
    write(asyncio.run(compare(options.cameras, options.seconds)))


if __name__ == "__main__":
    main()
