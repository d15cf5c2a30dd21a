"""Sending runs of equal packets on a UDP socket with one system call (UDP_SEGMENT, Linux 4.18).

Where the kernel or the network card refuses, packets go one by one. The socket is a duplicate of
the ICE socket's descriptor, owned here.
"""

from __future__ import annotations

import errno
import socket
import struct

_UDP_SEGMENT = 103
_REFUSED = {errno.EIO, errno.EINVAL, errno.EOPNOTSUPP, errno.ENOPROTOOPT, errno.EMSGSIZE}


class Outgoing:
    """Sends to one address. What the socket does not take at once is lost, as on any network, and
    counted in `dropped`; retransmission brings it back."""

    def __init__(self, sock: socket.socket, address: tuple[str, int]) -> None:
        self._sock = sock
        self._address = address
        self._segmented = True
        self.dropped = 0

    def close(self) -> None:
        self._sock.close()

    def send(self, data: memoryview, size: int) -> None:
        """Send `data` as datagrams of `size` bytes, the last one maybe shorter."""
        if self._segmented and len(data) > size:
            self._send_run(data, size)
        else:
            self._send_each(data, size)

    def _send_run(self, data: memoryview, size: int) -> None:
        control = [(socket.IPPROTO_UDP, _UDP_SEGMENT, struct.pack("H", size))]
        try:
            self._sock.sendmsg([data], control, 0, self._address)
        except OSError as error:
            if error.errno in _REFUSED:
                self._segmented = False
                self._send_each(data, size)
            else:
                self.dropped += -(-len(data) // size)

    def _send_each(self, data: memoryview, size: int) -> None:
        for at in range(0, len(data), size):
            try:
                self._sock.sendto(data[at : at + size], self._address)
            except OSError:
                self.dropped += 1
