"""A proxy before an S3 server that does to its requests what networks and servers do.

One request a connection: each is looked at anew, so a fault begins and ends between two of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import Enum

from vms.core.beside import beside

_BLOCK = 64 << 10
_HEAD_BYTES = 64 << 10


class Fault(Enum):
    """What befalls a request. The first four befall every one, the others those of one kind."""

    NONE = "none"
    SILENT = "silent"  # no answer comes
    ERROR = "error"  # 500 InternalError
    BUSY = "busy"  # 503 SlowDown
    SLOW = "slow"  # every block waits
    FULL = "full"  # PUT: 507
    SWALLOWED = "swallowed"  # PUT: 200, and nothing is stored
    BROKEN_PUT = "broken-put"  # PUT: the connection goes in the middle of the body
    CUT_ANSWER = "cut-answer"  # GET: the connection goes in the middle of the body


_ANSWERS = {
    Fault.ERROR: (500, "InternalError"),
    Fault.BUSY: (503, "SlowDown"),
    Fault.FULL: (507, "InsufficientStorage"),
    Fault.SWALLOWED: (200, ""),
}
_OF_PUT = (Fault.FULL, Fault.SWALLOWED, Fault.BROKEN_PUT)


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    head: bytes
    length: int


@dataclass
class FaultyProxy:
    """`fault` may be set at any time. `seen`: methods, in the order they came. With a fault of PUT,
    only those to keys of segments are touched: a marker always gets through."""

    target: tuple[str, int]
    port: int = 0
    fault: Fault = Fault.NONE
    seen: list[str] = field(default_factory=list)
    _open: set[asyncio.StreamWriter] = field(default_factory=set)

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def mend(self) -> None:
        """End the fault; who waits for an answer loses its connection."""
        self.fault = Fault.NONE
        for writer in self._open:
            writer.transport.abort()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            await self._one(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass  # one side went: so does the other
        finally:
            self._open.discard(writer)
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = _request(await reader.readuntil(b"\r\n\r\n"))
        self.seen.append(request.method)
        fault = self.fault
        if fault in _OF_PUT and not _puts_segment(request):
            fault = Fault.NONE
        if fault is Fault.SILENT:
            await reader.read()
        elif fault in _ANSWERS:
            await _body(reader, request.length)
            writer.write(_answer(*_ANSWERS[fault]))
            await writer.drain()
        else:
            await self._relay(request, fault, reader, writer)

    async def _relay(
        self,
        request: Request,
        fault: Fault,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        theirs, ours = await asyncio.open_connection(*self.target)
        try:
            ours.write(request.head.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
            length = request.length // 2 if fault is Fault.BROKEN_PUT else request.length
            await _pass(reader, ours, fault, length)
            if fault is Fault.BROKEN_PUT:
                writer.transport.abort()
                return
            head = await theirs.readuntil(b"\r\n\r\n")
            writer.write(head)
            cut = fault is Fault.CUT_ANSWER and request.method == "GET"
            await _pass(theirs, writer, fault, _length(head) // 2 if cut else None)
        finally:
            ours.close()


@asynccontextmanager
async def faulty_proxy(host: str, port: int) -> AsyncIterator[FaultyProxy]:
    """In front of `host`:`port`, on a free port of its own."""
    proxy = FaultyProxy((host, port))
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0, limit=_HEAD_BYTES)
    proxy.port = server.sockets[0].getsockname()[1]
    async with beside(server.serve_forever()):
        try:
            yield proxy
        finally:
            proxy.mend()
            server.close()


async def _pass(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, fault: Fault, length: int | None
) -> None:
    """`length` bytes, or all there are."""
    left = length
    while left is None or left > 0:
        block = await reader.read(_BLOCK if left is None else min(_BLOCK, left))
        if not block:
            return
        if fault is Fault.SLOW:
            await asyncio.sleep(0.05)
        writer.write(block)
        await writer.drain()
        left = None if left is None else left - len(block)


async def _body(reader: asyncio.StreamReader, length: int) -> None:
    while length > 0 and (block := await reader.read(min(_BLOCK, length))):
        length -= len(block)


def _request(head: bytes) -> Request:
    return Request(head.split(b" ", 1)[0].decode(), head, _length(head))


def _puts_segment(request: Request) -> bool:
    return request.method == "PUT" and b".mp4" in request.head.split(b"\r\n", 1)[0]


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.split(b":")[1])
    return 0


def _answer(status: int, code: str) -> bytes:
    body = f"<Error><Code>{code}</Code><Message>as told</Message></Error>" if code else ""
    lines = (
        f"HTTP/1.1 {status} Told",
        f"Content-Length: {len(body)}",
        "Content-Type: application/xml",
        "Connection: close",
    )
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()
