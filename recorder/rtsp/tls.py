"""RTSP over TLS (rtsps://): which certificates count, and the wire that reads through it.

Cameras sign their certificates themselves. So by default the first one that opened a session is
remembered (pinned), and any other later is refused before a password is sent; a site that gives its
cameras certificates of its own authority has them verified instead, chain and host name. Nothing
is accepted unseen after the first time. See docs/design/transports.md.
"""

from __future__ import annotations

import asyncio
import functools
import hashlib
import hmac
import socket
import ssl
from dataclasses import dataclass
from pathlib import Path

from recorder.errors import CameraError
from recorder.rtsp.intake import Intake
from recorder.rtsp.urls import Address
from recorder.rtsp.wire import MakeWire, Wire, memory
from vms.core.model import Cause

HANDSHAKE_SECONDS = 5.0
MOST_RECORDS = 64
"""TLS records (16 KiB) read from one camera before the others have their turn."""


@dataclass(frozen=True, slots=True)
class Trust:
    """`pinned`: SHA-256 of the only certificate that counts, in hexadecimal; empty: any, for the
    first time. `verify`: instead, by authorities (a PEM file; None: this machine's) and host."""

    pinned: str = ""
    verify: bool = False
    authorities: Path | None = None
    handshake_seconds: float = HANDSHAKE_SECONDS


class SecureWire(Wire):
    """`certificate`: what the camera showed, as `Trust.pinned`."""

    def __init__(self, sock: ssl.SSLSocket, intake: Intake) -> None:
        self._tls = sock
        self._paused = False
        self.certificate = fingerprint(sock)
        super().__init__(sock, intake)

    def pause(self, paused: bool) -> None:
        self._paused = paused
        super().pause(paused)
        self._go_on()

    def _read(self) -> None:
        """Until nothing is left: what OpenSSL holds decrypted wakes nobody up."""
        lead, size, error = self._recall(), 0, None
        for _ in range(MOST_RECORDS):
            room = memory(lead + size)
            try:
                got = self._tls.recv_into(room) if room else 0
            except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
                break
            except (OSError, ValueError):
                error = CameraError(Cause.CLOSED, "the connection to the camera broke")
                break
            if room and not got:
                error = CameraError(Cause.CLOSED, "the camera closed the connection")
            if not got:
                break
            size += got
        if size:
            self._take(lead, size)
        if error is not None:
            self.fail(error)
        self._go_on()

    def _go_on(self) -> None:
        if not self._paused and self.failure is None and self._tls.pending():
            asyncio.get_running_loop().call_soon(self._read_more)

    def _read_more(self) -> None:
        if not self._paused and self.failure is None and self._tls.fileno() >= 0:
            self._read_timed()


def secured(address: Address, trust: Trust) -> MakeWire:
    """Puts a wire over TLS on a connected socket. Raises CameraError (UNTRUSTED, UNREACHABLE)."""

    async def make(sock: socket.socket, intake: Intake) -> Wire:
        done = False
        try:
            secure = _wrap(sock, address.host, trust)
            sock = secure
            async with asyncio.timeout(trust.handshake_seconds):
                await _shake_hands(secure)
            _check(fingerprint(secure), trust)
            wire = SecureWire(secure, intake)
            done = True
            return wire
        except TimeoutError as error:
            words = "the camera does not begin TLS: is rtsps:// right for that port?"
            raise CameraError(Cause.UNREACHABLE, words) from error
        except ssl.SSLCertVerificationError as error:
            words = "the camera's certificate is not trusted"
            raise CameraError(Cause.UNTRUSTED, words, reason=error.verify_message) from error
        except ValueError as error:
            words = "the address has no host that TLS can name"
            raise CameraError(Cause.BAD_URL, words) from error
        except OSError as error:
            words = "no TLS with the camera: is rtsps:// right for that port?"
            reason = getattr(error, "reason", None) or error.strerror or type(error).__name__
            raise CameraError(Cause.UNREACHABLE, words, reason=reason) from error
        finally:
            if not done:
                sock.close()

    return make


def fingerprint(sock: ssl.SSLSocket) -> str:
    """SHA-256 of the certificate that the other end showed, in hexadecimal."""
    return hashlib.sha256(sock.getpeercert(binary_form=True) or b"").hexdigest()


def _check(shown: str, trust: Trust) -> None:
    if trust.verify or not trust.pinned or hmac.compare_digest(shown, trust.pinned):
        return
    words = (
        "the camera shows another certificate than before: if it was replaced or reset, "
        "type its password anew; if not, somebody may stand between"
    )
    raise CameraError(Cause.UNTRUSTED, words, shown=shown[:16], known=trust.pinned[:16])


def _wrap(sock: socket.socket, host: str, trust: Trust) -> ssl.SSLSocket:
    try:
        context = _context(trust.verify, trust.authorities)
    except OSError as error:
        words = "the file of authorities (record.tls_authorities) cannot be read"
        raise CameraError(Cause.UNTRUSTED, words, file=str(trust.authorities)) from error
    return context.wrap_socket(sock, server_hostname=host, do_handshake_on_connect=False)


@functools.cache
def _context(verify: bool, authorities: Path | None) -> ssl.SSLContext:
    """TLS 1.2 and later. A pinned certificate may be of a short key: it is compared whole."""
    if verify:
        return ssl.create_default_context(cafile=authorities)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("DEFAULT@SECLEVEL=1")
    return context


async def _shake_hands(sock: ssl.SSLSocket) -> None:
    while True:
        try:
            sock.do_handshake()
            return
        except ssl.SSLWantReadError:
            await _until_ready(sock, write=False)
        except ssl.SSLWantWriteError:
            await _until_ready(sock, write=True)


async def _until_ready(sock: socket.socket, *, write: bool) -> None:
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[None] = loop.create_future()
    (loop.add_writer if write else loop.add_reader)(sock, _tell, ready)
    try:
        await ready
    finally:
        (loop.remove_writer if write else loop.remove_reader)(sock)


def _tell(ready: asyncio.Future[None]) -> None:
    if not ready.done():
        ready.set_result(None)
