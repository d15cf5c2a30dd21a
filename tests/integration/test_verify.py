"""What is wrong with an archive is found, by the level that looks for it, and nothing else is."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

import pytest

from recorder.segmenter import Segmenter
from recorder.spool import open_spool
from storage.archive import Archive
from storage.index import Index, migrate, open_index
from storage.index.values import Outline
from storage.integrity import Finding, Kind, Level, Request, Seen, noted, verify
from storage.objects import ObjectStore, WrongStore, open_store
from tests.fakes.clock import HandClock
from tests.fakes.recordings import steps_of
from tests.fakes.units import START
from tests.integration.vaults import Vault, rows, seconds
from tests.servers.postgres import INDEX_KEY
from vms.core.errors import Unavailable
from vms.core.model import Cause, Gap, Segment, Stream, StreamRole
from vms.core.walltime import DAY, HOUR, WallTime

NOW = START + 3 * DAY
FILE = "index.db"


@pytest.fixture
async def vault(tmp_path: Path) -> AsyncIterator[Vault]:
    """The usual pair."""
    url = f"sqlite:///{tmp_path / FILE}"
    await migrate(url)
    async with (
        open_index(url, key=INDEX_KEY) as index,
        open_store(f"file://{tmp_path / 'store'}", create=True) as store,
    ):
        yield Vault(index, store, tmp_path)


@pytest.fixture
async def stream(vault: Vault) -> Stream:
    return (await vault.add_camera("Gate")).streams[0]


async def found_by(
    vault: Vault, level: Level = Level.CHAIN, *, now: int = NOW, grace: float = 0, **more: object
) -> list[Finding]:
    request = Request(level, grace_seconds=grace, **more)  # type: ignore[arg-type]
    clock = Quick(now)
    every = verify(vault.index, {0: vault.store}, request, clock)
    return [finding async for finding in noted(every, vault.index, clock)]


class Quick(HandClock):
    """Time that passes by sleeping."""

    async def sleep(self, seconds: float) -> None:
        self._set(self._monotonic + seconds)


def kinds(found: Iterable[Finding]) -> list[tuple[Kind, str]]:
    return [(one.kind, one.key) for one in found]


async def replaced(vault: Vault, key: str, content: bytes) -> None:
    """The object of `key` is another one now."""
    path = vault.folder / "other content"
    path.write_bytes(content)
    await vault.store.put(key, path, hashlib.sha256(content).digest())


async def content(vault: Vault, segment: Segment) -> bytes:
    return await vault.store.read(segment.key, 0, segment.size)


def outline(segment: Segment) -> Outline:
    of = (segment.camera_id, segment.stream_id, segment.epoch, segment.sequence)
    return Outline(*of, segment.range, segment.size, segment.tier, segment.sha256)


def sql(vault: Vault, statement: str) -> None:
    """Past the program, as a bug or a restored table would."""
    with sqlite3.connect(vault.folder / FILE) as connection:
        connection.execute(statement)


async def test_a_good_archive_is_good_at_every_level_on_every_pair(
    index: Index, store: ObjectStore, tmp_path: Path
) -> None:
    vault = Vault(index, store, tmp_path)
    gate = await vault.add_camera("Gate", StreamRole.MAIN, StreamRole.SUB)
    made = await vault.record(gate.streams[0], seconds(0, 16), seconds(20, 31))
    made += await vault.record(gate.streams[1], seconds(0, 6))
    await vault.index.garbage.take(
        made[0].stream_id, [outline(made[0])], why="age", now=WallTime(NOW)
    )
    for level in Level:
        assert await found_by(vault, level) == []
    seen = Seen()
    request = Request(Level.CHAIN)
    async for _ in verify(index, {0: store}, request, Quick(NOW), seen):
        pass
    kept = made[1:]
    assert (seen.rows, seen.size) == (len(kept), sum(one.size for one in kept))
    assert seen.objects == len(made)


async def test_a_lost_object_is_missing_and_noted_as_damage(vault: Vault, stream: Stream) -> None:
    made = await vault.record(stream, seconds(0, 16))
    await vault.store.delete([made[1].key])
    assert await found_by(vault, Level.ROWS) == []
    for level in (Level.PRESENCE, Level.HASH):
        assert kinds(await found_by(vault, level)) == [(Kind.MISSING, made[1].key)]
    (damage,) = await vault.index.damage.list(10)
    assert (damage.outline.key, damage.kind, damage.found) == (made[1].key, "missing", NOW)


async def test_a_stream_whose_objects_are_all_lost_is_noticed(vault: Vault, stream: Stream) -> None:
    made = await vault.record(stream, seconds(0, 11))
    await vault.store.delete([one.key for one in made])
    found = await found_by(vault, Level.PRESENCE)
    assert kinds(found) == [(Kind.MISSING, one.key) for one in made]


async def test_an_object_that_nobody_knows_is_an_orphan_once_it_is_old(
    vault: Vault, stream: Stream
) -> None:
    """It was put just now, by the clock of the disk."""
    (made, *_) = await vault.record(stream, seconds(0, 4))
    lost = made.key.replace(f"-{made.sequence}.mp4", "-77.mp4")
    await replaced(vault, lost, b"somebody's video")
    disk = WallTime((vault.folder / "store" / lost).stat().st_ctime_ns // 1000)
    young = await found_by(vault, Level.PRESENCE, now=disk + HOUR // 2, grace=3600)
    assert young == []
    old = await found_by(vault, Level.PRESENCE, now=disk + 2 * HOUR, grace=3600)
    assert kinds(old) == [(Kind.ORPHAN, lost)]
    assert await vault.store.size(lost) is not None


async def test_what_is_about_to_be_deleted_is_no_orphan(vault: Vault, stream: Stream) -> None:
    made = await vault.record(stream, seconds(0, 11))
    await vault.index.garbage.take(
        stream.id, [outline(one) for one in made], why="age", now=WallTime(NOW)
    )
    far = WallTime(NOW + 400 * DAY)
    assert await found_by(vault, now=far) == []


async def test_a_name_that_is_no_segments_is_strange(vault: Vault, stream: Stream) -> None:
    await vault.record(stream, seconds(0, 4))
    path = vault.folder / "store" / "notes.txt"
    path.write_text("do not delete")
    far = WallTime(NOW + 400 * DAY)
    assert kinds(await found_by(vault, Level.PRESENCE, now=far)) == [(Kind.STRANGE, "notes.txt")]


async def test_an_object_of_another_size_is_found_by_the_size(vault: Vault, stream: Stream) -> None:
    made = await vault.record(stream, seconds(0, 11))
    await replaced(vault, made[0].key, (await content(vault, made[0]))[:-1])
    assert await found_by(vault, Level.PRESENCE) == []
    assert kinds(await found_by(vault, Level.SIZE)) == [(Kind.SIZE, made[0].key)]
    assert kinds(await found_by(vault, Level.HASH)) == [(Kind.SIZE, made[0].key)]


async def test_one_changed_bit_is_found_by_the_hash_and_cleared_when_it_is_well(
    vault: Vault, stream: Stream
) -> None:
    made = await vault.record(stream, seconds(0, 11))
    right = await content(vault, made[0])
    rotten = bytearray(right)
    rotten[-9] ^= 4
    await replaced(vault, made[0].key, bytes(rotten))
    assert await found_by(vault, Level.SIZE) == []
    assert kinds(await found_by(vault, Level.HASH)) == [(Kind.HASH, made[0].key)]
    assert await vault.index.damage.count() == 1
    await replaced(vault, made[0].key, right)
    assert await found_by(vault, Level.HASH) == []
    assert await vault.index.damage.count() == 0


async def test_a_row_that_lies_about_its_object_is_found_by_what_the_object_says(
    vault: Vault, stream: Stream
) -> None:
    made = await vault.record(stream, seconds(0, 16))
    sql(vault, f"UPDATE segments SET prev_sha256 = zeroblob(32) WHERE sequence = {2}")
    assert await found_by(vault, Level.HASH) == []
    assert kinds(await found_by(vault)) == [(Kind.IDENTITY, made[2].key)]


async def test_what_is_kept_beside_the_rows_is_counted_again(vault: Vault, stream: Stream) -> None:
    await vault.record(stream, seconds(0, 16))
    sql(vault, "UPDATE coverage SET end_us = end_us + 1")
    sql(vault, "UPDATE hours SET size_bytes = 0")
    assert [one.kind for one in await found_by(vault, Level.ROWS)] == [Kind.COVERAGE, Kind.HOURS]
    assert await vault.index.segments.recount(stream.id)
    assert await found_by(vault, Level.ROWS) == []


async def test_a_segment_that_was_taken_out_without_a_trace_breaks_the_chain(
    vault: Vault, stream: Stream
) -> None:
    """Row and object are gone, and no receipt says so."""
    made = await vault.record(stream, seconds(0, 21))
    await vault.store.delete([made[2].key])
    taken = await vault.index.garbage.take(
        stream.id, [outline(made[2])], why="age", now=WallTime(NOW)
    )
    await vault.index.garbage.drop(taken)
    assert await found_by(vault, Level.HASH) == []
    assert kinds(await found_by(vault)) == [(Kind.CHAIN, made[3].key)]
    assert await found_by(vault, now=START + HOUR) == []  # it may still lie in a spool
    gap = Gap(stream.id, made[2].range.start, made[2].range.end, Cause.SPOOL_FULL)
    await vault.index.gaps.add(gap)
    assert await found_by(vault) == []


async def test_a_segment_that_left_a_receipt_does_not_break_the_chain(
    vault: Vault, stream: Stream
) -> None:
    made = await vault.record(stream, seconds(0, 21))
    gone = [outline(made[2])]
    taken = await vault.index.garbage.take(stream.id, gone, why="quota", now=WallTime(NOW))
    await vault.store.delete([one.key for one in taken])
    await vault.index.receipts.close(taken, WallTime(NOW))
    assert await vault.index.census.condemned(gone[0]) is False
    assert await found_by(vault) == []


async def test_a_segment_that_expired_does_not_break_the_chain(
    vault: Vault, stream: Stream
) -> None:
    made = await vault.record(stream, seconds(0, 21))
    await vault.index.garbage.take(
        stream.id, [outline(one) for one in (made[0], made[2])], why="age", now=WallTime(NOW)
    )
    assert await found_by(vault) == []


async def test_a_fork_that_says_so_is_right_and_any_other_is_not(
    vault: Vault, stream: Stream
) -> None:
    archive = Archive(vault.index, vault.store)
    made = await vault.record(stream, seconds(0, 11))
    for sure, start in ((False, 20), (True, 40)):
        folder = vault.folder / f"successor-{start}"
        async with open_spool(folder, max_bytes=1 << 30) as spool:
            spool.continue_chain(stream.id, made[0].sha256, made[0].range.end, sure=sure)
            segmenter = Segmenter(stream.camera_id, stream.id, segment_seconds=60)
            for step in steps_of(seconds(start, start + 3), segmenter):
                await spool.write(step)
            (segment,) = spool.sealed()
            with spool.lend(segment) as path:
                await archive.commit(segment, path)
    assert kinds(await found_by(vault)) == [(Kind.CHAIN, segment.key)]


async def test_one_stream_alone_can_be_looked_at(vault: Vault, stream: Stream) -> None:
    yard = (await vault.add_camera("Yard")).streams[0]
    made = await vault.record(stream, seconds(0, 6))
    other = await vault.record(yard, seconds(0, 6))
    await vault.store.delete([made[0].key, other[0].key])
    found = await found_by(vault, streams={yard.id})
    assert kinds(found) == [(Kind.MISSING, other[0].key)]


async def test_a_wrong_store_is_no_finding_and_nothing_is_noted(
    vault: Vault, stream: Stream, tmp_path: Path
) -> None:
    await vault.record(stream, seconds(0, 6))
    async with open_store(f"file://{tmp_path / 'empty'}", create=True) as other:
        with pytest.raises(WrongStore):
            await found_by(Vault(vault.index, other, tmp_path))
    async with open_store(f"file://{tmp_path / 'nowhere'}") as away:
        with pytest.raises(Unavailable):
            await found_by(Vault(vault.index, away, tmp_path))
    assert await vault.index.damage.count() == 0
    assert len(await rows(vault.index)) == 2
