"""A player role on a stage: a camera that films the clock, an archive, a browser that watches.

Not a test. The recorder's end of the feed is the real one; camera and archive are made up.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from playwright.async_api import Page, async_playwright

from player.config import PlayConfig
from player.play import play
from recorder.broadcast import Broadcast
from recorder.feed import Feed, open_feed
from tests.fakes.bus import FakeBus
from tests.fakes.footage import FakeArchive, FakeTail
from tests.servers.chromium import FLAGS, chromium_program
from vms.core.clock import SystemClock
from vms.core.media.access_unit import VIDEO, AccessUnit, Codec
from vms.core.media.nal import join_length_prefixed
from vms.demo import timecode
from vms.demo.coding import VideoCoder, VideoSettings, format_of
from vms.demo.picture import Picture

MAIN, SUB = 1, 2
READER = (Path(__file__).parents[1] / "data" / "timecode.js").read_text()
VIEWER = (Path(__file__).parent / "play_viewer.js").read_text()


async def film(
    broadcast: Broadcast,
    *,
    size: tuple[int, int] = (640, 360),
    codec: Codec = Codec.H264,
    gop_seconds: float = 2.0,
    fps: int = 25,
) -> None:
    """A camera: pictures of the present until cancelled, each with its time in it."""
    clock = SystemClock()
    settings = VideoSettings(codec, *size, Fraction(fps), gop_seconds, 1000)
    coder, blank, used = VideoCoder(settings), Picture.blank(*size), None
    number, began = 0, clock.monotonic()
    while True:
        wall = clock.wall()
        coder.canvas.paste(blank)
        coder.canvas.y[:] = 60 + number * 7 % 100
        timecode.draw(coder.canvas.y, wall)
        coded = coder.encode(key=number % settings.pictures_per_gop == 0)
        used = used or format_of(settings, coded.nals)
        data = join_length_prefixed(coded.nals)
        pts = int((clock.monotonic() - began) * 90_000)
        broadcast.publish((AccessUnit(VIDEO, pts, wall, coded.key, data, used),))
        number += 1
        await clock.sleep(max(0.0, began + number / fps - clock.monotonic()))


@dataclass
class Viewer:
    """A page that watches one camera. Messages and pictures are kept by `play_viewer.js`."""

    page: Page
    bus: FakeBus
    peer_id: str = ""

    async def watch(self, **asked: Any) -> None:
        offer = await self.page.evaluate("offer()")
        request = {
            "camera_id": 1,
            "streams": {"main": MAIN, "sub": SUB},
            "stream": "main",
            "at": None,
            "address": "127.0.0.1",
            "session_id": "s",
            "user_id": 1,
            "playback": True,
            "sdp": offer,
        }
        answer = await self.bus.request("play.offer", {**request, **asked})
        self.peer_id = answer["peer_id"]
        await self.page.evaluate("accept", answer["sdp"])

    async def say(self, **message: Any) -> None:
        await self.page.evaluate("say", json.dumps(message))

    async def messages(self, event: str = "") -> list[dict[str, Any]]:
        said: list[dict[str, Any]] = await self.page.evaluate("heard")
        return [one for one in said if not event or one["ev"] == event]

    async def state(self) -> dict[str, Any]:
        states = await self.messages("state")
        return states[-1] if states else {}

    async def shown(self) -> dict[str, Any]:
        """`code`: the time in the picture shown (ms UTC, 0 when unreadable); `wall`: its time by
        the clock messages (µs); `hidden`: a catch-up burst is under way; `count`, `width`, `first`
        (ms from the answer to the first picture)."""
        shown: dict[str, Any] = await self.page.evaluate("shown()")
        return shown

    async def until(
        self, what: str, met: Callable[[dict[str, Any]], object], seconds: float = 20.0
    ) -> dict[str, Any]:
        """What is shown once `met` says yes. Fails with what was heard when it does not in time."""
        return await self._until(what, self.shown, met, seconds)

    async def until_state(
        self, state: str, seconds: float = 20.0, **fields: object
    ) -> dict[str, Any]:
        def is_it(said: dict[str, Any]) -> bool:
            wanted = {"state": state, **fields}
            return all(said.get(name) == value for name, value in wanted.items())

        return await self._until(f"state {state}", self.state, is_it, seconds)

    async def _until(
        self,
        what: str,
        look: Callable[[], Coroutine[Any, Any, dict[str, Any]]],
        met: Callable[[dict[str, Any]], object],
        seconds: float,
    ) -> dict[str, Any]:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not met(seen := await look()):
                    await asyncio.sleep(0.02)
                return seen
        last = await look()
        raise AssertionError(f"never {what}: {last}; heard {(await self.messages())[-8:]}")


@dataclass
class Stage:
    bus: FakeBus
    archive: FakeArchive
    tail: FakeTail
    feed: Feed
    tasks: asyncio.TaskGroup
    pages: Callable[[], Coroutine[Any, Any, Page]]
    running: list[asyncio.Task[Any]] = field(default_factory=list)
    _broadcasts: dict[int, Broadcast] = field(default_factory=dict)

    async def viewer(self, **asked: Any) -> Viewer:
        viewer = Viewer(await self.pages(), self.bus)
        if asked.pop("watch", True):
            await viewer.watch(**asked)
        return viewer

    def start(self, job: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        task = self.tasks.create_task(job)
        self.running.append(task)
        return task

    def camera(self, stream_id: int = MAIN, **how: Any) -> asyncio.Task[Any]:
        """Film and serve the feed until cancelled."""
        return self.start(self._record(stream_id, how))

    async def _record(self, stream_id: int, how: dict[str, Any]) -> None:
        """While nobody films the same stream goes on being offered, as a real recorder does."""
        if (known := self._broadcasts.get(stream_id)) is not None:
            await film(known, **how)
        broadcast = self._broadcasts[stream_id] = Broadcast()
        self.start(self._offer(stream_id, broadcast))
        try:
            await film(broadcast, **how)
        finally:
            broadcast.end_run()

    async def _offer(self, stream_id: int, broadcast: Broadcast) -> None:
        async with self.feed.offer(stream_id, broadcast, self.bus):
            await asyncio.Event().wait()


@asynccontextmanager
async def open_stage(**config: Any) -> AsyncIterator[Stage]:
    bus, archive, tail, clock = FakeBus(), FakeArchive(), FakeTail(), SystemClock()
    async with (
        async_playwright() as playwright,
        await playwright.chromium.launch(
            executable_path=chromium_program(), headless=True, args=list(FLAGS)
        ) as browser,
        open_feed("127.0.0.1", tail, clock) as feed,
        asyncio.TaskGroup() as tasks,
    ):

        async def page() -> Page:
            made = await browser.new_page()
            await made.set_content("<video muted autoplay playsinline></video>")
            await made.evaluate(f"{READER}\n{VIEWER}")
            return made

        stage = Stage(bus, archive, tail, feed, tasks, page)
        stage.start(play(PlayConfig(node="stage", **config), archive, bus, clock))
        await asyncio.sleep(0)
        try:
            yield stage
        finally:
            for task in stage.running:
                task.cancel()
