"""CPU per RTP packet of a live stream with many viewers: our egress against stock aiortc.

Both serve the same encoded 4 Mbit/s pictures, 25 a second, to the same number of aiortc receivers
in another process; stock aiortc passes them through (a track that yields `av.Packet`), which is its
cheapest way. Counted is the CPU time of the serving process while it sends, less what it uses while
connected and idle, divided by the RTP packets it sent. The two take turns, so that a busy machine
hurts both alike.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from fractions import Fraction
from statistics import median
from typing import Any

import av
import numpy as np
from aioice.ice import StunProtocol
from aiortc import (
    MediaStreamTrack,
    RTCConfiguration,
    RTCPeerConnection,
    RTCRtpSender,
    RTCSessionDescription,
)
from av.stream import Stream

from player.hub import Channel
from player.live import Live
from player.pacer import Pacer
from player.webrtc.ice import announce
from player.webrtc.peer import open_peer
from tests.bench.result import Result, write
from vms.core.clock import SystemClock
from vms.core.media.access_unit import VIDEO, AccessUnit, Codec
from vms.core.media.codec import is_random_access, video_format
from vms.core.media.nal import join_annex_b, join_length_prefixed, split_annex_b

VIEWERS = 16
ROUNDS = 3
IDLE_SECONDS = 2.0
SENDING_SECONDS = 6.0
FPS = 25
BIT_RATE = 4_000_000
NAME = "live-cpu-ratio"

Send = Callable[[int], None]
"""Sends picture number n to everyone."""


@dataclass(frozen=True, slots=True)
class Measured:
    micros_per_packet: float
    packets: int
    idle_percent: float


def encode() -> list[list[bytes]]:
    """Four seconds of noisy 720p pictures as NAL units, a key picture every two seconds."""
    context = av.CodecContext.create("libx264", "w")
    assert isinstance(context, av.VideoCodecContext)
    context.width, context.height, context.pix_fmt = 1280, 720, "yuv420p"
    context.time_base, context.framerate = Fraction(1, FPS), Fraction(FPS)
    context.bit_rate, context.gop_size = BIT_RATE, 2 * FPS
    context.options = {
        "preset": "ultrafast",
        "x264-params": f"keyint={2 * FPS}:scenecut=0:bframes=0:vbv-maxrate=4000:vbv-bufsize=8000",
    }
    noise = np.random.default_rng(7).integers(0, 40, (1080, 1280), np.uint8)
    packets = []
    for number in range(4 * FPS):
        frame = av.VideoFrame.from_ndarray(100 + np.roll(noise, 5 * number, 0), format="yuv420p")
        frame.pts = number
        packets += context.encode(frame)
    return [split_annex_b(bytes(packet)) for packet in [*packets, *context.encode(None)]]


# the serving process


@asynccontextmanager
async def ours(offers: list[str]) -> AsyncIterator[tuple[list[str], Send, Callable[[], int]]]:
    clock, pictures = SystemClock(), encode()
    used = video_format(Codec.H264, (nal for nal in pictures[0] if nal[0] & 31 in (7, 8)))
    units = [(is_random_access(Codec.H264, nals), join_length_prefixed(nals)) for nals in pictures]
    channel = Channel(1)
    async with AsyncExitStack() as stack:
        peers = [
            await stack.enter_async_context(open_peer(offer, ["127.0.0.1"], clock))
            for offer in offers
        ]
        for peer in peers:
            show = Live(
                peer, Pacer(0), clock, on_flow=lambda piece: None, on_trouble=lambda *why: None
            )
            channel.attach(show)
            running = asyncio.ensure_future(show.run())
            stack.callback(running.cancel)

        def send(number: int) -> None:
            key, data = units[number % len(units)]
            pts = number * 90_000 // FPS
            channel.receive(AccessUnit(VIDEO, pts, clock.wall(), key, data, used))

        yield [peer.answer for peer in peers], send, lambda: sum(p._egress.packets for p in peers)


class PassedThrough(MediaStreamTrack):
    """Encoded pictures for a stock sender."""

    kind = "video"

    def __init__(self) -> None:
        super().__init__()
        self.queue: asyncio.Queue[av.Packet[Stream]] = asyncio.Queue(64)

    async def recv(self) -> av.Packet[Stream]:
        return await self.queue.get()


@asynccontextmanager
async def stock(offers: list[str]) -> AsyncIterator[tuple[list[str], Send, Callable[[], int]]]:
    pictures = [join_annex_b(nals) for nals in encode()]
    connections: list[RTCPeerConnection] = []
    tracks: list[PassedThrough] = []
    answers = []
    for offer in offers:
        connection, track = RTCPeerConnection(RTCConfiguration(iceServers=[])), PassedThrough()
        transceiver = connection.addTransceiver(track, direction="sendonly")
        codecs = RTCRtpSender.getCapabilities("video").codecs
        transceiver.setCodecPreferences([c for c in codecs if c.mimeType == "video/H264"])
        await connection.setRemoteDescription(RTCSessionDescription(sdp=offer, type="offer"))
        announce(transceiver.sender.transport.transport, ["127.0.0.1"])
        await connection.setLocalDescription(await connection.createAnswer())
        answers.append(connection.localDescription.sdp)
        connections.append(connection)
        tracks.append(track)

    def send(number: int) -> None:
        packet = av.Packet(pictures[number % len(pictures)])
        packet.pts, packet.time_base = number, Fraction(1, FPS)
        for track in tracks:
            if not track.queue.full():
                track.queue.put_nowait(packet)

    def packets() -> int:
        senders = [connection.getSenders()[0] for connection in connections]
        return sum(sender._RTCRtpSender__packet_count for sender in senders)  # type: ignore[attr-defined]

    try:
        yield answers, send, packets
    finally:
        for connection in connections:
            await connection.close()


async def serve(kind: str) -> None:
    """Offers come in as one JSON line; answers and then the measurement go out as one each."""
    loop = asyncio.get_running_loop()
    offers = json.loads(await loop.run_in_executor(None, sys.stdin.readline))
    async with {"ours": ours, "stock": stock}[kind](offers) as (answers, send, packets):
        print(json.dumps(answers), flush=True)
        await loop.run_in_executor(None, sys.stdin.readline)  # everyone is connected
        began = time.process_time()
        await asyncio.sleep(IDLE_SECONDS)
        idle = (time.process_time() - began) / IDLE_SECONDS
        before, began, start = packets(), time.process_time(), time.monotonic()
        for number in range(round(SENDING_SECONDS * FPS)):
            send(number)
            await asyncio.sleep(max(0.0, start + (number + 1) / FPS - time.monotonic()))
        used, seconds = time.process_time() - began, time.monotonic() - start
        sent = packets() - before
        micros = (used - idle * seconds) * 1e6 / sent
        print(json.dumps([micros, sent, idle * 100]), flush=True)
        await loop.run_in_executor(None, sys.stdin.readline)


# the receiving process, which is not counted


class Arrivals:
    """RTP is read and counted, not decrypted: sixteen decoders would take the machine."""

    def __init__(self) -> None:
        self.packets = 0
        received = StunProtocol.datagram_received

        def count(protocol: StunProtocol, data: bytes | str, addr: tuple[Any, ...]) -> None:
            if isinstance(data, bytes) and 127 < data[0] < 192:
                self.packets += 1
            else:
                received(protocol, data, addr)

        # aioice makes its protocols itself: there is no other way in
        StunProtocol.datagram_received = count  # type: ignore[assignment, method-assign]


async def receivers() -> list[RTCPeerConnection]:
    connections = []
    for _ in range(VIEWERS):
        connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        transceiver = connection.addTransceiver("video", direction="recvonly")
        announce(transceiver.receiver.transport.transport, ["127.0.0.1"])
        await connection.setLocalDescription(await connection.createOffer())
        connections.append(connection)
    return connections


async def connected(connections: list[RTCPeerConnection]) -> None:
    async with asyncio.timeout(30):
        while any(connection.connectionState != "connected" for connection in connections):
            await asyncio.sleep(0.05)


async def measure(kind: str, arrivals: Arrivals) -> Measured:
    connections = await receivers()
    arrivals.packets = 0
    server = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.bench.live_cpu_ratio", "--serve", kind),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=4 * 1024 * 1024,
    )
    try:
        measured = await _converse(server, connections)
    finally:
        for connection in connections:
            await connection.close()
        if server.returncode is None:
            server.terminate()
        await server.wait()
    if arrivals.packets < 0.97 * measured.packets:
        raise SystemExit(f"{kind}: {measured.packets} sent, only {arrivals.packets} arrived")
    return measured


async def _converse(
    server: asyncio.subprocess.Process, connections: list[RTCPeerConnection]
) -> Measured:
    assert server.stdin is not None
    assert server.stdout is not None
    read: Callable[[], Awaitable[bytes]] = server.stdout.readline
    offers = [connection.localDescription.sdp for connection in connections]
    server.stdin.write(json.dumps(offers).encode() + b"\n")
    for connection, answer in zip(connections, json.loads(await read()), strict=True):
        await connection.setRemoteDescription(RTCSessionDescription(sdp=answer, type="answer"))
    await connected(connections)
    server.stdin.write(b"\n")
    measured = Measured(*json.loads(await read()))
    server.stdin.write(b"\n")
    return measured


async def compare() -> None:
    print(f"{VIEWERS} viewers of one {BIT_RATE / 1e6:.0f} Mbit/s stream, {ROUNDS} rounds by turns")
    arrivals, found = Arrivals(), {"ours": [], "stock": []}  # type: ignore[var-annotated]
    for _ in range(ROUNDS):
        for kind, results in found.items():
            one = await measure(kind, arrivals)
            results.append(one.micros_per_packet)
            print(
                f"  {kind:5}  {one.micros_per_packet:6.2f} µs per packet"
                f"  ({one.packets} packets, idle {one.idle_percent:.1f} % of a core)",
                flush=True,
            )
    own, theirs = median(found["ours"]), median(found["stock"])
    ratio = own / theirs
    baseline = f"stock aiortc passing packets through: {theirs:.2f} µs per packet"
    print(f"ours {own:.2f} µs, stock aiortc {theirs:.2f} µs per packet: ratio {ratio:.3f}")
    print(write(Result(NAME, round(ratio, 4), "ratio", baseline, round(ratio, 4))))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--serve", choices=["ours", "stock"])
    kind = parser.parse_args().serve
    asyncio.run(serve(kind) if kind else compare())


if __name__ == "__main__":
    main()
