"""The store is away for ten minutes and comes back: what is lost, and how fast the spool drains.

A recorder (SQLite, SeaweedFS over S3) records simulated cameras of 4 Mbit/s with sound. SeaweedFS
is killed, and started again ten minutes later on the same data. Lost is every second between the
first and the last picture that the archive does not have afterwards. Draining is measured on the
backlog alone: bytes that lay sealed in the spool when the store came back, by the time until the
last of them had left it, against what the cameras sent meanwhile.

    python -m tests.bench.record_outage [--cameras N] [--minutes M]
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from recorder.fleet import record
from storage.archive import Archive
from storage.index import migrate, open_index
from storage.index.values import NewCamera, NewStream
from tests.bench.record_kill import archive_the_rest, cameras
from tests.bench.result import Result, write
from tests.integration.accounts import Accounts, audit
from tests.integration.recorders import KEY, Site
from tests.servers.s3 import S3Server, free_ports, open_bucket
from vms.core.model import StreamRole

NAME = "record-outage"
CAMERAS = 8
MINUTES = 10.0
BEFORE_SECONDS = 25.0
SEGMENT_SECONDS = 10.0
LEAST_DRAIN = 2.0
LONGEST_DRAIN_SECONDS = 300.0
NEEDED_BYTES_A_CAMERA_MINUTE = 80_000_000
"""In the spool and in the store, with room to spare."""


@dataclass(frozen=True, slots=True)
class Drained:
    """The backlog, how long it took, and bytes a second that the cameras send."""

    backlog_bytes: int
    seconds: float
    ingest: float

    @property
    def times(self) -> float:
        return self.backlog_bytes / self.seconds / self.ingest


@asynccontextmanager
async def site_on(server: S3Server, bucket: str, folder: Path) -> AsyncIterator[Site]:
    async with (
        open_index(f"sqlite:///{folder / 'index.db'}", key=KEY) as index,
        open_bucket(server, bucket) as store,
    ):
        yield Site(folder, index, Archive(index, store), segment_seconds=SEGMENT_SECONDS)


async def record_here(folder: Path, port: int, bucket: str) -> None:
    """The recorder's process."""
    logging.basicConfig(level=logging.INFO)
    server = S3Server(folder, {"s3.port": port})
    async with site_on(server, bucket, folder) as site:
        await record(site.config, site.index, site.archive, site.bus, site.clock)


def sealed_in(folder: Path) -> dict[Path, int]:
    """Sealed segments in the spool: their second names, and sizes."""
    found = {}
    for path in folder.glob("spool/*/*.out"):
        try:
            found[path] = path.stat().st_size
        except FileNotFoundError:  # it left meanwhile
            continue
    return found


async def drain(folder: Path) -> tuple[int, float]:
    """Bytes that wait now, and seconds until the last of them is gone."""
    waiting, began = sealed_in(folder), time.monotonic()
    while left := [path for path in waiting if path.exists()]:
        if time.monotonic() - began > LONGEST_DRAIN_SECONDS:
            sys.exit(f"{NAME}: {len(left)} segments still wait after {LONGEST_DRAIN_SECONDS:.0f} s")
        await asyncio.sleep(0.1)
    return sum(waiting.values()), time.monotonic() - began


async def outage(folder: Path, server: S3Server, count: int, minutes: float) -> Drained:
    """Record, lose the store, get it back, wait for the spool to drain."""
    bucket = server.new_bucket()
    async with site_on(server, bucket, folder) as site, cameras(count) as urls:
        for url in urls:
            stream = NewStream(StreamRole.MAIN, url, audio=True)
            await site.index.cameras.add(NewCamera("gate", streams=(stream,)))
        port = str(server.ports["s3.port"])
        command = [sys.executable, "-m", "tests.bench.record_outage", "--record", str(folder)]
        with (folder / "recorder.log").open("wb") as log:
            recorder = subprocess.Popen([*command, port, bucket], stderr=log)
            try:
                await asyncio.sleep(BEFORE_SECONDS)
                before, began = len(sealed_in(folder)), time.monotonic()
                print(f"the store goes; {before} segments wait", flush=True)
                await asyncio.to_thread(server.stop)
                await asyncio.sleep(minutes * 60)
                away = time.monotonic() - began
                await asyncio.to_thread(server.start)
                print(f"the store is back after {away:.0f} s", flush=True)
                backlog, seconds = await drain(folder)
            finally:
                recorder.send_signal(signal.SIGINT)
                await asyncio.to_thread(recorder.wait)
    return Drained(backlog, seconds, backlog / away)


async def account(folder: Path, server: S3Server, bucket: str) -> list[Accounts]:
    async with site_on(server, bucket, folder) as site:
        await archive_the_rest(site, folder / "spool")
        now = site.clock.wall()
        listed = [camera.streams[0].id for camera in await site.index.cameras.list()]
        return [await audit(site.archive, one, now, decode=False) for one in listed]


def report(drained: Drained, accounts: list[Accounts], expected: float) -> float:
    """Print what was found; the most seconds that a camera lost."""
    for number, one in enumerate(accounts, 1):
        print(
            f"camera {number}: {one.stored:.1f} s in {one.segments} segments, {one.gaps:.3f} s in "
            f"gaps, {one.unexplained:.3f} s unexplained, {len(one.corrupt)} corrupt"
        )
    megabytes = drained.backlog_bytes / 1e6
    print(
        f"backlog of {megabytes:.0f} MB gone in {drained.seconds:.1f} s: "
        f"{megabytes / drained.seconds:.1f} MB/s, {drained.times:.1f} times the ingest"
    )
    lost = [one.gaps + one.unexplained + max(0.0, expected - one.expected) for one in accounts]
    return max(lost)


async def measure(folder: Path, count: int, minutes: float) -> tuple[Drained, list[Accounts]]:
    await migrate(f"sqlite:///{folder / 'index.db'}")
    server = S3Server(folder, free_ports())
    await asyncio.to_thread(server.start)
    try:
        drained = await outage(folder, server, count, minutes)
        return drained, await account(folder, server, "test-0")
    finally:
        server.stop()


def affordable(count: int, minutes: float) -> int:
    """As many cameras as the disk has room for."""
    free = shutil.disk_usage(tempfile.gettempdir()).free
    return max(1, min(count, int(free / 2 / NEEDED_BYTES_A_CAMERA_MINUTE / (minutes + 1))))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cameras", type=int, default=CAMERAS)
    parser.add_argument("--minutes", type=float, default=MINUTES)
    parser.add_argument("--record", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.record:
        folder, port, bucket = options.record
        asyncio.run(record_here(Path(folder), int(port), bucket))
        return 0
    count = affordable(options.cameras, options.minutes)
    with tempfile.TemporaryDirectory() as folder:
        drained, accounts = asyncio.run(measure(Path(folder), count, options.minutes))
    lost = report(drained, accounts, options.minutes * 60)
    print(f"lost: {lost:.3f} s")
    write(Result(NAME, round(lost, 2), "seconds"))
    sound = all(one.segments and one.sound for one in accounts)
    return 0 if sound and lost < 0.01 and drained.times >= LEAST_DRAIN else 1


if __name__ == "__main__":
    sys.exit(main())
