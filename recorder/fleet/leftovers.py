"""Spools of this machine whose recorder is dead: what is in them goes into the archive.

A worker that was killed and does not come back has left one; so has a machine that runs four
workers after eight, and one from before there were several. Every recorder looks; the spool's lock
says who finishes it. Meanwhile its pictures are told and read under its recorder's name, as if that
one lived. An owner who comes back has it again at once (`ownspool`). `Leftovers.run` is a task of
`process` and owns a task for each spool.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from contextlib import AsyncExitStack
from pathlib import Path

from recorder.feed import tail_entry
from recorder.fleet.neighbours import Neighbours
from recorder.fleet.ownspool import asked_for
from recorder.fleet.session import Session, name_in
from recorder.spool import Spool, is_free, open_spool
from recorder.uploader import Uploader
from vms.core.beside import beside
from vms.core.bus import Bus
from vms.core.clock import Clock
from vms.core.errors import VmsError
from vms.core.model import Segment

log = logging.getLogger(__name__)

LOOK_SECONDS = 8.0
"""A lock that is free at two looks in a row: a worker that is only started again has it sooner."""
_EMPTYING_SECONDS = 0.5

UploaderOf = Callable[[Spool, Iterable[Segment]], Uploader]
"""For a spool in which these segments were found."""


class Leftovers:
    """`look`: folders that may hold such a spool, called in a thread."""

    def __init__(
        self,
        look: Callable[[], list[Path]],
        uploader_of: UploaderOf,
        session: Session,
        bus: Bus,
        clock: Clock,
        max_bytes: int,
    ) -> None:
        """`max_bytes`: what a spool may hold."""
        self._look, self._uploader_of, self._session = look, uploader_of, session
        self._bus, self._clock, self._max_bytes = bus, clock, max_bytes
        self._finishing: set[Path] = set()
        self._was_free: set[Path] = set()

    async def run(self) -> None:
        """Look now and then until cancelled."""
        self._finishing.clear()
        async with asyncio.TaskGroup() as tasks:
            while True:
                free = await asyncio.to_thread(self._free)
                for folder in (free & self._was_free) - self._finishing:
                    self._finishing.add(folder)
                    tasks.create_task(self._finish(folder))
                self._was_free = free - self._finishing
                await self._clock.sleep(LOOK_SECONDS)

    def _free(self) -> set[Path]:
        """In a thread."""
        return {each for each in self._look() if is_free(each) and any(each.glob("*/*.mp4"))}

    async def _finish(self, folder: Path) -> None:
        """One spool, until it is empty or its owner wants it. Never fails: the next look tries it
        again."""
        try:
            async with open_spool(folder, max_bytes=self._max_bytes) as spool:
                await self._empty(folder, spool)
        except VmsError as error:
            log.info("%s is not finished here: %s", folder, error)
        self._finishing.discard(folder)

    async def _empty(self, folder: Path, spool: Spool) -> None:
        asked = await asyncio.to_thread(asked_for, folder)
        found = await spool.recover()
        log.info("%s: %d segments that its recorder left", folder, len(found))
        async with AsyncExitStack() as stack:
            await self._speak_for(await asyncio.to_thread(name_in, folder), spool, stack)
            await stack.enter_async_context(beside(self._uploader_of(spool, found).run()))
            while spool.sealed():
                await self._clock.sleep(_EMPTYING_SECONDS)
                if await asyncio.to_thread(asked_for, folder) != asked:
                    log.info("%s: its recorder is back", folder)
                    return

    async def _speak_for(self, name: str, spool: Spool, stack: AsyncExitStack) -> None:
        """Answer for the dead recorder, and say that we do."""
        if name:
            dead = Neighbours(name, spool, self._bus, tail_entry, lambda _: ())
            await stack.enter_async_context(dead.serve())
            self._session.speaks_for.add(name)
            stack.callback(self._session.speaks_for.discard, name)
