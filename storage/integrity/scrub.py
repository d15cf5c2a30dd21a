"""The archive read again in the background, slowly, from the first row to the last and over again.

Disks lose bits without saying so. Whoever runs retention runs this beside it: every object is read
within a budget of bytes a second and compared with the hash its recorder computed. What is wrong is
noted in the index, told as a problem of the node with camera and time, and shown; it is read once
more first, since a wire can err too. Where it was is kept in the index, so that a restart goes on.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from storage.index import Index
from storage.index.census import START, Entry
from storage.index.damage import Damage
from storage.integrity import content
from storage.integrity.budget import Budget
from storage.integrity.findings import Finding
from storage.integrity.metrics import DAMAGED, PASS_SECONDS, SCRUBBED_BYTES
from storage.marker import agree
from storage.objects.store import ObjectStore
from vms.core.clock import Clock
from vms.core.errors import VmsError
from vms.core.nodestate import NodeState
from vms.core.walltime import SECOND, WallTime, iso

log = logging.getLogger(__name__)

CURSOR = "scrub"
"""The fact that says how far it is."""
PROBLEM = "archive-damaged"
_PAGE = 100
_IDLE_SECONDS = 60.0
_SAVE_SECONDS = 5.0
"""What a crash reads again."""


@dataclass(frozen=True, slots=True)
class ScrubConfig:
    """`bytes_per_second`: what it may read; 0: it does not run. `pass_seconds`: not sooner does a
    pass begin after the one before began."""

    bytes_per_second: int = 8 << 20
    pass_seconds: float = 7 * 86_400.0


OFF: Final = ScrubConfig(bytes_per_second=0)
"""Nothing is read; damage that is known is still told."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last row that was read, and when this pass began."""

    place: tuple[int, WallTime]
    began: WallTime


class Scrub:
    """One reader of everything. `run` is a task of who makes it."""

    def __init__(
        self,
        config: ScrubConfig,
        index: Index,
        stores: Mapping[int, ObjectStore],
        state: NodeState,
        clock: Clock,
    ) -> None:
        self._config, self._index, self._stores = config, index, stores
        self._state, self._clock = state, clock
        self._budget = Budget(config.bytes_per_second, clock)
        self._saved = clock.monotonic()

    async def run(self) -> None:
        """Until cancelled. A store or an index that is away is waited for."""
        while True:
            try:
                if self._config.bytes_per_second and await self.step():
                    continue
                await self.tell()
            except VmsError as error:
                log.debug("scrub waits: %s", error)
            await self._clock.sleep(_IDLE_SECONDS)

    async def step(self) -> bool:
        """Read the next few objects; False when there is nothing to do now. Raises WrongStore,
        Unavailable."""
        for tier, store in self._stores.items():
            await agree(self._index, store, tier)
        cursor = await self._cursor()
        if cursor is None:
            return False
        page = await self._index.census.behind(cursor.place, _PAGE)
        for entry in page:
            await self._read(entry)
            outline = entry.outline
            here = Cursor((outline.stream_id, outline.range.start), cursor.began)
            if entry is page[-1] or self._clock.monotonic() - self._saved > _SAVE_SECONDS:
                await self._keep(here)
        if not page:
            await self._passed(cursor)
        return bool(page)

    async def tell(self) -> None:
        """Say of the node what is damaged, or that nothing is."""
        if await self._index.damage.count():
            await self._index.damage.forget_gone()
        count = await self._index.damage.count()
        DAMAGED.set(count)
        if not count:
            self._state.clear(PROBLEM)
            return
        (newest,) = await self._index.damage.list(1)
        where = f"camera {newest.outline.camera_id}, {iso(newest.outline.range.start)}"
        words = f"{count} segments are damaged; last found: {where}: {newest.detail}"
        self._state.problem(PROBLEM, words)

    async def _read(self, entry: Entry) -> None:
        wrong = await self._examined(entry)
        if wrong is not None:
            wrong = await self._examined(entry)  # again: a wire can err too
        if wrong is None:
            if await self._index.damage.clear([entry.outline]):
                log.info("scrub: %s is well again", entry.outline.key)
                await self.tell()
        elif await self._index.census.there(entry.outline):
            await self._damaged(entry, wrong)

    async def _examined(self, entry: Entry) -> Finding | None:
        store = self._stores[entry.tier]
        wrong, _ = await content.examine(store, entry, self._budget, SCRUBBED_BYTES.inc)
        return wrong

    async def _damaged(self, entry: Entry, wrong: Finding) -> None:
        now = self._clock.wall()
        new = await self._index.damage.note(
            Damage(entry.outline, wrong.kind.value, now, wrong.detail)
        )
        if new:
            log.error("the archive is damaged: %s", wrong)
            await self.tell()

    async def _cursor(self) -> Cursor | None:
        """Where to go on; None until the next pass may begin."""
        now = self._clock.wall()
        found = parsed(await self._index.facts.get(CURSOR))
        if found is None:
            return Cursor(START, now)
        if found.place != START:
            return found
        due = found.began + round(self._config.pass_seconds * SECOND)
        return Cursor(START, now) if now >= due or now < found.began else None

    async def _keep(self, cursor: Cursor) -> None:
        value = json.dumps([*cursor.place, cursor.began])
        await self._index.facts.put(CURSOR, value)
        self._saved = self._clock.monotonic()

    async def _passed(self, cursor: Cursor) -> None:
        """All were read. A pass over nothing is one too."""
        PASS_SECONDS.set((self._clock.wall() - cursor.began) / SECOND)
        await self._keep(Cursor(START, cursor.began))
        await self.tell()


def parsed(text: str | None) -> Cursor | None:
    """What an earlier run left; None when there is nothing that can be read."""
    try:
        stream_id, start, began = json.loads(text or "")
        return Cursor((int(stream_id), WallTime(int(start))), WallTime(int(began)))
    except (ValueError, TypeError):
        return None
