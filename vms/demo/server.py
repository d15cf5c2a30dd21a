"""The camera server: many simulated cameras behind one RTSP port.

`open_camera_server` owns the tasks: one a connection, one a source of a stream.
"""

from __future__ import annotations

import asyncio
import secrets
import ssl
from collections.abc import AsyncIterator, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import TypedDict

from vms.core.clock import Clock
from vms.core.errors import Invalid, NotFound, Unavailable
from vms.core.model import StreamRole
from vms.core.supervise import supervise
from vms.core.walltime import SECOND
from vms.demo.access import Access
from vms.demo.connection import SESSION_SECONDS, Connection, Desk
from vms.demo.hearing import LoopedSound
from vms.demo.live import LiveVideo
from vms.demo.looped import LoopedVideo, Shelf
from vms.demo.misbehaviour import Behaviour, Misbehaviour
from vms.demo.site import CameraStream, DemoCamera, Site
from vms.demo.source import Audience, Source, Timebase

WORKERS = 2
"""Threads that draw and code, for all streams together."""

_PHASE_MICROS = 7_000
"""Streams take turns: without this all pictures of a server would be due at the same instant."""


class _Common(TypedDict):
    audience: Audience
    clock: Clock
    timebase: Timebase


class CameraServer:
    """The running server, as tests and `vms demo-camera` hold it. Not for other threads."""

    def __init__(
        self,
        desk: Desk,
        host: str,
        tasks: asyncio.TaskGroup,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.host = host
        self.tls = tls
        self.port = 0
        self._desk = desk
        self._tasks = tasks
        self._listener: asyncio.Server | None = None

    def url(self, key: str, role: StreamRole | str = StreamRole.MAIN) -> str:
        """The URL of a stream, without user and password. Raises NotFound."""
        self._behaviour(key)
        scheme = "rtsps" if self.tls else "rtsp"
        return f"{scheme}://{self.host}:{self.port}/{key}/{StreamRole(role).value}"

    def misbehave(self, key: str, what: Misbehaviour, value: float | None = None) -> None:
        """Switch one misbehaviour of one camera on, or do it once. Raises NotFound.

        Raises Invalid when a looped camera is to change its picture size.
        """
        stream = self._desk.site.stream(self.url(key))
        if what is Misbehaviour.RESIZE and stream and stream.camera.looped:
            raise Invalid("a looped camera cannot change its picture size", camera=key)
        self._behaviour(key).misbehave(what, value)

    def behave(self, key: str) -> None:
        """Switch all misbehaviours of one camera off. Raises NotFound."""
        self._behaviour(key).behave()

    def watchers(self, key: str, role: StreamRole | str = StreamRole.MAIN) -> int:
        """How many clients play a stream now."""
        stream = self._desk.site.stream(self.url(key, role))
        return len(stream.audience) if stream else 0

    def build_places(self) -> None:
        """Let live cameras have their places ready when the first client comes: the small pictures
        of a wall first. Without this a place is built when somebody watches."""
        for role in (StreamRole.SUB, StreamRole.MAIN):
            for stream in self._desk.site.streams:
                for source in stream.sources:
                    if stream.role is role and isinstance(source, LiveVideo):
                        source.build_place()

    async def power_on(self, port: int = 0) -> None:
        """Accept connections. Raises Unavailable when the port is taken."""
        try:
            self._listener = await asyncio.start_server(
                self._connected, self.host, port or self.port, limit=2**20, ssl=self.tls
            )
        except OSError as error:
            raise Unavailable("cannot listen", host=self.host, port=port) from error
        self.port = self._listener.sockets[0].getsockname()[1]

    async def power_off(self) -> None:
        """Hang up on everybody and refuse connections until `power_on`."""
        if self._listener:
            self._listener.close()
        for behaviour in self._desk.site.behaviours.values():
            behaviour.hang_up()
        self._listener = None

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._tasks.create_task(Connection(self._desk, reader, writer).run())

    def _behaviour(self, key: str) -> Behaviour:
        try:
            return self._desk.site.behaviours[key]
        except KeyError as error:
            raise NotFound("no such simulated camera", camera=key) from error


@asynccontextmanager
async def open_camera_server(
    cameras: Sequence[DemoCamera],
    *,
    clock: Clock,
    host: str = "127.0.0.1",
    port: int = 0,
    access: Access | None = None,
    session_seconds: float = SESSION_SECONDS,
    cache: Path | None = None,
    tls: ssl.SSLContext | None = None,
) -> AsyncIterator[CameraServer]:
    """Serve `cameras` while inside. `port` 0 takes a free one, found in the server's `port`. With
    `tls` (it holds the certificate) all of it is rtsps://.

    `cache` is a directory for coded loops; without it they are made anew. Raises Unavailable when
    the port is taken.
    """
    keyed = replace(access or Access(), key=secrets.token_bytes(32))
    desk = Desk(Site(cameras), keyed, clock, Timebase(clock), session_seconds)
    workshop = ThreadPoolExecutor(WORKERS, "demo-camera")
    studio = ThreadPoolExecutor(1, "demo-scenes")
    shelf = Shelf(studio, cache)
    try:
        async with asyncio.TaskGroup() as tasks:
            for index, stream in enumerate(desk.site.streams):
                stream.sources = list(_sources(stream, desk, (workshop, studio), shelf, index))
            running = [
                tasks.create_task(supervise(stream.camera.name, source.run, clock=clock))
                for stream in desk.site.streams
                for source in stream.sources
            ]
            server = CameraServer(desk, host, tasks, tls)
            await server.power_on(port)
            try:
                yield server
            finally:
                await server.power_off()
                for task in running:
                    task.cancel()
    finally:
        studio.shutdown(cancel_futures=True)
        workshop.shutdown()


def _sources(
    stream: CameraStream, desk: Desk, pools: tuple[Executor, Executor], shelf: Shelf, index: int
) -> Iterator[Source]:
    workshop, studio = pools
    camera, settings = stream.camera, stream.camera.settings(stream.role)
    common: _Common = {
        "audience": stream.audience,
        "clock": desk.clock,
        "timebase": desk.timebase,
    }
    phase = index * _PHASE_MICROS % round(SECOND / settings.fps)
    if camera.looped:
        key = (camera.scene, camera.name, settings)
        skipped = camera.skipped_pictures
        yield LoopedVideo(key, shelf=shelf, phase_micros=phase, skipped=skipped, **common)
    else:
        yield LiveVideo(
            camera.scene,
            camera.name,
            settings,
            behaviour=stream.behaviour,
            workshop=workshop,
            studio=studio,
            phase_micros=phase,
            **common,
        )
    if camera.audio:
        yield LoopedSound(camera.audio, workshop=workshop, **common)
