"""What is recorded, what is missing, and why: gaps, full disks, the index away."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import pytest

from recorder.disk import SpoolDisk
from recorder.errors import CameraError, SpoolFull
from recorder.gapbook import GapBook
from recorder.recording import Recording
from recorder.steps import OpenSegment, SealSegment
from tests.fakes.bus import FakeBus
from tests.fakes.clock import HandClock, settle
from tests.fakes.recording import FakeIndex, FakeSpool
from tests.fakes.recordings import shifted
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

    def __init__(self, *, term: int = 0) -> None:
        self.clock = HandClock(START)
        self.index, self.spool = FakeIndex(), FakeSpool()
        self.node = NodeState("record", "here", FakeBus(), self.clock)
        self.book = GapBook(cast(Any, self.index), self.node, self.clock)
        disk = SpoolDisk(self.node)
        self.recording = Recording(STREAM, self.spool, self.book, disk, 60.0, term=term)

    async def take(self, units: list[AccessUnit]) -> None:
        for unit in units:
            self.recording.take((unit,))
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


async def test_what_a_disk_took_again_before_anybody_heard_of_it_is_no_hole() -> None:
    bench = Bench()
    bench.recording.begin_run()
    await bench.take(gop(0) + gop(25))
    bench.spool.error = Exhausted("No space left on device")
    await bench.take(gop(50))
    bench.spool.error = None
    bench.recording.take(gop(75) + gop(100) + gop(125) + gop(150))  # answers come later
    await settle()
    await bench.take(gop(175))
    assert await bench.gaps() == [(Cause.DISK_FULL, 1.0, 2.0)]


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


async def test_a_pause_of_the_camera_within_a_run_is_a_gap() -> None:
    bench = Bench()
    bench.recording.begin_run()
    await bench.take(gop(0) + gop(25) + shifted(gop(50), pts=4 * 90_000, micros=4 * SECOND))
    bench.recording.end_run(at(7), Cause.CLOSED, "")
    assert await bench.gaps() == [(Cause.STALLED, 2.0, 6.0), (Cause.CLOSED, 7.0, None)]


async def test_a_spool_without_room_is_a_cause_of_its_own() -> None:
    bench = Bench()
    bench.spool.error = SpoolFull("the spool is full")
    bench.recording.begin_run()
    await bench.take(gop(0) + gop(25, 2))
    assert await bench.gaps() == [(Cause.SPOOL_FULL, 0.0, None)]
    assert bench.problems == ["spool-full"]


async def test_a_seal_that_no_disk_confirms_loses_nothing_and_is_said_until_the_next_one() -> None:
    bench = Bench()
    bench.recording.begin_run()
    await bench.take(gop(0))
    bench.spool.error = Unavailable("Input/output error")
    bench.spool.fails_only = SealSegment
    bench.recording.end_run(at(1), Cause.CLOSED, "")
    await settle()
    assert bench.problems == ["disk-fault"]
    bench.spool.error = None
    bench.recording.begin_run()
    await bench.take(gop(25))
    bench.recording.end_run(at(2), Cause.CLOSED, "")
    await settle()
    assert await bench.gaps() == [(Cause.CLOSED, 2.0, None)]
    assert bench.problems == []


async def test_each_run_has_a_greater_epoch_with_the_writers_term() -> None:
    bench = Bench(term=77)
    for first in (0, 25, 50):
        bench.recording.begin_run()
        await bench.take(gop(first))
        bench.recording.end_run(at(first / 25 + 1), Cause.CLOSED, "")
    opened = [step.identity.epoch for step in bench.spool.steps if isinstance(step, OpenSegment)]
    assert opened == sorted(set(opened))
    assert {epoch % 1024 for epoch in opened} == {77}
    assert len(opened) == 3


async def test_a_note_that_died_with_the_recorder_is_made_up_for_at_the_next_start() -> None:
    """Recorded 0 to 10 and 20 to 30; that nothing was recorded between was never written down."""
    bench = Bench()
    held = [TimeRange(at(0), at(10)), TimeRange(at(20), at(30))]
    bench.recording.resume(at(30), at(35), held)
    assert await bench.gaps() == [
        (Cause.RECORDER_OFF, 10.0, 20.0),
        (Cause.RECORDER_OFF, 30.0, None),
    ]


async def test_a_gap_that_ended_unnoticed_ends_where_what_is_recorded_begins() -> None:
    bench = Bench()
    bench.index.gaps.rows.append(Gap(2, at(10), None, Cause.UNREACHABLE))
    held = [TimeRange(at(0), at(10)), TimeRange(at(20), at(30))]
    bench.recording.resume(at(30), at(35), held)
    assert await bench.gaps() == [
        (Cause.UNREACHABLE, 10.0, 20.0),
        (Cause.RECORDER_OFF, 30.0, None),
    ]


async def test_time_that_is_explained_is_not_explained_again() -> None:
    bench = Bench()
    bench.index.gaps.rows += [
        Gap(2, at(10), at(20), Cause.SCHEDULE),
        Gap(2, at(30), at(33), Cause.CLOSED),
    ]
    held = [TimeRange(at(0), at(10)), TimeRange(at(20), at(30))]
    bench.recording.resume(at(30), at(35), held)
    assert await bench.gaps() == [
        (Cause.SCHEDULE, 10.0, 20.0),
        (Cause.CLOSED, 30.0, 33.0),
        (Cause.RECORDER_OFF, 33.0, None),
    ]


async def test_dropped_segments_in_a_row_are_one_gap_less_what_the_archive_has() -> None:
    bench = Bench()
    bench.index.segments.covered = [TimeRange(at(125), at(130))]
    for minute in range(3):
        span = TimeRange(at(60 * minute), at(60 * minute + 60))
        bench.book.dropped(Segment(1, 2, 1, minute, span, 9, 9, b"x", None, "", 0, 0, ()))
    assert await bench.gaps() == [
        (Cause.SPOOL_FULL, 0.0, 125.0),
        (Cause.SPOOL_FULL, 130.0, 180.0),
    ]


async def test_a_group_begun_just_before_the_last_run_ended_is_kept_from_there() -> None:
    """Its key picture came half a second before what was recorded ended: no second is lost, and
    no picture gets another time."""
    bench = Bench()
    bench.recording.resume(None, START)
    bench.recording.begin_run()
    await bench.take(gop(0) + gop(25))
    bench.recording.end_run(at(2.1), Cause.CLOSED, "")
    bench.recording.begin_run()
    await bench.take(gop(38) + gop(63) + gop(88))
    fragments = bench.spool.fragments
    assert [fragment.start for fragment in fragments] == [at(0), at(1), at(2), at(63 / 25)]
    assert fragments[2].end == fragments[3].start
    assert await bench.gaps() == []


async def test_the_hole_of_a_step_of_our_clock_says_so() -> None:
    bench = Bench()
    bench.recording.begin_run()
    later = [replace(unit, wall=WallTime(unit.wall + 60 * SECOND)) for unit in gop(25) + gop(50)]
    await bench.take(gop(0) + later[:1])
    bench.recording.clock_stepped("the clock was set")
    await bench.take(later[1:])
    assert await bench.gaps() == [(Cause.CLOCK_STEP, 1.0, 61.0)]


def later_by(units: list[AccessUnit], seconds: float) -> list[AccessUnit]:
    """The same pictures by a civil clock that is ahead."""
    return [replace(unit, wall=WallTime(unit.wall + round(seconds * SECOND))) for unit in units]


async def recorded(bench: Bench, seconds: int) -> None:
    """So many groups of a second, from START on."""
    bench.recording.resume(None, START)
    bench.recording.begin_run()
    for n in range(seconds):
        await bench.take(gop(25 * n))


async def test_a_clock_that_went_back_puts_nothing_on_top_of_what_is_recorded() -> None:
    bench = Bench()
    await recorded(bench, 100)
    bench.recording.end_run(at(100), Cause.CLOSED, "")
    assert bench.recording.not_before(at(101)) is None
    assert bench.recording.not_before(at(40)) == at(100)
    bench.recording.begin_run()
    with pytest.raises(CameraError) as refused:
        await bench.take(later_by(gop(2500), -60))
    assert refused.value.cause is Cause.CLOCK_STEP
    assert [fragment.end for fragment in bench.spool.fragments][-1] == at(100)


async def test_what_was_recorded_with_a_clock_hours_ahead_is_left_there_and_passed_by() -> None:
    """A machine began eight hours ahead. Set right it records, until it comes to what it recorded
    then; there a new run goes on behind it."""
    hours = 8 * 3600
    bench = Bench()
    bench.recording.begin_run()
    for n in range(60):
        await bench.take(later_by(gop(25 * n), hours))
    bench.recording.end_run(at(hours + 60), Cause.CLOCK_STEP, "set back")
    assert bench.recording.not_before(at(70)) is None
    bench.recording.begin_run()
    await bench.take(gop(70 * 25) + gop(71 * 25))
    later = later_by(gop(72 * 25) + gop(73 * 25), hours - 74)
    bench.recording.clock_stepped("")
    with pytest.raises(CameraError):
        await bench.take(later + gop(25 * (hours + 5)))
    bench.recording.end_run(at(hours + 1), Cause.CLOCK_STEP, "")
    spans = [(one.start, one.end) for one in bench.spool.fragments]
    assert spans[60] == (at(70), at(71))
    assert max(end for start, end in spans if start < at(hours)) <= at(hours)
    assert bench.recording.not_before(at(hours)) == at(hours + 60)
    assert bench.recording.not_before(at(hours + 61)) is None


async def test_a_recorder_that_starts_with_a_clock_behind_goes_on_at_the_end() -> None:
    bench = Bench()
    bench.recording.resume(at(500), at(100))
    assert bench.recording.not_before(at(100)) == at(500)
    assert bench.recording.not_before(at(501)) is None


async def test_what_another_recorder_left_is_not_recorded_over() -> None:
    bench = Bench()
    bench.recording.until = at(500)  # handed over, its clock was ahead
    bench.recording.begin_run()
    with pytest.raises(CameraError):
        await bench.take(gop(0))
    assert bench.recording.not_before(at(100)) == at(500)
