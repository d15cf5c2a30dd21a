"""Tiers: segments older than some days move to a second store, and nobody who watches notices.

First the copy, then its bytes read back and hashed, then the row says where it lies, then the first
object is garbage: a crash between any two steps leaves a copy too much, which the next pass writes
over, never one too few. A source that is damaged is not moved. Task: `Mover.run`, of retention's
role. What is locked stays where it is.
"""

from __future__ import annotations

import asyncio
import logging
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from storage.copying import copy
from storage.index import Index, Outline
from storage.marker import agree
from storage.metrics import MOVE_FAILURES, MOVED_BYTES
from storage.objects.store import ObjectStore, WrongStore
from vms.core.clock import Clock
from vms.core.errors import Corrupt, Exhausted, NotFound, Unavailable, VmsError
from vms.core.nodestate import NodeState
from vms.core.walltime import DAY, WallTime

log = logging.getLogger(__name__)

COLD = 1
BATCH = 32
"""Segments of one stream that are copied before their rows change: what a crash repeats."""
AT_ONCE = 4
BEGINNING = WallTime(-(1 << 60))
_PROBLEMS = ("cold-store-wrong", "cold-store-full", "cold-store-unreachable")


@dataclass(frozen=True, slots=True)
class MoveConfig:
    """`after_days`: younger video stays in the first store. `folder`: for one object at a time on
    its way; on the disk of a cold directory it costs no second copy."""

    after_days: int
    folder: Path
    interval_seconds: float = 600.0


@dataclass(frozen=True, slots=True)
class Moved:
    """What one pass did. `damaged`: segments whose bytes are not what the index says, left."""

    segments: int = 0
    size: int = 0
    damaged: int = 0

    def __add__(self, other: Moved) -> Moved:
        return Moved(
            self.segments + other.segments, self.size + other.size, self.damaged + other.damaged
        )


@dataclass(frozen=True, slots=True)
class ColdTier:
    """The second store, and what moves there."""

    store: ObjectStore
    config: MoveConfig


class Mover:
    """Remembers how far each stream has moved, so that a pass need not look at all that has."""

    def __init__(self, index: Index, hot: ObjectStore, cold: ColdTier) -> None:
        self._index, self._config = index, cold.config
        self._hot, self._cold = hot, cold.store
        self._since: dict[int, WallTime] = {}
        self._forget_at = BEGINNING

    async def run(self, state: NodeState, clock: Clock) -> None:
        """Pass after pass until cancelled; what hinders is a problem of the node until it ends."""
        while True:
            try:
                done = await self.move(clock.wall())
            except (WrongStore, Exhausted, Unavailable) as error:
                _tell(state, _code(error), str(error))
            else:
                _tell(state)
                if done.segments:
                    log.info("%d segments, %d bytes moved", done.segments, done.size)
            await clock.sleep(self._config.interval_seconds)

    async def move(self, now: WallTime) -> Moved:
        """Move everything that is due. Safe to repeat after any failure.

        Raises WrongStore or Unavailable before anything else when one of the stores is not ours or
        not there, and as soon as one goes; Exhausted when the cold one is full.
        """
        await agree(self._index, self._hot)
        await agree(self._index, self._cold, COLD)
        self._look_again(now)
        done, before = Moved(), WallTime(now - self._config.after_days * DAY)
        await asyncio.to_thread(_emptied, self._config.folder)
        for stream_id, used in sorted((await self._index.segments.used()).items()):
            while used.oldest < before and (due := await self._due(stream_id, before, now)):
                done += await self._batch(stream_id, due, now)
        return done

    def _look_again(self, now: WallTime) -> None:
        """Once a day from the beginning: what was locked then may be free now."""
        if now >= self._forget_at:
            self._since, self._forget_at = {}, WallTime(now + DAY)

    async def _due(self, stream_id: int, before: WallTime, now: WallTime) -> Sequence[Outline]:
        since = self._since.get(stream_id, BEGINNING)
        due = await self._index.tiers.due(stream_id, since, before, BATCH, now)
        if due:
            self._since[stream_id] = WallTime(due[-1].range.start + 1)
        return due

    async def _batch(self, stream_id: int, due: Sequence[Outline], now: WallTime) -> Moved:
        """What was locked or deleted meanwhile leaves a copy behind: verification finds it, and
        nothing here deletes from the cold store, where another process may have moved it by now."""
        try:
            copied = await self._copied_of(due)
            moved = await self._index.tiers.moved(stream_id, copied, COLD, now)
        except VmsError:
            self._since.pop(stream_id, None)  # what this batch left is due again
            raise
        size = sum(each.size for each in moved)
        MOVED_BYTES.inc(size)
        return Moved(len(moved), size, len(due) - len(copied))

    async def _copied_of(self, due: Sequence[Outline]) -> list[Outline]:
        """Those whose bytes lie in the cold store as they must be. AT_ONCE at a time."""
        copied: list[Outline] = []
        for first in range(0, len(due), AT_ONCE):
            some = due[first : first + AT_ONCE]
            tried = await asyncio.gather(*map(self._copied, some), return_exceptions=True)
            for outline, result in zip(some, tried, strict=True):
                if isinstance(result, BaseException):
                    raise result
                copied += [outline] if result else []
        return copied

    async def _copied(self, outline: Outline) -> bool:
        try:
            await copy(outline, self._hot, self._cold, self._config.folder)
        except (Corrupt, NotFound) as error:
            MOVE_FAILURES.inc()
            log.error("segment %s stays where it is: %s", outline.key, error)
            return False
        return True


def _emptied(folder: Path) -> None:
    """Without what a crash left in it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)


def _code(error: VmsError) -> str:
    if isinstance(error, WrongStore):
        return "cold-store-wrong"
    return "cold-store-full" if isinstance(error, Exhausted) else "cold-store-unreachable"


def _tell(state: NodeState, code: str = "", detail: str = "") -> None:
    for other in set(_PROBLEMS) - {code}:
        state.clear(other)
    if code:
        state.problem(code, detail)
        log.warning("nothing moves to the cold store: %s", detail)
