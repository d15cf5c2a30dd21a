"""What the recording benches share: cameras in processes of their own, and the real recorder.

The cameras are the simulated ones: each sends one coded loop of 4 Mbit/s at 25 pictures a second
and AAC sound, each at its own time. The recorder is `vms record` as it is installed, with its
defaults: NATS, SQLite, the directory store, fsync on. Whoever uses these waits for the processes.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from storage.index import open_index
from storage.index.values import NewCamera, NewStream
from tests.bench.result import OUT
from tests.servers.nats import NatsServer, run_nats
from vms.app import index_key, make_key, prepare
from vms.core.clock import SystemClock
from vms.core.media.access_unit import Codec
from vms.core.model import StreamRole
from vms.demo.coding import VideoSettings
from vms.demo.server import open_camera_server
from vms.demo.site import DemoCamera
from vms.settings import Settings, load

BIT_RATE = 4_000_000
LONGEST_START_SECONDS = 120.0
_TICK = 1 / os.sysconf("SC_CLK_TCK")
_SETTINGS = VideoSettings(
    width=640, height=360, fps=Fraction(25), kbit_per_second=BIT_RATE // 1000, constant_rate=True
)
_APART = 19
"""Pictures between neighbours in the loop: key pictures of a city do not come at one instant."""
_READY_BYTES = 100_000
_RECORD = "import sys; from vms.cli import main; sys.exit(main(['record']))"
_LABELS = re.compile(r'(\w+)="([^"]*)"')


def listed(count: int) -> list[DemoCamera]:
    """Cameras that send one loop, each at its own time, with sound."""
    one = DemoCamera(1, "", "Bench", "street", _SETTINGS, _SETTINGS, Codec.AAC, looped=True)
    return [
        replace(one, number=n + 1, key=f"c{n}", skipped_pictures=n * _APART) for n in range(count)
    ]


async def serve(count: int) -> None:
    """In the cameras' process: say the port, then serve until killed."""
    OUT.mkdir(parents=True, exist_ok=True)
    async with open_camera_server(
        listed(count), clock=SystemClock(), host="127.0.0.1", port=0, cache=OUT
    ) as server:
        print(server.port, flush=True)
        await asyncio.get_running_loop().create_future()


@contextmanager
def serving(count: int) -> Iterator[list[str]]:
    """That many cameras in a process of their own: their URLs."""
    with serving_on(count, None) as (_, urls):
        yield urls


@contextmanager
def serving_on(count: int, core: int | None) -> Iterator[tuple[int, list[str]]]:
    """The same on `core` alone if given: the process, and the cameras' URLs."""
    command = [sys.executable, "-m", "tests.bench._city", str(count)]
    server = subprocess.Popen(pinned(command, core), stdout=subprocess.PIPE)
    try:
        assert server.stdout is not None
        port = int(server.stdout.readline())
        yield server.pid, [f"rtsp://127.0.0.1:{port}/c{n}/main" for n in range(count)]
    finally:
        server.kill()
        server.wait()


def pinned(command: Sequence[str], core: int | None) -> list[str]:
    return list(command) if core is None else ["taskset", "-c", str(core), *command]


@contextmanager
def started(*commands: Sequence[str], env: dict[str, str] | None = None) -> Iterator[list[int]]:
    """Processes, their numbers; ended and waited for on leaving."""
    running = [subprocess.Popen(each, stderr=subprocess.DEVNULL, env=env) for each in commands]
    try:
        yield [process.pid for process in running]
    finally:
        for process in running:
            process.terminate()
        for process in running:
            _wait(process)


def _wait(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def ffmpeg_command(url: str, files: str) -> list[str]:
    """Records one camera into segments of a minute."""
    source = ["ffmpeg", "-v", "error", "-nostdin", "-rtsp_transport", "tcp", "-i", url]
    return [*source, "-c", "copy", "-f", "segment", "-segment_time", "60", files]


def with_children(pids: Sequence[int]) -> list[int]:
    """These processes and all that they started, as far as they live."""
    found, waiting = [], list(pids)
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        for task in Path(f"/proc/{pid}/task").glob("*/children"):
            waiting += map(int, task.read_text().split())
    return found


def cpu_seconds(pids: Sequence[int]) -> float:
    """User and system time that these processes have used so far."""
    ticks = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks * _TICK


def unshared_bytes(pids: Sequence[int]) -> int:
    """Memory that belongs to these processes alone (USS)."""
    found = 0
    for pid in pids:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Private_"):
                found += int(line.split()[1]) * 1024
    return found


def bytes_in(folder: Path) -> int:
    """What all files below hold; one with two names counts once."""
    sizes: dict[int, int] = {}
    for path in folder.rglob("*.mp4"):
        try:
            stat = path.stat()
        except FileNotFoundError:  # sealed and moved meanwhile: it is found under its other name
            continue
        sizes[stat.st_ino] = stat.st_size
    return sum(sizes.values())


async def once(wanted: Callable[[], Awaitable[bool]], what: str) -> None:
    """Wait for it, or exit and say `what`."""
    try:
        async with asyncio.timeout(LONGEST_START_SECONDS):
            while not await wanted():
                await asyncio.sleep(0.2)
    except TimeoutError:
        sys.exit(what)


async def all_written(folder: Path, count: int) -> bool:
    """Whether there are files with pictures for that many cameras."""
    sizes = [path.stat().st_size for path in folder.rglob("*.mp4") if path.exists()]
    return sum(size > _READY_BYTES for size in sizes) >= count


@dataclass(frozen=True, slots=True)
class Sample:
    """One line of /metrics."""

    name: str
    labels: dict[str, str]
    value: float


@dataclass(frozen=True, slots=True)
class Recorder:
    """`vms record`, running. `settings` are those it runs with."""

    pid: int
    settings: Settings
    bus: NatsServer

    @property
    def pids(self) -> list[int]:
        return with_children([self.pid])

    @property
    def written(self) -> Path:
        """The folder of spool and store."""
        return self.settings.data_dir

    async def metrics(self) -> list[Sample]:
        return await asyncio.to_thread(_scrape, self.settings.ops.record)

    async def add(self, urls: Sequence[str]) -> list[int]:
        """Cameras to be recorded with their sound; the numbers of their streams."""
        found = []
        async with open_index(
            self.settings.index_url.reveal(), key=index_key(self.settings)
        ) as index:
            for url in urls:
                stream = NewStream(StreamRole.MAIN, url, audio=True)
                camera = await index.cameras.add(NewCamera(url[-12:], streams=(stream,)))
                found += [one.id for one in camera.streams]
        return found


@asynccontextmanager
async def recording(
    folder: Path, urls: Sequence[str], *, core: int | None = None, workers: int = 1
) -> AsyncIterator[Recorder]:
    """The recorder in `workers` processes, on `core` alone if given; returns when it has written
    pictures of every camera. Its log is in `folder`."""
    folder.mkdir(parents=True)
    async with run_nats(folder) as bus:
        environment = _environment(folder, bus) | {"VMS_RECORD__WORKERS": str(workers)}
        settings = load(environment)
        make_key(settings.key_file)
        await prepare(settings)
        command = pinned([sys.executable, "-c", _RECORD], core)
        with (folder / "record.log").open("wb") as log:
            process = subprocess.Popen(command, env=environment, stderr=log)
            try:
                recorder = Recorder(process.pid, settings, bus)
                await recorder.add(urls)
                await once(lambda: all_written(folder, len(urls)), "cameras are not recorded")
                yield recorder
            finally:
                process.terminate()
                await asyncio.to_thread(_wait, process)


def _environment(folder: Path, bus: NatsServer) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("VMS_")}
    return kept | {
        "VMS_CONFIG": os.devnull,
        "VMS_NODE": "bench",
        "VMS_DATA_DIR": str(folder),
        "VMS_BUS__URL": bus.url,
        "VMS_BUS__USER": bus.user,
        "VMS_BUS__PASSWORD": bus.password.reveal(),
        "VMS_OPS__RECORD": str(_free_port()),
    }


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _scrape(port: int) -> list[Sample]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    found = []
    for line in lines:
        if line and not line.startswith("#"):
            name, _, value = line.rpartition(" ")
            short, _, labels = name.partition("{")
            found.append(Sample(short, dict(_LABELS.findall(labels)), float(value)))
    return found


def total(samples: Sequence[Sample], name: str, **labels: str) -> float:
    """The sum of all samples of that name that carry these labels."""
    wanted = labels.items()
    return sum(
        each.value for each in samples if each.name == name and wanted <= each.labels.items()
    )


async def share_written(
    folder: Path, cameras: int, seconds: float, during: Callable[[], float]
) -> tuple[float, float]:
    """What was written in that time as a share of what the cameras sent, and how much `during`
    grew per camera and second."""
    value, written, began = during(), bytes_in(folder), time.monotonic()
    await asyncio.sleep(seconds)
    passed, grown = time.monotonic() - began, during() - value
    share = (bytes_in(folder) - written) * 8 / (passed * cameras * BIT_RATE)
    return share, grown / passed / cameras


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("count", type=int)
    asyncio.run(serve(parser.parse_args().count))
