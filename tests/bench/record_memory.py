"""Memory that each further camera costs the recorder, without the group of pictures it is sending.

The recorder runs twice, with few cameras and with many; what it holds for itself (unshared memory,
the mean over the last seconds) differs by what the further cameras cost. A group of pictures in
hand is not overhead, it is what live viewers start with: of the 2 s at 4 Mbit/s with sound half is
there in the mean, and no more than that half is taken off. The same is told of ffmpeg, one process
a camera.

    python -m tests.bench.record_memory [--few N] [--many N] [--seconds S]
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import fmean

from tests.bench._city import (
    all_written,
    ffmpeg_command,
    once,
    recording,
    serving,
    started,
    total,
    unshared_bytes,
)
from tests.bench.result import Result, write

NAME = "record-memory"
FEW, MANY = 8, 72
SECONDS = 40.0
SAMPLED_SECONDS = 10.0
FFMPEG = 8
GROUP_SECONDS = 2.0
MEGABYTE = 1e6


async def mean_unshared(pids: Callable[[], list[int]], seconds: float) -> float:
    """Bytes, the mean over the end of that time."""
    await asyncio.sleep(seconds - SAMPLED_SECONDS)
    found = []
    for _ in range(round(SAMPLED_SECONDS)):
        await asyncio.sleep(1.0)
        found.append(unshared_bytes(pids()))
    return fmean(found)


async def ours(count: int, seconds: float) -> tuple[float, float]:
    """Unshared bytes, and bytes a second that one camera sent. Exits when something was lost."""
    with serving(count) as urls, tempfile.TemporaryDirectory() as folder:
        async with recording(Path(folder) / "x", urls) as recorder:
            before = total(await recorder.metrics(), "vms_recorder_received_bytes_total")
            used = await mean_unshared(lambda: recorder.pids, seconds)
            after = await recorder.metrics()
            received = total(after, "vms_recorder_received_bytes_total") - before
            if lost := total(after, "vms_recorder_lost_total"):
                sys.exit(f"{NAME}: {lost:.0f} packets or pictures lost")
            print(f"  {count:3} cameras: {used / MEGABYTE:6.1f} MB unshared", flush=True)
            return used, received / seconds / count


async def ffmpeg(count: int, seconds: float) -> float:
    """Unshared bytes of one process."""
    with serving(count) as urls, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        commands = [ffmpeg_command(url, f"{folder}/{n}-%d.mp4") for n, url in enumerate(urls)]
        with started(*commands) as pids:
            await once(lambda: all_written(folder, count), "ffmpeg does not record all cameras")
            return await mean_unshared(lambda: pids, seconds) / count


async def measure(few: int, many: int, seconds: float) -> Result:
    less, _ = await ours(few, seconds)
    more, rate = await ours(many, seconds)
    theirs = await ffmpeg(FFMPEG, SAMPLED_SECONDS + 5)
    each, group = (more - less) / (many - few), rate * GROUP_SECONDS / 2
    value = round((each - group) / MEGABYTE, 2)
    print(f"each further camera {each / MEGABYTE:.2f} MB, of that group {group / MEGABYTE:.2f} MB")
    print(f"recorder {value} MB per camera, ffmpeg {theirs / MEGABYTE:.1f} MB with its group")
    baseline = f"ffmpeg -c copy -f segment, unshared: {theirs / MEGABYTE:.1f} MB"
    return Result(NAME, value, "MB", baseline, round(each / theirs, 3))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--few", type=int, default=FEW)
    parser.add_argument("--many", type=int, default=MANY)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    options = parser.parse_args()
    write(asyncio.run(measure(options.few, options.many, options.seconds)))


if __name__ == "__main__":
    main()
