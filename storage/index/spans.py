"""The statements that find segments by time: each is one range of the key (stream, start, end).

They rely on segments of one stream never overlapping: what covers an instant is the last segment
that starts at or before it. Every range has two ends, so that PostgreSQL opens one day's partition
or two and not the whole archive. Starts are given as plain numbers: with a subquery in their place
PostgreSQL guesses the same few hundred rows for an hour and for a month.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.index.coverage import spans_beside
from storage.index.schema import segments
from vms.core.walltime import HOUR, TimeRange, WallTime

row = segments.c
USUALLY = HOUR
"""A segment is shorter than this. One that is not is found too, by one more question."""


async def first_start(connection: AsyncConnection, stream_id: int, wall: WallTime) -> WallTime:
    """The start of the segment that covers `wall`, else `wall`: nothing that ends after `wall`
    starts before it."""
    found = await covering(connection, (row.start_us, row.end_us), stream_id, wall)
    return wall if found is None else WallTime(found.start_us)


async def covering(
    connection: AsyncConnection, columns: Any, stream_id: int, wall: WallTime
) -> Any | None:
    """The segment that covers `wall`; `columns` have its end."""
    near = latest(columns, stream_id, wall, WallTime(wall - USUALLY))
    found = (await connection.execute(near)).one_or_none()
    if found is None:
        found = await _long(connection, columns, stream_id, wall)
    return found if found is not None and found.end_us > wall else None


async def following(connection: AsyncConnection, stream_id: int, wall: WallTime) -> Any | None:
    """The segment that covers `wall`, else the first after it, whole."""
    found = await covering(connection, row, stream_id, wall)
    if found is not None:
        return found
    _, after = await spans_beside(connection, stream_id, wall)
    return None if after is None else await _first_of(connection, stream_id, after)


async def newest(connection: AsyncConnection, stream_id: int, span: TimeRange) -> Any | None:
    """The last segment of a span that is recorded without a hole, whole."""
    return await covering(connection, row, stream_id, WallTime(span.end - 1))


def latest(columns: Any, stream_id: int, wall: WallTime, since: WallTime) -> Select[Any]:
    """Select `columns` of the last segment that starts from `since` on and at or before `wall`."""
    between = _between(stream_id, since, WallTime(wall + 1))
    return select(*columns).where(*between).order_by(row.start_us.desc()).limit(1)


def newest_until(stream_id: int, wall: WallTime) -> Select[Any]:
    """Select start and end of the last segment that starts at or before `wall`, however long ago:
    for who has no lower bound."""
    before = select(row.start_us, row.end_us).where(
        row.stream_id == stream_id, row.start_us <= wall
    )
    return before.order_by(row.start_us.desc()).limit(1)


def starting(columns: Any, stream_id: int, first: WallTime, end: WallTime) -> Select[Any]:
    """Select `columns` of the segments that start from `first` on and before `end`, in order."""
    return select(*columns).where(*_between(stream_id, first, end)).order_by(row.start_us)


def borders(stream_id: int, first: WallTime, end: WallTime, slack_micros: int) -> Select[Any]:
    """Select the first segment of every unbroken stretch of those, with the end of the stretch
    before it (`before_us`) and the end of the last one of all (`last_us`): from the segments
    themselves, where `coverage.py` reads what is kept beside them."""
    these = _between(stream_id, first, end)
    before = func.lag(row.end_us).over(order_by=row.start_us).label("before_us")
    last = select(row.end_us).where(*these).order_by(row.start_us.desc()).limit(1).scalar_subquery()
    inner = select(row.start_us, before).where(*these).subquery()
    broken = inner.c.before_us.is_(None) | (inner.c.start_us > inner.c.before_us + slack_micros)
    return select(inner, last.label("last_us")).where(broken).order_by(inner.c.start_us)


async def _long(
    connection: AsyncConnection, columns: Any, stream_id: int, wall: WallTime
) -> Any | None:
    """As `covering`, for one that began long before: it does not begin before its span."""
    span, _ = await spans_beside(connection, stream_id, wall)
    if span is None or span.end <= wall:
        return None
    wanted = latest(columns, stream_id, wall, span.start)
    return (await connection.execute(wanted)).one_or_none()


async def _first_of(connection: AsyncConnection, stream_id: int, span: TimeRange) -> Any | None:
    wanted = starting(row, stream_id, span.start, WallTime(span.start + 1))
    return (await connection.execute(wanted)).one_or_none()


def _between(stream_id: int, first: WallTime, end: WallTime) -> tuple[ColumnElement[bool], ...]:
    return (row.stream_id == stream_id, row.start_us >= first, row.start_us < end)
