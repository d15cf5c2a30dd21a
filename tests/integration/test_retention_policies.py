"""Policies over a real index and store: what goes is what was foretold, and has its receipt."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from storage.archive import Archive
from storage.index import Index, NewCamera, NewLock, NewStream
from storage.marker import agree
from storage.merkle import Tree
from storage.metrics import MINIMUM_AT_RISK, RETENTION_LAG_SECONDS
from storage.objects import ObjectStore, open_store
from storage.retention import sweep
from storage.retention.changes import DELAY_MICROS, Wanted, change
from storage.retention.dryrun import dry_run
from storage.retention.outlook import AT_RISK, Outlook
from storage.retention.policy import USUAL
from storage.retention.settled import settled_days
from storage.retention.sums import stream_between
from storage.retention.sweep import Memory
from tests.fakes.bus import FakeBus
from tests.fakes.clock import HandClock
from tests.fakes.segments import NINE, segment, spooled
from vms.core.model import Camera, Cause, Gap, RecordPolicy, StreamRole
from vms.core.nodestate import NodeState
from vms.core.promises import LockSpan, RetentionPolicy, Scope
from vms.core.walltime import DAY, HOUR, MINUTE, SECOND, TimeRange, WallTime

ALWAYS = TimeRange(WallTime(0), WallTime(1 << 60))
AROUND = RecordPolicy(pre_seconds=30, post_seconds=90)


def at(days: int = 0, minutes: float = 0) -> WallTime:
    return WallTime(round(NINE + days * DAY + minutes * MINUTE))


@pytest.fixture
async def store(sqlite_index: Index, tmp_path: Path) -> AsyncIterator[ObjectStore]:
    async with open_store(f"file://{tmp_path / 'store'}", create=True) as opened:
        await agree(sqlite_index, opened)
        yield opened


@pytest.fixture
async def camera(sqlite_index: Index) -> Camera:
    """With a main and a sub stream."""
    streams = tuple(
        NewStream(role, f"rtsp://gate/{role}", policy=AROUND)
        for role in (StreamRole.MAIN, StreamRole.SUB)
    )
    return await sqlite_index.cameras.add(NewCamera("Gate", streams=streams))


async def says(index: Index, camera: Camera, policy: RetentionPolicy) -> None:
    await index.retention.set(Scope.CAMERA, camera.id, policy)


async def record(
    index: Index, store: ObjectStore, folder: Path, camera: Camera, minutes: int
) -> None:
    """Of both streams, 1,000 bytes a minute each, from nine on."""
    archive = Archive(index, store)
    for stream in camera.streams:
        for number in range(minutes):
            await archive.commit(segment(stream, number), spooled(folder, number))


async def left(index: Index, camera: Camera) -> list[list[int]]:
    """Which minutes of its streams are there."""
    return [
        [each.sequence for each in await index.segments.outlines(stream.id, ALWAYS)]
        for stream in camera.streams
    ]


async def test_a_quota_takes_the_oldest_of_all_streams_and_no_more_than_needed(
    sqlite_index: Index, store: ObjectStore, tmp_path: Path, camera: Camera
) -> None:
    index = sqlite_index
    await record(index, store, tmp_path, camera, 5)
    await says(index, camera, RetentionPolicy(quota_bytes=7000))
    await sweep(index, store, now=at(0, 10))
    assert await left(index, camera) == [[2, 3, 4], [1, 2, 3, 4]]
    assert {each.why for each in await index.receipts.list()} == {
        f"quota_bytes 7000: camera {camera.id}"
    }


async def test_a_quota_takes_nothing_younger_than_the_minimum(
    sqlite_index: Index, store: ObjectStore, tmp_path: Path, camera: Camera
) -> None:
    index = sqlite_index
    await record(index, store, tmp_path, camera, 5)
    await says(index, camera, RetentionPolicy(max_days=9, min_days=2, quota_bytes=0))
    await sweep(index, store, now=at(2, 3.5))
    assert await left(index, camera) == [[3, 4], [3, 4]]


async def test_a_quota_of_nothing_leaves_what_is_locked(
    sqlite_index: Index, store: ObjectStore, tmp_path: Path, camera: Camera
) -> None:
    index = sqlite_index
    await record(index, store, tmp_path, camera, 5)
    span = TimeRange(at(0, 1.5), at(0, 2.5))
    await index.locks.add(NewLock("7", "theft", (LockSpan(camera.id, span),), "ana"), at())
    await says(index, camera, RetentionPolicy(quota_bytes=0))
    for _ in range(2):
        await sweep(index, store, now=at(400))
        assert await left(index, camera) == [[1, 2], [1, 2]]


async def test_the_windows_around_events_are_kept_to_the_second(
    sqlite_index: Index, store: ObjectStore, tmp_path: Path, camera: Camera
) -> None:
    """30 s before and 90 s after: from 2:30 to 4:30 of the first, to 7:00 and no further of the
    second."""
    index, memory = sqlite_index, Memory()
    await record(index, store, tmp_path, camera, 9)
    await index.events.add(camera.id, at(0, 3), "motion")
    await index.events.add(camera.id, at(0, 5.5), "alarm")
    await says(index, camera, RetentionPolicy(max_days=7, event_days=90))
    for days in (8, 8, 9, 80):
        await sweep(index, store, now=at(days), memory=memory)
        assert await left(index, camera) == [[2, 3, 4, 5, 6], [2, 3, 4, 5, 6]]
    await sweep(index, store, now=at(90, 4), memory=memory)
    assert await left(index, camera) == [[4, 5, 6], [4, 5, 6]]
    await sweep(index, store, now=at(92), memory=memory)
    assert await left(index, camera) == [[], []]
    assert await index.events.between([camera.id], ALWAYS) == []


async def test_what_lies_around_events_goes_last_to_a_quota(
    sqlite_index: Index, store: ObjectStore, tmp_path: Path, camera: Camera
) -> None:
    index = sqlite_index
    await record(index, store, tmp_path, camera, 5)
    await index.events.add(camera.id, WallTime(at(0, 1) + 40 * SECOND), "motion")
    await says(index, camera, RetentionPolicy(max_days=7, event_days=90, quota_bytes=6000))
    await sweep(index, store, now=at(1))
    assert await left(index, camera) == [[1, 2, 3], [1, 2, 3]]
    await says(index, camera, RetentionPolicy(max_days=7, event_days=90, quota_bytes=1000))
    await sweep(index, store, now=at(1))
    assert await left(index, camera) == [[], [3]]


async def test_gaps_stay_with_what_is_kept_around_an_event(
    sqlite_index: Index, store: ObjectStore, tmp_path: Path, camera: Camera
) -> None:
    index, stream = sqlite_index, camera.streams[0].id
    await record(index, store, tmp_path, camera, 5)
    for start in (-30, 20):
        await index.gaps.add(Gap(stream, at(0, start), at(0, start + 9), Cause.STALLED))
    await index.events.add(camera.id, at(0, 3), "motion")
    await says(index, camera, RetentionPolicy(max_days=7, event_days=90))
    await sweep(index, store, now=at(30))
    assert [gap.start for gap in await index.gaps.between(stream, ALWAYS)] == [at(0, 20)]
    await sweep(index, store, now=at(100))
    assert await index.gaps.between(stream, ALWAYS) == []


async def test_every_object_that_goes_is_on_a_receipt(
    sqlite_index: Index, store: ObjectStore, tmp_path: Path, camera: Camera
) -> None:
    index = sqlite_index
    await record(index, store, tmp_path, camera, 5)
    for minutes in (2, 5):
        await sweep(index, store, now=at(30, minutes), batch=2)
    receipts = {each.stream_id: each for each in await index.receipts.list()}
    for stream in camera.streams:
        receipt = receipts[stream.id]
        hashes = [segment(stream, number).sha256 for number in range(5)]
        assert receipt.merkle_root == Tree().grown(hashes).root
        assert (receipt.segments, receipt.size) == (5, 5000)
        assert (receipt.range, receipt.why) == (TimeRange(at(), at(0, 5)), "max_days 30: settings")


@pytest.mark.parametrize(
    "wanted",
    [
        RetentionPolicy(max_days=1),
        RetentionPolicy(quota_bytes=30_000),
        RetentionPolicy(max_days=2, min_days=2, quota_bytes=0),
        RetentionPolicy(max_days=1, event_days=10),
        RetentionPolicy(max_days=60),
    ],
)
@pytest.mark.parametrize("locked", [False, True])
async def test_what_a_dry_run_tells_is_what_goes(
    sqlite_index: Index,
    store: ObjectStore,
    tmp_path: Path,
    camera: Camera,
    wanted: RetentionPolicy,
    locked: bool,
) -> None:
    """Five hours and some minutes a stream, two days old; nothing of them goes by itself."""
    index, now = sqlite_index, at(2, 200.5)
    for stream in camera.streams:
        await index.segments.add_many([segment(stream, number) for number in range(310)])
    await index.events.add(camera.id, at(0, 100), "motion")
    spans = (LockSpan(camera.id, TimeRange(at(0, 50), at(0, 60))),)
    if locked:
        await index.locks.add(NewLock("7", "theft", spans, "ana"), now)
    wish = Wanted(Scope.CAMERA, camera.id, wanted, "ana")
    told = await dry_run(index, wish, now)
    before = sum(map(len, await left(index, camera)))
    assert before == 620
    await says(index, camera, wanted)
    done = await sweep(index, store, now=now)
    assert (told.segments, told.size) == (done.segments, done.size)
    assert (told.locked_size > 0) is (locked and done.segments > 0)
    if done.segments and not told.locked_size:
        receipts = await index.receipts.list()
        assert told.oldest is not None
        assert told.newest is not None
        assert abs(told.oldest - min(each.range.start for each in receipts)) < HOUR
        assert abs(told.newest - max(each.range.end for each in receipts)) < HOUR


async def test_a_dry_run_tells_only_what_would_not_go_anyway(
    sqlite_index: Index, store: ObjectStore, camera: Camera
) -> None:
    index, now = sqlite_index, at(30, 200.5)
    for stream in camera.streams:
        await index.segments.add_many([segment(stream, number) for number in range(310)])
    told = await dry_run(index, Wanted(Scope.SITE, 0, RetentionPolicy(max_days=7), "ana"), now)
    assert (told.segments, told.size) == (2 * 110, 2 * 110_000)
    anyway = await sweep(index, store, now=now)
    assert anyway.segments == 2 * 200


async def test_fewer_days_in_the_settings_are_remembered_across_restarts(
    sqlite_index: Index,
) -> None:
    index = sqlite_index
    assert await settled_days(index, 30, at(0)) == 30
    assert await settled_days(index, 7, at(5)) == 30
    assert await settled_days(index, 7, WallTime(at(5) + DELAY_MICROS - 1)) == 30
    assert await settled_days(index, 7, WallTime(at(5) + DELAY_MICROS)) == 7
    await index.facts.put("retain-days", "nonsense")
    assert await settled_days(index, 9, at(5)) == 9


@pytest.mark.parametrize("first", [-10, 0, 0.5, 30, 59.5, 60, 61, 299.5])
@pytest.mark.parametrize("last", [0, 0.5, 1, 60, 119.5, 180.5, 309.9, 310, 400])
async def test_hours_added_up_are_the_segments_between(
    sqlite_index: Index, camera: Camera, first: float, last: float
) -> None:
    """From half past eight on, so that hours begin and end within segments."""
    index, stream = sqlite_index, camera.streams[0]
    made = [segment(stream, n, at=60 * n + 45, seconds=50) for n in range(-30, 310)]
    await index.segments.add_many(made)
    before, after = at(0, first), at(0, last)
    told = await stream_between(index, camera.id, stream.id, before, after)
    wanted = [each for each in made if before < each.range.end <= after]
    assert (told.segments, told.size) == (len(wanted), 1000 * len(wanted))


async def test_a_reduction_deletes_nothing_before_its_time(
    sqlite_index: Index, store: ObjectStore, tmp_path: Path, camera: Camera
) -> None:
    index = sqlite_index
    await record(index, store, tmp_path, camera, 3)
    wish = Wanted(Scope.SITE, 0, RetentionPolicy(max_days=1), "ana")
    assert await change(index, wish, at(3)) is not None
    assert (await sweep(index, store, now=WallTime(at(3) + DELAY_MICROS - 1))).segments == 0
    assert (await sweep(index, store, now=WallTime(at(3) + DELAY_MICROS))).segments == 6


async def test_the_alarm_rings_before_a_minimum_breaks(
    sqlite_index: Index, store: ObjectStore, camera: Camera
) -> None:
    """Two streams of 1,000 bytes a minute are 2.88 MB a day; ten days of them 28.8 MB."""
    index, now = sqlite_index, at(0, 310)
    for stream in camera.streams:
        await index.segments.add_many([segment(stream, number) for number in range(310)])
    await says(index, camera, RetentionPolicy(max_days=30, min_days=10))
    node = NodeState("retain", "here", FakeBus(), HandClock(wall=now))
    for capacity, rings in ((28_000_000, True), (29_500_000, False)):
        ahead = await Outlook(index, store, node, USUAL, capacity).look(now)
        assert ahead is not None
        assert ahead.per_day == pytest.approx(2_880_000, rel=0.05)
        assert [problem.code for problem in node.problems] == ([AT_RISK] if rings else [])
        assert MINIMUM_AT_RISK._value.get() == rings


async def test_a_look_ahead_is_not_repeated_at_once_and_tells_what_is_overdue(
    sqlite_index: Index, store: ObjectStore, tmp_path: Path, camera: Camera
) -> None:
    index = sqlite_index
    await record(index, store, tmp_path, camera, 3)
    node = NodeState("retain", "here", FakeBus(), HandClock(wall=at()))
    outlook = Outlook(index, store, node, replace(USUAL, max_days=2))
    assert await outlook.look(at(2, 60)) is not None
    assert RETENTION_LAG_SECONDS._value.get() == 3600
    assert await outlook.look(at(2, 64)) is None
    await sweep(index, store, site_days=2, now=at(2, 70))
    assert await outlook.look(at(2, 70)) is not None
    assert RETENTION_LAG_SECONDS._value.get() == 0
