"""A store that fills: room is made of what may go, alarms ring, cameras rest, in that order."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from storage.full.relief import WHY
from storage.full.stopped import NOBODY, heard
from storage.full.watch import FullWatch, Pressure
from storage.index import Index, NewCamera, NewLock, NewStream, Outline
from storage.objects import open_store
from storage.objects.store import Room
from storage.retention import RetainConfig, retain
from storage.retention.policy import USUAL
from storage.retention.pressing import removable
from tests.fakes.bus import FakeBus
from tests.fakes.clock import HandClock
from tests.fakes.segments import NINE, segment
from vms.core.beside import beside
from vms.core.model import Camera, StreamRole
from vms.core.nodestate import NodeState
from vms.core.promises import LockSpan, RetentionPolicy, Scope
from vms.core.walltime import DAY, HOUR, SECOND, TimeRange, WallTime

HOURS = 5
PER_HOUR = 30
SIZE = 1000
NOW = WallTime(NINE + DAY)
PRIORITIES = (9, 5, 3, 1)
ALL = len(PRIORITIES) * HOURS * PER_HOUR * SIZE


class Disk:
    """A store of so many bytes; None: one that cannot tell, as S3."""

    def __init__(self, index: Index, total: int | None) -> None:
        self._index, self.total = index, total

    async def room(self) -> Room | None:
        if self.total is None:
            return None
        taken = sum(each.size for each in (await self._index.segments.used()).values())
        return Room(self.total, max(0, self.total - taken))


class Taking:
    """Moves to garbage and forgets it at once, as a sweep does with its objects."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self.gone: list[tuple[int, WallTime, str]] = []

    async def these(self, stream_id: int, outlines: Sequence[Outline], why: str) -> int:
        taken = await self._index.garbage.take(stream_id, outlines, why=why, now=NOW)
        await self._index.garbage.drop(taken)
        self.gone += [(stream_id, each.range.start, why) for each in taken]
        return sum(each.size for each in taken)

    async def collect(self) -> None:
        """Nothing is left: `these` forgets at once."""


class Site:
    """Four cameras of different priority, with five hours of two-minute segments each."""

    def __init__(self, index: Index, cameras: Sequence[Camera], total: int) -> None:
        self.index, self.cameras = index, cameras
        self.node = NodeState("retain", "here", FakeBus(), HandClock())
        self.taking = Taking(index)
        self.disk = Disk(index, total)
        self.watch = FullWatch(index, self.disk, self.node)

    async def look(self) -> list[str]:
        await self.watch.look(await pressure(self.index, self.taking), NOW)
        return [problem.code for problem in self.node.problems]

    async def overfull(self) -> bool:
        """More was taken than fits: a real store would have refused it before."""
        used = (await self.index.segments.used()).values()
        return self.disk.total is not None and sum(each.size for each in used) > self.disk.total

    async def lock(self, hours: Sequence[int]) -> None:
        spans = tuple(
            LockSpan(camera.id, TimeRange(hour_at(hour), hour_at(hour + 1)))
            for camera in self.cameras
            for hour in hours
        )
        await self.index.locks.add(NewLock("1", "a case", spans, "ratna"), NOW)

    async def left(self, camera: Camera) -> int:
        span = TimeRange(NINE, NOW)
        return len(await self.index.segments.outlines(camera.streams[0].id, span))


async def pressure(index: Index, taking: Taking) -> Pressure:
    return Pressure(await removable(index, NOW, USUAL), taking)


def hour_at(hour: int) -> WallTime:
    return WallTime(NINE + hour * HOUR)


@pytest.fixture
async def cameras(sqlite_index: Index) -> list[Camera]:
    made = []
    for number, priority in enumerate(PRIORITIES):
        streams = (NewStream(StreamRole.MAIN, f"rtsp://gate/{number}"),)
        new = NewCamera(f"Gate {number}", streams=streams, priority=priority)
        camera = await sqlite_index.cameras.add(new)
        segments = [
            segment(camera.streams[0], count, at=120.0 * count, seconds=120)
            for count in range(HOURS * PER_HOUR)
        ]
        await sqlite_index.segments.add_many(segments)
        made.append(camera)
    return made


async def test_a_roomy_store_is_left_alone(sqlite_index: Index, cameras: list[Camera]) -> None:
    site = Site(sqlite_index, cameras, total=ALL * 100 // 91)
    assert await site.look() == []
    assert site.taking.gone == []


async def test_a_store_that_cannot_tell_is_watched_by_its_capacity_or_not_at_all(
    sqlite_index: Index, cameras: list[Camera]
) -> None:
    node, taking = NodeState("retain", "here", FakeBus(), HandClock()), Taking(sqlite_index)
    silent = Disk(sqlite_index, None)
    pressed = await pressure(sqlite_index, taking)
    assert await FullWatch(sqlite_index, silent, node).look(pressed, NOW) is None
    fill = await FullWatch(sqlite_index, silent, node, 2 * ALL).look(pressed, NOW)
    assert fill is not None
    assert (fill.total, fill.free, fill.removable) == (2 * ALL, ALL, ALL)
    disk = Disk(sqlite_index, 3 * ALL)
    fill = await FullWatch(sqlite_index, disk, node, 2 * ALL).look(pressed, NOW)
    assert fill is not None
    assert (fill.total, fill.free) == (2 * ALL, ALL), "less than its disk"


async def test_what_may_go_goes_oldest_first_and_nobody_is_alarmed(
    sqlite_index: Index, cameras: list[Camera]
) -> None:
    site = Site(sqlite_index, cameras, total=ALL * 100 // 95)
    assert await site.look() == []
    gone = site.taking.gone
    assert {why for *_, why in gone} == {WHY}
    assert len(gone) == 32, "a twentieth of 631 segments, until a tenth is free"
    assert max(start for _, start, _ in gone) < hour_at(1)
    least = cameras[-1].streams[0].id
    assert [stream for stream, *_ in gone[:PER_HOUR]] == [least] * PER_HOUR


async def test_what_is_younger_than_its_minimum_stays_in_a_full_store(
    sqlite_index: Index, cameras: list[Camera]
) -> None:
    policy = RetentionPolicy(min_days=2)
    await sqlite_index.retention.set(Scope.SITE, 0, policy)
    site = Site(sqlite_index, cameras, total=ALL)
    assert await site.look() == ["store-95", "store-full"]
    assert site.taking.gone == []


async def test_only_locked_video_is_left_alarms_then_rest_and_nothing_locked_goes(
    sqlite_index: Index, cameras: list[Camera]
) -> None:
    """The store shrinks around what is locked, as new video would fill it."""
    told = []
    every = [camera.id for camera in cameras]
    site = Site(sqlite_index, cameras, total=ALL)
    await site.lock([0, 1, 3])
    locked = ALL * 3 // 5
    for protected in (70, 81, 91, 95.5, 96.5, 98.5):
        site.disk.total = round(locked * 100 / protected)
        for _ in range(20):
            if await site.overfull():
                await site.look()
        codes = await site.look()
        resting = (await heard(sqlite_index, NOW)).cameras
        told.append((codes, [every.index(each) for each in sorted(resting)]))
    assert told == [
        ([], []),
        (["store-80"], []),
        (["store-90"], []),
        (["store-95", "store-full"], [3]),
        (["store-95", "store-full"], [2, 3]),
        (["store-95", "store-full"], [1, 2, 3]),
    ]
    for camera in cameras:
        assert await site.left(camera) == 3 * PER_HOUR
    assert {hour_at(hour) for hour in (2, 4)} == {
        WallTime(start - (start - NINE) % HOUR) for _, start, _ in site.taking.gone
    }


async def test_room_comes_back_and_everybody_is_recorded_again(
    sqlite_index: Index, cameras: list[Camera]
) -> None:
    site = Site(sqlite_index, cameras, total=ALL)
    await site.lock(range(HOURS))
    assert await site.look() == ["store-95", "store-full"]
    lock = (await sqlite_index.locks.list(True, NOW))[0]
    await sqlite_index.locks.ask_release(lock.id, "ratna", "closed", NOW)
    await sqlite_index.locks.confirm_release(lock.id, "budi", NOW)
    assert await site.look() == []
    assert await heard(sqlite_index, NOW) == NOBODY


async def test_an_hour_that_a_lock_touches_in_part_loses_only_the_rest(
    sqlite_index: Index, cameras: list[Camera]
) -> None:
    first = cameras[0]
    span = TimeRange(WallTime(NINE + 601 * SECOND), WallTime(NINE + 1199 * SECOND))
    new = NewLock("1", "a case", (LockSpan(first.id, span),), "ratna")
    await sqlite_index.locks.add(new, NOW)
    site = Site(sqlite_index, cameras, total=ALL)
    await site.lock(range(1, HOURS))
    freed = ALL // HOURS - 5 * SIZE
    this = {camera.streams[0].id: NOW for camera in cameras}
    assert await sqlite_index.weights.removable(this, WallTime(0), NOW) == freed
    await site.look()
    assert sum(SIZE for _ in site.taking.gone) <= freed
    kept = await sqlite_index.segments.outlines(first.streams[0].id, span)
    assert len(kept) == 5


def told(bus: FakeBus) -> list[str]:
    """The problems of the role, as it told them last."""
    states = [payload for subject, payload in bus.published if subject == "node.state.retain.here"]
    return [problem["code"] for problem in states[-1]["problems"]] if states else ["not yet"]


async def test_the_role_rings_makes_room_and_stops_nobody_once_there_is_room(
    sqlite_index: Index, cameras: list[Camera], tmp_path: Path
) -> None:
    """The whole role: locked to the last byte, then released and overwritten."""
    bus, clock = FakeBus(), HandClock(wall=NOW)
    site = Site(sqlite_index, cameras, total=ALL)
    await sqlite_index.facts.put("store", "ours")
    await site.lock(range(HOURS))
    config = RetainConfig(interval_seconds=60, node="here", capacity_bytes=ALL)
    async with open_store(f"file://{tmp_path / 'store'}", create=True) as store:
        await store.mark("ours")
        async with beside(retain(config, sqlite_index, store, bus, clock)):
            await until(clock, lambda: told(bus) == ["store-95", "store-full"])
            assert len((await heard(sqlite_index, clock.wall())).cameras) == 3
            assert [await site.left(camera) for camera in cameras] == [HOURS * PER_HOUR] * 4
            lock = (await sqlite_index.locks.list(True, NOW))[0]
            await sqlite_index.locks.ask_release(lock.id, "ratna", "closed", NOW)
            await sqlite_index.locks.confirm_release(lock.id, "budi", NOW)
            await until(clock, lambda: told(bus) == [])
            assert await heard(sqlite_index, clock.wall()) == NOBODY
        assert sum([await site.left(camera) for camera in cameras]) == ALL * 9 // 10 // SIZE
        receipts = await sqlite_index.receipts.list()
        assert {receipt.why for receipt in receipts} == {WHY}


async def until(clock: HandClock, reached: Callable[[], bool]) -> None:
    """Let time pass until it is so; real threads get real time to work."""
    for _ in range(500):
        if reached():
            return
        await clock.advance(31)
        await asyncio.sleep(0.02)
    raise AssertionError("not reached")
