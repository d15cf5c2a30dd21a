"""How much of the archive may go when its store is full, and which of it is the oldest.

Counted by the hours that are kept beside the segments; only hours that a lock touches in part are
looked at segment by segment, so that this is exact and yet cheap. Says what is, removes nothing:
`garbage.take` asks the locks once more, in its own transaction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, exists, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.index.engine import Database
from storage.index.lockspans import holding, locked
from storage.index.rows import OUTLINE, outline_of
from storage.index.schema import hours, lock_spans, locks, segments, streams
from storage.index.values import HourRow, Outline
from vms.core.walltime import HOUR, MINUTE, TimeRange, WallTime

_LONGEST_SEGMENT: Final = 2 * MINUTE
_END = hours.c.hour_us + (HOUR + _LONGEST_SEGMENT)
"""When what starts in an hour has ended."""


class Weights:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def removable(
        self, kept_from: Mapping[int, WallTime], since: WallTime, now: WallTime
    ) -> int:
        """Bytes of whole hours between `since` and the stream's `kept_from` that no lock keeps."""
        total = 0
        async with self._database.read() as connection:
            for horizon, stream_ids in _by_horizon(kept_from).items():
                within = _within(stream_ids, TimeRange(since, max(horizon, WallTime(since + 1))))
                total += await _untouched(connection, within, now)
                total += await _between_locks(connection, within, now)
        return total

    async def oldest_hour(
        self, kept_from: Mapping[int, WallTime], since: WallTime, now: WallTime
    ) -> Sequence[HourRow]:
        """The first of those hours, from `since` on, in which something may go: of every stream
        that has such an hour then. Empty: there is none."""
        found: list[HourRow] = []
        async with self._database.read() as connection:
            for horizon, stream_ids in _by_horizon(kept_from).items():
                span = TimeRange(since, max(horizon, WallTime(since + 1)))
                found += await _first_hour(connection, _within(stream_ids, span), now)
        first = min((row.hour for row in found), default=None)
        return [row for row in found if row.hour == first]

    async def of_hour(
        self, stream_id: int, hour: WallTime, kept_from: WallTime, now: WallTime
    ) -> Sequence[Outline]:
        """What starts in that hour, ended before `kept_from` and is not locked, oldest first."""
        wanted = select(*OUTLINE).where(
            segments.c.stream_id == stream_id,
            segments.c.start_us >= hour,
            segments.c.start_us < hour + HOUR,
            segments.c.end_us <= kept_from,
            ~locked(now),
        )
        async with self._database.read() as connection:
            rows = await connection.execute(wanted.order_by(segments.c.start_us))
            return [outline_of(row) for row in rows.all()]


def _by_horizon(kept_from: Mapping[int, WallTime]) -> dict[WallTime, list[int]]:
    streams_of: dict[WallTime, list[int]] = {}
    for stream_id, horizon in kept_from.items():
        streams_of.setdefault(horizon, []).append(stream_id)
    return streams_of


def _hours() -> Select[Any]:
    columns = (hours.c.stream_id, hours.c.hour_us, hours.c.recorded_us, hours.c.size_bytes)
    return select(*columns).join(streams, streams.c.id == hours.c.stream_id)


def _within(stream_ids: list[int], span: TimeRange) -> ColumnElement[bool]:
    return and_(
        hours.c.stream_id.in_(stream_ids),
        hours.c.hour_us >= span.start,
        hours.c.hour_us <= span.end - HOUR,
    )


def _touched(now: WallTime) -> ColumnElement[bool]:
    """A lock keeps something of the hour."""
    return locked(now, streams.c.camera_id, hours.c.hour_us, _END)


def _covered(now: WallTime) -> ColumnElement[bool]:
    """A single lock keeps all of the hour."""
    return exists().where(
        lock_spans.c.lock_id == locks.c.id,
        holding(now),
        lock_spans.c.camera_id == streams.c.camera_id,
        lock_spans.c.start_us <= hours.c.hour_us,
        lock_spans.c.end_us >= _END,
    )


async def _first_hour(
    connection: AsyncConnection, within: ColumnElement[bool], now: WallTime
) -> list[HourRow]:
    free = and_(within, ~_covered(now))
    joined = select(func.min(hours.c.hour_us)).join(streams, streams.c.id == hours.c.stream_id)
    hour = await connection.scalar(joined.where(free))
    if hour is None:
        return []
    rows = await connection.execute(_hours().where(free, hours.c.hour_us == hour))
    return [HourRow(*row) for row in rows.all()]


async def _untouched(
    connection: AsyncConnection, within: ColumnElement[bool], now: WallTime
) -> int:
    size = func.coalesce(func.sum(hours.c.size_bytes), 0)
    joined = select(size).select_from(hours).join(streams, streams.c.id == hours.c.stream_id)
    return int(await connection.scalar(joined.where(within, ~_touched(now))) or 0)


async def _between_locks(
    connection: AsyncConnection, within: ColumnElement[bool], now: WallTime
) -> int:
    """Of hours that are locked in part: what lies between the locks."""
    inside = and_(
        segments.c.stream_id == hours.c.stream_id,
        segments.c.start_us >= hours.c.hour_us,
        segments.c.start_us < hours.c.hour_us + HOUR,
    )
    joined = (
        select(func.coalesce(func.sum(segments.c.size_bytes), 0))
        .select_from(hours)
        .join(streams, streams.c.id == hours.c.stream_id)
        .join(segments, inside)
    )
    partly = joined.where(within, _touched(now), ~_covered(now), ~locked(now))
    return int(await connection.scalar(partly) or 0)
