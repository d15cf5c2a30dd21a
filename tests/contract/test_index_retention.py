"""What is said about keeping, what waits, receipts and events, on SQLite and PostgreSQL."""

from __future__ import annotations

from dataclasses import replace

import pytest

from storage.index import CameraChange, Index, NewCamera, NewLock, NewStream
from storage.index.receipts import MOVED
from storage.index.retention import NewChange
from storage.index.standings import StreamTerm
from storage.merkle import Tree
from storage.retention.changes import DELAY_MICROS, Wanted, change, require_no_loss
from tests.fakes.segments import NINE, segment
from vms.core.errors import Conflict, Invalid, NotFound
from vms.core.model import RecordPolicy, Stream, StreamRole
from vms.core.promises import LockSpan, RetentionPolicy, Scope
from vms.core.walltime import DAY, HOUR, MINUTE, TimeRange, WallTime

MAIN = NewStream(StreamRole.MAIN, "rtsp://gate/1", policy=RecordPolicy(post_seconds=60))
SITE = RetentionPolicy(max_days=14, min_days=2, quota_bytes=None, event_days=90)


async def stream_of(index: Index, *, retention_days: int | None = None) -> Stream:
    new = NewCamera("Gate", retention_days=retention_days, streams=(MAIN,))
    return (await index.cameras.add(new)).streams[0]


def after(micros: int) -> WallTime:
    return WallTime(NINE + micros)


def reduction(camera_id: int, days: int, effective: WallTime) -> NewChange:
    policy = RetentionPolicy(max_days=days)
    return NewChange(Scope.CAMERA, camera_id, policy, NINE, "ana", "disk", effective)


async def test_a_policy_comes_back_as_it_was_said(index: Index) -> None:
    stream = await stream_of(index)
    camera = RetentionPolicy(quota_bytes=5_000_000_000_000)
    await index.retention.set(Scope.CAMERA, stream.camera_id, camera)
    await index.retention.set(Scope.SITE, 0, SITE)
    assert list((await index.retention.scopes()).items()) == [
        ((Scope.SITE, 0), SITE),
        ((Scope.CAMERA, stream.camera_id), camera),
    ]
    assert await index.retention.get(Scope.SITE) == SITE
    said = await index.retention.said()
    assert (said.site, said.standings[0].camera) == (SITE, camera)
    assert said.standings[0].streams == (StreamTerm(stream.id, 10, 60),)


async def test_a_scope_that_says_nothing_any_more_has_no_row(index: Index) -> None:
    await index.retention.set(Scope.SITE, 0, SITE)
    await index.retention.set(Scope.SITE, 0, RetentionPolicy())
    assert await index.retention.scopes() == {}


async def test_what_groups_say_stands_with_their_cameras(index: Index) -> None:
    first, second = await stream_of(index), await stream_of(index)
    group = await index.groups.add("Harbour", [first.camera_id])
    silent = await index.groups.add("North", [first.camera_id, second.camera_id])
    await index.retention.set(Scope.GROUP, group.id, SITE)
    standings = {each.camera_id: each for each in (await index.retention.said()).standings}
    assert standings[first.camera_id].groups == {group.id: SITE, silent.id: RetentionPolicy()}
    assert standings[second.camera_id].groups == {silent.id: RetentionPolicy()}


async def test_a_camera_does_not_lose_days_by_leaving_or_joining_a_group(index: Index) -> None:
    first, second = await stream_of(index), await stream_of(index)
    long = await index.groups.add("Harbour", [first.camera_id])
    short = await index.groups.add("North", [])
    await index.retention.set(Scope.GROUP, long.id, RetentionPolicy(max_days=90))
    await index.retention.set(Scope.GROUP, short.id, RetentionPolicy(max_days=7))
    await require_no_loss(index, long.id, [first.camera_id, second.camera_id])
    await require_no_loss(index, short.id, [first.camera_id])
    for group_id, camera_ids, loses in (
        (long.id, [second.camera_id], first.camera_id),
        (short.id, [second.camera_id], second.camera_id),
    ):
        with pytest.raises(Conflict) as refused:
            await require_no_loss(index, group_id, camera_ids)
        assert refused.value.context["cameras"] == [loses]


async def test_a_removed_camera_stays_in_its_group_while_its_archive_lasts(index: Index) -> None:
    first, second = await stream_of(index), await stream_of(index)
    group = await index.groups.add("Harbour", [first.camera_id, second.camera_id])
    await index.retention.set(Scope.GROUP, group.id, SITE)
    await index.cameras.remove(first.camera_id)
    await require_no_loss(index, group.id, [second.camera_id])
    await index.groups.change(group.id, camera_ids=[second.camera_id])
    standings = {each.camera_id: each for each in (await index.retention.said()).standings}
    assert standings[first.camera_id].groups == {group.id: SITE}


async def test_nobody_speaks_for_what_is_not_there(index: Index) -> None:
    for scope, owner in ((Scope.CAMERA, 99), (Scope.GROUP, 99), (Scope.SITE, 99)):
        with pytest.raises(NotFound, match=f"no such {scope.value}"):
            await index.retention.set(scope, owner, SITE)
        with pytest.raises(NotFound):
            await index.retention.ask(replace(reduction(99, 1, NINE), scope=scope))


async def test_the_days_of_a_camera_are_its_policy(index: Index) -> None:
    stream = await stream_of(index, retention_days=3)
    said = RetentionPolicy(max_days=3, quota_bytes=8)
    await index.retention.set(Scope.CAMERA, stream.camera_id, said)
    await index.cameras.change(stream.camera_id, CameraChange(retention_days=5))
    assert (await index.cameras.get(stream.camera_id)).retention_days == 5
    kept = await index.retention.get(Scope.CAMERA, stream.camera_id)
    assert kept == replace(said, max_days=5)


async def test_a_change_waits_until_its_time_and_then_counts(index: Index) -> None:
    stream = await stream_of(index, retention_days=30)
    asked = await index.retention.ask(reduction(stream.camera_id, 7, after(DAY)))
    assert await index.retention.pending() == [asked]
    assert await index.retention.apply_due(after(DAY - 1)) == []
    assert (await index.cameras.get(stream.camera_id)).retention_days == 30
    assert await index.retention.apply_due(after(DAY)) == [asked]
    assert (await index.cameras.get(stream.camera_id)).retention_days == 7
    assert await index.retention.pending() == []


async def test_a_change_that_is_cancelled_or_replaced_does_not_come(index: Index) -> None:
    stream = await stream_of(index, retention_days=30)
    first = await index.retention.ask(reduction(stream.camera_id, 7, after(DAY)))
    second = await index.retention.ask(reduction(stream.camera_id, 9, after(DAY)))
    assert await index.retention.pending() == [second]
    with pytest.raises(NotFound):
        await index.retention.cancel(first.id)
    await index.retention.cancel(second.id)
    assert await index.retention.apply_due(after(DAY)) == []
    await index.retention.ask(reduction(stream.camera_id, 7, after(DAY)))
    await index.retention.set(Scope.CAMERA, stream.camera_id, RetentionPolicy(max_days=60))
    assert await index.retention.pending() == []


async def test_nothing_comes_for_an_owner_that_is_gone(index: Index) -> None:
    stream = await stream_of(index, retention_days=30)
    await index.retention.ask(reduction(stream.camera_id, 7, after(0)))
    await index.cameras.remove(stream.camera_id)
    assert await index.cameras.forget_ended() == 1
    assert await index.retention.scopes() == {}
    assert await index.retention.pending() == []
    assert await index.retention.apply_due(after(0)) == []


async def test_a_scope_can_be_forgotten(index: Index) -> None:
    stream = await stream_of(index, retention_days=30)
    await index.retention.ask(reduction(stream.camera_id, 7, after(0)))
    await index.retention.forget(Scope.CAMERA, stream.camera_id)
    assert await index.retention.scopes() == {}
    assert await index.retention.pending() == []


async def test_what_is_kept_less_waits_a_day_and_what_is_kept_more_counts_now(
    index: Index,
) -> None:
    stream = await stream_of(index, retention_days=30)
    policy = RetentionPolicy(max_days=7, event_days=90)
    wanted = Wanted(Scope.CAMERA, stream.camera_id, policy, "ana", "disk")
    waits = await change(index, wanted, NINE)
    assert waits is not None
    assert (waits.policy, waits.effective) == (policy, after(DELAY_MICROS))
    now = await index.retention.get(Scope.CAMERA, stream.camera_id)
    assert now == RetentionPolicy(max_days=30, event_days=90)
    longer = replace(wanted, policy=RetentionPolicy(max_days=60, event_days=90))
    assert await change(index, longer, NINE) is None
    assert await index.retention.pending() == []
    with pytest.raises(Invalid):
        await change(index, replace(wanted, policy=RetentionPolicy(max_days=0)), NINE)


async def taken(index: Index, stream: Stream, *numbers: int, why: str = "max_days 7: site") -> None:
    for number in numbers:
        await index.segments.add(segment(stream, number))
    outlines = await index.segments.oldest(stream.id, len(numbers))
    await index.garbage.take(stream.id, outlines, why=why, now=NINE)


async def test_what_a_rule_takes_in_a_day_stands_on_one_receipt(index: Index) -> None:
    stream = await stream_of(index)
    for numbers, hour in (((0, 1), 0), ((2,), 5)):
        await taken(index, stream, *numbers)
        closed = await index.receipts.close(await index.garbage.list(9), after(hour * HOUR))
        assert closed == len(numbers)
    (receipt,) = await index.receipts.list()
    assert (receipt.segments, receipt.size, receipt.at) == (3, 3000, after(5 * HOUR))
    assert (receipt.camera_id, receipt.stream_id) == (stream.camera_id, stream.id)
    assert (receipt.why, receipt.range) == ("max_days 7: site", TimeRange(NINE, after(3 * MINUTE)))
    leaves = [segment(stream, number).sha256 for number in range(3)]
    assert receipt.merkle_root == Tree().grown(leaves).root
    assert await index.garbage.list(9) == []


async def test_another_day_rule_or_stream_has_its_own_receipt(index: Index) -> None:
    first, second = await stream_of(index), await stream_of(index)
    await taken(index, first, 0)
    await index.receipts.close(await index.garbage.list(9), NINE)
    await taken(index, first, 1)
    await index.receipts.close(await index.garbage.list(9), after(15 * HOUR))
    await taken(index, first, 2, why="quota")
    await taken(index, second, 3)
    await index.receipts.close(await index.garbage.list(9), after(15 * HOUR))
    found = await index.receipts.list()
    assert [each.segments for each in found] == [1, 1, 1, 1]
    assert [each.id for each in found] == sorted((each.id for each in found), reverse=True)
    assert await index.receipts.list(before=found[1].id, limit=1) == [found[2]]
    of_second = await index.receipts.list(camera_id=second.camera_id)
    assert [each.stream_id for each in of_second] == [second.id]


async def test_what_is_closed_twice_is_on_one_receipt_once(index: Index) -> None:
    stream = await stream_of(index)
    await taken(index, stream, 0, 1)
    garbage = await index.garbage.list(9)
    assert await index.receipts.close(garbage, NINE) == 2
    assert await index.receipts.close(garbage, NINE) == 0
    assert await index.receipts.close([], NINE) == 0
    assert [each.segments for each in await index.receipts.list()] == [2]


async def test_what_lives_on_in_another_store_is_no_deletion(index: Index) -> None:
    stream = await stream_of(index)
    await taken(index, stream, 0, why=MOVED)
    assert await index.receipts.close(await index.garbage.list(9), NINE) == 1
    assert await index.receipts.list() == []
    assert await index.garbage.list(9) == []


async def test_events_come_back_by_camera_and_time(index: Index) -> None:
    first, second = (await stream_of(index)).camera_id, (await stream_of(index)).camera_id
    told = [
        await index.events.add(camera, after(minute * MINUTE), "motion", "east")
        for camera, minute in ((first, 5), (second, 1), (first, 0), (first, 5))
    ]
    hour = TimeRange(NINE, after(HOUR))
    assert await index.events.between([first], hour) == [told[2], told[0], told[3]]
    assert await index.events.between([first, second], hour, limit=2) == [told[2], told[1]]
    assert await index.events.between([second], TimeRange(NINE, after(MINUTE))) == []
    assert await index.events.instants(first, hour) == [NINE, after(5 * MINUTE)]
    assert await index.events.cameras(TimeRange(after(1), after(2 * MINUTE))) == {second}
    assert await index.events.forget(first, after(5 * MINUTE)) == 1
    assert await index.events.between([first], hour) == [told[0], told[3]]


async def test_an_event_needs_its_camera(index: Index) -> None:
    with pytest.raises(NotFound, match="no such camera"):
        await index.events.add(99, NINE, "motion")


async def test_what_locks_keep_is_known_by_camera(index: Index) -> None:
    stream, other = await stream_of(index), await stream_of(index)
    for number in range(5):
        await index.segments.add(segment(stream, number))
        await index.segments.add(segment(other, number))
    spans = [
        LockSpan(stream.camera_id, TimeRange(after(start * MINUTE), after(end * MINUTE)))
        for start, end in ((0, 2), (1, 3))
    ]
    for span in spans:
        await index.locks.add(NewLock("1", "because", (span,), "ana", after(DAY)), NINE)
    assert await index.retention.locked_sizes(NINE) == {stream.camera_id: 3000}
    assert await index.retention.locked_sizes(after(DAY)) == {}
    outlines = await index.segments.oldest(stream.id, 9)
    kept = await index.retention.kept(stream.id, outlines[1:], NINE)
    assert kept == {after(MINUTE), after(2 * MINUTE)}
