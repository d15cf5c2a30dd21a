"""How much may go when a store is full: counted by hours, equal to looking at every segment."""

from __future__ import annotations

import random

import pytest

from storage.index import Index, NewCamera, NewLock, NewStream
from tests.fakes.segments import NINE, segment
from vms.core.model import Camera, Segment, StreamRole
from vms.core.promises import LockSpan
from vms.core.walltime import DAY, HOUR, MINUTE, SECOND, TimeRange, WallTime

HOURS = 8
NOW = WallTime(NINE + DAY)
BEGINNING = WallTime(0)


async def filmed(index: Index, number: int) -> tuple[Camera, list[Segment]]:
    streams = (NewStream(StreamRole.MAIN, f"rtsp://gate/{number}"),)
    camera = await index.cameras.add(NewCamera(f"Gate {number}", streams=streams))
    made = [
        segment(camera.streams[0], count, at=120.0 * count, seconds=120)
        for count in range(HOURS * 30)
    ]
    await index.segments.add_many(made)
    return camera, made


async def locked(index: Index, camera: Camera, rng: random.Random) -> list[TimeRange]:
    """Some times of it, short and long, one inside another and one expired."""
    spans = []
    for length in (1, SECOND, 20 * MINUTE, 20 * MINUTE, 2 * HOUR, 3 * HOUR):
        start = NINE + rng.randrange(-MINUTE, HOURS * HOUR)
        spans.append(TimeRange(WallTime(start), WallTime(start + length)))
    for span in spans:
        new = NewLock("1", "a case", (LockSpan(camera.id, span),), "ratna")
        await index.locks.add(new, NOW)
    whole = LockSpan(camera.id, TimeRange(NINE, NOW))
    old = NewLock("1", "a case", (whole,), "ratna", WallTime(NOW - 1))
    await index.locks.add(old, WallTime(NOW - 2))
    return spans


@pytest.mark.parametrize("seed", range(3))
async def test_what_may_go_is_what_no_lock_touches_in_whole_hours_before_the_minimum(
    index: Index, seed: int
) -> None:
    rng = random.Random(seed)
    kept_from: dict[int, WallTime] = {}
    since = WallTime(NINE + rng.randrange(2) * HOUR)
    free: list[Segment] = []
    for number in range(3):
        camera, made = await filmed(index, number)
        spans = await locked(index, camera, rng) if number else []
        horizon = WallTime(NINE + rng.choice((HOURS, HOURS - 1)) * HOUR + number * MINUTE)
        kept_from[camera.streams[0].id] = horizon
        free += [
            one
            for one in made
            if since <= one.range.start
            and one.range.start - one.range.start % HOUR + HOUR <= horizon
            and not any(span.overlaps(one.range) for span in spans)
        ]
    assert await index.weights.removable(kept_from, since, NOW) == sum(one.size for one in free)


async def test_the_oldest_hour_is_the_first_in_which_something_may_go(index: Index) -> None:
    first, _ = await filmed(index, 0)
    second, _ = await filmed(index, 1)
    kept_from = {first.streams[0].id: NOW, second.streams[0].id: NOW}
    for camera, hours in ((first, 2), (second, 1)):
        span = TimeRange(NINE, WallTime(NINE + hours * HOUR + 2 * MINUTE))
        new = NewLock("1", "a case", (LockSpan(camera.id, span),), "ratna")
        await index.locks.add(new, NOW)
    found = await index.weights.oldest_hour(kept_from, BEGINNING, NOW)
    assert [(row.stream_id, row.hour) for row in found] == [(second.streams[0].id, NINE + HOUR)]
    free = await index.weights.of_hour(second.streams[0].id, found[0].hour, NOW, NOW)
    assert [one.sequence for one in free] == list(range(31, 60))
    later = await index.weights.oldest_hour(kept_from, WallTime(found[0].hour + 1), NOW)
    assert {row.stream_id for row in later} == set(kept_from)
    assert await index.weights.oldest_hour(kept_from, NOW, NOW) == []
