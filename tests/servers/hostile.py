"""Cameras that mean harm: plain sockets in threads of their own, each following a script."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Script = Callable[[socket.socket], None]
"""What the camera does with a connection; a broken one ends it."""

SDP = (
    b"v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1;"
    b"sprop-parameter-sets=Z0LAH9oBQBboQAAAAwBAAAAMg8YMqA==,aM48gA==\r\na=control:1\r\n"
)
_CSEQ = re.compile(rb"CSeq: (\d+)")


@contextmanager
def hostile_camera(script: Script) -> Iterator[str]:
    """Its address while inside; at the end every connection is cut and every thread has ended."""
    threads: list[threading.Thread] = []
    connections: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        accepting = threading.Thread(
            target=_accept, args=(server, script, threads, connections), name="hostile camera"
        )
        accepting.start()
        try:
            yield f"rtsp://127.0.0.1:{server.getsockname()[1]}/live"
        finally:
            with contextlib.suppress(OSError):
                server.shutdown(socket.SHUT_RDWR)
            for each in connections:
                with contextlib.suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
            for thread in (accepting, *threads):
                thread.join(20)
            for each in connections:
                each.close()


def _accept(
    server: socket.socket,
    script: Script,
    threads: list[threading.Thread],
    connections: list[socket.socket],
) -> None:
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        connections.append(connection)
        thread = threading.Thread(target=_follow, args=(script, connection))
        threads.append(thread)
        thread.start()


def _follow(script: Script, connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        script(connection)
        connection.shutdown(socket.SHUT_RDWR)


def answers(connection: socket.socket, **bodies: bytes) -> None:
    """Answer well until PLAY was answered; `bodies` by method in the place of what is usual."""
    usual = {"DESCRIBE": with_length(SDP), "SETUP": b"Transport: interleaved=0-1\r\nSession: 1"}
    while True:
        asked = connection.recv(65536)
        found = _CSEQ.search(asked)
        if not asked or not found:
            return
        method = asked.split(b" ", 1)[0].decode()
        rest = {**usual, **bodies}.get(method, b"X: y")
        end = b"" if b"\r\n\r\n" in rest else b"\r\n\r\n"
        connection.sendall(b"RTSP/1.0 200 OK\r\nCSeq: " + found[1] + b"\r\n" + rest + end)
        if method == "PLAY":
            return


def with_length(body: bytes) -> bytes:
    return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


def for_ever(*pieces: bytes) -> Script:
    """A session that opens well, then these over and over as fast as they are taken."""

    def script(connection: socket.socket) -> None:
        answers(connection)
        while True:
            for piece in pieces:
                connection.sendall(piece)

    return script
