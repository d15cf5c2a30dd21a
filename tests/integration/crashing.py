"""An archive that is killed at every step it takes, and made whole by doing the same once more.

    python -m tests.integration.crashing FOLDER commit|delete|move

A step is what leaves a trace: a statement that writes, a commit, a file that is made, renamed or
removed. Before each of them in turn the process ends as by kill -9, in a copy of the same archive;
then the same is done again, to its end, and what is left is looked at. Prints a JSON line for each:
the step, and what is wrong afterwards (nothing, if all is well).

One process that forks: each death costs a tenth of a second instead of a start of Python.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine

from storage.archive import Archive
from storage.index import Index, NewCamera, NewLock, NewStream, migrate, open_index
from storage.index.census import START, Entry
from storage.marker import agree
from storage.moving import COLD, ColdTier, MoveConfig, Mover
from storage.objects import ObjectStore, open_store
from storage.retention import sweep
from tests.fakes.segments import NINE, content, segment
from vms.core.model import Stream, StreamRole
from vms.core.promises import LockSpan
from vms.core.walltime import DAY, MINUTE, TimeRange, WallTime

KEY = bytes(range(32))
MINUTES = 5
LOCKED = 1
NOW = WallTime(NINE + 30 * DAY + 3 * MINUTE)
"""The first three minutes are older than thirty days; the second of them is locked."""
EVERYTHING = TimeRange(WallTime(0), WallTime(1 << 60))
_TRACES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link"}
_WRITES = ("INSERT", "UPDATE", "DELETE")


class Steps:
    """Counts steps, and ends the process before step `last`."""

    def __init__(self, folder: Path, last: int) -> None:
        self.taken = 0
        self._folder, self._last = str(folder), last
        event.listen(Engine, "before_cursor_execute", self._statement)
        event.listen(Engine, "commit", self._commit)
        sys.addaudithook(self._audit)

    def take(self) -> None:
        if self.taken == self._last:
            os._exit(9)
        self.taken += 1

    def _statement(self, _connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.lstrip().upper().startswith(_WRITES):
            self.take()

    def _commit(self, _connection: Any) -> None:
        self.take()

    def _audit(self, name: str, values: tuple[object, ...]) -> None:
        ours = name in _TRACES or (name == "open" and values[1] in ("wb", "xb"))
        if ours and values and str(values[0]).startswith(self._folder):
            self.take()


@dataclass
class Site:
    folder: Path
    index: Index
    hot: ObjectStore
    cold: ObjectStore

    @property
    def spool(self) -> Path:
        return self.folder / "spool"


@asynccontextmanager
async def site_in(folder: Path) -> AsyncIterator[Site]:
    async with (
        open_index(f"sqlite:///{folder / 'index.db'}", key=KEY) as index,
        open_store(f"file://{folder / 'hot'}", create=True) as hot,
        open_store(f"file://{folder / 'cold'}", create=True) as cold,
    ):
        yield Site(folder, index, hot, cold)


async def made(folder: Path, minutes: int = 2) -> None:
    """An archive of nothing, with some minutes of video in the spool."""
    await migrate(f"sqlite:///{folder / 'index.db'}")
    async with site_in(folder) as site:
        streams = (NewStream(StreamRole.MAIN, "rtsp://gate/1"),)
        await site.index.cameras.add(NewCamera("Gate", streams=streams))
        await agree(site.index, site.hot)
        await agree(site.index, site.cold, COLD)
        site.spool.mkdir()
        for number in range(minutes):
            (site.spool / f"{number}.mp4").write_bytes(content(number))


async def recorded(folder: Path) -> None:
    """All of it archived, one minute of it locked."""
    await made(folder, MINUTES)
    async with site_in(folder) as site:
        await commit(site)
        start = WallTime(NINE + LOCKED * MINUTE + 1)
        span = LockSpan(1, TimeRange(start, WallTime(start + 1)))
        await site.index.locks.add(NewLock("1", "a case", (span,), "ratna"), NOW)


async def commit(site: Site) -> None:
    """What waits in the spool goes into the archive, as an uploader does it: the store may rename
    the second name of a file, the first stays until the row is there."""
    archive, stream = Archive(site.index, site.hot), await _stream(site)
    for path in sorted(site.spool.glob("*.mp4")):
        second = path.with_suffix(".out")
        second.unlink(missing_ok=True)
        second.hardlink_to(path)
        await archive.commit(segment(stream, int(path.stem)), second)
        path.unlink()


async def delete(site: Site) -> None:
    await sweep(site.index, site.hot, now=NOW, site_days=30, batch=2, tiers={COLD: site.cold})


async def move(site: Site) -> None:
    config = MoveConfig(after_days=30, folder=site.folder / "moving")
    await Mover(site.index, site.hot, ColdTier(site.cold, config)).move(NOW)
    await sweep(site.index, site.hot, now=NOW, site_days=99, tiers={COLD: site.cold})


async def wrong(site: Site, wanted: dict[int, int], receipted: int) -> list[str]:
    """What is not as it must be. `wanted`: the tier of each minute that is to be there."""
    rows = await site.index.census.behind(START)
    found = [await _objects(site.hot), await _objects(site.cold)]
    told = []
    if {row.outline.sequence: row.tier for row in rows} != wanted:
        told.append(f"rows: {[(row.outline.sequence, row.tier) for row in rows]}")
    for tier, objects in enumerate(found):
        keys = {row.outline.key for row in rows if row.tier == tier}
        told += [f"no object in store {tier}: {key}" for key in sorted(keys - objects)]
        told += [f"no row of store {tier}: {key}" for key in sorted(objects - keys)]
    told += [f"garbage: {one.key}" for one in await site.index.garbage.list(99)]
    told += [f"other bytes: {row.outline.key}" for row in rows if not await _same(site, row)]
    receipts = sum(receipt.segments for receipt in await site.index.receipts.list())
    told += [f"receipts for {receipts}"] if receipts != receipted else []
    return told + await _beside(site, rows)


async def _beside(site: Site, rows: list[Entry]) -> list[str]:
    """Coverage and hours against the rows."""
    spans = await site.index.segments.coverage(1, EVERYTHING, slack_micros=0)
    hours = await site.index.segments.hours([1], EVERYTHING)
    told = []
    if sum(span.micros for span in spans) != len(rows) * MINUTE:
        told.append(f"coverage: {spans}")
    if sum(hour.size for hour in hours) != sum(row.outline.size for row in rows):
        told.append(f"hours: {hours}")
    return told


async def _objects(store: ObjectStore) -> set[str]:
    return {each.key async for each in store.keys("")}


async def _same(site: Site, row: Entry) -> bool:
    store = site.cold if row.tier else site.hot
    read = await store.read(row.outline.key, 0, row.outline.size)
    return read == content(row.outline.sequence)


async def _stream(site: Site) -> Stream:
    return (await site.index.cameras.list())[0].streams[0]


Act = Callable[[Site], Awaitable[None]]
Scene = tuple[Callable[[Path], Coroutine[Any, Any, None]], Act, dict[int, int], int]
SCENES: dict[str, Scene] = {
    "commit": (made, commit, {0: 0, 1: 0}, 0),
    "delete": (recorded, delete, {LOCKED: 0, 3: 0, 4: 0}, 2),
    "move": (recorded, move, {0: COLD, LOCKED: 0, 2: COLD, 3: 0, 4: 0}, 0),
}


def main(folder: Path, name: str) -> None:
    before, act, wanted, receipted = SCENES[name]
    (folder / "before").mkdir()
    _in_child(partial(_run, before, folder / "before"))
    for step in range(1000):
        here = folder / str(step)
        shutil.copytree(folder / "before", here)
        died = _in_child(partial(_run, _die, here, act, step))
        _in_child(partial(_run, _again, here, act, wanted, receipted, step))
        shutil.rmtree(here)
        if not died:
            return
    raise SystemExit("it never came to its end")


def _run(job: Callable[..., Coroutine[Any, Any, None]], *values: object) -> None:
    asyncio.run(job(*values))


async def _die(folder: Path, act: Act, last: int) -> None:
    async with site_in(folder) as site:
        Steps(folder, last)
        await act(site)


async def _again(
    folder: Path,
    act: Act,
    wanted: dict[int, int],
    receipted: int,
    step: int,
) -> None:
    async with site_in(folder) as site:
        await act(site)
        told = await wrong(site, wanted, receipted)
    print(json.dumps({"step": step, "wrong": told}), flush=True)


def _in_child(job: Callable[[], None]) -> bool:
    """Do it in a process of its own; whether that was killed. Raises SystemExit when it failed."""
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            job()
            code = 0
        except BaseException:
            traceback.print_exc()
            raise
        finally:
            sys.stdout.flush()
            os._exit(code)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    if code not in (0, 9):
        raise SystemExit(f"a step failed by itself: {code}")
    return code == 9


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
