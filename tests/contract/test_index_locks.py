"""Evidence locks in the index, on SQLite and PostgreSQL."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from storage.index import Index, NewCamera, NewLock, NewStream, Outline
from storage.index.engine import Database
from storage.index.lockspans import LONGEST_GROUP_MICROS, hold_all, is_span_free
from tests.fakes.segments import NINE, segment
from vms.core.errors import Conflict, Invalid, NotFound
from vms.core.model import Camera, GopEntry, Segment, Stream, StreamRole
from vms.core.promises import Lock, LockSpan
from vms.core.walltime import DAY, SECOND, TimeRange, WallTime

NOW = WallTime(NINE + DAY)


def after_nine(start: float, end: float) -> TimeRange:
    return TimeRange(WallTime(NINE + round(start * SECOND)), WallTime(NINE + round(end * SECOND)))


@pytest.fixture
async def camera(index: Index) -> Camera:
    """With two streams."""
    streams = (
        NewStream(StreamRole.MAIN, "rtsp://gate/1"),
        NewStream(StreamRole.SUB, "rtsp://gate/2"),
    )
    return await index.cameras.add(NewCamera("Gate", streams=streams))


@pytest.fixture
def stream(camera: Camera) -> Stream:
    return camera.streams[0]


def new(camera: Camera, *spans: TimeRange, expires: WallTime | None = None) -> NewLock:
    wanted = tuple(LockSpan(camera.id, span) for span in spans)
    return NewLock("LP/12/2026", "a collision", wanted, "ratna", expires)


async def recorded(index: Index, stream: Stream, minutes: int) -> None:
    for sequence in range(minutes):
        await index.segments.add(segment(stream, sequence))


def continued(stream: Stream, sequence: int) -> Segment:
    """A minute that begins within a group of pictures of the one before."""
    whole = segment(stream, sequence)
    first = whole.gops[0]
    return replace(
        whole, gops=(GopEntry(first.start, first.duration, first.offset, first.size, 0),)
    )


async def test_a_lock_comes_back_as_it_was_made(index: Index, camera: Camera) -> None:
    made = await index.locks.add(new(camera, after_nine(3, 297), expires=WallTime(NOW + DAY)), NOW)
    assert made == Lock(
        id=made.id,
        case_number="LP/12/2026",
        reason="a collision",
        spans=(LockSpan(camera.id, after_nine(3, 297)),),
        created=NOW,
        created_by="ratna",
        expires=WallTime(NOW + DAY),
    )
    assert await index.locks.get(made.id) == made
    assert await index.locks.list(True, NOW) == [made]


async def test_spans_of_one_camera_that_meet_are_one(index: Index, camera: Camera) -> None:
    made = await index.locks.add(new(camera, after_nine(0, 60), after_nine(30, 90)), NOW)
    assert made.spans == (LockSpan(camera.id, after_nine(0, 90)),)


async def test_a_lock_of_nothing_or_of_a_past_is_refused(index: Index, camera: Camera) -> None:
    with pytest.raises(Invalid):
        await index.locks.add(new(camera), NOW)
    with pytest.raises(Invalid):
        await index.locks.add(new(camera, after_nine(0, 60), expires=NOW), NOW)
    with pytest.raises(NotFound):
        await index.locks.add(new(replace(camera, id=99), after_nine(0, 60)), NOW)
    assert await index.locks.list(False, NOW) == []


async def test_an_expired_lock_is_listed_but_keeps_nothing(index: Index, camera: Camera) -> None:
    made = await index.locks.add(new(camera, after_nine(0, 60), expires=WallTime(NOW + 10)), NOW)
    assert await index.locks.is_any_locked(camera.id, after_nine(0, 60), WallTime(NOW + 9))
    later = WallTime(NOW + 10)
    assert not await index.locks.is_any_locked(camera.id, after_nine(0, 60), later)
    assert await index.locks.list(True, later) == []
    assert await index.locks.list(False, later) == [made]


async def test_a_release_needs_a_reason_and_a_second_person(index: Index, camera: Camera) -> None:
    made = await index.locks.add(new(camera, after_nine(0, 60)), NOW)
    with pytest.raises(Conflict):
        await index.locks.confirm_release(made.id, "budi", NOW)
    with pytest.raises(Invalid):
        await index.locks.ask_release(made.id, "ratna", " ", NOW)
    await index.locks.ask_release(made.id, "ratna", "case closed", NOW)
    assert await index.locks.is_any_locked(camera.id, after_nine(0, 60), NOW)
    with pytest.raises(Conflict, match="second person"):
        await index.locks.confirm_release(made.id, "ratna", NOW)
    released = await index.locks.confirm_release(made.id, "budi", WallTime(NOW + 5))
    assert (released.released, released.released_by) == (NOW + 5, "budi")
    assert (released.release_asked_by, released.release_reason) == ("ratna", "case closed")
    assert not await index.locks.is_any_locked(camera.id, after_nine(0, 60), NOW)


async def test_where_one_is_enough_the_same_person_confirms(index: Index, camera: Camera) -> None:
    made = await index.locks.add(new(camera, after_nine(0, 60)), NOW)
    await index.locks.ask_release(made.id, "ratna", "case closed", NOW)
    assert (await index.locks.confirm_release(made.id, "ratna", NOW, alone=True)).released == NOW


async def test_a_release_asked_by_one_is_not_taken_over_by_another(
    index: Index, camera: Camera
) -> None:
    made = await index.locks.add(new(camera, after_nine(0, 60)), NOW)
    await index.locks.ask_release(made.id, "ratna", "case closed", NOW)
    with pytest.raises(Conflict, match="confirm it instead"):
        await index.locks.ask_release(made.id, "budi", "mine now", NOW)
    kept = await index.locks.withdraw_release(made.id, NOW)
    assert kept == made
    again = await index.locks.ask_release(made.id, "budi", "another reason", NOW)
    assert again.release_asked_by == "budi"


async def test_what_was_released_cannot_be_released_again(index: Index, camera: Camera) -> None:
    made = await index.locks.add(new(camera, after_nine(0, 60)), NOW)
    await index.locks.ask_release(made.id, "ratna", "case closed", NOW)
    await index.locks.confirm_release(made.id, "budi", NOW)
    for again in (
        index.locks.ask_release(made.id, "ratna", "once more", NOW),
        index.locks.confirm_release(made.id, "budi", NOW),
        index.locks.withdraw_release(made.id, NOW),
    ):
        with pytest.raises(Conflict, match="holds no longer"):
            await again


async def test_touching_finds_the_locks_of_a_time(index: Index, camera: Camera) -> None:
    first = await index.locks.add(new(camera, after_nine(0, 60), after_nine(500, 600)), NOW)
    second = await index.locks.add(new(camera, after_nine(50, 70)), NOW)
    for span, wanted in {
        after_nine(-60, 0): [],
        after_nine(-60, 1): [first],
        after_nine(55, 56): [first, second],
        after_nine(60, 61): [second],
        after_nine(70, 500): [],
        after_nine(599, 700): [first],
    }.items():
        assert await index.locks.touching([camera.id], span, NOW) == wanted, span
    assert await index.locks.touching([camera.id + 1], after_nine(0, 60), NOW) == []


async def test_the_real_interval_is_whole_segments_of_every_stream(
    index: Index, camera: Camera
) -> None:
    main, sub = camera.streams
    await recorded(index, main, 10)
    await index.segments.add(segment(sub, 0, at=100, seconds=300))
    made = await index.locks.add(new(camera, after_nine(63, 297)), NOW)
    assert await index.locks.real(made) == {
        main.id: [after_nine(60, 300)],
        sub.id: [after_nine(100, 400)],
    }
    nothing = await index.locks.add(new(camera, after_nine(-100, -50)), NOW)
    assert await index.locks.real(nothing) == {}


async def test_the_real_interval_goes_back_to_the_key_picture(
    index: Index, stream: Stream, camera: Camera
) -> None:
    await recorded(index, stream, 2)
    for sequence in (2, 3):
        await index.segments.add(continued(stream, sequence))
    made = await index.locks.add(new(camera, after_nine(185, 190)), NOW)
    assert await index.locks.real(made) == {stream.id: [after_nine(60, 240)]}


async def outlines(index: Index, stream: Stream, first: int, last: int) -> list[Outline]:
    found = await index.segments.outlines(stream.id, after_nine(0, 6000))
    return [each for each in found if first <= each.sequence <= last]


async def left(index: Index, stream: Stream) -> list[int]:
    return [each.sequence for each in await outlines(index, stream, 0, 99)]


async def test_a_removal_leaves_exactly_the_segments_that_a_lock_touches(
    index: Index, stream: Stream, camera: Camera
) -> None:
    """RE-03: [10:00:03, 10:04:57] keeps five minutes, not an hour."""
    await recorded(index, stream, 10)
    await index.locks.add(new(camera, after_nine(123, 417)), NOW)
    going = await outlines(index, stream, 0, 9)
    taken = await index.garbage.take(stream.id, going, why="test", now=NOW)
    assert [each.sequence for each in taken] == [0, 1, 7, 8, 9]
    assert await left(index, stream) == [2, 3, 4, 5, 6]


async def test_a_lock_that_ends_where_a_segment_begins_does_not_touch_it(
    index: Index, stream: Stream, camera: Camera
) -> None:
    await recorded(index, stream, 3)
    await index.locks.add(new(camera, after_nine(60, 120)), NOW)
    await index.garbage.take(stream.id, await outlines(index, stream, 0, 9), why="", now=NOW)
    assert await left(index, stream) == [1]


@pytest.mark.parametrize("asked", [(0, 9), (0, 2), (2, 2), (1, 4)])
async def test_what_locked_pictures_need_to_be_decoded_stays_whoever_is_asked_about(
    index: Index, stream: Stream, camera: Camera, asked: tuple[int, int]
) -> None:
    """Minutes 2 to 5 go on in the group of minute 1; only minute 4 is locked."""
    await recorded(index, stream, 2)
    for sequence in (2, 3, 4, 5):
        await index.segments.add(continued(stream, sequence))
    await index.segments.add(segment(stream, 6))
    await index.locks.add(new(camera, after_nine(250, 255)), NOW)
    going = await outlines(index, stream, *asked)
    await index.garbage.take(stream.id, going, why="test", now=NOW)
    kept = {1, 2, 3, 4} | (set(range(7)) - set(range(asked[0], asked[1] + 1)))
    assert await left(index, stream) == sorted(kept)


async def test_set_based_removal_goes_on_behind_what_is_locked(
    index: Index, stream: Stream, camera: Camera
) -> None:
    await recorded(index, stream, 4)
    await index.segments.add(continued(stream, 4))
    await index.segments.add(segment(stream, 5))
    await index.locks.add(new(camera, after_nine(30, 90), after_nine(250, 251)), NOW)
    until = after_nine(0, 360).end
    while (await index.garbage.take_until(stream.id, until, 1, why="", now=NOW)).segments:
        pass
    assert await left(index, stream) == [0, 1, 3, 4]


async def test_a_lock_keeps_from_its_beginning_to_its_end_or_release(
    index: Index, stream: Stream, camera: Camera
) -> None:
    await recorded(index, stream, 2)
    await index.locks.add(new(camera, after_nine(0, 60), expires=WallTime(NOW + 10)), NOW)
    other = await index.locks.add(new(camera, after_nine(60, 120)), NOW)
    every = await outlines(index, stream, 0, 9)
    assert await index.garbage.take(stream.id, every, why="", now=WallTime(NOW + 9)) == []
    await index.locks.ask_release(other.id, "ratna", "closed", NOW)
    assert await index.garbage.take(stream.id, every, why="", now=WallTime(NOW + 9)) == []
    await index.locks.confirm_release(other.id, "budi", NOW)
    taken = await index.garbage.take(stream.id, every, why="", now=WallTime(NOW + 9))
    assert [each.sequence for each in taken] == [1]
    taken = await index.garbage.take(stream.id, every, why="", now=WallTime(NOW + 10))
    assert [each.sequence for each in taken] == [0]


async def test_another_cameras_lock_keeps_nothing_here(
    index: Index, stream: Stream, camera: Camera
) -> None:
    await recorded(index, stream, 2)
    streams = (NewStream(StreamRole.MAIN, "rtsp://yard/1"),)
    other = await index.cameras.add(NewCamera("Yard", streams=streams))
    await index.locks.add(new(other, after_nine(0, 600)), NOW)
    await index.garbage.take(stream.id, await outlines(index, stream, 0, 9), why="", now=NOW)
    assert await left(index, stream) == []


async def test_a_removed_cameras_video_stays_locked(
    index: Index, stream: Stream, camera: Camera
) -> None:
    await recorded(index, stream, 2)
    await index.locks.add(new(camera, after_nine(0, 60)), NOW)
    await index.cameras.remove(camera.id)
    await index.locks.add(new(camera, after_nine(60, 61)), NOW)
    await index.garbage.take(stream.id, await outlines(index, stream, 0, 9), why="", now=NOW)
    assert await left(index, stream) == [0, 1]
    assert await index.cameras.forget_ended() == 0


async def test_a_lock_and_a_removal_at_once_never_both_have_it(
    index: Index, stream: Stream, camera: Camera
) -> None:
    """Whoever comes first: either the segment is gone and the lock tells so, or it stays."""
    for minute in range(20):
        await index.segments.add(segment(stream, minute))
        going = await outlines(index, stream, minute, minute)
        span = after_nine(60 * minute, 60 * minute + 60)
        async with asyncio.TaskGroup() as tasks:
            if minute % 2:
                removing = tasks.create_task(index.garbage.take(stream.id, going, why="", now=NOW))
            locking = tasks.create_task(index.locks.add(new(camera, span), NOW))
            if minute % 2 == 0:
                removing = tasks.create_task(index.garbage.take(stream.id, going, why="", now=NOW))
        lock, taken = locking.result(), removing.result()
        assert await index.locks.real(lock) == ({} if taken else {stream.id: [span]})


async def test_a_whole_day_is_free_only_without_locks_in_it_and_soon_behind_it(
    index_url: str, index: Index, camera: Camera
) -> None:
    database = Database(index_url)
    day, margin = TimeRange(NINE, WallTime(NINE + DAY)), LONGEST_GROUP_MICROS

    async def free(now: WallTime) -> bool:
        async with database.write() as connection:
            await hold_all(connection)
            return await is_span_free(connection, day, now)

    try:
        for start, length, expected in (
            (-DAY, DAY, True),
            (DAY + margin, DAY, True),
            (DAY + margin - 1, 1, False),
            (DAY - 1, 1, False),
            (-DAY, DAY + 1, False),
        ):
            at = WallTime(NINE + start)
            ends = WallTime(NOW + 10)
            span = TimeRange(at, WallTime(at + length))
            lock = await index.locks.add(new(camera, span, expires=ends), NOW)
            assert await free(NOW) is expected, (start, length)
            assert await free(ends)
            await index.locks.ask_release(lock.id, "ratna", "closed", NOW)
            await index.locks.confirm_release(lock.id, "budi", NOW)
    finally:
        await database.close()


async def test_who_holds_all_keeps_new_locks_waiting(
    index_url: str, index: Index, camera: Camera
) -> None:
    database, order = Database(index_url), []

    async def lock() -> None:
        await index.locks.add(new(camera, after_nine(0, 60)), NOW)
        order.append("locked")

    try:
        async with asyncio.TaskGroup() as tasks, database.write() as connection:
            await hold_all(connection)
            tasks.create_task(lock())
            await asyncio.sleep(0.2)
            assert await is_span_free(connection, after_nine(0, 60), NOW)
            order.append("removed")
    finally:
        await database.close()
    assert order == ["removed", "locked"]
