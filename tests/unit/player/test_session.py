"""What a viewer says and sees, with an archive in memory and a clock turned by hand."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from player.footage import Footage
from player.hub import open_hub
from player.reader import Reader
from player.session import Session, Sources, Viewing
from tests.fakes.bus import FakeBus
from tests.fakes.clock import HandClock, settle
from tests.fakes.footage import FakeArchive, segments_of
from tests.fakes.outlet import FakeOutlet
from tests.fakes.units import START, encode_pictures, pictures
from vms.core.media.access_unit import AccessUnit, Codec
from vms.core.model import Cause, Gap, StreamRole
from vms.core.walltime import SECOND, WallTime

MAIN, SUB = 1, 2


@dataclass
class Desk:
    clock: HandClock
    outlet: FakeOutlet
    archive: FakeArchive
    bus: FakeBus

    async def say(self, **message: object) -> None:
        self.outlet.messages.put_nowait(message)
        await settle(200)

    async def pass_time(self, seconds: float) -> None:
        for _ in range(round(seconds / 0.02)):
            await self.clock.advance(0.02)
            await settle(3)

    @property
    def shown(self) -> int:
        """Newest picture sent, in seconds from START."""
        return self.outlet.sent[-1][0] - START


@asynccontextmanager
async def desk(
    *,
    at: float | None,
    streams: dict[StreamRole, int] | None = None,
    playback: bool = True,
    main: list[AccessUnit] | None = None,
    sub: list[AccessUnit] | None = None,
) -> AsyncIterator[Desk]:
    """A session of a viewer; `at` in seconds from START."""
    made = Desk(HandClock(START + 3600 * SECOND), FakeOutlet(), FakeArchive(), FakeBus())
    for stream_id, units in ((MAIN, main or []), (SUB, sub or [])):
        if units:
            made.archive.keep(segments_of(units, stream_id=stream_id, segment_seconds=10))
    footage = Footage(made.archive, made.bus)
    async with open_hub(made.bus, made.clock) as hub:
        viewing = Viewing(
            camera_id=1,
            streams=streams or {StreamRole.MAIN: MAIN},
            stream=StreamRole.MAIN,
            at=None if at is None else WallTime(START + round(at * SECOND)),
            playback=playback,
        )
        sources = Sources(hub, footage, Reader(footage, 1 << 20))
        session = Session(viewing, made.outlet, sources, made.clock, origin=0)
        running = asyncio.ensure_future(session.run())
        await settle(200)
        try:
            yield made
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


async def test_a_seek_bursts_to_the_exact_picture_and_says_its_time() -> None:
    async with desk(at=7.3, main=pictures(30)) as one:
        await one.say(op="pause")
        assert one.shown == 7_280_000
        clock = one.outlet.clocks()[0]
        assert clock["wall"] == START + 7_280_000
        assert clock["seek"] == START + 7_300_000
        assert clock["mode"] == "archive"
        assert one.outlet.sent[-1][1] == clock["rtp"]
        assert len(one.outlet.sent) == 8  # from the key picture at 7 s


async def test_playing_sends_every_picture_in_its_time() -> None:
    async with desk(at=3.0, main=pictures(30)) as one:
        assert one.outlet.states() == ["playing"]
        await one.pass_time(2.0)
        assert abs(one.shown - 5_000_000) <= 80_000
        walls = [wall for wall, _ in one.outlet.sent]
        assert [b - a for a, b in itertools.pairwise(walls)] == [40_000] * (len(walls) - 1)


async def test_a_paused_picture_stands_until_play_goes_on_from_it() -> None:
    async with desk(at=3.0, main=pictures(30)) as one:
        await one.pass_time(1.0)
        await one.say(op="pause")
        stood = one.shown
        await one.pass_time(5.0)
        assert one.shown == stood
        await one.say(op="play", speed=2)
        await one.pass_time(1.0)
        assert abs(one.shown - stood - 2_000_000) <= 120_000
        assert one.outlet.states() == ["playing", "paused", "playing"]


async def test_seeks_while_paused_show_their_pictures_and_stay_paused() -> None:
    async with desk(at=3.0, main=pictures(30)) as one:
        await one.say(op="pause")
        for seconds in (9.5, 0.0, 29.99):
            await one.say(op="seek", at=START + round(seconds * SECOND))
            assert one.shown == min(seconds * SECOND // 40_000 * 40_000, 29_960_000)
        assert set(one.outlet.states()[1:]) == {"paused"}


async def test_rtp_time_never_steps_back() -> None:
    async with desk(at=3.0, main=pictures(30)) as one:
        for seconds in (20, 1, 15):
            await one.pass_time(0.3)
            await one.say(op="seek", at=START + seconds * SECOND)
        await one.pass_time(1.0)
        stamps = [rtp for _, rtp in one.outlet.sent]
        assert stamps == sorted(set(stamps))


async def test_a_gap_is_told_with_its_cause_and_jumped_over() -> None:
    later = WallTime(START + 100 * SECOND)
    async with desk(at=None, main=pictures(10)) as one:
        one.archive.keep(segments_of(pictures(10, start=later)))
        one.archive.known_gaps = [Gap(MAIN, WallTime(START + 10 * SECOND), later, Cause.CLOSED)]
        await one.say(op="seek", at=START + 9 * SECOND)
        await one.pass_time(2.0)
        gap = next(said for said in one.outlet.said if said.get("state") == "gap")
        assert (gap["cause"], gap["until"]) == (Cause.CLOSED, later)
        assert one.outlet.states()[-1] == "playing"
        assert one.shown >= 100_500_000


async def test_a_seek_into_a_gap_shows_the_first_picture_after_it() -> None:
    later = WallTime(START + 100 * SECOND)
    async with desk(at=None, main=pictures(10)) as one:
        one.archive.keep(segments_of(pictures(10, start=later)))
        await one.say(op="seek", at=START + 50 * SECOND)
        await one.say(op="pause")
        assert one.shown == 100_000_000
        gap = next(said for said in one.outlet.said if said.get("state") == "gap")
        assert gap["from"] == START + 50 * SECOND


async def test_where_recording_ends_it_goes_on_as_live() -> None:
    async with desk(at=9.0, main=pictures(10)) as one:
        await one.bus.publish(f"stream.state.{MAIN}", {"stream_id": MAIN, "condition": "down"})
        await one.pass_time(3.0)
        assert one.outlet.states() == ["playing", "waiting"]


async def test_the_other_stream_is_shown_where_only_that_is_recorded() -> None:
    both = {StreamRole.MAIN: MAIN, StreamRole.SUB: SUB}
    async with desk(at=3.0, streams=both, sub=pictures(10)) as one:
        assert one.outlet.said[-1]["stream"] == "sub"
        assert one.outlet.states() == ["playing"]


async def test_a_moment_that_only_the_other_stream_has_is_shown_from_that_one() -> None:
    both = {StreamRole.MAIN: MAIN, StreamRole.SUB: SUB}
    late = pictures(10, start=WallTime(START + 60 * SECOND))
    async with desk(at=3.0, streams=both, main=late, sub=pictures(10)) as one:
        await one.say(op="pause")
        assert one.outlet.said[-1]["stream"] == "sub"
        assert one.shown == 3 * SECOND


async def test_recorded_h265_gives_way_to_the_sub_stream() -> None:
    both = {StreamRole.MAIN: MAIN, StreamRole.SUB: SUB}
    h265 = encode_pictures(Codec.H265, count=50)
    async with desk(at=1.0, streams=both, main=h265, sub=pictures(10)) as one:
        assert one.outlet.said[-1]["note"] == "h265-sub"
        assert one.outlet.said[-1]["stream"] == "sub"


async def test_h265_alone_is_said_to_be_unplayable() -> None:
    async with desk(at=1.0, main=encode_pictures(Codec.H265, count=50)) as one:
        said = one.outlet.said[-1]
        assert (said["state"], said["detail"]) == ("unplayable", "h265")


async def test_without_the_right_the_archive_stays_shut() -> None:
    async with desk(at=None, main=pictures(10), playback=False) as one:
        for message in ({"op": "seek", "at": START}, {"op": "pause"}):
            await one.say(**message)
            assert one.outlet.said[-1]["detail"] == "denied"
        assert one.outlet.sent == []


async def test_an_unreadable_archive_is_said_and_tried_again() -> None:
    async with desk(at=None, main=pictures(10)) as one:
        kept, one.archive.kept = (
            one.archive.kept,
            [(segment, b"") for segment, _ in one.archive.kept],
        )
        await one.say(op="seek", at=START + 2 * SECOND)
        assert one.outlet.states()[-1] == "waiting"
        one.archive.kept = kept
        await one.pass_time(3.0)
        assert one.outlet.states()[-1] == "playing"


async def test_a_ping_is_answered_and_disturbs_nothing() -> None:
    async with desk(at=3.0, main=pictures(10)) as one:
        await one.say(op="ping", id=4)
        assert one.outlet.said[-1] == {"ev": "pong", "id": 4}
        await one.say(op="nonsense")
        await one.pass_time(1.0)
        assert one.outlet.states() == ["playing"]
