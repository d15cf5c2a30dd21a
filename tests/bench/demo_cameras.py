"""What a simulated camera costs: CPU milliseconds per camera and second, at 4 Mbit/s.

Looped cameras (1280×720, 25 pictures a second, 4 Mbit/s, AAC) play over TCP to one client each. The
server is this process; the clients are another, which only reads. At 5 ms one core carries 200.
"""

from __future__ import annotations

import asyncio
import os
import re
import selectors
import socket
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

from tests.bench.result import Result, write
from vms.core.clock import SystemClock
from vms.core.media.access_unit import Codec
from vms.demo.cameras import DEMO_CAMERAS, looped
from vms.demo.server import open_camera_server

NAME = "demo-cameras"
CAMERAS = int(os.environ.get("BENCH_CAMERAS", "100"))
SECONDS = 15.0
MOST_MILLISECONDS = 5.0


@dataclass(frozen=True)
class Measured:
    """`cpu` seconds of the server; `octets` that the clients got, in `seconds`."""

    cpu: float
    octets: int
    seconds: float


def play(url: str) -> socket.socket:
    """A connected client whose stream is running."""
    port = int(re.findall(r":(\d+)/", url)[0])
    sock = socket.create_connection(("127.0.0.1", port), timeout=60)
    session = ""
    for number, (method, track) in enumerate(
        [("SETUP", "/track1"), ("SETUP", "/track2"), ("PLAY", "")]
    ):
        transport = f"Transport: RTP/AVP/TCP;unicast;interleaved={2 * number}-{2 * number + 1}\r\n"
        head = f"{method} {url}{track} RTSP/1.0\r\nCSeq: {number}\r\n{transport}{session}\r\n"
        sock.sendall(head.encode())
        answer = sock.recv(4096).decode("latin1")
        session = re.findall(r"Session: \w+", answer)[0] + "\r\n"
    sock.setblocking(False)
    return sock


def read_all(urls: list[str], pipe: Connection) -> None:
    """In the other process: play all, say so, count what comes until told to stop."""
    with selectors.DefaultSelector() as selector:
        for url in urls:
            selector.register(play(url), selectors.EVENT_READ)
        selector.register(pipe, selectors.EVENT_READ)
        pipe.send(None)
        octets, buffer = 0, bytearray(1 << 20)
        while True:
            for key, _ in selector.select():
                if key.fileobj is pipe:
                    if pipe.recv() == "stop":
                        return
                    pipe.send(octets)
                else:
                    assert isinstance(key.fileobj, socket.socket)
                    octets += key.fileobj.recv_into(buffer)


async def measure(cache: Path) -> Measured:
    """All cameras share one coded loop; each has its own stream of packets."""
    one = replace(looped(DEMO_CAMERAS[1]), audio=Codec.AAC)
    cameras = [replace(one, number=n, key=f"c{n}") for n in range(CAMERAS)]
    async with open_camera_server(cameras, clock=SystemClock(), cache=cache) as server:
        print("coding the loop …", flush=True)
        urls = [server.url(camera.key) for camera in cameras]
        ours, theirs = get_context("spawn").Pipe()
        clients = get_context("spawn").Process(target=read_all, args=(urls, theirs))
        clients.start()
        try:
            await asyncio.to_thread(ours.recv)
            await asyncio.sleep(3)
            return await _between(ours)
        finally:
            ours.send("stop")
            await asyncio.to_thread(clients.join)


async def _between(clients: Connection) -> Measured:
    cpu, began = time.process_time(), time.monotonic()
    clients.send("count")
    before = await asyncio.to_thread(clients.recv)
    await asyncio.sleep(SECONDS)
    clients.send("count")
    after = await asyncio.to_thread(clients.recv)
    return Measured(time.process_time() - cpu, after - before, time.monotonic() - began)


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(measure(Path(folder)))
    cost = 1000 * found.cpu / found.seconds / CAMERAS
    mbit = found.octets * 8 / 1e6 / found.seconds / CAMERAS
    print(f"{CAMERAS} looped cameras, {mbit:.2f} Mbit/s each: {cost:.2f} ms CPU per camera-second")
    print(f"that is {1000 / cost:.0f} cameras a core; 200 need {cost * 200 / 1000:.2f} of one")
    write(Result(NAME, round(cost, 3), "ms CPU per camera-second"))
    return 0 if cost <= MOST_MILLISECONDS and mbit > 3.5 else 1


if __name__ == "__main__":
    sys.exit(main())
