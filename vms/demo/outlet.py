"""How packets leave: interleaved in the RTSP connection, or in UDP datagrams of their own.

Both are bounded and say when they are full; nothing here waits for a client.
"""

from __future__ import annotations

import asyncio
import socket
from collections import deque
from collections.abc import Callable, Sequence
from typing import Protocol

from vms.core.errors import Exhausted
from vms.demo.packets import FRAME_HEAD

TCP_BOUND_BYTES = 1024 * 1024
UDP_BOUND_PACKETS = 2000
PACE_PACKETS, PACE_SECONDS = 16, 0.001


class Outlet(Protocol):
    """`channel` is the interleaved channel of RTP; RTCP has the next one."""

    channel: int
    takes_whole: bool

    @property
    def full(self) -> bool: ...

    def send(self, frames: Sequence[memoryview | bytes]) -> None:
        """Each frame is one packet behind its interleaved head (several, if `takes_whole`)."""
        ...

    def report(self, packet: bytes) -> None: ...

    def close(self) -> None: ...


class TcpOutlet:
    """Interleaved frames. Full while the kernel and we hold more than a mebibyte for the client."""

    takes_whole = True

    def __init__(self, transport: asyncio.WriteTransport, channel: int) -> None:
        self._transport = transport
        self.channel = channel

    @property
    def full(self) -> bool:
        return self._transport.get_write_buffer_size() > TCP_BOUND_BYTES

    def send(self, frames: Sequence[memoryview | bytes]) -> None:
        self._transport.write(frames[0] if len(frames) == 1 else b"".join(frames))

    def report(self, packet: bytes) -> None:
        head = bytes((0x24, self.channel + 1)) + len(packet).to_bytes(2, "big")
        self._transport.write(head + packet)

    def close(self) -> None:
        """Nothing: the connection owns the transport."""


class UdpOutlet:
    """Datagrams from a pair of ports, paced so that a key picture does not overrun a receiver.

    Full while more than UDP_BOUND_PACKETS wait. What the kernel refuses is lost, as on a real wire.
    """

    takes_whole = False
    channel = 0

    def __init__(self, local: str, remote: str, ports: tuple[int, int]) -> None:
        self._sockets = _bind_pair(local)
        for sock, port in zip(self._sockets, ports, strict=True):
            sock.connect((remote, port))
        self._waiting: deque[memoryview | bytes] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()

    @property
    def ports(self) -> tuple[int, int]:
        first, second = (sock.getsockname()[1] for sock in self._sockets)
        return first, second

    @property
    def full(self) -> bool:
        return len(self._waiting) > UDP_BOUND_PACKETS

    def listen(self, heard: Callable[[], None]) -> None:
        """Call `heard` for each datagram that the client sends to the RTCP port."""
        self._loop.add_reader(self._sockets[1], self._receive, heard)

    def send(self, frames: Sequence[memoryview | bytes]) -> None:
        self._waiting.extend(frames)
        if self._timer is None:
            self._some()

    def report(self, packet: bytes) -> None:
        _send(self._sockets[1], packet)

    def close(self) -> None:
        if self._timer:
            self._timer.cancel()
        self._loop.remove_reader(self._sockets[1])
        for sock in self._sockets:
            sock.close()

    def _some(self) -> None:
        self._timer = None
        for _ in range(min(PACE_PACKETS, len(self._waiting))):
            _send(self._sockets[0], self._waiting.popleft()[FRAME_HEAD:])
        if self._waiting:
            self._timer = self._loop.call_later(PACE_SECONDS, self._some)

    def _receive(self, heard: Callable[[], None]) -> None:
        try:
            self._sockets[1].recv(2048)
        except OSError:  # the client's port is closed: its TEARDOWN or time-out will follow
            return
        heard()


def _send(sock: socket.socket, data: memoryview | bytes) -> None:
    try:
        sock.send(data)
    except OSError:  # full, or the client's port is closed: lost
        return


def _bind_pair(local: str) -> tuple[socket.socket, socket.socket]:
    """Two neighbouring ports, the first even (RFC 3550 section 11)."""
    for _ in range(100):
        first, second = _socket(), _socket()
        try:
            first.bind((local, 0))
            port = first.getsockname()[1]
            if port % 2 == 0:
                second.bind((local, port + 1))
                return first, second
        except OSError:
            pass
        first.close()
        second.close()
    raise Exhausted("no free pair of UDP ports", address=local)


def _socket() -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setblocking(False)
    return sock
