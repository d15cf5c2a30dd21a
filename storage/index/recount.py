"""What is kept beside the segments, computed anew from them: after a program of a version that did
not keep it, or to see whether it is right."""

from __future__ import annotations

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.index.schema import coverage, hours, segments
from storage.index.spansums import hours_of
from vms.core.walltime import TimeRange, merge


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
