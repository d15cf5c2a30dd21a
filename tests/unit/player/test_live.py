"""One viewer of a live channel."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence

import pytest

from player.hub import Channel
from player.live import MOST_WAITING, Live, Unplayable
from player.pacer import Pacer, Piece
from player.webrtc.layout import Picture
from tests.fakes.clock import HandClock, settle
from tests.fakes.outlet import FakeOutlet
from tests.fakes.units import START, gop, unit
from vms.core.media.access_unit import AccessUnit, Codec, TrackFormat
from vms.core.model import Cause
from vms.core.walltime import SECOND, WallTime


class Room:
    """A channel with one viewer, at the time of the first picture plus `age` seconds."""

    def __init__(self, age: float = 0.0) -> None:
        self.clock = HandClock(START + round(age * SECOND))
        self.outlet = FakeOutlet()
        self.pacer = Pacer(0)
        self.channel = Channel(1)
        self.flows: list[Piece | None] = []
        self.troubles: list[tuple[Cause, str]] = []
        self.live = self.viewer()

    def viewer(self) -> Live:
        return Live(
            self.outlet,
            self.pacer,
            self.clock,
            on_flow=self.flows.append,
            on_trouble=lambda cause, detail: self.troubles.append((cause, detail)),
        )

    @property
    def walls(self) -> list[int]:
        return [wall for wall, _ in self.outlet.sent]


def feed(channel: Channel, units: Sequence[AccessUnit]) -> None:
    """What a feed brings, already known to be the present."""
    channel.is_caught_up = True
    for one in units:
        channel.receive(one)


def test_a_viewer_starts_with_the_current_group_at_once() -> None:
    room = Room()
    feed(room.channel, gop(0, 10))
    room.channel.attach(room.live)
    assert room.walls == [one.wall for one in gop(0, 10)]
    assert len(room.flows) == 1


def test_pictures_keep_their_own_distances_when_starting_live() -> None:
    room = Room(age=0.36)
    feed(room.channel, gop(0, 10))
    room.channel.attach(room.live)
    stamps = [rtp for _, rtp in room.outlet.sent]
    assert {b - a for a, b in itertools.pairwise(stamps)} == {3600}
    assert abs(stamps[-1] - room.pacer.rtp_now(room.clock.monotonic())) <= 1


def test_nothing_is_sent_before_a_random_access_point() -> None:
    room = Room()
    room.channel.attach(room.live)
    feed(room.channel, [unit(3), unit(4), *gop(5, 2)])
    assert room.walls == [one.wall for one in gop(5, 2)]


def test_back_from_the_archive_the_group_is_squeezed_once_the_present_is_reached() -> None:
    room = Room()
    room.pacer.used(room.pacer.rtp_now(room.clock.monotonic()))
    room.channel.attach(room.live)
    for one in gop(0, 10):
        room.live.push(Picture(one))
    assert room.outlet.sent == []
    room.live.caught_up()
    stamps = [rtp for _, rtp in room.outlet.sent]
    assert {b - a for a, b in itertools.pairwise(stamps)} == {45}
    piece = room.flows[0]
    assert piece is not None
    assert piece.wall == gop(0, 10)[-1].wall


async def test_a_viewer_too_slow_goes_on_at_the_next_random_access_point() -> None:
    room = Room()
    room.outlet.unpaced, room.outlet.blocked = False, True
    room.channel.attach(room.live)
    running = asyncio.ensure_future(room.live.run())
    feed(room.channel, gop(0, MOST_WAITING + 10))
    await settle()
    room.outlet.blocked, room.outlet.unpaced = False, True
    running.cancel()
    feed(room.channel, [unit(5000), *gop(5001, 3)])
    assert room.walls == [one.wall for one in gop(5001, 3)]


def test_after_a_lost_feed_what_was_shown_is_not_sent_again() -> None:
    room = Room()
    room.channel.attach(room.live)
    feed(room.channel, gop(0, 10))
    room.channel.begin()
    feed(room.channel, gop(0, 12))
    assert room.walls == [one.wall for one in gop(0, 12)]


def test_trouble_is_told_and_so_is_its_end() -> None:
    room = Room()
    room.channel.attach(room.live)
    feed(room.channel, gop(0, 3))
    room.channel.fail(Cause.STALLED, "nothing for 5 s")
    assert room.troubles == [(Cause.STALLED, "nothing for 5 s")]
    feed(room.channel, gop(3, 2))
    assert len(room.flows) == 2
    assert room.flows[1] is None


def test_who_comes_during_trouble_hears_of_it() -> None:
    room = Room()
    room.channel.fail(Cause.UNREACHABLE, "")
    room.channel.attach(room.live)
    assert room.troubles == [(Cause.UNREACHABLE, "")]


def test_a_leap_of_time_gets_a_new_time_line() -> None:
    room = Room()
    room.channel.attach(room.live)
    feed(room.channel, gop(0, 3))
    later = [unit(n, key=n == 0, start=WallTime(START + 3600 * SECOND)) for n in range(3)]
    feed(room.channel, later)
    assert len(room.flows) == 2
    assert room.flows[1] is not None
    assert room.outlet.sent[3][1] - room.outlet.sent[2][1] < 90_000


async def test_h265_is_unplayable() -> None:
    room = Room()
    room.channel.attach(room.live)
    feed(room.channel, [unit(0, key=True, used=TrackFormat(Codec.H265, 90_000))])
    with pytest.raises(Unplayable):
        await room.live.run()
    assert room.outlet.sent == []
