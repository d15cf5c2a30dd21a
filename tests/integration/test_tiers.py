"""Old segments move to a second store: a directory and S3, in both directions, and what hinders."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path

import pytest

from storage.index import Index, NewLock
from storage.marker import agree
from storage.moving import COLD, Moved
from storage.objects import ObjectStore, WrongStore, open_store
from tests.fakes.bus import FakeBus
from tests.fakes.clock import HandClock
from tests.fakes.faulty_store import Faulty
from tests.fakes.segments import NINE, content, segment
from tests.integration.tier_stage import EVER, Site, after, recorded
from tests.servers.s3 import S3Server, open_bucket
from vms.core.errors import Exhausted, Unavailable
from vms.core.nodestate import NodeState
from vms.core.promises import LockSpan
from vms.core.walltime import DAY, MINUTE, SECOND, TimeRange, WallTime


@pytest.fixture(params=["directory to directory", "directory to s3", "s3 to directory"])
async def site(request: pytest.FixtureRequest, index: Index, tmp_path: Path) -> AsyncIterator[Site]:
    first, _, second = request.param.split()
    async with (
        opened(request, first, tmp_path / "hot") as hot,
        opened(request, second, tmp_path / "cold") as cold,
    ):
        yield Site(index, hot, cold, await recorded(index, hot, tmp_path), tmp_path)


@pytest.fixture
async def simple(sqlite_index: Index, tmp_path: Path) -> AsyncIterator[Site]:
    """Two directories and SQLite: for what is the same everywhere."""
    async with (
        open_store(f"file://{tmp_path / 'hot'}", create=True) as hot,
        open_store(f"file://{tmp_path / 'cold'}", create=True) as cold,
    ):
        stream = await recorded(sqlite_index, hot, tmp_path)
        yield Site(sqlite_index, hot, cold, stream, tmp_path)


def opened(
    request: pytest.FixtureRequest, kind: str, folder: Path
) -> AbstractAsyncContextManager[ObjectStore]:
    if kind == "directory":
        return open_store(f"file://{folder}", create=True)
    server: S3Server = request.getfixturevalue("s3_server")
    return open_bucket(server, server.new_bucket(locking=True))


async def test_what_is_old_moves_and_reads_the_same(site: Site) -> None:
    known = await site.archive.segments(site.stream.id, EVER)
    assert await site.mover().move(after(7, 3)) == Moved(segments=3, size=3000)
    assert await site.lies() == ["hc", "hc", "hc", "h", "h"]
    await site.sweep(after(7, 3))
    assert await site.lies() == ["c", "c", "c", "h", "h"]
    assert await site.reads()
    assert [each.tier for each in await site.archive.segments(site.stream.id, EVER)] == [
        *[1] * 3,
        *[0] * 2,
    ]
    for each in known:  # as a player holds them that asked before they moved
        assert await site.archive.read(each, 10, 20) == content(each.sequence)[10:30]
    assert await site.index.receipts.list() == []
    assert await site.mover().move(after(7, 3)) == Moved()


async def test_what_expires_goes_from_whichever_store_has_it(site: Site) -> None:
    await site.mover().move(after(7, 3))
    await site.sweep(after(30, 4))
    assert await site.lies() == ["", "", "", "", "h"]
    assert await site.reads()
    assert await site.index.garbage.list(9) == []


async def test_locked_segments_stay_and_move_when_they_are_free(simple: Site) -> None:
    span = TimeRange(WallTime(NINE + 70 * SECOND), WallTime(NINE + 80 * SECOND))
    new = NewLock("LP/12/2026", "a collision", (LockSpan(simple.stream.camera_id, span),), "ratna")
    lock = await simple.index.locks.add(new, NINE)
    mover, now = simple.mover(), after(8)
    assert (await mover.move(now)).segments == 4
    await simple.sweep(now)
    assert await simple.lies() == ["c", "h", "c", "c", "c"]
    await simple.index.locks.ask_release(lock.id, "ratna", "closed", now)
    await simple.index.locks.confirm_release(lock.id, "budi", now)
    assert (await mover.move(WallTime(now + MINUTE))).segments == 0
    assert (await mover.move(WallTime(now + DAY))).segments == 1


async def test_a_lock_that_comes_while_it_is_copied_keeps_it_where_it_is(simple: Site) -> None:
    @dataclass
    class Locking(Faulty):
        """Locks what is copied at that very moment."""

        async def put(self, key: str, path: Path, sha256: bytes) -> None:
            await self.real.put(key, path, sha256)
            span = LockSpan(simple.stream.camera_id, TimeRange(NINE, WallTime(NINE + MINUTE)))
            if key == segment(simple.stream, 0).key:
                await simple.index.locks.add(NewLock("LP/1", "why", (span,), "ratna"), after(7, 1))

    await agree(simple.index, simple.cold, COLD)
    assert (await simple.mover(cold=Locking(simple.cold)).move(after(7, 1))).segments == 0
    await simple.sweep(after(7, 1))
    assert (await simple.lies())[0] == "hc"
    assert await simple.reads()


async def test_a_damaged_source_is_not_moved(simple: Site, tmp_path: Path) -> None:
    (tmp_path / "hot" / segment(simple.stream, 1).key).write_bytes(content(9))
    (tmp_path / "hot" / segment(simple.stream, 2).key).unlink()
    done = await simple.mover().move(after(8))
    assert done == Moved(segments=3, size=3000, damaged=2)
    await simple.sweep(after(8))
    assert await simple.lies() == ["c", "h", "", "c", "c"]


async def test_a_copy_that_is_not_what_was_given_leaves_the_source(simple: Site) -> None:
    await agree(simple.index, simple.cold, COLD)
    with pytest.raises(Unavailable, match="does not keep what it is given"):
        await simple.mover(cold=Faulty(simple.cold, spoils=True)).move(after(8))
    await simple.sweep(after(8))
    assert [place[0] for place in await simple.lies()] == ["h"] * 5
    assert await simple.reads()
    assert (await simple.mover().move(after(8))).segments == 5
    await simple.sweep(after(8))
    assert await simple.lies() == ["c"] * 5
    assert await simple.reads()


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize(
    ("store", "fails"),
    [(s, f) for s in ("hot", "cold") for f in ("check", "read", "size")]
    + [("cold", "mark"), ("cold", "put")],
)
async def test_a_pass_that_broke_off_anywhere_is_finished_by_the_next(
    simple: Site, store: str, fails: str, late: bool
) -> None:
    faulty = Faulty(simple.hot if store == "hot" else simple.cold, fails, late)
    mover = simple.mover(**{store: faulty})
    if fails in ("mark", "put") or not late:
        with pytest.raises(Unavailable):
            await mover.move(after(8))
    assert await simple.reads()
    faulty.fails = ""
    await mover.move(after(8))
    await simple.sweep(after(8))
    assert await simple.lies() == ["c"] * 5
    assert await simple.reads()
    assert await simple.index.garbage.list(1) == []


async def test_another_store_takes_nothing(simple: Site, tmp_path: Path) -> None:
    await simple.mover().move(after(7, 2))
    async with open_store(f"file://{tmp_path / 'other'}", create=True) as other:
        for marker in (None, "somebody else's"):
            if marker:
                await other.mark(marker)
            with pytest.raises(WrongStore):
                await simple.mover(cold=other).move(after(8))
            await simple.sweep(after(40), cold=other)  # what lies in the first store goes
        assert await simple.lies() == ["c", "c", "", "", ""]
        assert len(await simple.index.garbage.list(9)) == 2
    await simple.sweep(after(40))
    assert await simple.lies() == [""] * 5


async def test_the_first_store_cannot_be_its_own_cold_one(simple: Site) -> None:
    with pytest.raises(WrongStore, match="the cold store is the first store"):
        await simple.mover(cold=simple.hot).move(after(8))
    assert await simple.reads()


async def until(clock: HandClock, bus: FakeBus, codes: list[str]) -> None:
    """Let minutes pass until the node has told these problems; threads get real time."""
    told: list[list[str]] = []
    for _ in range(500):
        told = [
            [problem["code"] for problem in payload["problems"]]
            for subject, payload in bus.published
            if subject.startswith("node.state.retain")
        ]
        if told and told[-1] == codes:
            return
        await clock.advance(61)
        await asyncio.sleep(0.01)
    raise AssertionError(f"told {told[-1:]}, not {codes}")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Unavailable("away"), "cold-store-unreachable"),
        (WrongStore("another"), "cold-store-wrong"),
        (Exhausted("full"), "cold-store-full"),
    ],
)
async def test_what_hinders_is_an_alarm_until_it_ends(
    simple: Site, error: Exception, code: str
) -> None:
    bus, clock = FakeBus(), HandClock(wall=after(8))
    state, faulty = NodeState("retain", "here", bus, clock), Faulty(simple.cold, "check")
    faulty.error = error
    mover = simple.mover(cold=faulty)
    tasks = [asyncio.create_task(job) for job in (state.run(), mover.run(state, clock))]
    try:
        await until(clock, bus, [code])
        assert await simple.reads()
        faulty.fails = ""
        await until(clock, bus, [])
        assert await simple.lies() == ["hc"] * 5
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
