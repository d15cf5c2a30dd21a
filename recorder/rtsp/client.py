"""The asyncio connection to a camera: bytes in and out, time-outs, keep-alive, the stall watch.

`open_session` owns the socket and one tending task; leaving it says TEARDOWN and closes. Reads go
through one buffer shared by all connections: a read is taken apart before the next one happens.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Callable, Generator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import TypeVar

from recorder.errors import CameraError
from recorder.rtsp.auth import Credentials
from recorder.rtsp.dialog import Channel, Dialog
from recorder.rtsp.protocol import Request, Response, Sink, Stream
from recorder.rtsp.urls import Address, read_address
from vms.core.model import Cause
from vms.core.secret import Secret

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 8.0
MOST_EARLY = 8192
_READ_BYTES = 256 * 1024
_TEARDOWN_SECONDS = 1.0
_buffer = memoryview(bytearray(_READ_BYTES))

_T = TypeVar("_T")


class Wire(asyncio.BufferedProtocol):
    """The socket as the event loop sees it. Packets are delivered synchronously, while reading."""

    def __init__(self) -> None:
        self.stream = Stream({n: partial(self._keep_early, n) for n in range(32)})
        self.on_read: Callable[[], None] | None = None
        self.failure: CameraError | None = None
        self.bytes_read = 0
        self._early: list[tuple[int, bytes]] = []
        self._answers: dict[int, asyncio.Future[Response]] = {}
        self._transport: asyncio.Transport | None = None
        self._cseq = 0
        self._closed = asyncio.Event()

    # What the event loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def get_buffer(self, sizehint: int) -> memoryview:
        return _buffer

    def buffer_updated(self, nbytes: int) -> None:
        self.bytes_read += nbytes
        try:
            for message in self.stream.receive(bytes(_buffer[:nbytes])):
                self._note(message)
        except CameraError as error:
            self.fail(error)
        if self.on_read is not None:
            self.on_read()

    def connection_lost(self, error: Exception | None) -> None:
        self._closed.set()
        words = "the camera closed the connection" if error is None else "the connection broke"
        self.fail(CameraError(Cause.CLOSED, words))

    # What the session calls.

    def send(self, request: Request) -> int:
        """Write a request without waiting; its CSeq."""
        self._cseq += 1
        self.write(request.encode(self._cseq))
        return self._cseq

    def deliver(self, sinks: Mapping[int, Sink]) -> None:
        """From now on, and for those that came early, packets go where `sinks` says by channel."""
        early, self._early = self._early, []
        self.stream.sinks = sinks
        for channel, packet in early:
            if channel in sinks:
                sinks[channel](packet, 0, len(packet))

    def write(self, data: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    async def ask(self, request: Request, seconds: float = ANSWER_SECONDS) -> Response:
        """Raises CameraError: UNREACHABLE when no answer comes in time, or what ended the wire."""
        if self.failure is not None:
            raise self.failure
        cseq = self.send(request)
        answer = self._answers[cseq] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(seconds):
                await answer
        except TimeoutError as error:
            words = f"the camera does not answer {request.method}"
            raise CameraError(Cause.UNREACHABLE, words, waited_seconds=seconds) from error
        finally:
            self._answers.pop(cseq, None)
        response: Response = answer.result()
        return response

    def fail(self, error: CameraError) -> None:
        """The connection is of no more use; the first reason stands."""
        self.failure = self.failure or error
        for answer in self._answers.values():
            if not answer.done():
                answer.set_exception(self.failure)
        if self.on_read is not None:
            self.on_read()

    def pause(self, paused: bool) -> None:
        """Stop or go on reading: the camera feels it through TCP."""
        if self._transport is None or self._transport.is_closing():
            return
        if paused and self._transport.is_reading():
            self._transport.pause_reading()
        elif not paused and not self._transport.is_reading():
            self._transport.resume_reading()

    async def close(self) -> None:
        if self._transport is None:
            return
        self._transport.close()
        try:
            async with asyncio.timeout(_TEARDOWN_SECONDS):
                await self._closed.wait()
        except TimeoutError:
            self._transport.abort()

    def _keep_early(self, channel: int, data: bytes, start: int, end: int) -> None:
        """Packets may overtake the answer to PLAY; beyond MOST_EARLY they are let go."""
        if len(self._early) < MOST_EARLY:
            self._early.append((channel, data[start:end]))

    def _note(self, message: Response | Request) -> None:
        if isinstance(message, Request):
            echo = message.headers.get("CSeq", "0")[:10]
            self.write(f"RTSP/1.0 200 OK\r\nCSeq: {echo}\r\n\r\n".encode())
            return
        cseq = message.cseq
        if cseq is None and len(self._answers) == 1:
            cseq = next(iter(self._answers))
        answer = self._answers.get(-1 if cseq is None else cseq)
        if answer is not None and not answer.done():
            answer.set_result(message)


class Session:
    """An opened session: media flow. `channels` says on which channel which track comes."""

    def __init__(self, wire: Wire, dialog: Dialog, channels: list[Channel]) -> None:
        self.wire = wire
        self.channels = channels
        self.own_ssrc = secrets.randbits(32)
        self._dialog = dialog

    @property
    def keep_alive_seconds(self) -> float:
        return self._dialog.timeout_seconds / 2

    @property
    def ignored(self) -> list[str]:
        """What the camera offers and we do without, in words."""
        return self._dialog.ignored

    def keep_alive(self) -> None:
        """Its answer is not waited for: some cameras never send one."""
        self.wire.send(self._dialog.keep_alive())

    def report(self, channel: int, packet: bytes) -> None:
        """Send an RTCP packet on a channel (RFC 2326 section 10.12)."""
        self.wire.write(bytes((0x24, channel)) + len(packet).to_bytes(2, "big") + packet)

    async def tear_down(self) -> None:
        if self.wire.failure is None:
            with contextlib.suppress(CameraError):
                await self.wire.ask(self._dialog.tear_down(), _TEARDOWN_SECONDS)


@asynccontextmanager
async def connect(address: Address) -> AsyncIterator[Wire]:
    """A TCP connection to a camera. Raises CameraError (UNREACHABLE)."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            _, wire = await loop.create_connection(Wire, address.host, address.port)
    except TimeoutError as error:
        words = "the camera does not answer: is it switched on, is the address right?"
        raise CameraError(Cause.UNREACHABLE, words, host=address.host, port=address.port) from error
    except OSError as error:
        raise _unreachable(error, address) from error
    try:
        yield wire
    finally:
        await wire.close()


async def talk(wire: Wire, talking: Generator[Request, Response, _T]) -> _T:
    """Carry a dialog out on a wire."""
    try:
        request = next(talking)
        while True:
            request = talking.send(await wire.ask(request))
    except StopIteration as end:
        result: _T = end.value
        return result


@asynccontextmanager
async def open_session(
    url: str, username: str, password: Secret, *, audio: bool
) -> AsyncIterator[Session]:
    """Connect and talk until media flow; TEARDOWN at the end. Raises CameraError.

    Packets wait in the wire until `session.wire.deliver` says where they go.
    """
    address = read_address(url)
    async with connect(address) as wire:
        dialog = Dialog(address, Credentials(username, password))
        channels = await talk(wire, dialog.open(audio=audio))
        session = Session(wire, dialog, channels)
        try:
            yield session
        finally:
            await session.tear_down()


def _unreachable(error: OSError, address: Address) -> CameraError:
    place = {"host": address.host, "port": address.port}
    if isinstance(error, ConnectionRefusedError):
        words = "nothing answers on that port: is RTSP switched on in the camera?"
        return CameraError(Cause.UNREACHABLE, words, **place)
    reason = error.strerror or type(error).__name__
    return CameraError(Cause.UNREACHABLE, "the camera cannot be reached", reason=reason, **place)
