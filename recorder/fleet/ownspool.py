"""The spool of this recorder, also while a neighbour is emptying it.

A worker that is back finds its spool in the hands of one who took it for dead (`leftovers`): it
says that it wants it, by touching the file `wanted`, and has it within a second or two. Files and
not messages, since both are on one machine and the bus may be away. Owns no task.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from recorder.config import RecordConfig
from recorder.spool import Spool, open_spool
from vms.core.clock import Clock
from vms.core.errors import Conflict, Unavailable

PATIENCE_SECONDS = 15.0
"""More than a neighbour needs to notice; a second recorder by mistake is told then."""
_AGAIN_SECONDS = 0.2
_WANTED = "wanted"


@asynccontextmanager
async def own_spool(config: RecordConfig, clock: Clock) -> AsyncIterator[Spool]:
    """Raises Conflict when somebody keeps it all the same, Unavailable when it cannot be used."""
    async with AsyncExitStack() as stack:
        yield await _opened(config, clock, stack)


async def _opened(config: RecordConfig, clock: Clock, stack: AsyncExitStack) -> Spool:
    until = clock.monotonic() + PATIENCE_SECONDS
    while True:
        opening = open_spool(config.spool, max_bytes=config.spool_max_bytes, fsync=config.fsync)
        try:
            return await stack.enter_async_context(opening)
        except Conflict:
            if clock.monotonic() >= until:
                raise
        await asyncio.to_thread(_ask_for, config.spool)
        await clock.sleep(_AGAIN_SECONDS)


def asked_for(folder: Path) -> int:
    """When its owner asked last, as a number that only grows; 0: never. Blocking, never raises."""
    try:
        return (folder / _WANTED).stat().st_mtime_ns
    except OSError:
        return 0


def _ask_for(folder: Path) -> None:
    try:
        (folder / _WANTED).touch()
    except OSError as error:
        raise Unavailable(f"the spool cannot be used: {error.strerror}", path=folder) from error
