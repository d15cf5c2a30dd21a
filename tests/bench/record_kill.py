"""kill -9 of the recorder, fifty times at random points: how many seconds of video that costs.

A recorder (SQLite, directory store, segments of three seconds so that kills meet openings, seals,
uploads and recoveries too) records simulated cameras of 4 Mbit/s with sound; it is killed after a
random time, started again at once, and so on: every other time counted from its start, else from
when pictures of all cameras came. Afterwards an auditor who has only index and objects
looks at everything.

What a kill costs a stream: from the end of what the archive has of that life to the kill; a life
without any counts from its first picture. Time while no recorder runs is no loss of the kill, but a
gap like any other: every second must be in a segment or a gap, none in two.

    python -m tests.bench.record_kill [--cameras N] [--kills N]
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path

from recorder.fleet import record
from recorder.spool import open_spool
from storage.index.values import NewCamera, NewStream
from tests.bench.result import OUT, Result, write
from tests.integration.accounts import Accounts, audit
from tests.integration.recorders import Site, open_site
from vms.core.clock import SystemClock
from vms.core.media.access_unit import Codec
from vms.core.model import StreamRole
from vms.core.walltime import SECOND, TimeRange, WallTime
from vms.demo.coding import VideoSettings
from vms.demo.server import open_camera_server
from vms.demo.site import DemoCamera

NAME = "record-kill"
CAMERAS = 4
KILLS = 50
SEGMENT_SECONDS = 3.0
FROM_START = (0.3, 6.0)
FROM_PICTURES = (0.0, 7.0)
"""Seconds until a kill: at the least, at the most."""
LONGEST_START = 60.0
LAST_LIFE = 12.0
SETTLE_SECONDS = 0.5
"""Pictures are held back for so long when a run begins: the first is older than its news."""
SETTINGS = VideoSettings(
    width=640, height=360, fps=Fraction(25), kbit_per_second=4000, constant_rate=True
)
MOST_LOST_SECONDS = SETTINGS.gop_seconds + 1.0
_ARRIVED = re.compile(r"^([\d.]+) camera (\d+) main: pictures arrive$", re.MULTILINE)


@dataclass
class Life:
    """One process: when it was killed, and when each camera's pictures had come, civil time."""

    killed: WallTime
    arrived: dict[int, WallTime] = field(default_factory=dict)


@asynccontextmanager
async def cameras(count: int) -> AsyncIterator[list[str]]:
    """The cameras' URLs; they run in this process, and are alive whatever dies."""
    OUT.mkdir(parents=True, exist_ok=True)
    one = DemoCamera(1, "", "Bench", "street", SETTINGS, SETTINGS, Codec.AAC, looped=True)
    listed = [replace(one, number=n + 1, key=f"c{n}") for n in range(count)]
    async with open_camera_server(
        listed, clock=SystemClock(), host="127.0.0.1", port=0, cache=OUT
    ) as server:
        yield [server.url(camera.key) for camera in listed]


async def live(folder: Path, seconds: float, how: signal.Signals, *, after: int = 0) -> Life:
    """A recorder's life, ended by signal `how` after so many seconds, counted from when so many
    cameras' pictures came."""
    log = folder / "recorder.log"
    with log.open("wb") as output:
        command = [sys.executable, "-m", "tests.bench.record_kill", "--record", str(folder)]
        process = subprocess.Popen(command, stderr=output)
        try:
            async with asyncio.timeout(LONGEST_START):
                while after and len(list(_arrivals(log.read_text()))) < after:
                    await asyncio.sleep(0.05)
            await asyncio.sleep(seconds)
        finally:
            killed = WallTime(time.time_ns() // 1000)
            process.send_signal(how)
            await asyncio.to_thread(process.wait)
    return Life(killed, dict(_arrivals(log.read_text())))


def _arrivals(log: str) -> Iterable[tuple[int, WallTime]]:
    for at, number in _ARRIVED.findall(log):
        yield int(number), WallTime(round((float(at) - SETTLE_SECONDS) * SECOND))


async def record_here(folder: Path) -> None:
    """The process that is killed."""
    logging.basicConfig(level=logging.INFO, format="%(created)f %(message)s", stream=sys.stderr)
    async with open_site(folder, migrated=True) as site:
        site.segment_seconds = SEGMENT_SECONDS
        await record(site.config, site.index, site.archive, site.bus, site.clock)


async def torment(folder: Path, count: int, kills: int) -> tuple[list[Life], list[Accounts], float]:
    """All lives but the last, what the auditor found, and the most seconds lost by one kill."""
    async with cameras(count) as urls, open_site(folder) as site:
        numbers = {}
        for url in urls:
            stream = NewStream(StreamRole.MAIN, url, audio=True)
            camera = await site.index.cameras.add(NewCamera("gate", streams=(stream,)))
            numbers[camera.streams[0].id] = camera.number
        lives = []
        for number in range(kills):
            after = count if number % 2 else 0
            seconds = random.uniform(*(FROM_PICTURES if after else FROM_START))
            lives.append(await live(folder, seconds, signal.SIGKILL, after=after))
            since = "from its first pictures" if after else "from its start"
            print(f"kill {number + 1}: {seconds:.1f} s {since}", flush=True)
        last = await live(folder, LAST_LIFE, signal.SIGINT)
        if len(last.arrived) < count:
            log = (folder / "recorder.log").read_text()[-2000:]
            sys.exit(f"{NAME}: after the last kill not all cameras are recorded:\n{log}")
        await archive_the_rest(site, folder / "spool")
        now = site.clock.wall()
        accounts = [await audit(site.archive, stream_id, now) for stream_id in numbers]
        lost = [await _worst(site, one, number, lives) for one, number in numbers.items()]
        return lives, accounts, max(lost)


async def archive_the_rest(site: Site, spool_folder: Path) -> None:
    """What the last recorder left behind."""
    async with open_spool(spool_folder, max_bytes=1 << 40) as spool:
        for segment in await spool.recover():
            await site.archive.commit(segment, spool.path(segment))
            await spool.forget(segment)


async def _worst(site: Site, stream_id: int, number: int, lives: list[Life]) -> float:
    """The most seconds that one kill cost this stream."""
    worst, born = 0.0, WallTime(0)
    for life in lives:
        if number in life.arrived:
            segments = await site.archive.segments(stream_id, TimeRange(born, life.killed))
            ends = [one.range.end for one in segments if one.range.start >= born]
            kept = max([life.arrived[number], *ends])
            worst = max(worst, (life.killed - kept) / SECOND)
        born = life.killed
    return worst


def report(lives: list[Life], accounts: list[Accounts], worst: float) -> int:
    """Print what was found; 1 when a promise was broken."""
    hit = sum(len(life.arrived) for life in lives)
    print(f"{len(lives)} kills, {hit} recordings under way when they came")
    for number, one in enumerate(accounts, 1):
        print(
            f"camera {number}: {one.segments} segments, {one.stored:.3f} s stored "
            f"+ {one.gaps:.3f} s in gaps, {one.unexplained:.3f} s unexplained, "
            f"{one.doubled:.3f} s twice, {len(one.corrupt)} corrupt, {len(one.broken)} links broken"
        )
        for fault in (*one.corrupt, *one.broken):
            print(f"  {fault}")
    print(f"worst: {worst:.2f} s lost by one kill; allowed {MOST_LOST_SECONDS:.2f} s")
    sound = hit and all(one.segments and one.sound for one in accounts)
    return 0 if sound and worst <= MOST_LOST_SECONDS else 1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cameras", type=int, default=CAMERAS)
    parser.add_argument("--kills", type=int, default=KILLS)
    parser.add_argument("--record", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.record:
        asyncio.run(record_here(options.record))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(torment(Path(folder), options.cameras, options.kills))
    write(Result(NAME, round(found[2], 2), "seconds"))
    return report(*found)


if __name__ == "__main__":
    sys.exit(main())
