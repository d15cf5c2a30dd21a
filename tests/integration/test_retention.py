"""Retention over a real index and store: what goes, what stays, what a crash leaves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

import pytest

from storage.archive import Archive
from storage.index import CameraChange, Index, NewCamera, NewStream
from storage.objects import ObjectStore, WrongStore, open_store
from storage.retention import RetainConfig, Swept, retain, sweep
from tests.fakes.bus import FakeBus
from tests.fakes.clock import HandClock
from tests.fakes.segments import NINE, segment, spooled
from vms.core.errors import Unavailable
from vms.core.model import Cause, Gap, Stream, StreamRole
from vms.core.walltime import DAY, MINUTE, TimeRange, WallTime

ALWAYS = TimeRange(WallTime(0), WallTime(1 << 60))


def days_and_minutes(days: int, minutes: int) -> WallTime:
    """That long after nine o'clock, when the first segment began."""
    return WallTime(NINE + days * DAY + minutes * MINUTE)


class Unplugged:
    """A directory store whose power fails: after `steps` calls of delete or identity it is gone.

    `after`: the call that fails has still done its work.
    """

    def __init__(self, real: ObjectStore, steps: int, *, after: bool) -> None:
        self._real = real
        self._steps = steps
        self._after = after
        self.check, self.mark = real.check, real.mark
        self.put, self.size, self.read = real.put, real.size, real.read
        self.keys, self.open_read, self.room = real.keys, real.open_read, real.room
        self.holds, self.hold, self.release = real.holds, real.hold, real.release

    async def identity(self) -> str | None:
        self._step()
        return await self._real.identity()

    async def delete(self, keys: Sequence[str]) -> None:
        if not self._after:
            self._step()
        await self._real.delete(keys)
        if self._after:
            self._step()

    def _step(self) -> None:
        self._steps -= 1
        if self._steps < 0:
            raise Unavailable("unplugged")


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[ObjectStore]:
    async with open_store(f"file://{tmp_path / 'store'}", create=True) as opened:
        yield opened


@pytest.fixture
async def stream(index: Index, store: ObjectStore, tmp_path: Path) -> Stream:
    """Five minutes of archive from nine on."""
    return await recorded(index, store, tmp_path, 5)


async def recorded(index: Index, store: ObjectStore, folder: Path, minutes: int) -> Stream:
    new = NewCamera("Gate", streams=(NewStream(StreamRole.MAIN, "rtsp://gate/1"),))
    stream = (await index.cameras.add(new)).streams[0]
    archive = Archive(index, store)
    for number in range(minutes):
        await archive.commit(segment(stream, number), spooled(folder, number))
    return stream


async def left(index: Index, store: ObjectStore, stream: Stream, minutes: int) -> list[int]:
    """The numbers of what has row and object; fails when one lies there without the other."""
    rows = {each.sequence for each in await index.segments.between(stream.id, ALWAYS)}
    sizes = [await store.size(segment(stream, number).key) for number in range(minutes)]
    objects = {number for number, size in enumerate(sizes) if size is not None}
    assert rows == objects
    assert await index.garbage.list(1) == []
    return sorted(rows)


async def test_what_is_older_than_the_site_keeps_goes(
    index: Index, store: ObjectStore, stream: Stream
) -> None:
    done = await sweep(index, store, site_days=30, now=days_and_minutes(30, 2))
    assert done == Swept(segments=2, size=2000)
    assert await left(index, store, stream, 5) == [2, 3, 4]
    assert await sweep(index, store, site_days=30, now=days_and_minutes(30, 2)) == Swept()


async def test_a_camera_with_its_own_days_keeps_those(
    index: Index, store: ObjectStore, stream: Stream
) -> None:
    await index.cameras.change(stream.camera_id, CameraChange(retention_days=7))
    await sweep(index, store, site_days=30, now=days_and_minutes(7, 4))
    assert await left(index, store, stream, 5) == [4]


async def test_a_removed_camera_goes_with_the_end_of_its_archive(
    index: Index, store: ObjectStore, stream: Stream
) -> None:
    await index.cameras.remove(stream.camera_id)
    done = await sweep(index, store, site_days=30, now=days_and_minutes(30, 4))
    assert done == Swept(segments=4, size=4000, cameras=0)
    done = await sweep(index, store, site_days=30, now=days_and_minutes(31, 0))
    assert done == Swept(segments=1, size=1000, cameras=1)


async def test_gaps_go_with_the_time_they_explain(
    index: Index, store: ObjectStore, stream: Stream
) -> None:
    for end in (100, 300):
        start = WallTime(NINE + (end - 50) * MINUTE)
        end_wall = WallTime(NINE + end * MINUTE)
        await index.gaps.add(Gap(stream.id, start, end_wall, Cause.STALLED))
    await sweep(index, store, site_days=30, now=days_and_minutes(30, 299))
    assert len(await index.gaps.between(stream.id, ALWAYS)) == 1


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("steps", range(5))
async def test_a_crash_at_any_step_is_repaired_by_the_next_sweep(
    sqlite_index: Index, store: ObjectStore, tmp_path: Path, steps: int, after: bool
) -> None:
    """Five segments, two a batch: one look at the marker and three deletions are four steps."""
    index, now = sqlite_index, days_and_minutes(30, 5)
    stream = await recorded(index, store, tmp_path, 5)
    failing = Unplugged(store, steps, after=after)
    if steps < 4:
        with pytest.raises(Unavailable):
            await sweep(index, failing, site_days=30, now=now, batch=2)
    await sweep(index, store, site_days=30, now=now, batch=2)
    assert await left(index, store, stream, 5) == []


async def test_another_store_deletes_nothing(
    index: Index, store: ObjectStore, stream: Stream, tmp_path: Path
) -> None:
    async with open_store(f"file://{tmp_path / 'other'}", create=True) as other:
        with pytest.raises(WrongStore):
            await sweep(index, other, site_days=30, now=days_and_minutes(99, 0))
        await other.mark("somebody else's")
        with pytest.raises(WrongStore):
            await sweep(index, other, site_days=30, now=days_and_minutes(99, 0))
    assert await left(index, store, stream, 5) == [0, 1, 2, 3, 4]


def problems(bus: FakeBus) -> list[str]:
    """As the role told them last."""
    told = [payload for subject, payload in bus.published if subject == "node.state.retain.here"]
    return [problem["code"] for problem in told[-1]["problems"]] if told else ["not yet told"]


async def until(clock: HandClock, reached: Callable[[], bool]) -> None:
    """Let minutes pass until it is so; real threads get real time to work."""
    for _ in range(500):
        if reached():
            return
        await clock.advance(61)
        await asyncio.sleep(0.02)
    raise AssertionError("not reached")


async def test_the_role_deletes_nothing_while_its_store_is_wrong_and_then_goes_on(
    sqlite_index: Index, store: ObjectStore, tmp_path: Path
) -> None:
    index, bus, clock = sqlite_index, FakeBus(), HandClock(wall=days_and_minutes(99, 0))
    stream = await recorded(index, store, tmp_path, 5)
    marker = tmp_path / "store" / "matakota-store.json"
    marker.rename(tmp_path / "kept")
    config = RetainConfig(days=30, interval_seconds=60, node="here")
    role = asyncio.create_task(retain(config, index, store, bus, clock))
    try:
        await until(clock, lambda: problems(bus) == ["store-wrong"])
        assert len(await index.segments.between(stream.id, ALWAYS)) == 5
        (tmp_path / "kept").rename(marker)
        await until(clock, lambda: problems(bus) == [])
    finally:
        role.cancel()
        await asyncio.wait([role])
    assert await left(index, store, stream, 5) == []


async def test_a_clock_set_ahead_for_some_minutes_deletes_nothing(
    sqlite_index: Index, store: ObjectStore, tmp_path: Path
) -> None:
    index, bus, clock = sqlite_index, FakeBus(), HandClock(wall=days_and_minutes(3, 0))
    stream = await recorded(index, store, tmp_path, 5)
    config = RetainConfig(days=30, interval_seconds=1, node="here")
    role = asyncio.create_task(retain(config, index, store, bus, clock))
    try:
        await until(clock, lambda: problems(bus) == [])
        clock.step(60 * 86_400)
        for _ in range(5):
            await clock.advance(1)
            await asyncio.sleep(0.05)
        assert len(await index.segments.between(stream.id, ALWAYS)) == 5
    finally:
        role.cancel()
        await asyncio.wait([role])
