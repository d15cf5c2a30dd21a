"""The TCP connection to a camera: bytes in and out, requests and the answers that belong to them.

`connect` owns the socket. Reads go through one buffer shared by all connections: what was read is
taken apart before the next read happens. Nothing here waits for a camera to take what we write:
requests are small, and one that does not read them is given up.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from time import thread_time

import numpy as np

from recorder.errors import CameraError
from recorder.rtsp.intake import Intake
from recorder.rtsp.protocol import Request, Response, Sink, Stream, Whole
from recorder.rtsp.urls import Address
from vms.core.model import Cause

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 8.0
MOST_EARLY = 8192
MOST_EARLY_BYTES = 8 * 1024 * 1024
"""Packets kept before the answer to PLAY; what comes beyond either is let go."""
_MISCOUNTED_SECONDS = 0.5
_ROOM_BYTES = 1024 * 1024
_MOST_READS = 4
_buffer = np.empty(1024 * 1024, np.uint8)
_memory = memoryview(_buffer.data)


def memory(start: int) -> memoryview:
    """The buffer of all reads, from there on."""
    return _memory[start:]


class Wire:
    """An open connection. Packets are delivered synchronously, while reading; then `on_read`."""

    def __init__(self, sock: socket.socket, intake: Intake) -> None:
        self.stream = Stream({n: partial(self._keep_early, n) for n in range(32)})
        self.on_read: Callable[[], None] | None = None
        self.failure: CameraError | None = None
        self.bytes_read = 0
        self.cpu_seconds = 0.0
        self._socket, self._intake = sock, intake
        self._early: list[tuple[int, bytes]] = []
        self._early_bytes = 0
        self._answers: dict[int, asyncio.Future[Response]] = {}
        self._cseq = 0
        self._miscounts = False
        self._doubted: asyncio.Future[Response] | None = None
        intake.add(sock, self._read_timed)

    @property
    def ends(self) -> tuple[tuple[object, ...], tuple[object, ...]]:
        """Our socket address and the camera's. Raises CameraError when it has hung up."""
        try:
            return self._socket.getsockname(), self._socket.getpeername()
        except OSError as error:
            raise CameraError(Cause.CLOSED, "the camera closed the connection") from error

    def send(self, request: Request) -> int:
        """Write a request without waiting; its CSeq."""
        self._cseq += 1
        self.write(request.encode(self._cseq))
        return self._cseq

    def write(self, data: bytes) -> None:
        if self.failure is not None:
            return
        try:
            taken = self._socket.send(data)
        except OSError:
            taken = 0
        if taken != len(data):
            self.fail(CameraError(Cause.CLOSED, "the camera does not take what we send"))

    async def ask(self, request: Request, seconds: float = ANSWER_SECONDS) -> Response:
        """Raises CameraError: UNREACHABLE when no answer comes in time, or what ended the wire."""
        cseq = self.send(request)
        if self.failure is not None:
            raise self.failure
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

    def deliver(self, sinks: Mapping[int, Sink], whole: Whole | None) -> None:
        """From now on, and for those that came early, packets go where `sinks` says by channel;
        `whole` may take pictures before them."""
        early, self._early = self._early, []
        self.stream.sinks, self.stream.whole = sinks, whole
        for channel, packet in early:
            if channel in sinks:
                sinks[channel](packet, 0, len(packet))

    def fail(self, error: CameraError) -> None:
        """The connection is of no more use; the first reason stands."""
        if self.failure is None:
            self.failure = error
            self._intake.remove(self._socket)
        for answer in self._answers.values():
            if not answer.done():
                answer.set_exception(self.failure)
        if self.on_read is not None:
            self.on_read()

    def pause(self, paused: bool) -> None:
        """Stop or go on reading: the camera feels it through TCP."""
        if paused or self.failure is not None:
            self._intake.remove(self._socket)
        else:
            self._intake.add(self._socket, self._read_timed)

    def calm(self, calm: bool) -> None:
        """Read more at a time and later, or promptly again; see `Intake`."""
        if self._intake.calm(self._socket, calm) and calm:
            with contextlib.suppress(OSError):  # it has hung up: the next read says so
                _widen(self._socket)

    def close(self) -> None:
        self._intake.remove(self._socket)
        self._socket.close()

    def _read_timed(self) -> None:
        begun = thread_time()
        self._read()
        self.cpu_seconds += thread_time() - begun

    def _read(self) -> None:
        for _ in range(_MOST_READS):
            if self._read_once() or self.failure is not None:
                return

    def _read_once(self) -> bool:
        """Whether that was all."""
        lead = self._recall()
        try:
            size = self._socket.recv_into(_memory[lead:])
        except (BlockingIOError, InterruptedError):
            return True
        except OSError:
            self.fail(CameraError(Cause.CLOSED, "the connection to the camera broke"))
            return True
        if size:
            self._take(lead, size)
        else:
            self.fail(CameraError(Cause.CLOSED, "the camera closed the connection"))
        return lead + size < len(_buffer)

    def _recall(self) -> int:
        """What was left of the last read stands in front of the next one; how long it is."""
        rest = self.stream.rest
        _memory[: len(rest)] = rest
        return len(rest)

    def _take(self, lead: int, size: int) -> None:
        """So much was read into the buffer behind what was left."""
        self.bytes_read += size
        whole = False
        try:
            for message in self.stream.receive_in(_buffer, lead + size):
                self._note(message)
            if self.on_read is not None:
                self.on_read()
            whole = True
        except CameraError as error:
            self.fail(error)
        finally:
            if not whole:  # a fault of ours must not leave a camera half read
                self.fail(CameraError(Cause.PROTOCOL, "what the camera sends cannot be read"))

    def _note(self, message: Response | Request) -> None:
        if isinstance(message, Request):
            echo = message.headers.get("CSeq", "0")[:10]
            self.write(f"RTSP/1.0 200 OK\r\nCSeq: {echo}\r\n\r\n".encode())
            return
        cseq = message.cseq
        if cseq is None and len(self._answers) == 1:
            cseq = next(iter(self._answers))
        answer = self._answers.get(-1 if cseq is None else cseq)
        if answer is not None:
            _settle(answer, message)
        elif len(self._answers) == 1:
            self._note_miscounted(next(iter(self._answers.values())), message)

    def _note_miscounted(self, answer: asyncio.Future[Response], message: Response) -> None:
        """Some cameras answer with a CSeq of their own. It may as well be a late answer to what is
        not waited for: so the one that is asked for has a moment to come."""
        if self._doubted is answer:
            return
        self._doubted = answer
        wait = 0.0 if self._miscounts else _MISCOUNTED_SECONDS

        def take() -> None:
            if not answer.done():
                self._miscounts = True
                answer.set_result(message)

        asyncio.get_running_loop().call_later(wait, take)

    def _keep_early(self, channel: int, data: bytes, start: int, end: int) -> None:
        """Packets may overtake the answer to PLAY."""
        if len(self._early) < MOST_EARLY and self._early_bytes < MOST_EARLY_BYTES:
            self._early.append((channel, data[start:end]))
            self._early_bytes += end - start


def _settle(answer: asyncio.Future[Response], message: Response) -> None:
    if not answer.done():
        answer.set_result(message)


async def plain_wire(sock: socket.socket, intake: Intake) -> Wire:
    return Wire(sock, intake)


MakeWire = Callable[[socket.socket, Intake], Awaitable[Wire]]


def _widen(sock: socket.socket) -> None:
    """Let the kernel take what a camera sends in a tenth of a second and more: asked to wait for so
    much, it makes room (and goes on adapting it, unlike with SO_RCVBUF, whose limit is low)."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, _ROOM_BYTES)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, 1)


@asynccontextmanager
async def connect(
    address: Address, intake: Intake, make: MakeWire = plain_wire
) -> AsyncIterator[Wire]:
    """A TCP connection to a camera; `make` puts a Wire (or one over TLS) on its socket, which is
    the wire's to close from then on. Raises CameraError (UNREACHABLE, or what `make` raises)."""
    place = {"host": address.host, "port": address.port}
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            sock = await _dial(address)
    except TimeoutError as error:
        words = "the camera does not answer: is it switched on, is the address right?"
        raise CameraError(Cause.UNREACHABLE, words, **place) from error
    except ConnectionRefusedError as error:
        words = "nothing answers on that port: is RTSP switched on in the camera?"
        raise CameraError(Cause.UNREACHABLE, words, **place) from error
    except OSError as error:
        reason = error.strerror or type(error).__name__
        words = "the camera cannot be reached"
        raise CameraError(Cause.UNREACHABLE, words, reason=reason, **place) from error
    wire = await make(sock, intake)
    try:
        yield wire
    finally:
        wire.close()


async def _dial(address: Address) -> socket.socket:
    """A connected socket to the first of the host's addresses that takes one. Raises OSError."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    refusal: OSError = OSError("no address")
    for family, kind, protocol, _, where in found:
        sock = socket.socket(family, kind, protocol)
        connected = False
        try:
            sock.setblocking(False)
            await loop.sock_connect(sock, where)
            connected = True
            return sock
        except OSError as error:
            refusal = error
        finally:
            if not connected:
                sock.close()
    raise refusal
