"""Random harm to a store against an oracle: what verification finds, and what a rebuild gets back.

One archive of real segments is made once; each history copies it, harms some objects, and asks.
Then a rebuild is cut off at each of its questions to the store and simply started again.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import Enum, auto
from itertools import count
from pathlib import Path

import pytest

from storage.index import Index, migrate, open_index
from storage.integrity import Kind, Level, Request, rebuild, verify
from storage.integrity.walk import walk
from storage.objects import ObjectStore, open_store
from storage.objects.walks import walk_through
from tests.fakes.clock import HandClock
from tests.fakes.units import START
from tests.integration.vaults import Vault, rows, seconds
from tests.servers.postgres import INDEX_KEY
from vms.core.errors import Corrupt, Unavailable
from vms.core.model import Segment, StreamRole
from vms.core.walltime import DAY, WallTime

NOW = START + 3 * DAY


class Harm(Enum):
    NONE = auto()
    LOST = auto()
    FLIPPED = auto()  # one bit of a picture
    CUT = auto()  # anywhere behind the front
    EMPTIED = auto()


FINDS = {Harm.LOST: Kind.MISSING, Harm.FLIPPED: Kind.HASH, Harm.CUT: Kind.SIZE}
FINDS[Harm.EMPTIED] = Kind.SIZE


@dataclass(frozen=True, slots=True)
class Original:
    """An archive as it was: its folder, its rows, its objects."""

    folder: Path
    rows: tuple[Segment, ...]
    objects: dict[str, bytes]


@asynccontextmanager
async def opened(folder: Path, name: str) -> AsyncIterator[tuple[Index, ObjectStore]]:
    async with (
        open_index(f"sqlite:///{folder / name}", key=INDEX_KEY) as index,
        open_store(f"file://{folder / 'store'}", create=True) as store,
    ):
        yield index, store


async def made_in(folder: Path) -> Original:
    for name in ("index.db", "empty.db"):
        await migrate(f"sqlite:///{folder / name}")
    async with opened(folder, "index.db") as (index, store):
        vault = Vault(index, store, folder)
        gate = await vault.add_camera("Gate", StreamRole.MAIN, StreamRole.SUB)
        await vault.record(gate.streams[0], seconds(0, 21), seconds(30, 41))
        await vault.record(gate.streams[1], seconds(0, 11))
        there = await rows(index)
    objects = {one.key: (folder / "store" / one.key).read_bytes() for one in there}
    return Original(folder, tuple(there), objects)


@pytest.fixture(scope="module")
def original() -> Iterator[Original]:
    with tempfile.TemporaryDirectory() as folder:
        yield asyncio.run(made_in(Path(folder)))


@dataclass(frozen=True, slots=True)
class Harmed:
    """A segment and what is left of its object; None: nothing."""

    segment: Segment
    harm: Harm
    left: bytes | None

    @property
    def groups(self) -> int:
        """How many of its groups of pictures are whole."""
        data = self.left or b""
        try:
            return len(
                walk_through(walk(len(data)), lambda at, size: data[at : at + size]).fragments
            )
        except Corrupt:
            return 0


def harmed(one: Segment, content: bytes, harm: Harm, where: int) -> Harmed:
    left: bytes | None = content
    if harm is Harm.LOST:
        left = None
    elif harm is Harm.FLIPPED:
        left = content[:-1] + bytes([content[-1] ^ 1 << where % 8])
    elif harm is Harm.CUT:
        left = content[: one.init_size + where % (len(content) - one.init_size)]
    elif harm is Harm.EMPTIED:
        left = b""
    return Harmed(one, harm, left)


def expected_rows(history: Sequence[Harmed]) -> dict[str, tuple[bytes, int]]:
    """Hash and number of groups of every row that can come back, by its key."""
    back: dict[str, tuple[bytes, int]] = {}
    after: Segment | None = None  # the segment behind this one in the same stream, if it came back
    for one in reversed(history):
        here = one.segment
        if not one.groups:
            continue
        named = (
            after is not None
            and (after.stream_id, after.epoch) == (here.stream_id, here.epoch)
            and after.sequence == here.sequence + 1
        )
        sha256 = here.sha256 if named else hashlib.sha256(one.left or b"").digest()
        back[here.key] = (sha256, one.groups)
        after = here
    return back


async def judge(original: Original, history: Sequence[Harmed], folder: Path) -> None:
    shutil.copytree(original.folder / "store", folder / "store")
    for name in ("index.db", "empty.db"):
        shutil.copy(original.folder / name, folder / name)
    for one in history:
        path = folder / "store" / one.segment.key
        path.unlink()
        if one.left is not None:
            path.write_bytes(one.left)
    async with opened(folder, "index.db") as (index, store):
        asked = Request(Level.HASH, grace_seconds=0)
        every = [one async for one in verify(index, {0: store}, asked, HandClock(NOW))]
    assert {(one.key, one.kind) for one in every} == {
        (one.segment.key, FINDS[one.harm]) for one in history if one.harm is not Harm.NONE
    }
    async with opened(folder, "empty.db") as (index, store):
        told = [one async for one in rebuild(index, {0: store}, HandClock(NOW))]
        back = {one.key: (one.sha256, len(one.gops)) for one in await rows(index)}
    assert back == expected_rows(history)
    assert {one.key for one in told} == {
        one.segment.key
        for one in history
        if one.left is not None and len(one.left) != one.segment.size
    } - {one.segment.key for one in history if _ends_between_groups(one)}


def _ends_between_groups(one: Harmed) -> bool:
    """Nobody can see without the index that it was cut."""
    ends = {gop.offset + gop.size for gop in one.segment.gops}
    return one.left is not None and len(one.left) in ends


@pytest.mark.parametrize("seed", range(30))
async def test_whatever_harm_is_done_is_found_and_all_the_rest_comes_back(
    original: Original, tmp_path: Path, seed: int
) -> None:
    """By seed: a history is too dear for a search of the shortest one that fails."""
    chance = random.Random(seed)
    harms = [Harm.NONE] * chance.choice((1, 5, 20)) + list(Harm)
    history = [
        harmed(one, original.objects[one.key], chance.choice(harms), chance.randrange(10**6))
        for one in original.rows
    ]
    await judge(original, history, tmp_path)


class Cutting:
    """A store that goes away at its question number `last`."""

    def __init__(self, store: ObjectStore, last: int) -> None:
        self._store, self._left = store, last

    def __getattr__(self, name: str) -> object:
        found = getattr(self._store, name)
        if name not in ("size", "walk", "identity", "read"):
            return found

        async def asked(*words: object) -> object:
            self._left -= 1
            if self._left <= 0:
                raise Unavailable("the store went away")
            return await found(*words)

        return asked

    async def keys(self, prefix: str = "") -> AsyncIterator[object]:
        async for listed in self._store.keys(prefix):
            self._left -= 1
            if self._left <= 0:
                raise Unavailable("the store went away")
            yield listed


async def cut_off(index: Index, store: ObjectStore, last: int) -> bool:
    """A run that is cut off at question `last`; False when it came to its end before."""
    cutting: dict[int, ObjectStore] = {0: Cutting(store, last)}  # type: ignore[dict-item]
    try:
        async for _ in rebuild(index, cutting, HandClock(NOW)):
            pass
    except Unavailable:
        return True
    return False


async def test_a_rebuild_cut_off_anywhere_is_started_again_and_ends_the_same(
    original: Original, tmp_path: Path
) -> None:
    shutil.copytree(original.folder / "store", tmp_path / "store")
    ends = []
    for last in count(1, 2):
        shutil.copy(original.folder / "empty.db", tmp_path / "anew.db")
        async with opened(tmp_path, "anew.db") as (index, store):
            if not await cut_off(index, store, last):
                break
            half = await rows(index)
            ends.append(len(half))
            now = WallTime(NOW)
            for one in half:
                assert await index.locks.is_any_locked(one.camera_id, one.range, now)
            assert [one async for one in rebuild(index, {0: store}, HandClock(NOW))] == []
            assert await rows(index) == list(original.rows)
            assert len(await index.locks.list(True, now)) == 1
            asked = Request(Level.CHAIN, grace_seconds=0)
            assert not [one async for one in verify(index, {0: store}, asked, HandClock(NOW))]
    assert max(ends) > 0  # it was cut off with some of the rows there
    assert len(ends) > 10
