"""What an earlier holder still has of a stream is found through the present one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from recorder.feed import tail_entry
from recorder.fleet.neighbours import PIECE_BYTES, Neighbours
from tests.fakes.bus import FakeBus
from vms.core.errors import Invalid, NotFound
from vms.core.model import GopEntry, Segment
from vms.core.walltime import TimeRange, WallTime

CONTENT = bytes(range(251)) * 5000
HELD = Segment(
    *(1, 2, 1000, 0, TimeRange(WallTime(1000), WallTime(2000)), len(CONTENT), 100, b"", None),
    *("avc1.42c01f", 640, 360, (GopEntry(0, 1000, 100, 500, 50),)),
)


class Spool:
    def __init__(self, *segments: Segment) -> None:
        self._segments = segments

    def tail(self, stream_id: int) -> list[Segment]:
        return [one for one in self._segments if one.stream_id == stream_id]

    async def read(
        self, stream_id: int, epoch: int, sequence: int, offset: int, size: int
    ) -> bytes:
        if not self.tail(stream_id) or offset + size > len(CONTENT):
            raise NotFound("not held")
        return CONTENT[offset : offset + size]


@asynccontextmanager
async def two(*before: str) -> AsyncIterator[tuple[Neighbours, FakeBus]]:
    """The holder, which has nothing, beside the one before, which has a segment of stream 2."""
    bus = FakeBus()
    holder = Neighbours("b", Spool(), bus, tail_entry, lambda _: before)
    earlier = Neighbours("a", Spool(HELD), bus, tail_entry, lambda _: ())
    async with holder.serve(), earlier.serve():
        yield holder, bus


async def test_the_tail_of_an_earlier_holder_is_told() -> None:
    async with two("a") as (holder, _):
        assert await holder.tail(2) == [tail_entry(HELD)]
        assert await holder.tail(3) == []


async def test_bytes_of_an_earlier_holder_are_read_exactly_however_many() -> None:
    size = PIECE_BYTES + 77_000
    async with two("a") as (holder, _):
        assert await holder.read(2, 1000, 0, 33, size) == CONTENT[33 : 33 + size]


async def test_one_that_is_gone_costs_nothing_but_its_pictures() -> None:
    async with two("gone", "a") as (holder, _):
        assert await holder.tail(2) == [tail_entry(HELD)]
        assert await holder.read(2, 1000, 0, 0, 10) == CONTENT[:10]


async def test_what_nobody_has_is_not_found() -> None:
    async with two() as (holder, _):
        assert await holder.tail(2) == []
        with pytest.raises(NotFound):
            await holder.read(2, 1000, 0, 0, 10)


@pytest.mark.parametrize(
    "request_of",
    [{}, {"size": -1}, {"size": "9"}, {"size": PIECE_BYTES + 1}, {"epoch": None}],
)
async def test_nonsense_is_refused(request_of: dict[str, object]) -> None:
    whole = (
        {"stream_id": 2, "epoch": 1000, "sequence": 0, "offset": 0, "size": 9} if request_of else {}
    )
    async with two("a") as (_, bus):
        with pytest.raises(Invalid):
            await bus.request("record.read.a", {**whole, **request_of})
