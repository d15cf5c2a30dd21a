"""An index lost and made anew from the store alone, on every pair of index and store."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from storage.index import Index, NewCamera, NewStream, migrate, open_index
from storage.index.census import Held
from storage.integrity import Finding, Kind, Level, Rebuilt, Request, rebuild, verify
from storage.marker import agree
from storage.objects import ObjectStore, WrongStore, open_store
from tests.fakes.clock import HandClock
from tests.fakes.footage import segments_of
from tests.fakes.units import START
from tests.integration.vaults import Vault, rows, seconds
from tests.servers.postgres import INDEX_KEY
from vms.core.model import StreamRole
from vms.core.walltime import DAY, WallTime

LATER = START + 3 * DAY


@pytest.fixture
async def vault(tmp_path: Path) -> AsyncIterator[Vault]:
    """The usual pair."""
    async with (
        empty_index(tmp_path, "usual") as index,
        open_store(f"file://{tmp_path / 'store'}", create=True) as store,
    ):
        yield Vault(index, store, tmp_path)


@asynccontextmanager
async def empty_index(folder: Path, name: str = "anew") -> AsyncIterator[Index]:
    url = f"sqlite:///{folder / name}.db"
    await migrate(url)
    async with open_index(url, key=INDEX_KEY) as opened:
        yield opened


@pytest.fixture
async def anew(tmp_path: Path) -> AsyncIterator[Index]:
    """An index that knows nothing."""
    async with empty_index(tmp_path) as opened:
        yield opened


async def rebuilt(index: Index, store: ObjectStore) -> tuple[list[Finding], Rebuilt]:
    done = Rebuilt()
    clock = HandClock(LATER)
    found = [finding async for finding in rebuild(index, {0: store}, clock, done)]
    return found, done


async def verified(index: Index, store: ObjectStore) -> list[str]:
    asked = Request(Level.CHAIN, grace_seconds=0)
    return [str(one) async for one in verify(index, {0: store}, asked, HandClock(LATER + 3 * DAY))]


async def held(index: Index) -> dict[int, Held]:
    return {each: await index.census.held(each) for each in await index.census.streams()}


async def test_every_row_comes_back_as_it_was_from_every_store_into_every_index(
    index: Index, store: ObjectStore, tmp_path: Path
) -> None:
    """Lost is a SQLite index; made anew is one of either kind."""
    async with empty_index(tmp_path) as lost:
        await every_row_comes_back(Vault(lost, store, tmp_path), index)


async def every_row_comes_back(vault: Vault, anew: Index) -> None:
    gate = await vault.add_camera("Gate", StreamRole.MAIN, StreamRole.SUB)
    yard = await vault.add_camera("Yard")
    await vault.record(gate.streams[0], seconds(0, 22), seconds(30, 41))
    await vault.record(gate.streams[1], seconds(0, 12))
    await vault.record(yard.streams[0], seconds(3, 19))
    before, beside = await rows(vault.index), await held(vault.index)

    found, done = await rebuilt(anew, vault.store)

    assert found == []
    assert await rows(anew) == before
    assert await held(anew) == beside
    assert (done.segments, done.cameras) == (len(before), 2)
    assert done.size == sum(one.size for one in before)
    assert await verified(anew, vault.store) == []


async def test_cameras_come_back_under_their_ids_and_new_ones_get_others(
    vault: Vault, anew: Index
) -> None:
    for number in range(3):
        camera = await vault.add_camera(f"Gate {number}", StreamRole.MAIN, StreamRole.SUB)
    await vault.record(camera.streams[0], seconds(0, 6))
    await vault.record(camera.streams[1], seconds(0, 6))

    await rebuilt(anew, vault.store)

    (again,) = await anew.cameras.list()
    assert (again.id, again.enabled, again.name) == (camera.id, False, f"Camera {camera.id}")
    assert {each.id: each.camera_id for each in again.streams} == {
        each.id: camera.id for each in camera.streams
    }
    new = await anew.cameras.add(
        NewCamera("New", streams=(NewStream(StreamRole.MAIN, "rtsp://new/"),))
    )
    assert new.id > camera.id
    assert new.streams[0].id > max(each.id for each in camera.streams)


async def test_new_ids_lie_behind_those_that_came_back_in_either_database(
    index: Index, tmp_path: Path
) -> None:
    async with open_store(f"file://{tmp_path / 'store'}", create=True) as store:
        async with empty_index(tmp_path) as other:
            origin = Vault(other, store, tmp_path)
            for number in range(4):
                camera = await origin.add_camera(f"Gate {number}")
            await origin.record(camera.streams[0], seconds(0, 6))
        await rebuilt(index, store)
        new = await Vault(index, store, tmp_path).add_camera("New")
    assert (new.id, new.streams[0].id) == (camera.id + 1, camera.streams[0].id + 1)


async def test_nothing_that_came_back_can_be_deleted_until_its_lock_is_released(
    vault: Vault, anew: Index
) -> None:
    gate = await vault.add_camera("Gate")
    await vault.record(gate.streams[0], seconds(0, 12))
    await rebuilt(anew, vault.store)

    now = WallTime(LATER + 1000 * DAY)
    oldest = await anew.segments.oldest(gate.streams[0].id, 10)
    assert await anew.garbage.take(gate.streams[0].id, oldest, why="age", now=now) == []

    (lock,) = await anew.locks.list(True, now)
    await anew.locks.ask_release(lock.id, "admin", "the cases are locked anew", now)
    await anew.locks.confirm_release(lock.id, "chief", now)
    taken = await anew.garbage.take(gate.streams[0].id, oldest, why="age", now=now)
    assert len(taken) == len(oldest)


async def test_what_lies_in_the_second_store_comes_back_as_lying_there(
    vault: Vault, anew: Index, tmp_path: Path
) -> None:
    gate = await vault.add_camera("Gate")
    made = await vault.record(gate.streams[0], seconds(0, 21))
    async with open_store(f"file://{tmp_path / 'cold'}", create=True) as cold:
        await agree(vault.index, cold, 1)
        for one in made[:2]:
            path = tmp_path / "moving"
            path.write_bytes(await vault.store.read(one.key, 0, one.size))
            await cold.put(one.key, path, one.sha256)
        outlines = await vault.index.segments.oldest(gate.streams[0].id, 2)
        for outline in outlines:
            await vault.index.segments.set_tier(outline, 1)
        await vault.store.delete([outlines[0].key])  # the other one still lies in both
        stores = {0: vault.store, 1: cold}
        found = [one async for one in rebuild(anew, stores, HandClock(LATER))]
        asked = Request(Level.CHAIN, grace_seconds=0)
        clock = HandClock(LATER)
        wrong = [one async for one in verify(vault.index, stores, asked, clock)]
    assert (found, wrong) == ([], [])
    assert [one.tier for one in await rows(anew)] == [1, 0, 0, 0, 0]
    assert [replace(one, tier=0) for one in await rows(anew)] == list(made)


async def test_a_second_run_puts_nothing_back_and_locks_nothing_anew(
    vault: Vault, anew: Index
) -> None:
    gate = await vault.add_camera("Gate")
    await vault.record(gate.streams[0], seconds(0, 12))
    await rebuilt(anew, vault.store)
    before = await rows(anew)
    found, done = await rebuilt(anew, vault.store)
    assert (found, done.segments) == ([], 0)
    assert await rows(anew) == before
    assert len(await anew.locks.list(True, WallTime(LATER))) == 1


async def test_an_index_from_yesterday_takes_in_what_came_since(
    vault: Vault, tmp_path: Path
) -> None:
    """Its cameras, and what is about to be deleted, stay as they are."""
    gate = await vault.add_camera("Gate")
    stream = gate.streams[0]
    await vault.record(stream, seconds(0, 22))
    whole = await rows(vault.index)
    outlines = await vault.index.segments.oldest(stream.id, 10)
    await vault.index.garbage.take(stream.id, outlines[2:], why="age", now=WallTime(LATER))
    await vault.index.garbage.drop(outlines[3:])

    found, done = await rebuilt(vault.index, vault.store)

    assert (found, done.segments, done.cameras) == ([], len(whole) - 3, 0)
    assert await rows(vault.index) == [*whole[:2], *whole[3:]]
    assert (await vault.index.cameras.get(gate.id)).name == "Gate"


async def test_the_last_of_a_run_is_hashed_and_the_others_are_not_read_whole(
    vault: Vault, anew: Index
) -> None:
    gate = await vault.add_camera("Gate")
    made = await vault.record(gate.streams[0], seconds(0, 22), seconds(30, 41))
    counting = Counting(vault.store)
    done = Rebuilt()
    async for _ in rebuild(anew, {0: counting}, HandClock(LATER), done):  # type: ignore[dict-item]
        pass
    last = [one for one in made if one.epoch != made[-1].epoch][-1]
    assert sorted(counting.streamed) == sorted([last.key, made[-1].key])


class Counting:
    """A store that notes which objects are asked for their size, as reading one whole begins."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self.streamed: list[str] = []

    async def size(self, key: str) -> int | None:
        self.streamed.append(key)
        return await self._store.size(key)

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)


async def test_a_store_without_a_marker_or_of_another_index_is_refused(
    vault: Vault, anew: Index, tmp_path: Path
) -> None:
    gate = await vault.add_camera("Gate")
    await vault.record(gate.streams[0], seconds(0, 6))
    async with AsyncExitStack() as opened:
        bare = await opened.enter_async_context(
            open_store(f"file://{tmp_path / 'bare'}", create=True)
        )
        with pytest.raises(WrongStore, match="no marker"):
            await rebuilt(anew, bare)
        await anew.facts.put("store", "another")
        with pytest.raises(WrongStore, match="another index"):
            await rebuilt(anew, vault.store)
    assert await rows(anew) == []


async def test_an_object_under_another_name_is_told_and_not_put_back(
    vault: Vault, anew: Index, tmp_path: Path
) -> None:
    gate, yard = await vault.add_camera("Gate"), await vault.add_camera("Yard")
    (made, *_) = await vault.record(gate.streams[0], seconds(0, 6))
    await vault.record(yard.streams[0], seconds(0, 6))
    content = await vault.store.read(made.key, 0, made.size)
    forged = replace(made, camera_id=yard.id, stream_id=yard.streams[0].id, epoch=made.epoch + 1)
    copy = tmp_path / "copy"
    copy.write_bytes(content)
    await vault.store.put(forged.key, copy, made.sha256)
    found, _ = await rebuilt(anew, vault.store)
    assert [(one.kind, one.key) for one in found] == [(Kind.IDENTITY, forged.key)]
    assert await rows(anew) == await rows(vault.index)


async def test_an_object_cut_short_comes_back_as_far_as_it_goes_and_is_noted_as_damaged(
    vault: Vault, anew: Index, tmp_path: Path
) -> None:
    gate = await vault.add_camera("Gate")
    made = await vault.record(gate.streams[0], seconds(0, 16))
    cut = made[1]
    await replaced(vault, cut.key, (await vault.store.read(cut.key, 0, cut.size))[:-100], tmp_path)

    found, _ = await rebuilt(anew, vault.store)

    again = await rows(anew)
    assert [one.sequence for one in again] == [one.sequence for one in made]
    assert again[1].gops == cut.gops[:-1]
    assert again[1].sha256 == cut.sha256  # what was recorded, not what is left of it
    assert [(one.kind, one.key) for one in found] == [(Kind.SIZE, cut.key)]
    assert [each.outline.key for each in await anew.damage.list(10)] == [cut.key]


async def test_an_object_that_nobody_can_read_is_told_and_costs_no_other(
    vault: Vault, anew: Index, tmp_path: Path
) -> None:
    gate = await vault.add_camera("Gate")
    made = await vault.record(gate.streams[0], seconds(0, 16))
    await replaced(vault, made[1].key, b"no video at all" * 100, tmp_path)
    found, done = await rebuilt(anew, vault.store)
    assert [(one.kind, one.key) for one in found] == [(Kind.UNREADABLE, made[1].key)]
    assert await rows(anew) == [one for one in await rows(vault.index) if one.key != made[1].key]
    assert done.segments == len(made) - 1


async def test_of_two_objects_of_one_time_the_first_comes_back_and_the_other_is_told(
    vault: Vault, anew: Index, tmp_path: Path
) -> None:
    """No archive takes both, so the second is put into the store past it."""
    gate = await vault.add_camera("Gate")
    made = await vault.record(gate.streams[0], seconds(0, 4))
    second = segments_of(
        seconds(1, 3), camera_id=gate.id, stream_id=gate.streams[0].id, segment_seconds=60
    )
    for segment, content in second:
        await replaced(vault, segment.key, content, tmp_path)
    found, _ = await rebuilt(anew, vault.store)
    assert [(one.kind, one.key) for one in found] == [(Kind.ROW, second[0][0].key)]
    assert [one.key for one in await rows(anew)] == [one.key for one in made]


async def replaced(vault: Vault, key: str, content: bytes, folder: Path) -> None:
    """The object of `key` is another one now."""
    path = folder / "other content"
    path.write_bytes(content)
    await vault.store.put(key, path, hashlib.sha256(content).digest())
