"""The clocks of runs and their steps in the index, on SQLite and PostgreSQL."""

from __future__ import annotations

from dataclasses import replace

import pytest

from storage.index import Index, NewCamera, NewStream
from vms.core.model import Cause, StreamRole
from vms.core.runs import CameraClock, ClockMapping, ClockStep, RunFacts, Stepped
from vms.core.walltime import TimeRange, WallTime

ALWAYS = TimeRange(WallTime(0), WallTime(1 << 60))
MAPPING = ClockMapping(CameraClock.SENDER_REPORT, -30_000_000, 480, 1500, True)


def span(start: int, end: int) -> TimeRange:
    return TimeRange(WallTime(start), WallTime(end))


def step(stream_id: int | None, at: int) -> ClockStep:
    clock = Stepped.SERVER if stream_id is None else Stepped.CAMERA
    return ClockStep(stream_id, WallTime(at), clock, -60_000_000, "here", "set back")


@pytest.fixture
async def run(index: Index) -> RunFacts:
    """One that lasts from 100 on, not yet told to the index."""
    streams = (NewStream(StreamRole.MAIN, "rtsp://gate/1"),)
    camera = await index.cameras.add(NewCamera("Gate", streams=streams))
    return RunFacts(camera.streams[0].id, 1 << 50, WallTime(100), mapping=MAPPING)


async def test_a_run_is_one_row_written_again_as_it_goes_on(index: Index, run: RunFacts) -> None:
    ended = replace(run, end=WallTime(200), cause=Cause.STALLED, detail="no picture", lost=3)
    await index.runs.note([run])
    assert await index.runs.last(run.stream_id) == run
    await index.runs.note([ended])
    await index.runs.note([ended])
    assert await index.runs.between(run.stream_id, ALWAYS) == [ended]


async def test_a_camera_that_does_not_say_its_time_has_no_offset(
    index: Index, run: RunFacts
) -> None:
    silent = replace(run, mapping=ClockMapping())
    await index.runs.note([silent])
    assert await index.runs.last(run.stream_id) == silent


async def test_a_span_gives_the_runs_that_touch_it(index: Index, run: RunFacts) -> None:
    first = replace(run, epoch=5, start=WallTime(10), end=WallTime(20), cause=Cause.CLOSED)
    await index.runs.note([first, run])
    stream = run.stream_id
    assert await index.runs.between(stream, span(0, 10)) == []
    assert await index.runs.between(stream, span(19, 100)) == [first]
    assert await index.runs.between(stream, span(20, 101)) == [run]
    assert await index.runs.between(stream, span(5000, 6000)) == [run]
    assert await index.runs.last(stream) == run


async def test_steps_are_told_apart_by_whose_clock_it_was(index: Index, run: RunFacts) -> None:
    mine, ours = step(run.stream_id, 150), step(None, 160)
    await index.runs.note([], [mine, ours, step(run.stream_id, 300)])
    assert await index.runs.steps(run.stream_id, span(100, 300)) == [mine]
    assert await index.runs.steps(None, ALWAYS) == [ours]


async def test_what_belongs_to_no_stream_is_let_go_and_the_rest_is_kept(
    index: Index, run: RunFacts
) -> None:
    await index.runs.note([replace(run, stream_id=99), run], [step(99, 1), step(None, 2)])
    assert await index.runs.between(99, ALWAYS) == []
    assert await index.runs.last(run.stream_id) == run
    assert await index.runs.steps(None, ALWAYS) == [step(None, 2)]


async def test_a_run_whose_recorder_died_ends_where_the_next_begins(
    index: Index, run: RunFacts
) -> None:
    after = replace(run, epoch=run.epoch + 1, start=WallTime(500))
    await index.runs.note([run])
    await index.runs.note([after])
    ended = replace(run, end=WallTime(500), cause=Cause.RECORDER_OFF)
    assert await index.runs.between(run.stream_id, ALWAYS) == [ended, after]
    told_late = replace(run, end=WallTime(490), cause=Cause.CLOSED)
    await index.runs.note([told_late])
    assert await index.runs.between(run.stream_id, ALWAYS) == [told_late, after]


async def test_many_runs_fit_in_one_note(index: Index, run: RunFacts) -> None:
    many = [replace(run, epoch=n, start=WallTime(n), end=WallTime(n + 1)) for n in range(300)]
    strangers = [replace(run, stream_id=1000 + n) for n in range(300)]
    await index.runs.note(many + strangers)
    assert len(await index.runs.between(run.stream_id, ALWAYS)) == 300


async def test_old_facts_are_forgotten_and_a_run_that_lasts_stays(
    index: Index, run: RunFacts
) -> None:
    old = replace(run, epoch=5, start=WallTime(10), end=WallTime(20), cause=Cause.CLOSED)
    steps = [step(run.stream_id, 15), step(run.stream_id, 30), step(None, 15), step(None, 30)]
    await index.runs.note([old, run], steps)
    assert await index.runs.forget(run.stream_id, WallTime(20)) == 2
    assert await index.runs.forget(None, WallTime(20)) == 1
    assert await index.runs.between(run.stream_id, ALWAYS) == [run]
    assert await index.runs.steps(run.stream_id, ALWAYS) == [steps[1]]
    assert await index.runs.steps(None, ALWAYS) == [steps[3]]


async def test_a_camera_that_is_gone_takes_its_facts_along(index: Index, run: RunFacts) -> None:
    await index.runs.note([run], [step(run.stream_id, 150)])
    (camera,) = await index.cameras.list()
    await index.cameras.remove(camera.id)
    await index.cameras.forget_ended()
    assert await index.runs.between(run.stream_id, ALWAYS) == []
    assert await index.runs.steps(run.stream_id, ALWAYS) == []
