"""300 cameras come back in the same moment: how long until all are recorded again.

Each camera has an address of its own, all in one subnet. Behind it a small relay counts who comes:
an attempt is a connection that is accepted, also while the camera is "off" and hangs up at once.
The outage lasts until the pauses between attempts have grown to their longest. The cameras run in a
process of their own; the recorder is `vms record` with its defaults, one process or `--workers`.

`value`: seconds from the moment the cameras are back until the last one is recorded. The bench
fails when that takes longer than a minute, or when any camera saw two attempts within a second
from the outage on.

    python -m tests.bench.record_storm [--cameras N] [--outage S] [--workers N]
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

from tests.bench._city import Recorder, recording
from tests.bench.result import OUT, Result, write
from vms.core.bus import open_bus
from vms.core.clock import SystemClock
from vms.demo.coding import VideoSettings
from vms.demo.server import open_camera_server
from vms.demo.site import DemoCamera

NAME = "record-storm"
CAMERAS = 300
OUTAGE_SECONDS = 40.0
MOST_SECONDS = 60.0
LEAST_APART = 0.98
"""Seconds between attempts; a little less than one for the scheduler of a busy machine."""
_REST_SECONDS = 4.0
_VIDEO = VideoSettings(
    width=320, height=180, fps=Fraction(5), kbit_per_second=200, constant_rate=True
)


class Relay:
    """One camera's address. `came`: when connections were accepted, monotonic seconds."""

    def __init__(self, behind: int) -> None:
        self.came: list[float] = []
        self.off = False
        self._behind = behind
        self._writers: set[asyncio.StreamWriter] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.came.append(time.monotonic())
        if self.off:
            writer.transport.abort()
            return
        self._writers.add(writer)
        with contextlib.suppress(OSError):
            back, forth = await asyncio.open_connection("127.0.0.1", self._behind)
            self._writers.add(forth)
            try:
                await asyncio.gather(_pass(reader, forth), _pass(back, writer))
            finally:
                self._writers -= {writer, forth}

    def power(self, *, on: bool) -> None:
        self.off = not on
        if self.off:
            for writer in self._writers:
                writer.transport.abort()


async def _pass(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    try:
        while data := await source.read(65536):
            sink.write(data)
            await sink.drain()
    except OSError:
        pass
    finally:
        sink.transport.abort()


async def serve(count: int) -> None:
    """The cameras' process: told `off`, `on` and `count` line by line, it answers each."""
    OUT.mkdir(parents=True, exist_ok=True)
    one = DemoCamera(1, "", "Storm", "street", _VIDEO, _VIDEO, looped=True)
    cameras = [replace(one, number=n + 1, key=f"c{n}") for n in range(count)]
    async with open_camera_server(
        cameras, clock=SystemClock(), host="127.0.0.1", port=0, cache=OUT
    ) as server:
        relays = [Relay(server.port) for _ in cameras]
        ports = []
        for relay in relays:
            listener = await asyncio.start_server(relay.serve, "127.0.0.1", 0)
            ports.append(listener.sockets[0].getsockname()[1])
        print(json.dumps(ports), flush=True)
        lines = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(lines), sys.stdin
        )
        while word := (await lines.readline()).decode().strip():
            if word in ("off", "on"):
                for relay in relays:
                    relay.power(on=word == "on")
            print(json.dumps([relay.came for relay in relays]), flush=True)


@dataclass
class City:
    """The cameras' process. `urls`: of the cameras."""

    process: asyncio.subprocess.Process
    urls: list[str]

    async def tell(self, word: str) -> list[list[float]]:
        """Say a word; when each camera was tried so far."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{word}\n".encode())
        return await _answer(self.process)


async def _answer(process: asyncio.subprocess.Process) -> list[list[float]]:
    assert process.stdout is not None
    found: list[list[float]] = json.loads(await process.stdout.readline())
    return found


@asynccontextmanager
async def city(count: int) -> AsyncIterator[City]:
    command = [sys.executable, "-m", "tests.bench.record_storm", "--serve", str(count)]
    process = await asyncio.create_subprocess_exec(
        *command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, limit=1 << 26
    )
    try:
        ports = await _answer(process)
        yield City(process, [f"rtsp://127.0.0.1:{port}/c{n}/main" for n, port in enumerate(ports)])
    finally:
        process.kill()
        await process.wait()


async def recorded_again(recorder: Recorder, count: int, began: int) -> float:
    """Seconds until that many streams say that a picture later than `began` is recorded."""
    start, again = time.monotonic(), set[int]()
    bus = recorder.bus
    async with (
        open_bus(bus.url, user=bus.user, password=bus.password) as listener,
        listener.subscribe("stream.state.*", bound=100_000) as states,
    ):
        async for _, state in states:
            newest = state.get("last_picture") or 0
            if state.get("condition") == "recording" and newest > began:
                again.add(state["stream_id"])
            if len(again) == count or time.monotonic() - start > 3 * MOST_SECONDS:
                break
    if len(again) < count:
        sys.exit(f"{NAME}: {count - len(again)} cameras are not recorded again")
    return time.monotonic() - start


async def at_rest(cameras: City) -> None:
    """Return when nobody has come for a while: several recorders first share the cameras, and who
    takes one over connects beside who has it."""
    before, now = -1, 0
    while now != before:
        await asyncio.sleep(_REST_SECONDS)
        before, now = now, sum(map(len, await cameras.tell("count")))


async def storm(count: int, outage: float, workers: int) -> int:
    with tempfile.TemporaryDirectory() as folder:
        async with city(count) as cameras:
            print(f"{count} cameras in one subnet; starting the recorder", flush=True)
            site = recording(Path(folder) / "site", cameras.urls, workers=workers)
            async with site as recorder:
                await at_rest(cameras)
                seen = [len(came) for came in await cameras.tell("off")]
                print(f"all recorded; off for {outage:.0f} s", flush=True)
                await asyncio.sleep(outage)
                await cameras.tell("on")
                seconds = await recorded_again(recorder, count, SystemClock().wall())
                found = await cameras.tell("count")
    tried = [came[known - 1 :] for came, known in zip(found, seen, strict=True)]
    closest = min(after - before for came in tried for before, after in pairwise(came))
    attempts = sum(map(len, tried)) / count
    print(f"all recorded again after {seconds:.1f} s; {attempts:.1f} attempts a camera,")
    print(f"two attempts at one camera were never closer than {closest:.2f} s")
    if workers == 1:
        write(Result(NAME, round(seconds, 1), "seconds"))
    return 0 if seconds <= MOST_SECONDS and closest >= LEAST_APART else 1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cameras", type=int, default=CAMERAS)
    parser.add_argument("--outage", type=float, default=OUTAGE_SECONDS)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--serve", type=int, default=0, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        asyncio.run(serve(options.serve))
        return 0
    return asyncio.run(storm(options.cameras, options.outage, options.workers))


if __name__ == "__main__":
    sys.exit(main())
