"""A sweep over several days at once: whole days on PostgreSQL, stream by stream on SQLite, and the
same is left."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from storage.index import Index, NewCamera, NewLock, NewStream
from storage.marker import agree
from storage.merkle import Tree
from storage.objects import ObjectStore, open_store
from storage.retention import sweep
from storage.retention.wholedays import MIXED
from tests.fakes.segments import segment
from vms.core.model import Segment, Stream, StreamRole
from vms.core.promises import LockSpan, RetentionPolicy, Scope
from vms.core.walltime import DAY, HOUR, TimeRange, WallTime

FIRST = WallTime(20_000 * DAY)
EVER = TimeRange(WallTime(0), WallTime(1 << 60))
HOURS = 60


def hour_of(stream: Stream, number: int) -> Segment:
    start = WallTime(FIRST + number * HOUR)
    made = segment(stream, number, epoch=FIRST)
    return replace(made, range=TimeRange(start, WallTime(start + HOUR)))


@pytest.fixture
async def store(index: Index, tmp_path: Path) -> AsyncIterator[ObjectStore]:
    async with open_store(f"file://{tmp_path / 'store'}", create=True) as opened:
        await agree(index, opened)
        yield opened


@pytest.fixture
async def streams(index: Index, store: ObjectStore) -> list[Stream]:
    """Six cameras, two days and a half."""
    new = NewCamera("Gate", streams=(NewStream(StreamRole.MAIN, "rtsp://gate/1"),))
    made = [(await index.cameras.add(new)).streams[0] for _ in range(6)]
    await index.segments.add_many([hour_of(s, n) for s in made for n in range(HOURS)])
    return made


async def left(index: Index, stream: Stream) -> list[int]:
    return [each.sequence for each in await index.segments.outlines(stream.id, EVER)]


async def test_what_expired_goes_and_what_is_locked_kept_longer_or_around_events_stays(
    index: Index, store: ObjectStore, streams: list[Stream]
) -> None:
    plain, locked, longer, eventful, *_ = streams
    await index.retention.set(Scope.CAMERA, longer.camera_id, RetentionPolicy(max_days=90))
    around = RetentionPolicy(event_days=90)
    await index.retention.set(Scope.CAMERA, eventful.camera_id, around)
    await index.events.add(eventful.camera_id, WallTime(FIRST + 5 * HOUR + HOUR // 2), "motion")
    span = TimeRange(WallTime(FIRST + 10 * HOUR), WallTime(FIRST + 12 * HOUR))
    lock = NewLock("7", "theft", (LockSpan(locked.camera_id, span),), "ana")
    now = WallTime(FIRST + 30 * DAY + 50 * HOUR)
    await index.locks.add(lock, now)
    done = await sweep(index, store, now=now)
    assert await left(index, plain) == list(range(50, HOURS))
    assert await left(index, locked) == [10, 11, *range(50, HOURS)]
    assert await left(index, longer) == list(range(HOURS))
    assert await left(index, eventful) == [5, *range(50, HOURS)]
    assert done.segments == 3 * 50 + 48 + 49
    assert not any([await index.segments.recount(stream.id) for stream in streams])
    assert await index.garbage.list(1) == []


async def test_receipts_name_what_went_with_its_day(
    index: Index, store: ObjectStore, streams: list[Stream]
) -> None:
    stream = streams[0]
    await sweep(index, store, now=WallTime(FIRST + 40 * DAY))
    (receipt,) = await index.receipts.list(camera_id=stream.camera_id)
    hashes = [hour_of(stream, number).sha256 for number in range(HOURS)]
    assert receipt.segments == HOURS
    assert receipt.merkle_root == Tree().grown(hashes).root
    assert receipt.why == "max_days 30: settings"


async def test_a_quota_is_judged_by_what_is_left_of_the_days(
    index: Index, store: ObjectStore, streams: list[Stream]
) -> None:
    stream = streams[0]
    quota = RetentionPolicy(quota_bytes=8000)
    await index.retention.set(Scope.CAMERA, stream.camera_id, quota)
    await sweep(index, store, now=WallTime(FIRST + 30 * DAY + 50 * HOUR))
    assert await left(index, stream) == list(range(52, HOURS))
    whys = {each.why for each in await index.receipts.list(camera_id=stream.camera_id)}
    assert whys == {"max_days 30: settings", f"quota_bytes 8000: camera {stream.camera_id}"}


async def test_a_day_of_cameras_with_several_rules_goes_all_the_same(
    index: Index, store: ObjectStore, streams: list[Stream]
) -> None:
    for stream in streams[:3]:
        own = RetentionPolicy(max_days=7)
        await index.retention.set(Scope.CAMERA, stream.camera_id, own)
    now = WallTime(FIRST + 60 * DAY)
    whole_days = await index.garbage.days(now)
    await sweep(index, store, now=now)
    assert [await left(index, stream) for stream in streams] == [[]] * 6
    whys = {each.why for each in await index.receipts.list()}
    assert (MIXED in whys) == bool(whole_days)
