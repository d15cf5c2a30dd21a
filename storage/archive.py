"""The archive: sealed segments, found by stream and time. Joins the index and the object store.

Write order: object, checked, then row; so every row has its object. Deleting is retention's, in the
opposite order. Owns no task.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from storage.completeness import Facts
from storage.index import Index
from storage.marker import agree, identity
from storage.metrics import COMMIT_SECONDS, COMMITTED_BYTES
from storage.objects.store import RecordStore, WrongStore
from vms.core.errors import Corrupt, NotFound, Unavailable, VmsError
from vms.core.model import Gap, Segment
from vms.core.together import together
from vms.core.walltime import TimeRange, WallTime

COVERAGE_SLACK_MICROS = 500_000
"""Holes up to this are the rounding of picture durations between two segments, not lost video."""

PUTS_AT_ONCE = 4


class Archive:
    """Every method raises Unavailable while the index or the store it needs is away.

    `cold`: where old segments lie, if there is a second store. What is recorded goes to the first.
    """

    def __init__(self, index: Index, store: RecordStore, cold: RecordStore | None = None) -> None:
        self._index = index
        self._store = store
        self._tiers = (store,) if cold is None else (store, cold)
        self._agreed: str | None = None

    async def check(self) -> None:
        """Return when store and index answer and belong together; joins them when both are new.

        Raises WrongStore (a Conflict) or Unavailable, in words for an administrator.
        """
        await self._agree()

    async def commit(self, segment: Segment, path: Path) -> None:
        """Keep a sealed segment: its file at `path` becomes the object, then its row is inserted.

        Idempotent, also when a crash lay between any two steps. The file may be gone afterwards,
        and only then should the spool forget it. Raises

        - Unavailable, WrongStore, Exhausted: keep the file and commit again later;
        - Conflict: its time, or its key with another hash, is in the archive already;
        - Corrupt: the file is not the segment described; NotFound: no file, or an unknown stream.
        """
        store_id = self._agreed or await self._agree()
        if not await self._index.segments.known(segment):
            with COMMIT_SECONDS.time():
                await self._keep(segment, path, store_id)
            COMMITTED_BYTES.inc(segment.size)

    async def commit_all(self, sealed: Sequence[tuple[Segment, Path]]) -> None:
        """`commit` of them all for less: one question and one transaction of the index.

        Raises what `commit` of one of them would raise; some objects may be there by then and no
        row is. Then each is to be committed by itself, which tells whose fault it is.
        """
        store_id = self._agreed or await self._agree()
        paths = {segment.key: path for segment, path in sealed}
        new = await self._index.segments.unknown([segment for segment, _ in sealed])
        if not new:
            return
        with COMMIT_SECONDS.time():
            try:
                for first in range(0, len(new), PUTS_AT_ONCE):
                    some = new[first : first + PUTS_AT_ONCE]
                    await together(self._put(each, paths[each.key]) for each in some)
                await self._check_store(store_id)
            except (Unavailable, WrongStore):
                self._agreed = None  # another store may answer next
                raise
            await self._index.segments.add_many(new)
        COMMITTED_BYTES.inc(sum(each.size for each in new))

    async def segments(self, stream_id: int, span: TimeRange) -> list[Segment]:
        """Segments that overlap `span`, whole, oldest first."""
        return await self._index.segments.between(stream_id, span)

    async def last(self, stream_id: int) -> Segment | None:
        """The newest segment."""
        return await self._index.segments.last(stream_id)

    async def following(self, stream_id: int, wall: WallTime) -> Segment | None:
        """The segment that covers `wall`, else the first after it."""
        return await self._index.segments.following(stream_id, wall)

    async def coverage(
        self, stream_id: int, span: TimeRange, *, slack_micros: int = COVERAGE_SLACK_MICROS
    ) -> list[TimeRange]:
        """What of `span` is recorded, cut to it, oldest first. Shorter holes count as recorded."""
        return await self._index.segments.coverage(stream_id, span, slack_micros=slack_micros)

    async def gaps(self, stream_id: int, span: TimeRange) -> list[Gap]:
        """Gaps that touch `span`, whole, oldest first; the end of one that lasts is None."""
        return await self._index.gaps.between(stream_id, span)

    async def facts(self, stream_id: int, span: TimeRange, now: WallTime) -> Facts:
        """What `storage.completeness` needs to account for `span`. What a recorder still holds is
        not here: its spans are to be merged into `stored` by who can ask for them."""
        stored = await self._index.segments.coverage(stream_id, span, slack_micros=0)
        gaps = await self._index.gaps.between(stream_id, span)
        return Facts(stored, gaps, await self._since(stream_id), now)

    async def _since(self, stream_id: int) -> WallTime | None:
        """The first thing that is known of a stream."""
        oldest = await self._index.segments.oldest(stream_id, 1)
        starts = [outline.range.start for outline in oldest]
        gap = await self._index.gaps.first(stream_id)
        starts += [gap] if gap is not None else []
        return min(starts, default=None)

    async def read(self, segment: Segment, offset: int, size: int) -> bytes:
        """Exactly `size` bytes of the object, in whichever store it lies by now. Raises NotFound,
        Corrupt when it is shorter."""
        stores = deque(self._tiers)
        stores.rotate(-segment.tier)
        for store in list(stores)[:-1]:
            with suppress(NotFound):
                return await store.read(segment.key, offset, size)
        return await stores[-1].read(segment.key, offset, size)

    async def _agree(self) -> str:
        """The id of the store, which is ours."""
        try:
            self._agreed = await agree(self._index, self._store)
        except VmsError:
            self._agreed = None
            raise
        return self._agreed

    async def _keep(self, segment: Segment, path: Path, store_id: str) -> None:
        try:
            await self._put(segment, path)
            await self._check_store(store_id)
        except (Unavailable, WrongStore):
            self._agreed = None  # another store may answer next
            raise
        await self._index.segments.add(segment)

    async def _put(self, segment: Segment, path: Path) -> None:
        """The object, and that it is there."""
        await self._store.put(segment.key, path, segment.sha256)
        size = await self._store.size(segment.key)
        if size != segment.size:
            raise Corrupt(
                "the object has another size than its segment", key=segment.key, size=size
            )

    async def _check_store(self, store_id: str) -> None:
        """That what was put is in the store agreed upon: another one may answer by now."""
        if (found := await identity(self._store)) != store_id:
            raise WrongStore("another store answered while a segment was put", store=found)
