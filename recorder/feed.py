"""The feed: live access units and unarchived fragments over TCP, to players.

The wire is `vms.core.feedwire`, the subjects are in docs/design/bus.md. `open_feed` owns the
listening socket and the connections' tasks. Nothing is sent for a stream that nobody watches.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Protocol

from recorder.broadcast import Broadcast, Watcher
from recorder.tickets import Tickets
from vms.core.beside import beside
from vms.core.bus import Bus, Payload
from vms.core.clock import Clock
from vms.core.errors import Corrupt, Denied, NotFound, VmsError
from vms.core.feedwire import FeedWriter, FrameKind, FrameReader, frame, json_frame
from vms.core.model import Segment

HELLO_SECONDS = 5.0
PIECE_BYTES = 1024 * 1024
LARGEST_READ = 256 * 1024 * 1024


class Tail(Protocol):
    """What is recorded and not archived yet (the spool)."""

    def tail(self, stream_id: int) -> list[Segment]:
        """Segments held, the open one last (whole fragments only), oldest first."""
        ...

    async def read(
        self, stream_id: int, epoch: int, sequence: int, offset: int, size: int
    ) -> bytes:
        """Raises NotFound when it is not held (any more)."""
        ...


class Elsewhere(Protocol):
    """What recorders that had a stream before us still have of it (`recorder.fleet.neighbours`)."""

    async def tail(self, stream_id: int) -> list[Payload]: ...

    async def read(
        self, stream_id: int, epoch: int, sequence: int, offset: int, size: int
    ) -> bytes:
        """Raises NotFound."""
        ...


class Feed:
    """Streams that can be watched here. `host` and `port` are where players connect. `elsewhere`
    is set once it is known; None: there is nobody else."""

    def __init__(self, host: str, tail: Tail, clock: Clock) -> None:
        self.host, self.port = host, 0
        self.elsewhere: Elsewhere | None = None
        self._tail = tail
        self._tickets = Tickets(clock)
        self._streams: dict[int, Broadcast] = {}

    @property
    def watchers(self) -> int:
        return sum(broadcast.watchers for broadcast in self._streams.values())

    @asynccontextmanager
    async def offer(self, stream_id: int, broadcast: Broadcast, bus: Bus) -> AsyncIterator[None]:
        """While inside, this stream's feed and tail are served on the bus."""
        self._streams[stream_id] = broadcast
        try:
            async with (
                bus.serve(f"feed.{stream_id}", self._answer_feed),
                bus.serve(f"tail.{stream_id}", self._answer_tail),
            ):
                yield
        finally:
            del self._streams[stream_id]

    async def _answer_feed(self, subject: str, request: Payload) -> Payload:
        ticket = self._tickets.issue(_stream_of(subject))
        return {"host": self.host, "port": self.port, "ticket": ticket}

    async def _answer_tail(self, subject: str, request: Payload) -> Payload:
        stream_id = _stream_of(subject)
        entries = [tail_entry(segment) for segment in self._tail.tail(stream_id)]
        if self.elsewhere is not None:
            entries += await self.elsewhere.tail(stream_id)
        return {"segments": sorted(entries, key=lambda entry: int(entry["start"]))}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, from its Hello to its end."""
        try:
            await self._serve(reader, writer)
        except (ConnectionError, TimeoutError):
            pass  # the player went away, which is its right
        except VmsError as error:
            with contextlib.suppress(ConnectionError):
                writer.write(json_frame(FrameKind.END, {"error": error.message}))
                await writer.drain()
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with asyncio.timeout(HELLO_SECONDS):
            hello = await _read_hello(reader)
        stream_id = self._tickets.redeem(str(hello.get("ticket")))
        if hello.get("verb") == "live":
            await self._send_live(stream_id, reader, writer)
        elif hello.get("verb") == "read":
            await self._send_piece(stream_id, hello, writer)
        else:
            raise Denied("a feed's verb is live or read")

    async def _send_live(
        self, stream_id: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        broadcast = self._streams.get(stream_id)
        if broadcast is None:
            raise NotFound("this stream is not recorded here any more", stream=stream_id)
        with broadcast.watch() as watcher:
            async with beside(_until_hung_up(reader)):
                await _send_units(watcher, writer)

    async def _send_piece(
        self, stream_id: int, hello: dict[str, Any], writer: asyncio.StreamWriter
    ) -> None:
        names = ("epoch", "sequence", "offset", "size")
        numbers = [hello.get(name) for name in names]
        epoch, sequence, offset, size = (each if type(each) is int else -1 for each in numbers)
        if min(epoch, sequence, offset, size) < 0 or size > LARGEST_READ:
            raise Corrupt("a feed's read names epoch, sequence, offset and size")
        end = offset + size
        for at in range(offset, end, PIECE_BYTES):
            wanted = (stream_id, epoch, sequence, at, min(PIECE_BYTES, end - at))
            piece = await self._read(*wanted)
            writer.write(frame(FrameKind.BYTES, piece))
            await writer.drain()
        writer.write(json_frame(FrameKind.END, {"error": ""}))
        await writer.drain()

    async def _read(
        self, stream_id: int, epoch: int, sequence: int, offset: int, size: int
    ) -> bytes:
        try:
            return await self._tail.read(stream_id, epoch, sequence, offset, size)
        except NotFound:
            if self.elsewhere is None:
                raise
            return await self.elsewhere.read(stream_id, epoch, sequence, offset, size)


@asynccontextmanager
async def open_feed(host: str, tail: Tail, clock: Clock) -> AsyncIterator[Feed]:
    """Listen on a free port of `host`; connections end with the context."""
    feed = Feed(host, tail, clock)
    connections: set[asyncio.Task[Any]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        connections.add(task)
        try:
            with contextlib.suppress(
                asyncio.CancelledError
            ):  # asked for below; asyncio would log it
                await feed.serve(reader, writer)
        finally:
            connections.discard(task)

    server = await asyncio.start_server(serve, host, 0)
    feed.port = server.sockets[0].getsockname()[1]
    try:
        yield feed
    finally:
        server.close()
        for task in list(connections):
            task.cancel()
        await asyncio.gather(*connections, return_exceptions=True)


def tail_entry(segment: Segment) -> Payload:
    """A segment as `tail.<stream>` tells it (docs/design/bus.md)."""
    return {
        "camera_id": segment.camera_id,
        "stream_id": segment.stream_id,
        "epoch": segment.epoch,
        "sequence": segment.sequence,
        "start": segment.range.start,
        "end": segment.range.end,
        "size": segment.size,
        "init_size": segment.init_size,
        "codec": segment.codec,
        "width": segment.width,
        "height": segment.height,
        "gops": [[g.start, g.duration, g.offset, g.size, g.key_size] for g in segment.gops],
    }


async def _send_units(watcher: Watcher, writer: asyncio.StreamWriter) -> None:
    frames = FeedWriter()
    while True:
        units = await watcher.take()
        writer.writelines([frames.write(unit) for unit in units])
        await writer.drain()


async def _until_hung_up(reader: asyncio.StreamReader) -> None:
    """A player says nothing after its Hello: whatever comes is its end. Raises ConnectionError."""
    await reader.read(1)
    raise ConnectionResetError("the player hung up")


async def _read_hello(reader: asyncio.StreamReader) -> dict[str, Any]:
    frames = FrameReader()
    while data := await reader.read(4096):
        for kind, payload in frames.feed(data):
            if kind is not FrameKind.HELLO:
                raise Corrupt("a feed starts with Hello")
            return _json_object(payload)
    raise ConnectionResetError("hung up before Hello")


def _json_object(payload: bytes) -> dict[str, Any]:
    try:
        value = json.loads(payload)
    except ValueError as error:
        raise Corrupt("a feed's Hello is no JSON") from error
    if not isinstance(value, dict):
        raise Corrupt("a feed's Hello is no JSON object")
    return value


def _stream_of(subject: str) -> int:
    return int(subject.rpartition(".")[2])
