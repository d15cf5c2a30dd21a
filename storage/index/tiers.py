"""Which store has the object of a segment: what is due to move, and the moment it has moved.

What belongs here: the rows. What does not: copying and checking the bytes (`storage.moving`).
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import insert, select, update

from storage.index import spans
from storage.index.coverage import recorded_from
from storage.index.engine import Database
from storage.index.locking import hold_stream
from storage.index.lockspans import kept, locked
from storage.index.receipts import MOVED
from storage.index.rows import OUTLINE, garbage_row, outline_of
from storage.index.schema import garbage, segments
from storage.index.values import Outline
from vms.core.walltime import DAY, WallTime


class Tiers:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def due(
        self, stream_id: int, since: WallTime, before: WallTime, limit: int, now: WallTime
    ) -> list[Outline]:
        """Up to `limit` segments in the first store that start from `since` on and end at or before
        `before`, oldest first, less those that a lock holds at `now`: evidence stays where it is.
        """
        found: list[Outline] = []
        async with self._database.read() as connection:
            at = await recorded_from(connection, stream_id, since)
            while at is not None and at < before and not found:
                day = spans.starting(OUTLINE, stream_id, max(at, since), WallTime(at + DAY))
                here = (segments.c.end_us <= before, segments.c.tier == 0, ~locked(now))
                rows = (await connection.execute(day.where(*here).limit(limit))).all()
                found = [outline_of(row) for row in rows]
                at = await recorded_from(connection, stream_id, WallTime(at + DAY))
        return found

    async def moved(
        self, stream_id: int, outlines: Sequence[Outline], tier: int, now: WallTime
    ) -> list[Outline]:
        """Their objects are in store `tier` as well: from now on that one is read, and the ones
        they were read from are garbage there. In one transaction, which asks the evidence locks.

        Returns those it was done for: what is no longer a segment of its tier, or is locked by
        now, is left as it was.
        """
        async with self._database.write() as connection:
            await hold_stream(connection, stream_id)
            starts = [outline.range.start for outline in outlines]
            this = (segments.c.stream_id == stream_id) & segments.c.start_us.in_(starts)
            rows = (await connection.execute(select(*OUTLINE).where(this))).all()
            there = {row.start_us: outline_of(row) for row in rows}
            same = [each for each in outlines if _same(there.get(each.range.start), each)]
            held = await kept(connection, stream_id, same, now)
            going = [each for each in same if each.range.start not in held]
            if going:
                gone = this & segments.c.start_us.in_([each.range.start for each in going])
                await connection.execute(insert(garbage), [garbage_row(o, MOVED) for o in going])
                await connection.execute(update(segments).where(gone).values(tier=tier))
        return going


def _same(there: Outline | None, given: Outline) -> bool:
    """The same object in the same store."""
    return there is not None and (there.key, there.tier) == (given.key, given.tier)
