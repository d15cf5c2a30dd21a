"""The real interval of a lock: the whole segments that a span touches, and those it needs."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.index.lockspans import LONGEST_GROUP_BYTES, goes_on
from storage.index.schema import segments
from storage.index.spans import borders, first_start, newest_until, starting
from vms.core.walltime import TimeRange, WallTime

row = segments.c
_SLACK_MICROS = 500_000
"""Holes up to this are the rounding of picture durations between two segments."""
_COLUMNS = (row.start_us, row.size_bytes, row.gops)


async def real_spans(
    connection: AsyncConnection, stream_id: int, span: TimeRange
) -> list[TimeRange]:
    """What of this stream a lock of `span` keeps, oldest first, to the border of segments."""
    first = await _first(connection, stream_id, span)
    last = await connection.execute(newest_until(stream_id, WallTime(span.end - 1)))
    newest = last.one_or_none()
    if first is None or newest is None:
        return []
    found = (
        await connection.execute(borders(stream_id, first, newest.end_us, _SLACK_MICROS))
    ).all()
    starts = [WallTime(each.start_us) for each in found]
    ends = [WallTime(each.before_us) for each in found[1:]] + [newest.end_us]
    return [TimeRange(start, end) for start, end in zip(starts, ends, strict=True)]


async def _first(connection: AsyncConnection, stream_id: int, span: TimeRange) -> WallTime | None:
    """Where the first segment that `span` touches starts, or the one with the key picture it needs;
    None: it touches none."""
    first = await first_start(connection, stream_id, span.start)
    found = await connection.execute(starting(_COLUMNS, stream_id, first, span.end).limit(1))
    here, read = found.one_or_none(), 0
    if here is None:
        return None
    while goes_on(here.gops) and read < LONGEST_GROUP_BYTES:
        earlier = await connection.execute(_before(stream_id, here.start_us))
        before = earlier.one_or_none()
        if before is None:
            break
        here, read = before, read + before.size_bytes
    return WallTime(here.start_us)


def _before(stream_id: int, start: WallTime) -> Select[Any]:
    earlier = select(*_COLUMNS).where(row.stream_id == stream_id, row.start_us < start)
    return earlier.order_by(row.start_us.desc()).limit(1)
