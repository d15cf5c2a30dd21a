"""A real HTTP server of the API over a real index and store; a bus in memory, a clock by hand.

Players, clips and probes are small fakes: what they do is tested where they live.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from argon2 import PasswordHasher

from player.export.clip import ClipReport
from player.footage import Footage
from recorder.probe import ProbeReport
from storage.archive import Archive
from storage.index import Index, NewCamera, NewStream
from storage.objects import open_store
from tests.fakes.bus import FakeBus
from tests.fakes.clock import HandClock
from vms.api.call import Api
from vms.api.server import listening, make_api
from vms.auth.passwords import Passwords
from vms.core.bus import Payload
from vms.core.model import Camera, Role, StreamRole, User
from vms.core.promises import Purpose
from vms.core.secret import Secret
from vms.core.walltime import TimeRange, WallTime
from vms.settings import load

PASSWORD = "correct-horse-7"
CAMERA_PASSWORD = "canary-camera-password"
CLIP = b"\x00\x00\x00\x18ftypisom" + bytes(200_000)
OFFER = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\n"
SDP = {"Content-Type": "application/sdp"}
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
NOTHING: Mapping[str, str] = {}
PATIENCE = aiohttp.ClientTimeout(total=30)


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Any
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Browser:
    """One person's cookies. Sends what a browser sends with a request of its own page."""

    address: str
    http: aiohttp.ClientSession

    async def call(self, method: str, path: str, body: object = None, **headers: str) -> Answer:
        """`headers`: with `_` for `-`, over those of a page of the same origin."""
        own = {"Origin": self.address, "Sec-Fetch-Site": "same-origin"}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        sent: dict[str, Any] = {} if body is None else {"json": body}
        async with self.http.request(
            method, self.address + path, headers=own | named, **sent
        ) as response:
            return Answer(response.status, response.headers, await response.read())

    async def offer(self, path: str, sdp: str | bytes = OFFER) -> Answer:
        headers = {"Origin": self.address, **SDP}
        async with self.http.post(self.address + path, data=sdp, headers=headers) as response:
            return Answer(response.status, response.headers, await response.read())

    async def sign_in(self, name: str, password: str = PASSWORD) -> Answer:
        return await self.call("POST", "/api/session", {"name": name, "password": password})

    @asynccontextmanager
    async def events(self) -> AsyncIterator[AsyncIterator[tuple[str, Any]]]:
        """The stream of server-sent events as (name, data)."""
        async with self.http.get(self.address + "/api/events") as response:
            assert response.status == 200
            yield _events(response)


async def _events(response: aiohttp.ClientResponse) -> AsyncIterator[tuple[str, Any]]:
    name = ""
    async for raw in response.content:
        line = raw.decode().rstrip("\n")
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            yield name, json.loads(line.removeprefix("data: "))


@dataclass
class Player:
    """Answers offers on the bus; keeps them, and the peers it was told to close."""

    offers: list[Payload] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)

    async def answer(self, subject: str, payload: Payload) -> Payload:
        self.offers.append(payload)
        return {"peer_id": f"peer{len(self.offers)}", "sdp": "v=0\r\nanswer"}

    async def close(self, subject: str, payload: Payload) -> Payload:
        self.closed.append(subject.removeprefix("play.close."))
        return {}


@dataclass
class Rooms:
    """What the API asks of export and recorder; a test may set `report`."""

    clips: list[tuple[int, TimeRange]] = field(default_factory=list)
    folders: list[Path] = field(default_factory=list)
    probed: list[tuple[str, str, str]] = field(default_factory=list)
    report: ProbeReport = field(
        default_factory=lambda: ProbeReport(codec="avc1.64001f", width=1920, height=1080, fps=25.0)
    )
    hold: asyncio.Event | None = None

    async def make_clip(
        self, source: Footage, stream_id: int, span: TimeRange, out: Path
    ) -> ClipReport:
        self.clips.append((stream_id, span))
        self.folders.append(out.parent)
        if self.hold is not None:
            await self.hold.wait()
        out.write_bytes(CLIP)
        half = WallTime((span.start + span.end) // 2)
        gaps = (TimeRange(half, WallTime(half + 1)),)
        return ClipReport(out, len(CLIP), span.start, half, span.end, 2, 0, gaps, ("avc1.64001f",))

    async def probe(self, url: str, user: str, password: Secret) -> ProbeReport:
        self.probed.append((url, user, password.reveal()))
        return self.report


@dataclass
class Stage:
    api: Api
    index: Index
    bus: FakeBus
    clock: HandClock
    player: Player
    rooms: Rooms
    address: str
    stack: AsyncExitStack

    async def browser(self) -> Browser:
        jar = aiohttp.CookieJar(unsafe=True)  # cookies of an IP address
        session = aiohttp.ClientSession(cookie_jar=jar, timeout=PATIENCE)
        return Browser(self.address, await self.stack.enter_async_context(session))

    async def signed_in(self, name: str) -> Browser:
        browser = await self.browser()
        answer = await browser.sign_in(name)
        assert answer.status == 200, answer.body
        return browser

    async def user(
        self, name: str, role: Role = Role.VIEWER, cameras: list[int] | None = None
    ) -> User:
        hashed = await self.api.passwords.hash(Secret(PASSWORD))
        return await self.index.users.add(name, role, hashed, cameras=cameras)

    async def camera(self, name: str = "Gate", sub_recorded: bool = False) -> Camera:
        main = NewStream(StreamRole.MAIN, "rtsp://192.0.2.1/main", "cam", Secret(CAMERA_PASSWORD))
        sub = NewStream(
            StreamRole.SUB,
            "rtsp://192.0.2.1/sub",
            "cam",
            Secret(CAMERA_PASSWORD),
            record=sub_recorded,
        )
        return await self.index.cameras.add(
            NewCamera(name, streams=(main, sub), purposes=(Purpose.SECURITY,))
        )

    def published(self, subject: str) -> list[Payload]:
        return [payload for told, payload in self.bus.published if told == subject]

    async def old_camera(self, name: str) -> Camera:
        """From a time when nobody had to say what a camera is for."""
        streams = (NewStream(StreamRole.MAIN, "rtsp://192.0.2.7/1"),)
        return await self.index.cameras.add(NewCamera(name, streams=streams))


@asynccontextmanager
async def open_stage(
    index: Index,
    folder: Path,
    *,
    site: Mapping[str, str] = NOTHING,
    store: Mapping[str, str] = NOTHING,
    **section: str,
) -> AsyncIterator[Stage]:
    """`section`: settings of the section api, `site` and `store` of those, as the environment gives
    them."""
    named = {f"VMS_API__{name.upper()}": value for name, value in section.items()}
    named |= {f"VMS_SITE__{name.upper()}": value for name, value in site.items()}
    named |= {f"VMS_STORE__{name.upper()}": value for name, value in store.items()}
    settings = load({"VMS_API__PORT": "0", "VMS_NODE": "n1", **named})
    bus, clock, player, rooms = FakeBus(), HandClock(), Player(), Rooms()
    async with AsyncExitStack() as stack:
        opened = await stack.enter_async_context(
            open_store(f"file://{folder / 'store'}", create=True)
        )
        api = make_api(
            settings,
            index,
            Archive(index, opened),
            opened,
            bus,
            clock,
            make_clip=rooms.make_clip,
            probe=rooms.probe,
            passwords=Passwords(CHEAP),
        )
        await stack.enter_async_context(bus.serve("play.offer", player.answer, group="play"))
        await stack.enter_async_context(bus.serve("play.close.*", player.close))
        port = await stack.enter_async_context(listening(api, pages=folder / "no-pages"))
        await stack.enter_async_context(_working(api))
        clients = await stack.enter_async_context(AsyncExitStack())
        address = f"http://127.0.0.1:{port}"
        yield Stage(api, index, bus, clock, player, rooms, address, clients)


@asynccontextmanager
async def _working(api: Api) -> AsyncIterator[None]:
    """The tasks of the role that the browser notices."""
    async with asyncio.TaskGroup() as tasks:
        working = [
            tasks.create_task(api.watch.run()),
            tasks.create_task(api.peers.end_with_sessions(api.sign_ins, api.bus, api.clock)),
        ]
        try:
            yield
        finally:
            for task in working:
                task.cancel()
