"""What of a stream is kept by schedule and by events, and what reason the rest has."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast
from zoneinfo import ZoneInfo

from recorder.disk import SpoolDisk
from recorder.gapbook import GapBook
from recorder.keeping import RENEW_SECONDS, Keeping, kept
from recorder.prerecord import MOST_BYTES
from recorder.recording import Recording
from tests.fakes.bus import FakeBus
from tests.fakes.clock import HandClock, settle
from tests.fakes.recording import FakeIndex, FakeSpool
from tests.fakes.units import START, pictures, unit
from vms.core.media.access_unit import AccessUnit
from vms.core.model import Cause, Gap, Hours, RecordPolicy, RecordWhen, Stream, StreamRole
from vms.core.nodestate import NodeState
from vms.core.walltime import MINUTE, SECOND, WallTime

UTC = ZoneInfo("UTC")
FIVE_MINUTES = RecordPolicy(RecordWhen.SCHEDULE, (Hours(0, 6 * 60 + 2, 6 * 60 + 7),))
"""START is Monday 06:00 UTC: the hours are the seconds 120 to 420."""
ON_EVENTS = RecordPolicy(RecordWhen.EVENTS, pre_seconds=10, post_seconds=30)


def at(seconds: float) -> WallTime:
    return WallTime(START + round(seconds * SECOND))


class Bench:
    """A keeping with everything around it faked. `gaps`: those the index held before."""

    def __init__(self, policy: RecordPolicy, *gaps: Gap) -> None:
        self.stream = Stream(2, 1, StreamRole.MAIN, "rtsp://cam/", policy=policy)
        self.clock, self.bus = HandClock(START), FakeBus()
        self.index, self.spool = FakeIndex(), FakeSpool()
        self.index.gaps.rows += gaps
        self.node = NodeState("record", "here", self.bus, self.clock)
        self.book = GapBook(cast(Any, self.index), self.node, self.clock)
        self.recording = Recording(self.stream, self.spool, self.book, SpoolDisk(self.node), 60.0)
        self.keeping = Keeping(self.recording, 2, policy, self.book, self.clock, UTC)

    async def take(self, units: Iterable[AccessUnit]) -> None:
        """The clock goes with the pictures."""
        for one in units:
            if one.wall > self.clock.wall():
                await self.clock.advance((one.wall - self.clock.wall()) / SECOND)
            self.keeping.take((one,))
        await settle()

    @property
    def kept(self) -> list[tuple[float, float]]:
        """What was written, in seconds, joined where it follows without a hole."""
        spans: list[tuple[float, float]] = []
        for fragment in self.spool.fragments:
            start, end = (fragment.start - START) / SECOND, (fragment.end - START) / SECOND
            if spans and spans[-1][1] == start:
                spans[-1] = (spans[-1][0], end)
            else:
                spans.append((start, end))
        return spans

    async def gaps(self, *, renewed: bool = False) -> list[tuple[str, float, float | None]]:
        """(cause, start, end) in seconds, oldest first; joined where one was only renewed."""
        await self.book.drain(1.0)
        rows: list[tuple[str, float, float | None]] = []
        for gap in sorted(self.index.gaps.rows, key=lambda gap: gap.start):
            start = (gap.start - START) / SECOND
            end = None if gap.end is None else (gap.end - START) / SECOND
            if rows and not renewed and (rows[-1][0], rows[-1][2]) == (gap.cause.value, start):
                start = rows.pop()[1]
            rows.append((gap.cause.value, start, end))
        return rows


def running(policy: RecordPolicy, *gaps: Gap) -> Bench:
    bench = Bench(policy, *gaps)
    bench.keeping.begin_run()
    return bench


async def test_a_schedule_keeps_from_the_group_that_covers_its_beginning_exactly_to_its_end() -> (
    None
):
    bench = running(FIVE_MINUTES)
    await bench.take(pictures(500, fps=5, gop_pictures=35))  # groups of 7 s
    assert bench.kept == [(119.0, 420.0)]
    assert await bench.gaps() == [("schedule", 0.0, 119.0), ("schedule", 420.0, None)]
    assert bench.keeping.resting is Cause.SCHEDULE


async def test_outside_the_hours_nothing_is_held() -> None:
    bench = running(RecordPolicy(RecordWhen.SCHEDULE, (Hours(0, 0, 60),)))
    await bench.take(pictures(30, fps=5))
    assert bench.keeping.held_bytes == 0
    assert await bench.gaps() == [("schedule", 0.0, None)]


async def test_the_seconds_before_an_event_are_in_the_archive() -> None:
    bench = running(ON_EVENTS)
    await bench.take(pictures(60))
    bench.keeping.event(at(59.5))
    await bench.take(pictures(140)[60 * 25 :])
    assert bench.kept == [(49.0, 90.0)], "10 s before 59.5 and 30 s after it, by whole groups"
    assert await bench.gaps() == [("no-event", 0.0, 49.0), ("no-event", 90.0, None)]


async def test_two_events_whose_times_touch_are_kept_as_one() -> None:
    bench = running(ON_EVENTS)
    await bench.take(pictures(40))
    bench.keeping.event(at(39.9))
    await bench.take(pictures(60)[40 * 25 :])
    bench.keeping.event(at(59.9))
    await bench.take(pictures(120)[60 * 25 :])
    assert bench.kept == [(29.0, 90.0)]


async def test_an_event_right_after_another_loses_no_picture_between_them() -> None:
    bench = running(ON_EVENTS)
    await bench.take(pictures(20))
    bench.keeping.event(at(19.9))
    await bench.take(pictures(50.4)[20 * 25 :])  # its time ended at the key picture of 50.0
    assert bench.keeping.resting is Cause.NO_EVENT
    bench.keeping.event(at(50.3))
    await bench.take(pictures(100)[round(50.4 * 25) :])
    assert bench.kept == [(9.0, 81.0)]
    assert await bench.gaps() == [("no-event", 0.0, 9.0), ("no-event", 81.0, None)]


async def test_an_event_of_a_while_ago_keeps_its_own_time_only() -> None:
    policy = RecordPolicy(RecordWhen.EVENTS, pre_seconds=30, post_seconds=5)
    bench = running(policy)
    await bench.take(pictures(60))
    bench.keeping.event(at(45.0))
    await bench.take(pictures(70)[60 * 25 :])
    assert bench.kept == [(29.0, 50.0)], "what was still held of the 30 s before"
    assert await bench.gaps() == [("no-event", 0.0, 29.0), ("no-event", 50.0, None)]
    bench.keeping.event(at(69.0))
    await bench.take(pictures(90)[70 * 25 :])
    assert bench.kept == [(29.0, 74.0)], "what was held behind it is not lost to the next event"


async def test_an_event_while_the_camera_is_away_keeps_what_comes_when_it_is_back() -> None:
    bench = running(ON_EVENTS)
    await bench.take(pictures(20))
    bench.keeping.end_run(at(20), Cause.CLOSED, "")
    bench.keeping.event(at(22))
    bench.keeping.begin_run()
    await bench.take(pictures(80)[30 * 25 :])
    assert bench.kept == [(30.0, 52.0)]
    assert await bench.gaps() == [
        ("no-event", 0.0, 20.0),
        ("closed", 20.0, 30.0),
        ("no-event", 52.0, None),
    ]


async def test_a_camera_that_is_lost_while_nothing_happens_is_missing_all_the_same() -> None:
    bench = running(ON_EVENTS)
    await bench.take(pictures(20))
    bench.keeping.end_run(at(25), Cause.STALLED, "no picture for 5 s")
    bench.keeping.end_run(at(30), Cause.UNREACHABLE, "no route")
    bench.keeping.begin_run()
    await bench.take(pictures(41)[40 * 25 :])
    assert await bench.gaps() == [
        ("no-event", 0.0, 25.0),
        ("stalled", 25.0, 30.0),
        ("unreachable", 30.0, 40.0),
        ("no-event", 40.0, None),
    ]


async def test_a_camera_that_is_lost_is_missed_within_the_hours_only() -> None:
    bench = Bench(FIVE_MINUTES)
    bench.recording.resume(None, START)
    bench.keeping.end_run(at(1), Cause.UNREACHABLE, "no route")
    for minute in range(1, 10):
        await bench.clock.advance(60)
        bench.keeping.end_run(at(minute * 60 + 30), Cause.UNREACHABLE, "no route")
        bench.keeping.tick()
    assert await bench.gaps() == [
        ("connecting", 0.0, 1.0),
        ("schedule", 1.0, 150.0),
        ("unreachable", 150.0, 450.0),
        ("schedule", 450.0, None),
    ]


async def test_hours_begin_and_end_on_time_while_nobody_tries_the_camera() -> None:
    bench = Bench(FIVE_MINUTES)
    bench.keeping.end_run(at(0), Cause.BAD_PASSWORD, "refused")
    async with kept(bench.recording, bench.stream, bench.book, bench.bus, bench.clock, UTC):
        await settle()
    for _ in range(9):
        await bench.clock.advance(60)
        bench.keeping.tick()
    assert await bench.gaps() == [
        ("schedule", 0.0, 120.0),
        ("bad-password", 120.0, 420.0),
        ("schedule", 420.0, None),
    ]


async def test_a_restart_finds_out_which_of_the_time_was_hours_without_a_recorder() -> None:
    asleep = Gap(2, at(-600), None, Cause.SCHEDULE)
    policy = RecordPolicy(RecordWhen.SCHEDULE, (Hours(0, 5 * 60 + 55, 6 * 60 + 7),))
    bench = Bench(policy, asleep)
    bench.recording.resume(None, START)
    bench.keeping.resume()
    bench.keeping.begin_run()
    await bench.take(pictures(5))
    assert await bench.gaps() == [("schedule", -600.0, -300.0), ("recorder-off", -300.0, 0.0)]


async def test_a_recorder_that_stops_says_so_whatever_the_hours() -> None:
    bench = running(FIVE_MINUTES)
    await bench.take(pictures(10, fps=5))
    bench.keeping.end_run(at(10), Cause.RECORDER_OFF, "stopped")
    assert (await bench.gaps())[-1] == ("recorder-off", 10.0, None)


async def test_the_gap_of_a_rest_is_renewed_so_that_a_crash_does_not_reach_back_for_hours() -> None:
    bench = running(ON_EVENTS)
    await bench.take(pictures(1))
    for _ in range(3):
        await bench.clock.advance(RENEW_SECONDS)
        bench.keeping.tick()
    renewed = 0.96 + 3 * RENEW_SECONDS
    assert await bench.gaps(renewed=True) == [
        ("no-event", 0.0, renewed),
        ("no-event", renewed, None),
    ]


async def test_a_stream_that_was_handed_over_goes_on_in_the_gap_it_was_in() -> None:
    resting = Gap(2, at(-100), None, Cause.NO_EVENT)
    bench = Bench(ON_EVENTS, resting)
    bench.recording.until = at(-500)
    async with kept(
        *(bench.recording, bench.stream, bench.book, bench.bus, bench.clock, UTC), handed_over=True
    ) as keeps:
        keeps.begin_run()
        await bench.bus.publish("camera.event.1", {"at": at(0)})
        await settle()
        for one in pictures(50):
            keeps.take((one,))
        await settle()
    assert bench.kept == [(0.0, 30.0)]
    assert await bench.gaps() == [("no-event", -100.0, 0.0), ("no-event", 30.0, None)]


async def test_a_group_too_large_to_be_held_is_kept_rather_than_lost() -> None:
    bench = running(ON_EVENTS)
    many = [unit(n, key=n == 0, fps=5, size=1_000_000) for n in range(60)]
    assert sum(len(one.data) for one in many) > MOST_BYTES
    await bench.take([*many, unit(60, key=True, fps=5)])
    assert bench.kept == [(0.0, 12.0)]
    assert (await bench.gaps())[-1] == ("no-event", 12.0, None)


async def test_a_stream_that_is_always_kept_has_nothing_in_its_way() -> None:
    bench = Bench(RecordPolicy())
    stream, clock = bench.stream, bench.clock
    async with kept(bench.recording, stream, bench.book, bench.bus, clock, UTC) as keeps:
        assert keeps is bench.recording


async def test_events_come_over_the_bus_and_impossible_times_are_passed_over() -> None:
    bench = Bench(ON_EVENTS)
    subject = "camera.event.1"
    async with kept(
        bench.recording, bench.stream, bench.book, bench.bus, bench.clock, UTC
    ) as keeps:
        keeps.begin_run()
        for one in pictures(5):
            keeps.take((one,))
        await bench.clock.advance(5)
        for impossible in (at(5) + 2 * MINUTE, 0, "noon", None):
            await bench.bus.publish(subject, {"at": impossible, "kind": "motion"})
        await bench.bus.publish("camera.event.9", {"at": at(4), "kind": "motion"})
        await settle()
        assert bench.kept == []
        await bench.bus.publish(subject, {"at": at(4), "kind": "motion", "detail": ""})
        await settle()
        assert keeps.resting is None
        for one in pictures(8)[125:]:
            keeps.take((one,))
        await settle()
    assert bench.kept == [(0.0, 7.0)]


async def test_a_stream_that_is_only_watched_from_now_on_was_not_lost() -> None:
    bench = Bench(RecordPolicy())
    bench.book.unwanted(2, at(10))
    assert await bench.gaps() == [], "it never was recorded"
    bench.recording.begin_run()
    for one in pictures(5):
        bench.recording.take((one,))
    bench.recording.end_run(at(5), Cause.RECORDER_OFF, "")
    bench.book.unwanted(2, at(10))
    assert await bench.gaps() == [("recorder-off", 5.0, 10.0), ("disabled", 10.0, None)]
