"""What is recorded, what is missing, and why: gaps, full disks, the index away."""

from __future__ import annotations

from typing import Any, cast

from recorder.disk import SpoolDisk
from recorder.gapbook import GapBook
from recorder.recording import Recording
from tests.fakes.bus import FakeBus
from tests.fakes.clock import HandClock, settle
from tests.fakes.recording import FakeIndex, FakeSpool
from tests.fakes.units import START, gop
from vms.core.errors import Exhausted, Unavailable
from vms.core.media.access_unit import AccessUnit
from vms.core.model import Cause, Gap, Segment, Stream, StreamRole
from vms.core.nodestate import NodeState
from vms.core.walltime import SECOND, TimeRange, WallTime

STREAM = Stream(2, 1, StreamRole.MAIN, "rtsp://cam/")


def at(seconds: float) -> WallTime:
    return WallTime(START + round(seconds * SECOND))


class Bench:
    """A recording with everything around it faked."""

    def __init__(self) -> None:
        self.clock = HandClock(START)
        self.index, self.spool = FakeIndex(), FakeSpool()
        self.node = NodeState("record", "here", FakeBus(), self.clock)
        self.book = GapBook(cast(Any, self.index), self.node, self.clock)
        self.recording = Recording(STREAM, self.spool, self.book, SpoolDisk(self.node), 60.0)

    async def take(self, units: list[AccessUnit]) -> None:
        for unit in units:
            self.recording.take(unit)
        await settle()

    async def gaps(self) -> list[tuple[Cause, float, float | None]]:
        """(cause, start, end) in seconds, oldest first, once all notes are written."""
        await self.book.drain(1.0)
        rows = sorted(self.index.gaps.rows, key=lambda gap: gap.start)
        return [(gap.cause, _seconds(gap.start) or 0.0, _seconds(gap.end)) for gap in rows]

    @property
    def problems(self) -> list[str]:
        return [problem.code for problem in self.node.problems]


def _seconds(wall: WallTime | None) -> float | None:
    return None if wall is None else (wall - START) / SECOND


async def test_a_gap_lasts_from_the_last_picture_to_the_next_runs_first() -> None:
    bench = Bench()
    bench.recording.resume(None, START)
    bench.recording.begin_run()
    await bench.take(gop(0) + gop(25))
    bench.recording.end_run(at(7), Cause.STALLED, "no picture for 5 s")
    bench.recording.begin_run()
    await bench.take(gop(250))
    assert await bench.gaps() == [(Cause.STALLED, 2.0, 10.0)]


async def test_a_gap_says_what_became_of_the_camera_as_causes_change() -> None:
    bench = Bench()
    bench.recording.begin_run()
    await bench.take(gop(0))
    bench.recording.end_run(at(1), Cause.CLOSED, "")
    for seconds in (2, 3, 4):
        bench.recording.end_run(at(seconds), Cause.UNREACHABLE, "")
    bench.recording.end_run(at(5), Cause.BAD_PASSWORD, "")
    assert await bench.gaps() == [
        (Cause.CLOSED, 1.0, 2.0),
        (Cause.UNREACHABLE, 2.0, 5.0),
        (Cause.BAD_PASSWORD, 5.0, None),
    ]


async def test_after_a_restart_the_recorder_was_off_since_the_last_picture() -> None:
    bench = Bench()
    bench.recording.resume(at(-30), at(0))
    bench.recording.begin_run()
    await bench.take(gop(50))
    assert await bench.gaps() == [(Cause.RECORDER_OFF, -30.0, 2.0)]


async def test_the_archives_end_counts_when_the_spool_holds_nothing() -> None:
    bench = Bench()
    span = TimeRange(at(-100), at(-40))
    bench.index.segments.newest = Segment(
        *(1, 2, 1, 0, span, 9, 9, b"", None, "", 0, 0, ()),
    )
    bench.recording.resume(None, at(0))
    assert await bench.gaps() == [(Cause.RECORDER_OFF, -40.0, None)]


async def test_a_gap_that_lasted_when_the_recorder_stopped_keeps_its_cause() -> None:
    bench = Bench()
    bench.index.gaps.rows.append(Gap(2, at(-90), None, Cause.UNREACHABLE))
    bench.recording.resume(at(-90), at(0))
    bench.recording.begin_run()
    await bench.take(gop(0))
    assert await bench.gaps() == [(Cause.UNREACHABLE, -90.0, 0.0)]


async def test_a_new_stream_is_connecting_until_its_first_picture() -> None:
    bench = Bench()
    bench.recording.resume(None, at(0))
    bench.recording.begin_run()
    await bench.take(gop(50))
    assert await bench.gaps() == [(Cause.CONNECTING, 0.0, 2.0)]


async def test_pictures_a_camera_sends_again_are_not_recorded_twice() -> None:
    bench = Bench()
    bench.recording.resume(at(3), at(3))
    bench.recording.begin_run()
    await bench.take(gop(25) + gop(50) + gop(75) + gop(100))
    assert [step.start for step in bench.spool.fragments] == [at(3)]


async def test_a_full_disk_is_a_gap_and_is_over_when_there_is_room() -> None:
    bench = Bench()
    bench.recording.begin_run()
    await bench.take(gop(0) + gop(25) + gop(50, 2))
    bench.spool.error = Exhausted("No space left on device")
    await bench.take(gop(50)[2:] + gop(75) + gop(100) + gop(125, 2))
    trouble = bench.recording.trouble
    assert trouble == (Cause.DISK_FULL, "No space left on device")
    assert bench.problems == ["disk-full"]
    bench.spool.error = None
    await bench.take(gop(125)[2:] + gop(150, 2))
    assert bench.recording.trouble is None
    assert bench.problems == []
    assert await bench.gaps() == [(Cause.DISK_FULL, 2.0, 5.0)]


async def test_a_disk_that_fails_otherwise_has_a_cause_of_its_own() -> None:
    bench = Bench()
    bench.spool.error = Unavailable("Input/output error")
    bench.recording.begin_run()
    await bench.take(gop(0) + gop(25, 2))
    assert await bench.gaps() == [(Cause.DISK_FAULT, 0.0, None)]
    assert bench.problems == ["disk-fault"]


async def test_notes_about_gaps_outlive_an_outage_of_the_index() -> None:
    bench = Bench()
    bench.index.gaps.away = True
    bench.recording.begin_run()
    await bench.take(gop(0))
    bench.recording.end_run(at(1), Cause.CLOSED, "")
    bench.recording.begin_run()
    await bench.take(gop(100))
    await bench.book.drain(0.05)
    assert bench.problems == ["index-unreachable"]
    assert bench.book.waiting == 2
    bench.index.gaps.away = False
    assert await bench.gaps() == [(Cause.CLOSED, 1.0, 4.0)]
    assert bench.problems == []
