"""The feed over a real socket of this machine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from recorder.broadcast import Broadcast
from recorder.feed import Feed, open_feed, tail_entry
from recorder.tickets import TICKET_SECONDS, Tickets
from tests.fakes.bus import FakeBus
from tests.fakes.clock import HandClock
from tests.fakes.units import gop
from vms.core.bus import Payload
from vms.core.errors import Denied, NotFound, Unavailable
from vms.core.feedwire import FrameKind, FrameReader, UnitReader, json_frame
from vms.core.media.access_unit import AccessUnit
from vms.core.model import GopEntry, Segment
from vms.core.walltime import TimeRange, WallTime

CONTENT = bytes(range(256)) * 10_000
HELD = Segment(
    *(1, 2, 1000, 0, TimeRange(WallTime(1000), WallTime(2000)), len(CONTENT), 100, b"", None),
    *("avc1.42c01f", 640, 360, (GopEntry(0, 1000, 100, 500, 50),)),
)


class HeldTail:
    def tail(self, stream_id: int) -> list[Segment]:
        return [replace(HELD, stream_id=stream_id)]

    async def read(
        self, stream_id: int, epoch: int, sequence: int, offset: int, size: int
    ) -> bytes:
        if (epoch, sequence) != (1000, 0) or offset + size > len(CONTENT):
            raise NotFound("not held")
        return CONTENT[offset : offset + size]


@asynccontextmanager
async def offered() -> AsyncIterator[tuple[Feed, Broadcast, FakeBus, HandClock]]:
    clock, bus, broadcast = HandClock(), FakeBus(), Broadcast()
    async with open_feed("127.0.0.1", HeldTail(), clock) as feed, feed.offer(2, broadcast, bus):
        yield feed, broadcast, bus, clock


class Player:
    """A connection to the feed, and what came over it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self.writer = reader, writer
        self._frames = FrameReader()
        self._units = UnitReader()
        self.pieces: list[bytes] = []
        self.units: list[AccessUnit] = []
        self.end: bytes | None = None

    async def read(self, *, units: int = 0) -> None:
        """Until so many units came, or the end."""
        async with asyncio.timeout(20):
            while self.end is None and not (units and len(self.units) >= units):
                data = await self._reader.read(65536)
                assert data, "the feed hung up without saying why"
                for kind, payload in self._frames.feed(data):
                    self._take(kind, payload)

    def _take(self, kind: FrameKind, payload: bytes) -> None:
        if kind is FrameKind.BYTES:
            self.pieces.append(payload)
        elif kind is FrameKind.END:
            self.end = payload
        elif (unit := self._units.read(kind, payload)) is not None:
            self.units.append(unit)


@asynccontextmanager
async def player(bus: FakeBus, **hello: object) -> AsyncIterator[Player]:
    told = await bus.request("feed.2", {})
    reader, writer = await asyncio.open_connection(told["host"], told["port"])
    writer.write(json_frame(FrameKind.HELLO, {"ticket": told["ticket"], **hello}))
    try:
        yield Player(reader, writer)
    finally:
        writer.close()
        await writer.wait_closed()


async def until(wanted: object) -> None:
    async with asyncio.timeout(20):
        while not wanted():  # type: ignore[operator]
            await asyncio.sleep(0.01)


async def test_live_units_arrive_equal_beginning_with_the_current_group() -> None:
    pictures = gop(0, 30)
    async with offered() as (_, broadcast, bus, _), player(bus, verb="live") as watching:
        for one in pictures[:10]:
            broadcast.publish((one,))
        await until(lambda: broadcast.watchers)
        for one in pictures[10:]:
            broadcast.publish((one,))
        await watching.read(units=30)
    assert watching.units == pictures


async def test_a_player_that_leaves_is_no_watcher_any_more() -> None:
    async with offered() as (feed, broadcast, bus, _):
        async with player(bus, verb="live"):
            await until(lambda: broadcast.watchers)
        await until(lambda: not feed.watchers)


async def test_a_feed_that_closes_under_its_players_leaves_no_error_behind() -> None:
    unseen: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: unseen.append(context))
    async with AsyncExitStack() as players:
        async with offered() as (_, broadcast, bus, _):
            await players.enter_async_context(player(bus, verb="live"))
            await until(lambda: broadcast.watchers)
        await asyncio.sleep(0)
    assert (unseen, broadcast.watchers) == ([], 0)


async def test_unarchived_bytes_are_read_exactly() -> None:
    hello = {"epoch": 1000, "sequence": 0, "offset": 77, "size": 2_400_000}
    async with offered() as (_, _, bus, _), player(bus, verb="read", **hello) as reading:
        await reading.read()
    assert b"".join(reading.pieces) == CONTENT[77 : 77 + 2_400_000]
    assert reading.end == b'{"error": ""}'


@pytest.mark.parametrize(
    "hello",
    [
        {"verb": "read", "epoch": 1, "sequence": 0, "offset": 0, "size": 9},
        {"verb": "read", "epoch": 1000, "sequence": 0, "offset": -1, "size": 9},
        {"verb": "read", "epoch": 1000, "sequence": 0, "offset": 0, "size": 1 << 40},
        {"verb": "read", "epoch": "1000", "sequence": 0, "offset": 0, "size": 1},
        {"verb": "write"},
        {"verb": "live", "ticket": "guessed"},
    ],
)
async def test_what_cannot_be_is_refused_with_the_reason(hello: dict[str, object]) -> None:
    async with offered() as (_, _, bus, _), player(bus, **hello) as asking:
        await asking.read()
    assert asking.end not in (None, b'{"error": ""}')


async def test_the_tail_is_told_on_the_bus() -> None:
    async with offered() as (_, _, bus, _):
        (told,) = (await bus.request("tail.2", {}))["segments"]
    assert told["stream_id"] == 2
    assert (told["start"], told["end"], told["init_size"]) == (1000, 2000, 100)
    assert told["gops"] == [[0, 1000, 100, 500, 50]]


async def test_a_stream_that_is_not_here_any_more_is_asked_in_vain() -> None:
    async with offered() as (_, _, bus, _):
        pass
    with pytest.raises(Unavailable):
        await bus.request("feed.2", {})


async def test_a_ticket_is_good_once_and_for_ten_seconds() -> None:
    clock = HandClock()
    tickets = Tickets(clock)
    once, late = tickets.issue(1), tickets.issue(2)
    assert tickets.redeem(once) == 1
    await clock.advance(TICKET_SECONDS + 0.1)
    for ticket in (once, late, ""):
        with pytest.raises(Denied):
            tickets.redeem(ticket)


class Elsewhere:
    """An earlier holder that has one segment, older than ours."""

    async def tail(self, stream_id: int) -> list[Payload]:
        return [{**tail_entry(HELD), "epoch": 500, "start": 500}]

    async def read(
        self, stream_id: int, epoch: int, sequence: int, offset: int, size: int
    ) -> bytes:
        if epoch != 500:
            raise NotFound("not held")
        return b"x" * size


async def test_what_an_earlier_holder_has_is_told_and_read_here() -> None:
    async with offered() as (feed, _, bus, _):
        feed.elsewhere = Elsewhere()
        told = (await bus.request("tail.2", {}))["segments"]
        assert [entry["epoch"] for entry in told] == [500, 1000]
        hello = {"epoch": 500, "sequence": 0, "offset": 0, "size": 1_500_000}
        async with player(bus, verb="read", **hello) as reading:
            await reading.read()
    assert b"".join(reading.pieces) == b"x" * 1_500_000
