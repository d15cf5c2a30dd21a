"""The statements that find segments by time: each is one range of the key (stream, start, end).

They rely on segments of one stream never overlapping: what covers an instant is the last segment
that starts at or before it. That one is looked up first and its start given as a plain number: with
a subquery in its place PostgreSQL guesses the same few hundred rows for an hour and for a month.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.index.schema import segments
from vms.core.walltime import WallTime

row = segments.c


async def first_start(connection: AsyncConnection, stream_id: int, wall: WallTime) -> WallTime:
    """The start of the segment that covers `wall`, else `wall`: nothing that ends after `wall`
    starts before it."""
    found = (await connection.execute(newest_until(stream_id, wall))).one_or_none()
    return WallTime(found.start_us) if found is not None and found.end_us > wall else wall


def newest_until(stream_id: int, wall: WallTime) -> Select[Any]:
    """Select start and end of the last segment that starts at or before `wall`."""
    before = select(row.start_us, row.end_us).where(
        row.stream_id == stream_id, row.start_us <= wall
    )
    return before.order_by(row.start_us.desc()).limit(1)


def starting(
    columns: Any, stream_id: int, first: WallTime, end: WallTime | None = None
) -> Select[Any]:
    """Select `columns` of the segments that start from `first` on and before `end`, in order."""
    return select(*columns).where(*_between(stream_id, first, end)).order_by(row.start_us)


def borders(stream_id: int, first: WallTime, end: WallTime, slack_micros: int) -> Select[Any]:
    """Select the first segment of every unbroken stretch of those, with the end of the stretch
    before it (`before_us`) and the end of the last one of all (`last_us`)."""
    these = _between(stream_id, first, end)
    before = func.lag(row.end_us).over(order_by=row.start_us).label("before_us")
    last = select(row.end_us).where(*these).order_by(row.start_us.desc()).limit(1).scalar_subquery()
    inner = select(row.start_us, before).where(*these).subquery()
    broken = inner.c.before_us.is_(None) | (inner.c.start_us > inner.c.before_us + slack_micros)
    return select(inner, last.label("last_us")).where(broken).order_by(inner.c.start_us)


def _between(
    stream_id: int, first: WallTime, end: WallTime | None
) -> tuple[ColumnElement[bool], ...]:
    start = (row.stream_id == stream_id, row.start_us >= first)
    return start if end is None else (*start, row.start_us < end)
