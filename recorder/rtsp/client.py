"""Sessions with cameras: opened by a dialog over a wire, kept alive, torn down at the end."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import AsyncIterator, Generator
from contextlib import asynccontextmanager
from typing import TypeVar

from recorder.errors import CameraError
from recorder.rtsp.auth import Credentials
from recorder.rtsp.dialog import Channel, Dialog
from recorder.rtsp.intake import Intake
from recorder.rtsp.protocol import Request, Response
from recorder.rtsp.urls import read_address
from recorder.rtsp.wire import Wire, connect
from vms.core.secret import Secret

_TEARDOWN_SECONDS = 1.0

_T = TypeVar("_T")


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
    url: str, username: str, password: Secret, intake: Intake, *, audio: bool
) -> AsyncIterator[Session]:
    """Connect and talk until media flow; TEARDOWN at the end. Raises CameraError.

    Packets wait in the wire until `session.wire.deliver` says where they go.
    """
    address = read_address(url)
    async with connect(address, intake) as wire:
        dialog = Dialog(address, Credentials(username, password))
        channels = await talk(wire, dialog.open(audio=audio))
        session = Session(wire, dialog, channels)
        try:
            yield session
        finally:
            await session.tear_down()
