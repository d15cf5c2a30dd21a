"""Spools that nobody uses any more: what is in them goes into the archive.

A machine that ran eight recorders and now runs four has four of them; so has one from before there
were several. `Leftovers.run` is a task of `recorder.fleet`, on one recorder of a machine. Spools of
recorders that are only down are not touched: they come back and finish their own.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path

from recorder.gapbook import GapBook
from recorder.spool import open_spool
from recorder.uploader import Uploader
from storage.archive import Archive
from vms.core.beside import beside
from vms.core.clock import Clock
from vms.core.errors import Conflict
from vms.core.nodestate import NodeState

log = logging.getLogger(__name__)

LOOK_SECONDS = 60.0
_EMPTYING_SECONDS = 1.0


class Leftovers:
    """`look`: the folders, called in a thread. `max_bytes`: as of this recorder's own spool."""

    def __init__(
        self,
        look: Callable[[], list[Path]],
        archive: Archive,
        index_answers: Callable[[], Awaitable[object]],
        book: GapBook,
        node: NodeState,
        clock: Clock,
        max_bytes: int,
    ) -> None:
        self._look, self._archive, self._index_answers = look, archive, index_answers
        self._book, self._node, self._clock, self._max_bytes = book, node, clock, max_bytes

    async def run(self) -> None:
        """Look now and then until cancelled."""
        while True:
            for folder in await asyncio.to_thread(self._look):
                if await asyncio.to_thread(_holds_segments, folder):
                    await self._finish(folder)
            await self._clock.sleep(LOOK_SECONDS)

    async def _finish(self, folder: Path) -> None:
        """One spool, until it is empty. Somebody who has it locked finishes it himself."""
        try:
            async with open_spool(folder, max_bytes=self._max_bytes) as spool:
                found = await spool.recover()
                log.info("%s: %d segments that nobody archived", folder, len(found))
                uploader = Uploader(
                    *(spool, self._archive, self._index_answers),
                    *(self._node, self._clock, self._book),
                )
                async with beside(uploader.run()):
                    while spool.sealed():
                        await self._clock.sleep(_EMPTYING_SECONDS)
        except Conflict:
            log.debug("%s is in use", folder)


def _holds_segments(folder: Path) -> bool:
    return any(folder.glob("*/*.mp4"))
