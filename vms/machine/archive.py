"""The archive checked and put back from the shell of the machine: `vms verify`, `rebuild-index`."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass

from storage.index import Index, open_index
from storage.integrity import (
    Finding,
    Level,
    Rebuilt,
    Request,
    Seen,
    noted,
    rebuild,
    verify,
)
from storage.integrity.protection import CASE
from storage.moving import COLD
from storage.objects import ObjectStore
from vms.app import index_key
from vms.core.beside import beside
from vms.core.clock import SystemClock
from vms.core.errors import NotFound
from vms.settings import Settings
from vms.stores import opened_cold, opened_store

_TOLD_EVERY_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class _Opened:
    index: Index
    stores: dict[int, ObjectStore]


async def verify_archive(
    settings: Settings,
    level: Level,
    cameras: Collection[int] = (),
    bytes_per_second: float | None = None,
) -> int:
    """Print every finding as a line, then what was looked at. 0: nothing found; 1: something.

    `cameras`: by their numbers; none: all. Raises NotFound for a number nobody has.
    """
    clock, seen, count = SystemClock(), Seen(), 0
    async with _opened(settings) as on:
        request = Request(level, await _streams(on.index, cameras), bytes_per_second)
        found = verify(on.index, on.stores, request, clock, seen)
        async for finding in _told(noted(found, on.index, clock), lambda: _looked_at(seen)):
            print(finding, flush=True)
            count += 1
    print(f"{_looked_at(seen)}: {f'{count} findings' if count else 'nothing wrong'}")
    return 1 if count else 0


async def rebuild_index(settings: Settings) -> int:
    """Put back what the stores hold and the index does not know. 0: all of it; 1: some cannot be.

    Says what an administrator has to do then.
    """
    done, count = Rebuilt(), 0
    async with _opened(settings) as on:
        found = rebuild(on.index, on.stores, SystemClock(), done)
        async for finding in _told(found, lambda: _put_back(done)):
            print(finding, flush=True)
            count += 1
    print(f"{_put_back(done)}: {f'{count} findings' if count else 'nothing wrong'}")
    if done.segments:
        print(_WHAT_NOW)
    return 1 if count else 0


_WHAT_NOW = f"""\
What the store does not know has to be done by hand now:
- every camera that came back is switched off: give it name, address and password;
- users, groups, bookmarks and retention policies are not in the store;
- neither are evidence locks: all that came back is locked as case {CASE}.
  Lock anew what must stay, then release that lock. Until then nothing of it is deleted."""


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[_Opened]:
    async with (
        open_index(settings.index_url.reveal(), key=index_key(settings)) as index,
        opened_store(settings) as store,
        opened_cold(settings) as cold,
    ):
        yield _Opened(index, {0: store} if cold is None else {0: store, COLD: cold})


async def _streams(index: Index, numbers: Collection[int]) -> set[int] | None:
    if not numbers:
        return None
    by_number = {camera.number: camera for camera in await index.cameras.list()}
    if unknown := [number for number in numbers if number not in by_number]:
        raise NotFound(f"there is no camera {unknown[0]}")
    return {stream.id for number in numbers for stream in by_number[number].streams}


async def _told(
    findings: AsyncIterator[Finding], words: Callable[[], str]
) -> AsyncIterator[Finding]:
    """The same findings; meanwhile how far it is goes to the terminal, if there is one."""
    if not sys.stderr.isatty():
        async for finding in findings:
            yield finding
        return
    async with beside(_telling(words)):
        async for finding in findings:
            yield finding


async def _telling(words: Callable[[], str]) -> None:
    while True:
        await asyncio.sleep(_TOLD_EVERY_SECONDS)
        print(words(), file=sys.stderr, flush=True)


def _looked_at(seen: Seen) -> str:
    return f"{seen.rows} rows, {seen.objects} objects, {seen.size} bytes looked at"


def _put_back(done: Rebuilt) -> str:
    return (
        f"{done.looked_at} of {done.objects} objects looked at, {done.segments} segments,"
        f" {done.size} bytes, {done.cameras} cameras put back"
    )
