"""What is kept beside the segments, computed anew from them: after a program of a version that did
not keep it, or to see whether it is right."""

from __future__ import annotations

from sqlalchemy import Table, delete, func, insert, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.index.schema import coverage, hours, segments, streams
from storage.index.spansums import hours_of
from vms.core.walltime import TimeRange, WallTime, merge


async def recount(connection: AsyncConnection, stream_id: int) -> bool:
    """Set right `coverage` and `hours` of a stream that is held; whether they were wrong."""
    it = segments.c
    rows = await connection.execute(
        select(it.start_us, it.end_us, it.size_bytes).where(it.stream_id == stream_id)
    )
    pieces = [(stream_id, TimeRange(a, b), size) for a, b, size in rows.all()]
    spans = {(stream_id, span.start, span.end) for span in merge(each[1] for each in pieces)}
    sums = {(row.stream_id, row.hour, row.recorded_micros, row.size) for row in hours_of(pieces)}
    wrong = False
    for table, right in ((coverage, spans), (hours, sums)):
        this = table.c.stream_id == stream_id
        found = {tuple(row) for row in (await connection.execute(select(table).where(this))).all()}
        if found != right:
            wrong = True
            await connection.execute(delete(table).where(this))
            names = table.c.keys()
            if right:
                values = [dict(zip(names, each, strict=True)) for each in sorted(right)]
                await connection.execute(insert(table), values)
    return wrong


async def disagreeing(connection: AsyncConnection, span: TimeRange) -> list[int]:
    """As `Segments.disagreeing`: one sum of both, which must be nothing."""
    it, hour = segments.c, hours.c
    parts = union_all(
        select(it.stream_id, (it.end_us - it.start_us).label("micros")).where(
            it.start_us >= span.start, it.start_us < span.end
        ),
        select(hour.stream_id, -hour.recorded_us).where(
            hour.hour_us >= span.start, hour.hour_us < span.end
        ),
    ).subquery()
    wrong = select(parts.c.stream_id).group_by(parts.c.stream_id)
    wrong = wrong.having(func.sum(parts.c.micros) != 0).order_by(parts.c.stream_id)
    return [int(each) for each in (await connection.execute(wrong)).scalars()]


async def first_said(connection: AsyncConnection) -> WallTime | None:
    """The oldest start of any stream, in what is kept beside the segments and in themselves."""
    oldest = [await _oldest(connection, table) for table in (coverage, segments)]
    return min((each for each in oldest if each is not None), default=None)


async def _oldest(connection: AsyncConnection, table: Table) -> WallTime | None:
    """A look at each stream's end of the key."""
    first = select(func.min(table.c.start_us)).where(table.c.stream_id == streams.c.id)
    its = select(first.scalar_subquery().label("first")).select_from(streams).subquery()
    found: int | None = await connection.scalar(select(func.min(its.c.first)))
    return None if found is None else WallTime(found)
