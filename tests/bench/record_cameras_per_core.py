"""How many cameras one core records: added step by step until one is late or loses something.

The recorder runs on one core alone, the simulated cameras (4 Mbit/s, 25 pictures a second, sound)
on another. After each step everything must be kept for a while: all that was sent is written, no
packet or picture is lost, no run ends, and the event loop is late by at most 20 ms in 99 of 100
looks. The last step that held is the figure. Where the cameras' own core gives out first, that is
said: the figure is then what was reached, not what is possible.

    python -m tests.bench.record_cameras_per_core [--first N] [--step N] [--most N] [--seconds S]
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tests.bench._city import (
    BIT_RATE,
    Recorder,
    Sample,
    bytes_in,
    cpu_seconds,
    once,
    recording,
    serving_on,
    total,
)
from tests.bench.result import Result, write
from vms.core.bus import open_bus

NAME = "record-cameras-per-core"
FIRST, STEP, MOST = 100, 50, 400
WINDOW_SECONDS = 15.0
CALM_SECONDS = 10.0
"""After each step: connecting costs more than recording, and is over by then."""
MOST_LAG = "0.02"
LEAST_PROMPT = 0.99
LEAST_SHARE = 0.93
"""Of the bit rate: encoders stay a little below it, and windows cut groups of pictures."""
LOST = ("vms_recorder_lost_total", "vms_recorder_gaps_total", "vms_recorder_reconnects_total")


@dataclass(frozen=True, slots=True)
class Step:
    """What was seen with so many cameras. `prompt`: share of looks at which the loop was no more
    than 20 ms late; `lost`: packets, pictures and runs."""

    cameras: int
    share: float
    lost: float
    prompt: float
    recorder_core: float
    cameras_core: float

    @property
    def holds(self) -> bool:
        return self.share >= LEAST_SHARE and not self.lost and self.prompt >= LEAST_PROMPT

    def __str__(self) -> str:
        return (
            f"{self.cameras:4} cameras: {self.share:.0%} written, {self.lost:.0f} lost, "
            f"{self.prompt:.1%} of looks within 20 ms, recorder {self.recorder_core:.0%} of its "
            f"core, cameras {self.cameras_core:.0%} of theirs"
        )


async def look(recorder: Recorder, server: int, cameras: int, seconds: float) -> Step:
    before, written = await recorder.metrics(), bytes_in(recorder.written)
    used, theirs = cpu_seconds(recorder.pids), cpu_seconds([server])
    began = time.monotonic()
    await asyncio.sleep(seconds)
    passed, now = time.monotonic() - began, bytes_in(recorder.written)
    after = await recorder.metrics()
    return Step(
        cameras,
        (now - written) * 8 / (passed * cameras * BIT_RATE),
        sum(total(after, name) - total(before, name) for name in LOST),
        _prompt(before, after),
        (cpu_seconds(recorder.pids) - used) / passed,
        (cpu_seconds([server]) - theirs) / passed,
    )


def _prompt(before: list[Sample], after: list[Sample]) -> float:
    name = "vms_recorder_loop_lag_seconds_bucket"
    within, looks = (
        total(after, name, le=bound) - total(before, name, le=bound) for bound in (MOST_LAG, "+Inf")
    )
    return within / looks if looks else 0.0


async def add(recorder: Recorder, urls: list[str], cameras: int) -> None:
    """Have these recorded as well, and wait until they are."""
    await recorder.add(urls)
    bus, settings = recorder.bus, recorder.settings
    async with open_bus(bus.url, user=bus.user, password=bus.password, name="bench") as told:
        await told.publish("cameras.changed", {"camera_id": 0})

    async def all_run() -> bool:
        samples = await recorder.metrics()
        return total(samples, "vms_recorder_streams", condition="recording") >= cameras

    await once(all_run, f"{NAME}: not all of {cameras} cameras are recorded ({settings.node})")


async def measure(first: int, step: int, most: int, seconds: float) -> Step | None:
    """The last step that held; None: not even the first."""
    held: Step | None = None
    with serving_on(most, core=1) as (server, urls), tempfile.TemporaryDirectory() as folder:
        async with recording(Path(folder) / "x", urls[:first], core=0) as recorder:
            for count in range(first, most + 1, step):
                if count > first:
                    await add(recorder, urls[count - step : count], count)
                await asyncio.sleep(CALM_SECONDS)
                now = await look(recorder, server, count, seconds)
                print(now, flush=True)
                if not now.holds:
                    break
                held = now
    return held


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--first", type=int, default=FIRST)
    parser.add_argument("--step", type=int, default=STEP)
    parser.add_argument("--most", type=int, default=MOST)
    parser.add_argument("--seconds", type=float, default=WINDOW_SECONDS)
    options = parser.parse_args()
    if len(os.sched_getaffinity(0)) < 2:
        sys.exit(f"{NAME}: it takes two cores, one for the recorder and one for the cameras")
    held = asyncio.run(measure(options.first, options.step, options.most, options.seconds))
    if held is None:
        sys.exit(f"{NAME}: not even {options.first} cameras are recorded without loss or delay")
    write(Result(NAME, held.cameras, "cameras"))


if __name__ == "__main__":
    main()
