"""Quirks 3 and 4 of docs/ref/quirks.md: what a session needs while it lasts."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import cast

from recorder.rtsp.client import Session
from recorder.rtsp.protocol import Sink
from recorder.source import RtspRun
from recorder.source.rtsp import Nobody
from tests.fakes.answers import AnsweringCamera, ok, open_with
from tests.fakes.clock import HandClock
from tests.fakes.rtp import packet
from vms.core.beside import beside


class OpenSession:
    """A session whose other side is the test: it delivers packets and keeps what is sent."""

    def __init__(self, timeout: str = "") -> None:
        self._dialog, self.channels = open_with(
            AnsweringCamera(SETUP=ok(session=f"1{timeout}", transport="interleaved=0-1")),
            audio=False,
        )
        self.wire = SimpleNamespace(failure=None)
        self.datagrams = None
        self.own_ssrc, self.bytes_read, self.cpu_seconds = 9, 0, 0.0
        self.kept: list[float] = []
        self.reports: list[tuple[float, int, bytes]] = []
        self.clock = HandClock()
        self._sinks: Mapping[int, Sink] = {}
        self._on_read: Callable[[], object] = self.clock.monotonic

    @property
    def keep_alive_seconds(self) -> float:
        return self._dialog.timeout_seconds / 2

    def deliver(
        self, sinks: Mapping[int, Sink], on_read: Callable[[], None], *_rows: object
    ) -> None:
        self._sinks, self._on_read = sinks, on_read

    def pause(self, paused: bool) -> None:
        raise AssertionError("nothing waits here")

    def calm(self, calm: bool) -> None:
        """How promptly it is read makes no difference here."""

    def keep_alive(self) -> None:
        self.kept.append(self.clock.monotonic())

    def report(self, channel: int, data: bytes) -> None:
        self.reports.append((self.clock.monotonic(), channel, data))

    def send_picture(self, number: int) -> None:
        data = packet(b"\x65\x88abc", sequence=number, timestamp=number * 90_000, marker=True)
        self._sinks[0](data, 0, len(data))
        self._on_read()


async def watched(session: OpenSession, seconds: int) -> None:
    run = RtspRun(cast(Session, session), session.clock, 1e9, None, Nobody())
    async with beside(run.tend()):
        for number in range(seconds):
            session.send_picture(number)
            await session.clock.advance(1.0)


async def test_q04_cameras_that_want_reports_get_one_at_least_every_five_seconds() -> None:
    session = OpenSession()
    begun = session.clock.monotonic()
    await watched(session, 60)
    times = [begun, *(at for at, _, _ in session.reports)]
    assert max(later - one for one, later in itertools.pairwise(times)) <= 5.0
    assert {channel for _, channel, _ in session.reports} == {1}
    assert all(data[1] == 201 for _, _, data in session.reports)


async def test_q03_a_session_is_kept_alive_at_half_its_time_out() -> None:
    session = OpenSession(";timeout=20")
    begun = session.clock.monotonic()
    await watched(session, 60)
    times = [begun, *session.kept]
    assert len(session.kept) >= 5
    assert max(later - one for one, later in itertools.pairwise(times)) <= 11.0
