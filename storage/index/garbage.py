"""Objects that are to go: rows between "no longer in the archive" and "no longer in the store"."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, delete, func, insert, literal, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.index import spans
from storage.index.coverage import BEFORE_ALL, recorded_from, uncover
from storage.index.engine import Database
from storage.index.locking import hold_stream
from storage.index.lockspans import kept, locked
from storage.index.partitions import days, drop_empty
from storage.index.rows import OUTLINE, outline_of
from storage.index.schema import garbage, segments
from storage.index.spansums import hours_of
from storage.index.values import Outline, Taken
from storage.index.wholeday import patience, take_day
from vms.core.walltime import DAY, WallTime


class GarbageList:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def take(
        self, stream_id: int, outlines: Sequence[Outline], *, why: str, now: WallTime
    ) -> list[Outline]:
        """Move these segments of one stream out of the archive, in one transaction.

        Returns those that were moved, as they were: one that is no longer a segment, or that a lock
        holds at `now`, is left out. `why`: the rule that lets them go, kept for the receipt.
        """
        starts = [outline.range.start for outline in outlines]
        async with self._database.write() as connection:
            await hold_stream(connection, stream_id)
            this = (segments.c.stream_id == stream_id) & segments.c.start_us.in_(starts)
            rows = (await connection.execute(select(*OUTLINE).where(this))).all()
            return await _move_free(connection, stream_id, _outlines(rows, why), now)

    async def take_until(
        self, stream_id: int, horizon: WallTime, limit: int, *, why: str, now: WallTime
    ) -> Taken:
        """As `take`, of up to `limit` of the oldest segments that end at or before `horizon`."""
        async with self._database.write() as connection:
            await hold_stream(connection, stream_id)
            at = await recorded_from(connection, stream_id, BEFORE_ALL)
            going: Sequence[Outline] = ()
            while not going and at is not None and at < horizon:
                old = spans.starting(OUTLINE, stream_id, at, horizon)
                old = old.where(segments.c.end_us <= horizon, ~locked(now)).limit(limit)
                wanted = _outlines((await connection.execute(old)).all(), why)
                going = await _move_free(connection, stream_id, wanted, now)
                at = WallTime(wanted[-1].range.start + 1) if wanted else None
        return Taken(len(going), sum(each.size for each in going))

    async def days(self, before: WallTime) -> Sequence[WallTime]:
        """The UTC days that ended at or before `before` and can be taken whole, oldest first; none
        where a day is not a partition (SQLite). Those of which nothing is left are dropped.

        Raises Busy (an Unavailable) when others use what is to be dropped: try again later.
        """
        if self._database.sqlite:
            return []
        async with self._database.write() as connection:
            await patience(connection)
            await drop_empty(connection, before)
            return [day for day in await days(connection) if day + DAY <= before]

    async def take_day(
        self, day: WallTime, horizons: Mapping[int, WallTime], *, why: str, now: WallTime
    ) -> Taken | None:
        """As `take`, of a whole UTC day of all streams at once. `horizons`: by stream, what ends
        later stays, as does a stream that is not in it, and what a lock holds at `now`.

        The number of segments is that of a moment before, which may miss one that came meanwhile.
        None: nothing was done, as much of the day stays or it is no partition: take it stream by
        stream. Raises Busy (an Unavailable) when others use it: try again later.
        """
        if self._database.sqlite:
            return None
        async with self._database.write() as connection:
            return await take_day(connection, day, horizons, why, now)

    async def list(self, limit: int, *, without: Collection[int] = ()) -> list[Outline]:
        """Up to `limit` of what is to be deleted from the store, by stream, oldest first; nothing
        of the stores `without`."""
        first = select(garbage).order_by(garbage.c.stream_id, garbage.c.start_us).limit(limit)
        if without:
            first = first.where(garbage.c.tier.not_in(without))
        async with self._database.read() as connection:
            rows = (await connection.execute(first)).all()
        return [outline_of(row, row.why) for row in rows]

    async def waiting(self) -> Taken:
        """All that is to be deleted from the stores."""
        counted = select(func.count(), func.coalesce(func.sum(garbage.c.size_bytes), 0))
        async with self._database.read() as connection:
            count, size = (await connection.execute(counted.select_from(garbage))).one()
        return Taken(int(count), int(size))

    async def drop(self, outlines: Sequence[Outline]) -> None:
        """Their objects are gone: forget them."""
        if not outlines:
            return
        it = garbage.c
        key = tuple_(it.stream_id, it.start_us, it.epoch, it.sequence, it.tier)
        gone = [(o.stream_id, o.range.start, o.epoch, o.sequence, o.tier) for o in outlines]
        async with self._database.write() as connection:
            await connection.execute(delete(garbage).where(key.in_(gone)))


def _outlines(rows: Sequence[Any], why: str) -> Sequence[Outline]:
    return [outline_of(row, why) for row in rows]


async def _move_free(
    connection: AsyncConnection, stream_id: int, wanted: Sequence[Outline], now: WallTime
) -> list[Outline]:
    """Move those that no lock holds; they are returned."""
    held = await kept(connection, stream_id, wanted, now)
    going = [each for each in wanted if each.range.start not in held]
    if going:
        await _move(connection, stream_id, going)
    return going


async def _move(connection: AsyncConnection, stream_id: int, going: Sequence[Outline]) -> None:
    """Rows to garbage, and what is kept beside them."""
    these = await _condition(connection, stream_id, [each.range.start for each in going])
    columns = [garbage.c.why, *(garbage.c[column.name] for column in OUTLINE)]
    rows = select(literal(going[0].why), *OUTLINE).where(*these)
    await connection.execute(insert(garbage).from_select(columns, rows))
    await connection.execute(delete(segments).where(*these))
    pieces = [(stream_id, each.range, each.size) for each in going]
    await uncover(connection, {stream_id: [each.range for each in going]}, hours_of(pieces))


async def _condition(
    connection: AsyncConnection, stream_id: int, starts: Sequence[WallTime]
) -> tuple[ColumnElement[bool], ...]:
    """The rows that start so. As one range of the key where there are no others in it: a thousand
    single values take ten times as long."""
    its = segments.c.stream_id == stream_id
    within = segments.c.start_us.between(min(starts), max(starts))
    there = await connection.scalar(select(func.count()).select_from(segments).where(its, within))
    return (its, within) if there == len(starts) else (its, segments.c.start_us.in_(starts))
