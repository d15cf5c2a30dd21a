"""The rows of the archive: which object holds which seconds of which stream.

Segments of one stream never overlap; `add` sees to it. How they are found: `spans.py`; how they are
put in: `adding.py`; what is kept beside them: `coverage.py`.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import insert, select, update

from storage.index import coverage as beside
from storage.index import spans
from storage.index.adding import add, known, unknown
from storage.index.engine import Database, NoPartition
from storage.index.locking import hold_stream
from storage.index.packing import pack
from storage.index.partitions import Days
from storage.index.recount import disagreeing, first_said, recount
from storage.index.rows import OUTLINE, garbage_row, outline_of, segment_of
from storage.index.schema import garbage, segments
from storage.index.values import HourRow, Outline, Used
from vms.core.model import Segment
from vms.core.walltime import DAY, TimeRange, WallTime


class Segments:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._days = Days(database)

    async def known(self, segment: Segment) -> bool:
        """Whether `add` would find this very segment. Raises as `add` does, and writes nothing."""
        async with self._database.read() as connection:
            return await known(connection, segment)

    async def unknown(self, given: Sequence[Segment]) -> list[Segment]:
        """Those of them that `add_many` would insert, in order. Raises as it does, and writes
        nothing."""
        async with self._database.read() as connection:
            return await unknown(connection, given)

    async def add(self, segment: Segment) -> None:
        """Insert a row; nothing happens when the same segment (key and hash) is there already.

        Raises Conflict when its key has another hash or its range overlaps another segment of the
        stream, NotFound for an unknown stream, Unavailable while the same key is being deleted.
        """
        await self.add_many((segment,))

    async def add_many(self, new: Sequence[Segment]) -> None:
        """`add` of each in one transaction, of any streams: all of them, or none when one raises.
        Raises Conflict also when two of them overlap."""
        await self._days.make(each.range.start for each in new)
        try:
            await self._add(new)
        except NoPartition:  # a day that was known here went as garbage since
            self._days.forget()
            await self._days.make(each.range.start for each in new)
            await self._add(new)

    async def between(self, stream_id: int, span: TimeRange) -> list[Segment]:
        """Segments that overlap `span`, whole, oldest first."""
        async with self._database.read() as connection:
            first = await spans.first_start(connection, stream_id, span.start)
            wanted = spans.starting(segments.c, stream_id, first, span.end)
            return [segment_of(row) for row in (await connection.execute(wanted)).all()]

    async def outlines(self, stream_id: int, span: TimeRange) -> list[Outline]:
        """As `between`, without group tables."""
        async with self._database.read() as connection:
            first = await spans.first_start(connection, stream_id, span.start)
            wanted = spans.starting(OUTLINE, stream_id, first, span.end)
            return [outline_of(row) for row in (await connection.execute(wanted)).all()]

    async def last(self, stream_id: int) -> Segment | None:
        """The newest segment."""
        async with self._database.read() as connection:
            span = await beside.last_span(connection, stream_id)
            row = None if span is None else await spans.newest(connection, stream_id, span)
        return None if row is None else segment_of(row)

    async def following(self, stream_id: int, wall: WallTime) -> Segment | None:
        """The segment that covers `wall`, else the first after it."""
        async with self._database.read() as connection:
            row = await spans.following(connection, stream_id, wall)
        return None if row is None else segment_of(row)

    async def nearest(self, stream_id: int, wall: WallTime) -> WallTime | None:
        """`wall` when it is recorded, else the nearest recorded instant; None: nothing is."""
        async with self._database.read() as connection:
            before, after = await beside.spans_beside(connection, stream_id, wall)
        if before is not None and wall < before.end:
            return wall
        sides = [] if before is None else [WallTime(before.end - 1)]
        sides += [] if after is None else [after.start]
        return min(sides, key=lambda side: abs(side - wall), default=None)

    async def coverage(
        self, stream_id: int, span: TimeRange, *, slack_micros: int = 0
    ) -> list[TimeRange]:
        """What of `span` is recorded, oldest first; shorter holes count as recorded."""
        found = await self.coverage_many([stream_id], span, slack_micros=slack_micros)
        return found[stream_id]

    async def coverage_many(
        self, stream_ids: Sequence[int], span: TimeRange, *, slack_micros: int = 0
    ) -> dict[int, list[TimeRange]]:
        """`coverage` of several streams by one statement; a list for each, empty when unknown."""
        async with self._database.read() as connection:
            return await beside.merged(connection, stream_ids, span, slack_micros)

    async def hours(self, stream_ids: Sequence[int], span: TimeRange) -> list[HourRow]:
        """What of each UTC hour that overlaps `span` is recorded, by stream, oldest first."""
        async with self._database.read() as connection:
            return await beside.by_hour(connection, stream_ids, span)

    async def used(self) -> dict[int, Used]:
        """What the archive holds of each stream; those it holds nothing of are left out."""
        async with self._database.read() as connection:
            return await beside.used(connection)

    async def oldest(self, stream_id: int, limit: int) -> list[Outline]:
        """The first `limit` segments of a stream."""
        found: list[Outline] = []
        async with self._database.read() as connection:
            at: WallTime | None = beside.BEFORE_ALL
            while at is not None and len(found) < limit:
                at = await beside.recorded_from(connection, stream_id, at)
                if at is not None:
                    day = spans.starting(OUTLINE, stream_id, at, WallTime(at + DAY))
                    rows = await connection.execute(day.limit(limit - len(found)))
                    found += [outline_of(row) for row in rows.all()]
                    at = WallTime(at + DAY)
        return found

    async def set_tier(self, outline: Outline, tier: int) -> bool:
        """Its object is in store `tier` as well: from now on that one is read, and the one it was
        read from is garbage. False when it is no longer a segment of `outline.tier`."""
        this = (
            (segments.c.stream_id == outline.stream_id)
            & (segments.c.start_us == outline.range.start)
            & (segments.c.epoch == outline.epoch)
            & (segments.c.sequence == outline.sequence)
            & (segments.c.tier == outline.tier)
        )
        async with self._database.write() as connection:
            await hold_stream(connection, outline.stream_id)
            moved = await connection.execute(update(segments).where(this).values(tier=tier))
            if moved.rowcount:
                await connection.execute(insert(garbage), garbage_row(outline, "moved"))
            return moved.rowcount > 0

    async def recount(self, stream_id: int) -> bool:
        """Compute what is kept beside the segments anew; whether it was wrong."""
        async with self._database.write() as connection:
            await hold_stream(connection, stream_id)
            return await recount(connection, stream_id)

    async def first(self) -> WallTime | None:
        """The first instant anything is said of, by segments or beside them."""
        async with self._database.read() as connection:
            return await first_said(connection)

    async def disagreeing(self, span: TimeRange) -> list[int]:
        """Streams whose segments that start within `span`, of whole hours, do not last as long as
        `hours` says: a program that does not keep it was there. `recount` them."""
        async with self._database.read() as connection:
            return await disagreeing(connection, span)

    async def pack(self, before: WallTime) -> int:
        """Make the key of days that ended at or before `before` as small as it can be; how many
        days were worth it. PostgreSQL only."""
        return await pack(self._database, before)

    async def _add(self, new: Sequence[Segment]) -> None:
        async with self._database.write() as connection:
            await add(connection, new)

    async def any(self) -> bool:
        """Whether the index knows of a single object, garbage included."""
        async with self._database.read() as connection:
            for table in (segments, garbage):
                first = select(table.c.stream_id).limit(1)
                if await connection.scalar(first) is not None:
                    return True
        return False
