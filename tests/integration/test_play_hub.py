"""The hub against the recorder's real feed over TCP."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from player.hub import Hub, open_hub
from player.webrtc.layout import Picture
from recorder.broadcast import Broadcast
from recorder.feed import Feed, open_feed
from tests.fakes.bus import FakeBus
from tests.fakes.footage import FakeTail
from tests.fakes.units import START, gop, unit
from vms.core.clock import SystemClock
from vms.core.model import Cause
from vms.core.walltime import SECOND

STREAM = 4


@dataclass
class Seen:
    """A sink that writes down."""

    walls: list[int] = field(default_factory=list)
    events: list[str] = field(default_factory=list)

    def push(self, picture: Picture) -> None:
        self.walls.append(picture.wall)

    def caught_up(self) -> None:
        self.events.append("caught up")

    def restarted(self) -> None:
        self.events.append("restarted")

    def troubled(self, cause: Cause, detail: str) -> None:
        self.events.append(cause)


@dataclass
class Site:
    bus: FakeBus
    feed: Feed
    hub: Hub


@asynccontextmanager
async def open_site(linger: float = 0.2) -> AsyncIterator[Site]:
    bus, clock = FakeBus(), SystemClock()
    async with (
        open_feed("127.0.0.1", FakeTail(), clock) as feed,
        open_hub(bus, clock, linger_seconds=linger) as hub,
    ):
        yield Site(bus, feed, hub)


async def until(met: Callable[[], object], seconds: float = 15.0) -> None:
    end = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < end
        await asyncio.sleep(0.01)


async def test_two_viewers_share_one_feed_and_the_second_starts_with_the_group() -> None:
    broadcast = Broadcast()
    async with open_site() as site, site.feed.offer(STREAM, broadcast, site.bus):
        for one in gop(0, 10):
            broadcast.publish((one,))
        async with site.hub.watch(STREAM) as channel, site.hub.watch(STREAM) as same:
            assert channel is same
            first, second = Seen(), Seen()
            channel.attach(first)
            await until(lambda: len(first.walls) == 10)
            await until(lambda: "caught up" in first.events)
            channel.attach(second)
            assert second.walls == [one.wall for one in gop(0, 10)]
            assert second.events == ["caught up"]
            assert broadcast.watchers == 1


async def test_the_feed_is_closed_a_while_after_the_last_viewer() -> None:
    broadcast = Broadcast()
    async with open_site() as site, site.feed.offer(STREAM, broadcast, site.bus):
        async with site.hub.watch(STREAM):
            await until(lambda: broadcast.watchers == 1)
        async with site.hub.watch(STREAM):
            await asyncio.sleep(0.5)
            assert broadcast.watchers == 1
        await until(lambda: broadcast.watchers == 0)


async def test_nobody_recording_is_said_and_the_feed_found_when_somebody_does() -> None:
    async with open_site() as site, site.hub.watch(STREAM) as channel:
        seen, broadcast = Seen(), Broadcast()
        channel.attach(seen)
        await until(lambda: seen.events == [Cause.CONNECTING])
        async with site.feed.offer(STREAM, broadcast, site.bus):
            await until(lambda: broadcast.watchers == 1)
            broadcast.publish((unit(0, key=True),))
            await until(lambda: seen.walls == [START])


async def test_what_the_recorder_says_of_a_stream_reaches_its_viewers() -> None:
    broadcast, seen = Broadcast(), Seen()
    async with (
        open_site() as site,
        site.feed.offer(STREAM, broadcast, site.bus),
        site.hub.watch(STREAM) as channel,
    ):
        channel.attach(seen)
        await until(lambda: broadcast.watchers == 1)
        down = {"stream_id": STREAM, "condition": "down", "cause": "bad-password"}
        await site.bus.publish(f"stream.state.{STREAM}", down)
        await until(lambda: Cause.BAD_PASSWORD in seen.events)


async def test_a_feed_that_brings_nothing_of_a_living_stream_is_left() -> None:
    old, new = Broadcast(), Broadcast()
    async with open_site() as site, site.hub.watch(STREAM) as channel:
        seen = Seen()
        channel.attach(seen)
        async with site.feed.offer(STREAM, old, site.bus):
            await until(lambda: old.watchers == 1)
            old.publish((unit(0, key=True),))
            await until(lambda: seen.walls == [START])
        async with site.feed.offer(STREAM, new, site.bus):
            later = START + 20 * SECOND
            new.publish((unit(500, key=True),))
            state = {"stream_id": STREAM, "condition": "recording", "last_picture": later}
            await site.bus.publish(f"stream.state.{STREAM}", state)
            await until(lambda: seen.walls == [START, later])
            assert seen.events.count("restarted") == 2
