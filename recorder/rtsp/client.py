"""Sessions with cameras: opened by a dialog over a wire, kept alive, torn down at the end."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import struct
from collections.abc import AsyncIterator, Callable, Generator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TypeVar

from recorder.errors import CameraError, Redirected
from recorder.rtsp.auth import Credentials
from recorder.rtsp.dialog import Channel, Dialog
from recorder.rtsp.intake import Intake
from recorder.rtsp.protocol import Request, Response, Sink, Whole
from recorder.rtsp.redirect import MOST_REDIRECTS, follow
from recorder.rtsp.tls import SecureWire, Trust, secured
from recorder.rtsp.udp import Datagrams, open_datagrams
from recorder.rtsp.urls import Address, read_address
from recorder.rtsp.wire import ANSWER_SECONDS, Wire, connect, plain_wire
from vms.core.model import Cause
from vms.core.secret import Secret

LONGEST_TALK_SECONDS = 30.0
"""From connecting to SETUP, and again for PLAY: however slowly a camera drips its answers."""
_TEARDOWN_SECONDS = 1.0
_NO_REDIRECTS: frozenset[str] = frozenset()

_T = TypeVar("_T")


class Session:
    """An opened session: media flow. `channels` says on which channel which track comes, over the
    wire or, if there are `datagrams`, over those."""

    def __init__(
        self, wire: Wire, dialog: Dialog, channels: list[Channel], datagrams: Datagrams | None
    ) -> None:
        self.wire = wire
        self.channels = channels
        self.datagrams = datagrams
        self.own_ssrc = secrets.randbits(32)
        self._dialog = dialog

    @property
    def keep_alive_seconds(self) -> float:
        return self._dialog.timeout_seconds / 2

    @property
    def ignored(self) -> list[str]:
        """What the camera offers and we do without, in words."""
        return self._dialog.ignored

    @property
    def odd(self) -> list[str]:
        """What the camera does unlike others, in words."""
        return self._dialog.odd

    @property
    def server(self) -> str:
        """What the camera's RTSP server calls itself; empty when it does not."""
        return self._dialog.server

    @property
    def certificate(self) -> str:
        """SHA-256 of the camera's certificate in hexadecimal; empty without TLS."""
        return self.wire.certificate if isinstance(self.wire, SecureWire) else ""

    @property
    def bytes_read(self) -> int:
        return self.wire.bytes_read + (self.datagrams.bytes_read if self.datagrams else 0)

    @property
    def cpu_seconds(self) -> float:
        """Processor time that taking its bytes apart has cost; over UDP its packets are counted
        only, each of which costs a system call."""
        return self.wire.cpu_seconds

    def deliver(
        self,
        sinks: Mapping[int, Sink],
        on_read: Callable[[], None],
        whole: Whole | None = None,
    ) -> None:
        """From now on packets go where `sinks` says by channel, over TCP and before that whole
        pictures to `whole`; `on_read` is called after each read, and when the wire has failed."""
        if self.datagrams is not None:
            self.datagrams.deliver(sinks, on_read)
        else:
            self.wire.deliver(sinks, whole)
        self.wire.on_read = on_read

    def pause(self, paused: bool) -> None:
        """Stop or go on reading: over TCP the camera feels it, over UDP it costs packets."""
        if self.datagrams is None:
            self.wire.pause(paused)
        else:
            self.datagrams.pause(paused)

    def calm(self, calm: bool) -> None:
        """Read more at a time and later, or promptly again. Over UDP always promptly: the kernel
        has little room for datagrams."""
        if self.datagrams is None:
            self.wire.calm(calm)

    def keep_alive(self) -> None:
        """Its answer is not waited for: some cameras never send one."""
        self.wire.send(self._dialog.keep_alive())

    def report(self, channel: int, packet: bytes) -> None:
        """Send an RTCP packet on a channel (RFC 2326 section 10.12)."""
        if self.datagrams is not None:
            self.datagrams.report(channel, packet)
        else:
            self.wire.write(bytes((0x24, channel)) + len(packet).to_bytes(2, "big") + packet)

    async def tear_down(self) -> None:
        """Nothing is sent to a camera that gave no session: some count it as a wrong password."""
        if self.wire.failure is None and (self.channels or self._dialog.session):
            with contextlib.suppress(CameraError):
                await self.wire.ask(self._dialog.tear_down(), _TEARDOWN_SECONDS)


async def talk(
    wire: Wire,
    talking: Generator[Request, Response, _T],
    answer_seconds: float = ANSWER_SECONDS,
) -> _T:
    """Carry a dialog out on a wire. Raises CameraError."""
    try:
        async with asyncio.timeout(LONGEST_TALK_SECONDS):
            request = next(talking)
            while True:
                request = talking.send(await wire.ask(request, answer_seconds))
    except StopIteration as end:
        result: _T = end.value
        return result
    except TimeoutError as error:
        words = "the camera answers too slowly to open a stream"
        raise CameraError(Cause.UNREACHABLE, words) from error


@asynccontextmanager
async def open_session(
    url: str,
    username: str,
    password: Secret,
    intake: Intake,
    *,
    audio: bool,
    udp: bool = False,
    trust: Trust | None = None,
    redirects_to: frozenset[str] = _NO_REDIRECTS,
    answer_seconds: float = ANSWER_SECONDS,
) -> AsyncIterator[Session]:
    """Connect and talk until media flow; TEARDOWN at the end.

    `trust`: which certificates count for rtsps:// (None: any that is shown). `redirects_to`:
    hosts that a camera may send us to, beside itself. Packets wait until `session.deliver` says
    where they go. Raises CameraError; TransportRefused when the other transport may do.
    """
    address = read_address(url)
    async with AsyncExitStack() as opened:
        for left in reversed(range(MOST_REDIRECTS + 1)):
            user = Credentials(username, password)
            attempt = _open_at(address, user, intake, audio, udp, trust or Trust(), answer_seconds)
            try:
                session = await opened.enter_async_context(attempt)
                break
            except Redirected as moved:
                address = follow(address, moved, redirects_to, left=left)
        yield session


@asynccontextmanager
async def _open_at(
    address: Address,
    credentials: Credentials,
    intake: Intake,
    audio: bool,
    udp: bool,
    trust: Trust,
    answer_seconds: float,
) -> AsyncIterator[Session]:
    make = secured(address, trust) if address.secure else plain_wire
    async with AsyncExitStack() as opened:
        wire = await opened.enter_async_context(connect(address, intake, make))
        dialog = Dialog(address, credentials)
        datagrams = None
        if udp:
            local, camera = wire.ends
            datagrams = opened.enter_context(open_datagrams(local, 1 + audio, intake))
            dialog.ports = datagrams.ports
        session = Session(wire, dialog, [], datagrams)
        opened.push_async_callback(session.tear_down)
        session.channels += await talk(wire, dialog.prepare(audio=audio), answer_seconds)
        if datagrams is not None:
            datagrams.expect(camera, session.channels)
            _open_way(session)
        await talk(wire, dialog.play(), answer_seconds)
        yield session


def _open_way(session: Session) -> None:
    """An empty receiver report (RFC 3550 section 6.4.2) a track, for routers between us."""
    for channel in session.channels:
        session.report(channel.rtcp, struct.pack(">BBHI", 0x80, 201, 1, session.own_ssrc))
