"""Rows against what the store lists, both ways. The listing is read once, a stream at a time.

Rows and objects come and go while this runs, so nothing is said at first sight: what seems missing
is asked for again at once; what seems an orphan is kept aside until the grace period is over and
the index asked again. Nothing is ever deleted here: an index that was restored from yesterday's
backup knows nothing of today's objects, and they are not rubbish.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable
from dataclasses import dataclass, field

from storage.index import Index, Outline
from storage.index.census import Entry
from storage.integrity import names
from storage.integrity.findings import Finding, Kind, of_segment
from storage.integrity.names import Name
from storage.objects.store import Listed, ObjectStore
from vms.core.clock import Clock
from vms.core.walltime import TimeRange, WallTime

GRACE_SECONDS = 3600.0
"""An object as young as this may still get its row: a recorder puts the object first."""
_AGAIN_SECONDS = 5.0
_MOST_DOUBTFUL = 10_000


@dataclass(slots=True)
class Group:
    """The objects of one stream in one store, by their keys."""

    camera_id: int
    stream_id: int
    objects: dict[str, tuple[Name, Listed]] = field(default_factory=dict)


async def groups(
    store: ObjectStore, only: Collection[int] | None, old: WallTime
) -> AsyncIterator[Group | Finding]:
    """What the store lists, stream by stream; a finding for each name that is not a segment's and
    was there before `old` (a copy in progress has another name)."""
    group: Group | None = None
    async for listed in store.keys(""):
        name = names.parse(listed.key)
        if name is None:
            if only is None and listed.changed < old:
                yield Finding(Kind.STRANGE, "this is not the name of a segment", key=listed.key)
            continue
        if group is None or (group.camera_id, group.stream_id) != (name.camera_id, name.stream_id):
            if group is not None and _wanted(group, only):
                yield group
            group = Group(name.camera_id, name.stream_id)
        group.objects[listed.key] = name, listed
    if group is not None and _wanted(group, only):
        yield group


def _wanted(group: Group, only: Collection[int] | None) -> bool:
    return only is None or group.stream_id in only


class Doubtful:
    """Objects without a row, until it is sure that they will not get one.

    Bounded: when it is full they are asked about, which may wait for the pause once.
    """

    def __init__(self, index: Index, store: ObjectStore, tier: int, clock: Clock) -> None:
        self._index, self._store, self._tier, self._clock = index, store, tier, clock
        self._kept: list[tuple[Name, Listed]] = []
        self._since = clock.monotonic()

    async def add(
        self, found: Iterable[tuple[Name, Listed]], old: WallTime
    ) -> AsyncIterator[Finding]:
        """Keep those that were there before `old`."""
        self._kept += [(name, listed) for name, listed in found if listed.changed < old]
        if len(self._kept) >= _MOST_DOUBTFUL:
            async for finding in self.ask():
                yield finding

    async def ask(self) -> AsyncIterator[Finding]:
        """Those that are orphans indeed."""
        rest = self._since + _AGAIN_SECONDS - self._clock.monotonic()
        if self._kept and rest > 0:
            await self._clock.sleep(rest)
        kept, self._kept, self._since = self._kept, [], self._clock.monotonic()
        for name, listed in kept:
            if await self._is_orphan(name, listed):
                words = "the index knows nothing of it: `vms rebuild-index` takes it in"
                yield of_segment(Kind.ORPHAN, outline_of(name, listed, self._tier), words)

    async def _is_orphan(self, name: Name, listed: Listed) -> bool:
        census, outline = self._index.census, outline_of(name, listed, self._tier)
        if await census.there(outline) or await census.condemned(outline):
            return False
        return await self._store.size(listed.key) is not None


def outline_of(name: Name, listed: Listed, tier: int) -> Outline:
    """Its end and its hash are not known: a microsecond, none."""
    span = TimeRange(name.start, WallTime(name.start + 1))
    of = (name.camera_id, name.stream_id, name.epoch, name.sequence)
    return Outline(*of, span, listed.size, tier)


async def absent(index: Index, store: ObjectStore, entry: Entry) -> Finding | None:
    """Whether an object that was not listed is indeed not there, and its row is."""
    if await store.size(entry.outline.key) is not None:
        return None
    if not await index.census.there(entry.outline):
        return None
    return of_segment(Kind.MISSING, entry.outline, "the store has no such object")


def wrong_size(entry: Entry, listed: Listed) -> Finding | None:
    outline = entry.outline
    if listed.size == outline.size:
        return None
    words = f"{listed.size} bytes, recorded were {outline.size}"
    return of_segment(Kind.SIZE, outline, words)
