"""Why there is no video: one row a gap. A stream has at most one open gap."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import Select, delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.index.engine import Database
from storage.index.locking import hold_stream
from storage.index.schema import gaps
from vms.core.errors import Invalid
from vms.core.model import Cause, Gap
from vms.core.walltime import TimeRange, WallTime


class Gaps:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def open(self, gap: Gap) -> None:
        """`gap` begins and lasts until closed; its `end` is None.

        A gap already open with the same cause stays as it is; one with another cause ends where
        this one starts. Raises NotFound for an unknown stream.
        """
        if gap.end is not None:
            raise Invalid("an open gap has no end", stream=gap.stream_id)
        async with self._database.write() as connection:
            await hold_stream(connection, gap.stream_id)
            before = await _opened(connection, gap.stream_id)
            if before is not None and before.cause == gap.cause:
                return
            if before is not None:
                await _end(connection, before, gap.start)
            await _put(connection, gap)

    async def close(self, stream_id: int, end: WallTime) -> None:
        """The open gap ended at `end` (one that would be empty never was). No-op without one."""
        async with self._database.write() as connection:
            before = await _opened(connection, stream_id)
            if before is not None:
                await _end(connection, before, end)

    async def renew(self, stream_id: int, now: WallTime) -> None:
        """The open gap is known to have lasted until `now`: that part of it is closed (and joined
        to the part before), the rest stays open. No-op without one, or one that begins later."""
        async with self._database.write() as connection:
            lasting = await _opened(connection, stream_id)
            if lasting is None or lasting.start >= now:
                return
            this = gaps.c.stream_id == stream_id
            await connection.execute(
                update(gaps).where(this, gaps.c.start_us == lasting.start).values(start_us=now)
            )
            same = (gaps.c.cause == lasting.cause.value) & (gaps.c.detail == lasting.detail)
            joined = await connection.execute(
                update(gaps).where(this, same, gaps.c.end_us == lasting.start).values(end_us=now)
            )
            if joined.rowcount == 0:
                await _put(connection, replace(lasting, end=now))

    async def add(self, gap: Gap) -> None:
        """A gap that is over. One that starts at the same instant is replaced when this one ends
        later. Raises Invalid without an end after the start, NotFound for an unknown stream."""
        if gap.end is None or gap.end <= gap.start:
            raise Invalid("a closed gap ends after it starts", stream=gap.stream_id)
        async with self._database.write() as connection:
            await hold_stream(connection, gap.stream_id)
            await _put(connection, gap)

    async def cut(self, stream_id: int, span: TimeRange) -> None:
        """`span` is recorded after all: gaps lose what of it they cover; one that lasts goes on
        behind it."""
        async with self._database.write() as connection:
            await hold_stream(connection, stream_id)
            for row in (await connection.execute(_touching(stream_id, span))).all():
                await _cut(connection, _gap(row), span)

    async def opened(self, stream_id: int) -> Gap | None:
        """The gap that lasts until now, if one does."""
        async with self._database.read() as connection:
            return await _opened(connection, stream_id)

    async def first(self, stream_id: int) -> WallTime | None:
        """The start of the oldest gap that is kept."""
        oldest = select(func.min(gaps.c.start_us)).where(gaps.c.stream_id == stream_id)
        async with self._database.read() as connection:
            start: int | None = await connection.scalar(oldest)
        return None if start is None else WallTime(start)

    async def between(self, stream_id: int, span: TimeRange) -> list[Gap]:
        """Gaps that touch `span`, whole, oldest first."""
        async with self._database.read() as connection:
            found = await connection.execute(_touching(stream_id, span))
            return [_gap(row) for row in found.all()]

    async def forget(self, stream_id: int, until: WallTime) -> int:
        """Drop the gaps that ended at or before `until`; how many there were."""
        old = delete(gaps).where(gaps.c.stream_id == stream_id, gaps.c.end_us <= until)
        async with self._database.write() as connection:
            return (await connection.execute(old)).rowcount


def _touching(stream_id: int, span: TimeRange) -> Select[Any]:
    return (
        select(gaps)
        .where(gaps.c.stream_id == stream_id, gaps.c.start_us < span.end)
        .where(or_(gaps.c.end_us.is_(None), gaps.c.end_us > span.start))
        .order_by(gaps.c.start_us)
    )


async def _cut(connection: AsyncConnection, gap: Gap, span: TimeRange) -> None:
    """What is left before `span`, and what is left behind."""
    this = (gaps.c.stream_id == gap.stream_id) & (gaps.c.start_us == gap.start)
    await connection.execute(delete(gaps).where(this))
    if gap.start < span.start:
        await _put(connection, replace(gap, end=span.start))
    if gap.end is None or gap.end > span.end:
        await _put(connection, replace(gap, start=span.end))


def _gap(row: Any) -> Gap:
    return Gap(row.stream_id, row.start_us, row.end_us, Cause(row.cause), row.detail)


async def _opened(connection: AsyncConnection, stream_id: int) -> Gap | None:
    wanted = select(gaps).where(gaps.c.stream_id == stream_id, gaps.c.end_us.is_(None))
    row = (await connection.execute(wanted)).one_or_none()
    return None if row is None else _gap(row)


async def _end(connection: AsyncConnection, gap: Gap, end: WallTime) -> None:
    this = (gaps.c.stream_id == gap.stream_id) & (gaps.c.start_us == gap.start)
    if end > gap.start:
        await connection.execute(update(gaps).where(this).values(end_us=end))
    else:
        await connection.execute(delete(gaps).where(this))


async def _put(connection: AsyncConnection, gap: Gap) -> None:
    this = (gaps.c.stream_id == gap.stream_id) & (gaps.c.start_us == gap.start)
    same = (await connection.execute(select(gaps).where(this))).one_or_none()
    if same is not None:
        if gap.end is not None and (same.end_us is None or same.end_us >= gap.end):
            return
        await connection.execute(delete(gaps).where(this))
    await connection.execute(
        insert(gaps).values(
            stream_id=gap.stream_id,
            start_us=gap.start,
            end_us=gap.end,
            cause=gap.cause.value,
            detail=gap.detail,
        )
    )
