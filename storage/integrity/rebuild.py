"""An index made anew from the store alone, or completed where the store knows more.

Order: the store's marker becomes the index's fact; names are surveyed; cameras come back under
their ids; everything is locked (`protection`); then the rows, a stream at a time, oldest first,
each batch in one transaction with what is kept beside it. A row that is there stays, so a run that
was cut off is simply started again. Nothing is deleted. No task outlives a call.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass

from storage.index import Index
from storage.index.restored import FoundStream
from storage.integrity import survey
from storage.integrity.findings import Finding
from storage.integrity.presence import GRACE_SECONDS, groups
from storage.integrity.protection import protect, unprotect
from storage.integrity.reading import Shelf
from storage.integrity.refill import refill
from storage.integrity.survey import Extent
from storage.marker import agree, fact
from storage.objects.store import ObjectStore, WrongStore
from vms.core.clock import Clock
from vms.core.media.access_unit import AUDIO
from vms.core.media.fmp4.parse import leading_track
from vms.core.model import StreamRole
from vms.core.walltime import SECOND, WallTime


@dataclass(slots=True)
class Rebuilt:
    """What was done so far. Counts up while `rebuild` runs; `objects` in all once known."""

    objects: int = 0
    looked_at: int = 0
    segments: int = 0
    cameras: int = 0
    size: int = 0


async def rebuild(
    index: Index,
    stores: Mapping[int, ObjectStore],
    clock: Clock,
    done: Rebuilt | None = None,
    *,
    name: Callable[[int], str] = "Camera {}".format,
) -> AsyncIterator[Finding]:
    """Put back every segment that the stores hold and the index does not know; what could not be
    put back, or is damaged, comes out as it is found.

    `stores`: by tier. `name`: what a camera is called that the index did not know. Raises
    WrongStore when store and index belong to others, Unavailable when one is away.
    """
    this = _Rebuild(index, stores, clock, done or Rebuilt())
    for tier, store in stores.items():
        await adopt(index, store, tier)
    extents: list[Extent] = []
    async for found in survey.survey(stores, this.old):
        if isinstance(found, Finding):
            yield found
        else:
            extents.append(found)
    async for finding in this.run(extents, name):
        yield finding


async def adopt(index: Index, store: ObjectStore, tier: int = 0) -> None:
    """Join an index that knows of no store of this tier yet to this one. Raises WrongStore when the
    store says nothing of itself, or is another than the index's."""
    await store.check()
    found, known = await store.identity(), await index.facts.get(fact(tier))
    if found is None and not (tier and known is None):  # a second store may be new
        raise WrongStore("this store has no marker: is it the right one, is its disk mounted?")
    if known is None and tier == 0 and await index.segments.any():
        raise WrongStore("the index has segments and does not know of which store")
    if found is not None and found != (expected := await index.facts.claim(fact(tier), found)):
        raise WrongStore("this store belongs to another index", store=found, wanted=expected)
    await agree(index, store, tier)


class _Rebuild:
    def __init__(
        self, index: Index, stores: Mapping[int, ObjectStore], clock: Clock, done: Rebuilt
    ) -> None:
        self._index, self._stores, self._clock, self._done = index, stores, clock, done
        self.old = WallTime(clock.wall() - round(GRACE_SECONDS * SECOND))

    async def run(
        self, extents: Sequence[Extent], name: Callable[[int], str]
    ) -> AsyncIterator[Finding]:
        self._done.objects = sum(extent.objects for extent in extents)
        cameras = survey.by_camera(extents)
        for camera_id, its in cameras.items():
            await self._put_back(camera_id, its, name(camera_id))
        spans = {
            camera_id: survey.whole(each for found in its.values() for each in found)
            for camera_id, its in cameras.items()
        }
        locks = await protect(self._index, spans, self._clock.wall())
        async for finding in self._rows():
            yield finding
        if self._done.segments == 0:
            await unprotect(self._index, locks, self._clock.wall())

    async def _rows(self) -> AsyncIterator[Finding]:
        for tier, store in self._stores.items():
            shelf = Shelf(store, tier)
            async for group in groups(store, None, self.old):
                if isinstance(group, Finding):
                    continue
                async for found in refill(self._index, shelf, group, self._clock):
                    if isinstance(found, Finding):
                        yield found
                    else:
                        self._count(found)

    def _count(self, put: tuple[int, int, int]) -> None:
        looked_at, segments, size = put
        self._done.looked_at += looked_at
        self._done.segments += segments
        self._done.size += size

    async def _put_back(
        self, camera_id: int, its: Mapping[int, Sequence[Extent]], name: str
    ) -> None:
        """The larger picture is the main stream's; of two alike, the older stream's."""
        told = [await self._told(stream_id, extents) for stream_id, extents in its.items()]
        told.sort(key=lambda each: (-each.pixels, each.stream_id))
        found = [
            FoundStream(each.stream_id, role, each.audio)
            for each, role in zip(told, (StreamRole.MAIN, StreamRole.SUB), strict=False)
        ]
        self._done.cameras += await self._index.restored.put_back(camera_id, name, found)

    async def _told(self, stream_id: int, extents: Sequence[Extent]) -> _Told:
        """By its newest object that can be read."""
        for extent in extents:
            shelf = Shelf(self._stores[extent.tier], extent.tier)
            for _, listed in reversed(extent.newest):
                scan = await shelf.heads(listed)
                if scan is not None:
                    formats = scan.init.formats
                    used = formats[leading_track(formats)]
                    return _Told(stream_id, used.width * used.height, AUDIO in formats)
        return _Told(stream_id, 0, False)


@dataclass(frozen=True, slots=True)
class _Told:
    stream_id: int
    pixels: int
    audio: bool
