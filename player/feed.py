"""The player's end of a feed: live access units and unarchived bytes from a recorder, over TCP.

What belongs here: one connection. What does not: who watches (`hub`), retrying. Tasks: none.
"""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager

from vms.core.bus import Bus
from vms.core.errors import Corrupt, NotFound, Unavailable
from vms.core.feedwire import FrameKind, FrameReader, UnitReader, json_frame
from vms.core.media.access_unit import AccessUnit

_READ_BYTES = 256 * 1024
_CONNECT_SECONDS = 3.0
_KEEPALIVE = ((socket.TCP_KEEPIDLE, 5), (socket.TCP_KEEPINTVL, 2), (socket.TCP_KEEPCNT, 3))
"""A recorder's machine that vanished is noticed after 11 s, though a silent camera may last."""


@asynccontextmanager
async def open_live(bus: Bus, stream_id: int) -> AsyncIterator[AsyncIterator[AccessUnit]]:
    """The stream's units, from its current group of pictures on.

    Raises Unavailable when nobody records it or the connection ends.
    """
    async with (
        _connection(bus, stream_id, {"verb": "live"}) as reader,
        aclosing(_units(reader)) as units,
    ):
        yield units


async def read_bytes(
    bus: Bus, stream_id: int, *, epoch: int, sequence: int, offset: int, size: int
) -> bytes:
    """A piece of a segment that its recorder still holds.

    Raises NotFound when it holds it no longer, Unavailable when it cannot be reached.
    """
    wanted = {"epoch": epoch, "sequence": sequence, "offset": offset, "size": size}
    async with _connection(bus, stream_id, {"verb": "read", **wanted}) as reader:
        pieces = bytearray()
        async with aclosing(_frames(reader)) as frames:
            async for kind, payload in frames:
                if kind is FrameKind.END:
                    break
                if kind is not FrameKind.BYTES:
                    raise Corrupt("feed frame out of place", kind=kind.name)
                pieces += payload
    if len(pieces) != size:
        raise NotFound("the recorder no longer holds these bytes", **wanted)
    return bytes(pieces)


async def _units(reader: asyncio.StreamReader) -> AsyncGenerator[AccessUnit, None]:
    wire = UnitReader()
    async for kind, payload in _frames(reader):
        if kind is FrameKind.END:
            raise Unavailable("the recorder ended the feed", reason=_reason(payload))
        unit = wire.read(kind, payload)
        if unit is not None:
            yield unit


async def _frames(
    reader: asyncio.StreamReader,
) -> AsyncGenerator[tuple[FrameKind, bytes], None]:
    frames = FrameReader()
    while True:
        try:
            data = await reader.read(_READ_BYTES)
        except OSError as error:
            raise Unavailable("the feed broke off") from error
        if not data:
            raise Unavailable("the feed was closed")
        for one in frames.feed(data):
            yield one


@asynccontextmanager
async def _connection(
    bus: Bus, stream_id: int, hello: dict[str, object]
) -> AsyncIterator[asyncio.StreamReader]:
    place = await bus.request(f"feed.{stream_id}", {}, timeout_seconds=_CONNECT_SECONDS)
    try:
        async with asyncio.timeout(_CONNECT_SECONDS):
            reader, writer = await asyncio.open_connection(
                place["host"], place["port"], limit=4 * _READ_BYTES
            )
    except (OSError, TimeoutError) as error:
        raise Unavailable("the recorder's feed does not answer", stream=stream_id) from error
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in _KEEPALIVE:
        sock.setsockopt(socket.IPPROTO_TCP, option, value)
    try:
        writer.write(json_frame(FrameKind.HELLO, {"ticket": place["ticket"], **hello}))
        yield reader
    finally:
        writer.transport.abort()


def _reason(payload: bytes) -> str:
    try:
        return str(json.loads(payload)["error"])
    except (ValueError, KeyError, TypeError):
        return ""
