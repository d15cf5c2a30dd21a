"""CPU per camera of the whole recorder against `ffmpeg -c copy -f segment`, one process a camera.

Both record the same simulated cameras (4 Mbit/s, 25 pictures a second, AAC sound, over TCP on this
machine) into segments of a minute on the same disk: the recorder from RTSP to sealed, hashed and
indexed segments in the directory store, every fragment forced to the disk, each camera's minute
ending at another second, states told over NATS; ffmpeg into MP4 files. Counted is the CPU time,
user and system, of the recording processes alone, over a window that starts ten seconds after all
cameras are being recorded. The two take turns in one call, so that a busy machine hurts both alike;
each must have written what the cameras sent meanwhile.

The number of cameras is what one core is to carry at least in a city, as far as ffmpeg still keeps
up with it on a small machine: one process wakes less often per camera the more cameras it has, a
process per camera costs the same at any number.

    python -m tests.bench.record_cpu_ratio [--cameras N] [--seconds S] [--rounds R]
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import sys
import tempfile
from pathlib import Path
from statistics import median

from tests.bench._city import (
    all_written,
    cpu_seconds,
    ffmpeg_command,
    once,
    recording,
    serving,
    share_written,
    started,
)
from tests.bench.result import Result, write

NAME = "record-cpu-ratio"
CAMERAS = 100
WINDOW_SECONDS = 20.0
SETTLE_SECONDS = 10.0
"""Before the window: connecting is over by then, on both sides."""
ROUNDS = 2
LEAST_SHARE = 0.85
"""Bursts at the ends of the window, and encoders that stay below their rate."""


async def ours(urls: list[str], folder: Path, seconds: float) -> float:
    async with recording(folder, urls) as recorder:
        return await _measured("the recorder", recorder.pids, folder, len(urls), seconds)


async def ffmpeg(urls: list[str], folder: Path, seconds: float) -> float:
    folder.mkdir()
    commands = [ffmpeg_command(url, f"{folder}/{number}-%d.mp4") for number, url in enumerate(urls)]
    with started(*commands) as pids:
        await once(lambda: all_written(folder, len(urls)), "ffmpeg does not record all cameras")
        return await _measured("ffmpeg", pids, folder, len(urls), seconds)


async def _measured(who: str, pids: list[int], folder: Path, cameras: int, seconds: float) -> float:
    """CPU milliseconds per camera and second. Exits when much less than was sent was written."""
    await asyncio.sleep(SETTLE_SECONDS)
    share, used = await share_written(folder, cameras, seconds, lambda: cpu_seconds(pids))
    print(
        f"  {who:12} {used * 1000:5.2f} ms per camera and second, {share:.0%} written", flush=True
    )
    if share < LEAST_SHARE:
        sys.exit(f"{NAME}: {who} wrote only {share:.0%} of what the cameras sent")
    return used * 1000


async def compare(cameras: int, seconds: float, rounds: int) -> Result:
    found: tuple[list[float], list[float]] = ([], [])
    with serving(cameras) as urls:
        print(f"{cameras} cameras of 4 Mbit/s with sound, {rounds} rounds by turns", flush=True)
        for number in range(rounds):
            for results, way in zip(found, (ours, ffmpeg), strict=True):
                with tempfile.TemporaryDirectory() as folder:
                    place = Path(folder) / f"{number}"
                    results.append(await way(urls, place, seconds))
                    shutil.rmtree(place)
    value, baseline = median(found[0]), median(found[1])
    ratio = round(value / baseline, 3)
    print(f"recorder {value:.2f}, ffmpeg {baseline:.2f} CPU ms per camera and second: {ratio}")
    return Result(NAME, ratio, "ratio", f"ffmpeg -c copy -f segment: {baseline:.2f}", ratio)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cameras", type=int, default=CAMERAS)
    parser.add_argument("--seconds", type=float, default=WINDOW_SECONDS)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    options = parser.parse_args()
    write(asyncio.run(compare(options.cameras, options.seconds, options.rounds)))


if __name__ == "__main__":
    main()
