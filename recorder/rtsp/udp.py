"""The UDP side of a session: a pair of ports a track, datagrams in, reports out.

Whoever opens it closes it; it has no task, the intake calls it. Datagrams are taken from the
camera's own address only, whatever its answers say (RFC 2326 `source` could name anybody); after
the first one, only from that port. What arrives faster than it is read is lost in the kernel and
seen as holes in the sequence numbers: see docs/design/transports.md for the size of its buffer.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from recorder.errors import CameraError
from recorder.rtp.reorder import Reorder
from recorder.rtsp.dialog import Channel
from recorder.rtsp.intake import Intake
from recorder.rtsp.protocol import Sink
from vms.core.model import Cause

RECEIVE_BUFFER_BYTES = 2 * 1024 * 1024
MOST_AT_ONCE = 512
"""Datagrams read from one socket before the others have their turn."""
_ANOTHER_PAIR = 100
_FORCE = getattr(socket, "SO_RCVBUFFORCE", 33)
_SENDER_TYPES = range(200, 208)
_PUNCH_RTP = bytes((0x80, 0x60)) + bytes(10)
_buffer = memoryview(bytearray(65536))

Place = tuple[object, ...]
"""A socket address: host and port, for IPv6 flow and scope too."""


class Lane:
    """One socket. `take` is called with each datagram of the camera, `on_read` after a turn."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.take: Callable[[bytes], None] = _forget
        self.on_read: Callable[[], None] = _nothing
        self.bytes_read = 0
        self.strangers = 0
        self._peer: Place = ()
        self._connected = False

    @property
    def port(self) -> int:
        port: int = self.sock.getsockname()[1]
        return port

    def expect(self, peer: Place) -> None:
        """Datagrams come from this host; its port is where ours go until the first one came
        (0: not known, they go nowhere)."""
        self._peer = peer

    def send(self, packet: bytes) -> None:
        """Without waiting; what the network refuses is lost, as on the wire."""
        try:
            if self._connected:
                self.sock.send(packet)
            elif self._peer[1]:
                self.sock.sendto(packet, self._peer)
        except OSError:
            return

    def read(self) -> None:
        """Take all that is there, in one turn of the intake."""
        for _ in range(MOST_AT_ONCE):
            try:
                size = self._receive()
            except BlockingIOError:
                break
            except OSError:  # the camera's port was closed: an answer to something we sent
                continue
            if size:
                self.bytes_read += size
                self.take(bytes(_buffer[:size]))
        self.on_read()

    def _receive(self) -> int:
        if self._connected:
            return self.sock.recv_into(_buffer)
        size, origin = self.sock.recvfrom_into(_buffer)
        if origin[0] != self._peer[0]:
            self.strangers += 1
            return 0
        self.sock.connect(origin)
        self._connected = True
        return size


class Datagrams:
    """All tracks' lanes. Channels number them as over TCP: RTP even, RTCP odd."""

    def __init__(self, lanes: Sequence[Lane], intake: Intake) -> None:
        self.heard = asyncio.Event()
        self._lanes, self._intake = lanes, intake
        self._orders: dict[int, Reorder] = {}
        self._time = asyncio.get_running_loop().time

    @property
    def ports(self) -> tuple[tuple[int, int], ...]:
        lanes = self._lanes
        return tuple(
            (rtp.port, rtcp.port) for rtp, rtcp in zip(lanes[::2], lanes[1::2], strict=True)
        )

    @property
    def bytes_read(self) -> int:
        return sum(lane.bytes_read for lane in self._lanes)

    @property
    def strangers(self) -> int:
        """Datagrams that came from somebody else and were not taken."""
        return sum(lane.strangers for lane in self._lanes)

    def expect(self, camera: Place, channels: Sequence[Channel]) -> None:
        """The camera's address (its port does not matter) and what it said of its ports; opens
        the way through routers and packet filters between us. Before PLAY."""
        for channel in channels:
            for number, port in zip((channel.rtp, channel.rtcp), channel.server, strict=True):
                self._lanes[number].expect((camera[0], port, *camera[2:]))
            self._lanes[channel.rtp].send(_PUNCH_RTP)

    def deliver(self, sinks: Mapping[int, Sink], on_read: Callable[[], None]) -> None:
        """From now on; what came before waits in the kernel."""
        for channel, lane in enumerate(self._lanes):
            if channel in sinks:
                lane.take = self._taking(channel, sinks)
                lane.on_read = on_read
                self._intake.add(lane.sock, lane.read)

    def report(self, channel: int, packet: bytes) -> None:
        self._lanes[channel].send(packet)

    def release(self) -> None:
        """Once in a while: nothing waits for ever for a packet that is missing."""
        now = self._time()
        for order in self._orders.values():
            order.release(now)

    def pause(self, paused: bool) -> None:
        """While nobody reads, the kernel's buffer fills and what comes then is lost."""
        for channel, lane in enumerate(self._lanes):
            if paused:
                self._intake.remove(lane.sock)
            elif channel in self._orders or channel - 1 in self._orders:
                self._intake.add(lane.sock, lane.read)

    def close(self) -> None:
        for lane in self._lanes:
            self._intake.remove(lane.sock)
            lane.sock.close()

    def _taking(self, channel: int, sinks: Mapping[int, Sink]) -> Callable[[bytes], None]:
        if channel % 2:
            return lambda packet: sinks[channel](packet, 0, len(packet))
        order = self._orders[channel] = Reorder(sinks[channel])

        def take(packet: bytes) -> None:
            if len(packet) > 1 and packet[1] in _SENDER_TYPES:  # RTCP on the port of RTP
                sinks[channel + 1](packet, 0, len(packet))
                return
            self.heard.set()
            order.push(packet, self._time())

        return take


@contextmanager
def open_datagrams(local: Place, tracks: int, intake: Intake) -> Iterator[Datagrams]:
    """Ports on the address that `local` (a socket address) names. Raises CameraError."""
    lanes: list[Lane] = []
    try:
        for _ in range(tracks):
            lanes += (Lane(sock) for sock in _bind_pair(local))
        datagrams = Datagrams(lanes, intake)
    except OSError as error:
        _close(lane.sock for lane in lanes)
        words = "this server has no free pair of UDP ports"
        raise CameraError(Cause.UNREACHABLE, words, reason=error.strerror) from error
    try:
        yield datagrams
    finally:
        datagrams.close()


def _bind_pair(local: Place) -> list[socket.socket]:
    """Two neighbouring ports, the first even (RFC 3550 section 11). Raises OSError."""
    refusal = OSError("no even port")
    for _ in range(_ANOTHER_PAIR):
        pair: list[socket.socket] = []
        try:
            pair += (_socket(local) for _ in range(2))
            pair[0].bind((local[0], 0, *local[2:]))
            port = pair[0].getsockname()[1]
            if port % 2 == 0:
                pair[1].bind((local[0], port + 1, *local[2:]))
                return pair
        except OSError as error:
            refusal = error
        _close(pair)
    raise refusal


def _socket(local: Place) -> socket.socket:
    sock = socket.socket(socket.AF_INET6 if len(local) > 2 else socket.AF_INET, socket.SOCK_DGRAM)
    sock.setblocking(False)
    try:
        sock.setsockopt(socket.SOL_SOCKET, _FORCE, RECEIVE_BUFFER_BYTES)
    except OSError:  # only for administrators; others get what net.core.rmem_max allows
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
    return sock


def _close(sockets: Sequence[socket.socket] | Iterator[socket.socket]) -> None:
    for sock in sockets:
        sock.close()


def _forget(_: bytes) -> None:
    return


def _nothing() -> None:
    return
