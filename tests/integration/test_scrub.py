"""The archive read again in the background: what it finds, how it goes on, what it costs."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage.index import migrate, open_index
from storage.integrity.scrub import CURSOR, PROBLEM, Scrub, ScrubConfig, parsed
from storage.objects import ObjectStore, open_store
from tests.fakes.bus import FakeBus
from tests.fakes.clock import HandClock
from tests.fakes.units import START
from tests.integration.vaults import Vault, seconds
from tests.servers.postgres import INDEX_KEY
from vms.core.model import Segment, Stream
from vms.core.nodestate import NodeState
from vms.core.walltime import DAY, WallTime, iso

WEEK = 7 * 86_400.0
FAST = ScrubConfig(bytes_per_second=1 << 40, pass_seconds=WEEK)


class Site:
    """A vault, its scrub, and what that says of itself."""

    def __init__(self, vault: Vault) -> None:
        self.vault, self.clock = vault, Quick(START + 3 * DAY)
        self.state = NodeState("retain", "here", FakeBus(), self.clock)
        self.store = Watched(vault.store)

    def scrub(self, config: ScrubConfig = FAST) -> Scrub:
        """As after a restart."""
        stores: dict[int, ObjectStore] = {0: self.store}  # type: ignore[dict-item]
        return Scrub(config, self.vault.index, stores, self.state, self.clock)

    async def whole_pass(self) -> None:
        running = self.scrub()
        while await running.step():
            pass

    @property
    def problems(self) -> dict[str, str]:
        return {problem.code: problem.detail for problem in self.state.problems}

    async def replace(self, segment: Segment, content: bytes) -> None:
        path = self.vault.folder / "other content"
        path.write_bytes(content)
        await self.vault.store.put(segment.key, path, hashlib.sha256(content).digest())


class Quick(HandClock):
    """Time that passes by sleeping."""

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)
        self._set(self._monotonic + seconds)


class Watched:
    """A store that notes what is read, and errs when told to."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self.asked: list[str] = []
        self.errs = 0

    async def open_read(self, key: str, offset: int = 0) -> AsyncIterator[bytes]:
        self.asked.append(key)
        async for block in self._store.open_read(key, offset):
            flipped = self.errs > 0
            self.errs -= flipped
            yield bytes([block[0] ^ 1]) + block[1:] if flipped else block

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    url = f"sqlite:///{tmp_path / 'index.db'}"
    await migrate(url)
    async with (
        open_index(url, key=INDEX_KEY) as index,
        open_store(f"file://{tmp_path / 'store'}", create=True) as store,
    ):
        yield Site(Vault(index, store, tmp_path))


@pytest.fixture
async def stream(site: Site) -> Stream:
    return (await site.vault.add_camera("Gate")).streams[0]


async def test_a_pass_reads_every_object_once_and_finds_a_good_archive_good(
    site: Site, stream: Stream
) -> None:
    yard = (await site.vault.add_camera("Yard")).streams[0]
    made = await site.vault.record(yard, seconds(0, 11))
    made += await site.vault.record(stream, seconds(0, 11))
    await site.whole_pass()
    assert sorted(site.store.asked) == sorted(one.key for one in made)
    assert site.problems == {}


async def test_damage_is_noted_and_told_with_camera_and_time_until_it_is_well(
    site: Site, stream: Stream
) -> None:
    made = await site.vault.record(stream, seconds(0, 11))
    rotten = made[1]
    right = await site.vault.store.read(rotten.key, 0, rotten.size)
    await site.replace(rotten, right[:-1] + b"!")
    await site.whole_pass()
    words = site.problems[PROBLEM]
    assert f"camera {stream.camera_id}, {iso(rotten.range.start)}" in words
    (damage,) = await site.vault.index.damage.list(10)
    assert (damage.outline.key, damage.kind) == (rotten.key, "hash")

    await site.replace(rotten, right)
    site.clock.step(WEEK)
    await site.whole_pass()
    assert site.problems == {}
    assert await site.vault.index.damage.count() == 0


async def test_a_lost_object_is_damage_and_one_that_retention_took_is_not(
    site: Site, stream: Stream
) -> None:
    made = await site.vault.record(stream, seconds(0, 16))
    await site.vault.store.delete([made[0].key, made[2].key])
    outlines = await site.vault.index.segments.oldest(stream.id, 1)
    await site.vault.index.garbage.take(
        stream.id, outlines, why="age", now=WallTime(START + 3 * DAY)
    )
    await site.whole_pass()
    (damage,) = await site.vault.index.damage.list(10)
    assert (damage.outline.key, damage.kind) == (made[2].key, "missing")


async def test_a_wire_that_errs_once_is_no_damage(site: Site, stream: Stream) -> None:
    made = await site.vault.record(stream, seconds(0, 6))
    site.store.errs = 1
    await site.whole_pass()
    assert site.problems == {}
    assert site.store.asked == [made[0].key, made[0].key, made[1].key]


async def test_a_restart_goes_on_where_it_was(site: Site, stream: Stream) -> None:
    made = await site.vault.record(stream, seconds(0, 16))
    slow = site.scrub(ScrubConfig(bytes_per_second=made[0].size // 10, pass_seconds=WEEK))
    running = asyncio.ensure_future(slow.step())
    while len(site.store.asked) < 3:
        await asyncio.sleep(0)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    kept = parsed(await site.vault.index.facts.get(CURSOR))
    assert kept is not None
    assert kept.place[1] >= made[1].range.start
    await site.whole_pass()
    assert site.store.asked.count(made[0].key) == 1
    assert {one.key for one in made} == set(site.store.asked)


async def test_the_next_pass_begins_when_it_is_due_and_not_before(
    site: Site, stream: Stream
) -> None:
    await site.vault.record(stream, seconds(0, 6))
    await site.whole_pass()
    first = len(site.store.asked)
    site.clock.step(WEEK - 60)
    assert not await site.scrub().step()
    site.clock.step(120)
    await site.whole_pass()
    assert len(site.store.asked) == 2 * first


async def test_a_clock_set_back_does_not_end_scrubbing(site: Site, stream: Stream) -> None:
    await site.vault.record(stream, seconds(0, 6))
    await site.whole_pass()
    site.clock.step(-3600)
    assert await site.scrub().step()


async def test_no_more_is_read_than_the_budget_allows(site: Site, stream: Stream) -> None:
    made = await site.vault.record(stream, seconds(0, 31))
    size = sum(one.size for one in made)
    began = site.clock.monotonic()
    running = site.scrub(ScrubConfig(bytes_per_second=size // 100, pass_seconds=WEEK))
    while await running.step():
        pass
    assert site.clock.monotonic() - began >= 98


async def test_a_store_that_is_away_is_waited_for_and_is_no_damage(
    site: Site, stream: Stream
) -> None:
    await site.vault.record(stream, seconds(0, 6))
    marker = site.vault.folder / "store" / "matakota-store.json"
    marker.rename(site.vault.folder / "marker")
    with pytest.raises(Exception, match="no marker"):
        await site.scrub().step()
    stores: dict[int, ObjectStore] = {0: site.store}  # type: ignore[dict-item]
    still = HandClock(START + 3 * DAY)
    waiting = Scrub(FAST, site.vault.index, stores, site.state, still)
    running = asyncio.ensure_future(waiting.run())
    while not still.sleeping and not running.done():
        await asyncio.sleep(0.01)
    assert not running.done()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert await site.vault.index.damage.count() == 0
    (site.vault.folder / "marker").rename(marker)
    await site.whole_pass()
    assert len(site.store.asked) == 2


async def test_what_expired_is_no_longer_told(site: Site, stream: Stream) -> None:
    made = await site.vault.record(stream, seconds(0, 6))
    await site.vault.store.delete([made[0].key])
    await site.whole_pass()
    assert PROBLEM in site.problems
    outlines = await site.vault.index.segments.oldest(stream.id, 1)
    await site.vault.index.garbage.take(
        stream.id, outlines, why="age", now=WallTime(START + 3 * DAY)
    )
    await site.scrub().tell()
    assert site.problems == {}


def test_a_place_that_cannot_be_read_is_the_beginning() -> None:
    for text in (None, "", "7", "[1]", '["a", "b", "c"]', "null"):
        assert parsed(text) is None
