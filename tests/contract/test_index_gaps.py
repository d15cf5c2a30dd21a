"""Gaps in the index, on SQLite and PostgreSQL."""

from __future__ import annotations

from dataclasses import replace

import pytest

from storage.index import Index, NewCamera, NewStream
from vms.core.errors import Invalid, NotFound
from vms.core.model import Cause, Gap, StreamRole
from vms.core.walltime import TimeRange, WallTime

ALWAYS = TimeRange(WallTime(0), WallTime(1 << 60))


def at(time: int) -> WallTime:
    return WallTime(time)


def span(start: int, end: int) -> TimeRange:
    return TimeRange(at(start), at(end))


@pytest.fixture
async def gap(index: Index) -> Gap:
    """An open one from 100 on, not yet told to the index."""
    streams = (NewStream(StreamRole.MAIN, "rtsp://gate/1"),)
    camera = await index.cameras.add(NewCamera("Gate", streams=streams))
    return Gap(camera.streams[0].id, at(100), None, Cause.UNREACHABLE, "no route")


async def test_a_gap_lasts_until_it_is_closed(index: Index, gap: Gap) -> None:
    await index.gaps.open(gap)
    assert await index.gaps.opened(gap.stream_id) == gap
    await index.gaps.close(gap.stream_id, at(150))
    assert await index.gaps.opened(gap.stream_id) is None
    assert await index.gaps.between(gap.stream_id, ALWAYS) == [replace(gap, end=at(150))]


async def test_the_same_cause_again_changes_nothing(index: Index, gap: Gap) -> None:
    await index.gaps.open(gap)
    await index.gaps.open(replace(gap, start=at(120)))
    assert await index.gaps.between(gap.stream_id, ALWAYS) == [gap]


async def test_another_cause_ends_the_gap_where_it_begins(index: Index, gap: Gap) -> None:
    other = replace(gap, start=at(120), cause=Cause.BAD_PASSWORD)
    await index.gaps.open(gap)
    await index.gaps.open(other)
    assert await index.gaps.between(gap.stream_id, ALWAYS) == [replace(gap, end=at(120)), other]


async def test_another_cause_at_the_same_instant_takes_its_place(index: Index, gap: Gap) -> None:
    other = replace(gap, cause=Cause.BAD_PASSWORD)
    await index.gaps.open(gap)
    await index.gaps.open(other)
    assert await index.gaps.between(gap.stream_id, ALWAYS) == [other]


async def test_a_gap_that_would_be_empty_never_was(index: Index, gap: Gap) -> None:
    await index.gaps.open(gap)
    await index.gaps.close(gap.stream_id, gap.start)
    await index.gaps.close(gap.stream_id, gap.start)
    assert await index.gaps.between(gap.stream_id, ALWAYS) == []


async def test_a_closed_gap_is_added_once_and_may_grow(index: Index, gap: Gap) -> None:
    closed = replace(gap, end=at(150), cause=Cause.RECORDER_OFF)
    longer = replace(closed, end=at(180))
    for each in (closed, closed, longer, closed):
        await index.gaps.add(each)
    assert await index.gaps.between(gap.stream_id, ALWAYS) == [longer]


async def test_a_span_gives_the_gaps_that_touch_it(index: Index, gap: Gap) -> None:
    first = replace(gap, start=at(10), end=at(20))
    await index.gaps.add(first)
    await index.gaps.open(gap)
    stream = gap.stream_id
    assert await index.gaps.between(stream, span(0, 10)) == []
    assert await index.gaps.between(stream, span(19, 100)) == [first]
    assert await index.gaps.between(stream, span(20, 101)) == [gap]
    assert await index.gaps.between(stream, span(5000, 6000)) == [gap]


async def test_old_gaps_are_forgotten_and_open_ones_stay(index: Index, gap: Gap) -> None:
    await index.gaps.add(replace(gap, start=at(10), end=at(20)))
    await index.gaps.add(replace(gap, start=at(30), end=at(40)))
    await index.gaps.open(gap)
    assert await index.gaps.forget(gap.stream_id, at(39)) == 1
    assert [each.start for each in await index.gaps.between(gap.stream_id, ALWAYS)] == [30, 100]


async def test_a_gap_of_no_stream_or_against_time_is_refused(index: Index, gap: Gap) -> None:
    with pytest.raises(NotFound):
        await index.gaps.open(replace(gap, stream_id=99))
    with pytest.raises(Invalid):
        await index.gaps.open(replace(gap, end=at(150)))
    for end in (None, at(100), at(99)):
        with pytest.raises(Invalid):
            await index.gaps.add(replace(gap, end=end))


async def test_the_first_gap_that_is_kept_is_known(index: Index, gap: Gap) -> None:
    assert await index.gaps.first(gap.stream_id) is None
    await index.gaps.add(replace(gap, start=at(30), end=at(40)))
    await index.gaps.open(gap)
    assert await index.gaps.first(gap.stream_id) == at(30)
    await index.gaps.forget(gap.stream_id, at(50))
    assert await index.gaps.first(gap.stream_id) == at(100)


async def test_a_gap_that_is_renewed_is_one_closed_part_and_one_that_lasts(
    index: Index, gap: Gap
) -> None:
    await index.gaps.renew(gap.stream_id, at(90))
    assert await index.gaps.between(gap.stream_id, ALWAYS) == [], "there is none"
    await index.gaps.open(gap)
    for now in (100, 160, 220):
        await index.gaps.renew(gap.stream_id, at(now))
    lasting = replace(gap, start=at(220))
    assert await index.gaps.between(gap.stream_id, ALWAYS) == [replace(gap, end=at(220)), lasting]
    await index.gaps.open(replace(gap, start=at(230), cause=Cause.CLOSED))
    await index.gaps.renew(gap.stream_id, at(240))
    causes = [each.cause for each in await index.gaps.between(gap.stream_id, ALWAYS)]
    assert causes == [Cause.UNREACHABLE, Cause.UNREACHABLE, Cause.CLOSED, Cause.CLOSED]


@pytest.mark.parametrize(
    ("recorded", "left"),
    [
        (span(50, 120), [(120, 200)]),
        (span(120, 150), [(100, 120), (150, 200)]),
        (span(180, 300), [(100, 180)]),
        (span(100, 200), []),
        (span(200, 300), [(100, 200)]),
    ],
)
async def test_what_is_recorded_after_all_is_no_gap(
    index: Index, gap: Gap, recorded: TimeRange, left: list[tuple[int, int]]
) -> None:
    await index.gaps.add(replace(gap, end=at(200)))
    await index.gaps.cut(gap.stream_id, recorded)
    found = await index.gaps.between(gap.stream_id, ALWAYS)
    assert [(one.start, one.end) for one in found] == left
    assert {one.cause for one in found} <= {gap.cause}


async def test_a_gap_that_lasts_goes_on_behind_what_is_recorded_after_all(
    index: Index, gap: Gap
) -> None:
    await index.gaps.open(gap)
    await index.gaps.cut(gap.stream_id, span(90, 150))
    assert await index.gaps.opened(gap.stream_id) == replace(gap, start=at(150))
    assert len(await index.gaps.between(gap.stream_id, ALWAYS)) == 1
