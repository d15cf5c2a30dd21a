"""Simulated cameras for tests: a real RTSP server in a thread, with small and quick pictures."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction

import pytest

from vms.core.clock import SystemClock
from vms.core.model import StreamRole
from vms.core.secret import Secret
from vms.demo.access import Access
from vms.demo.cameras import DEMO_CAMERAS
from vms.demo.coding import VideoSettings
from vms.demo.misbehaviour import Misbehaviour
from vms.demo.server import CameraServer, open_camera_server
from vms.demo.site import DemoCamera

USERNAME = "demo"
PASSWORD = "rahasia-kamera"
FPS = Fraction(10)
GOP_SECONDS = 1.0


def small(camera: DemoCamera) -> DemoCamera:
    """The same camera with pictures that cost little: 640×360 and 320×180, 10 a second, GOP 1 s."""
    main = replace(camera.main, width=640, height=360, kbit_per_second=800)
    sub = replace(camera.sub, width=320, height=180, kbit_per_second=300)
    return replace(camera, main=_quick(main), sub=_quick(sub))


def _quick(settings: VideoSettings) -> VideoSettings:
    return replace(settings, fps=FPS, gop_seconds=GOP_SECONDS)


class Cameras:
    """The running cameras, usable from any thread: calls go to the server's own event loop."""

    def __init__(self, server: CameraServer, loop: asyncio.AbstractEventLoop) -> None:
        self._server = server
        self._loop = loop
        self.username = USERNAME
        self.password = PASSWORD

    @property
    def port(self) -> int:
        return self._server.port

    def url(self, key: str, role: StreamRole | str = "main", *, credentials: bool = False) -> str:
        """`rtsp://127.0.0.1:port/<key>/<role>` (rtsps:// with TLS), on request with user and
        password in it."""
        plain = self._server.url(key, role)
        if not credentials:
            return plain
        return plain.replace("://", f"://{self.username}:{self.password}@", 1)

    def misbehave(self, key: str, what: Misbehaviour | str, value: float | None = None) -> None:
        self._call(lambda: self._server.misbehave(key, Misbehaviour(what), value))

    def behave(self, key: str) -> None:
        self._call(lambda: self._server.behave(key))

    def watchers(self, key: str, role: StreamRole | str = "main") -> int:
        return self._server.watchers(key, role)

    def power_off(self) -> None:
        """Refuse connections to all cameras, and hang up on who is there."""
        asyncio.run_coroutine_threadsafe(self._server.power_off(), self._loop).result(10)

    def power_on(self) -> None:
        """Be back on the same port."""
        asyncio.run_coroutine_threadsafe(self._server.power_on(), self._loop).result(10)

    def _call(self, action: Callable[[], None]) -> None:
        async def act() -> None:
            action()

        asyncio.run_coroutine_threadsafe(act(), self._loop).result(10)


@contextmanager
def run_cameras(
    listed: tuple[DemoCamera, ...] = tuple(map(small, DEMO_CAMERAS)),
    *,
    access: Access | None = None,
    session_seconds: float = 60,
    tls: ssl.SSLContext | None = None,
) -> Iterator[Cameras]:
    """Serve `listed` from a thread of its own while inside; default user and password above."""
    ready: list[Cameras] = []
    started = threading.Event()
    stop = asyncio.Event()

    async def serve() -> None:
        async with open_camera_server(
            listed,
            clock=SystemClock(),
            access=access or Access(USERNAME, Secret(PASSWORD)),
            session_seconds=session_seconds,
            tls=tls,
        ) as server:
            ready.append(Cameras(server, asyncio.get_running_loop()))
            started.set()
            await stop.wait()

    thread = threading.Thread(target=asyncio.run, args=(serve(),), name="simulated cameras")
    thread.start()
    assert started.wait(20), "the simulated cameras did not start"
    try:
        yield ready[0]
    finally:
        if thread.is_alive():
            ready[0]._loop.call_soon_threadsafe(stop.set)
        thread.join(20)


@pytest.fixture(scope="session")
def _shared_cameras() -> Iterator[Cameras]:
    with run_cameras() as cameras:
        yield cameras


@pytest.fixture
def cameras(_shared_cameras: Cameras) -> Iterator[Cameras]:
    """All demonstration cameras, small; one server for the whole run, well-behaved at the start."""
    yield _shared_cameras
    for camera in DEMO_CAMERAS:
        _shared_cameras.behave(camera.key)
