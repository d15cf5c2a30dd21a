"""How much of the archive may go when its store is full, and which of it is the oldest.

Counted by the hours that are kept beside the segments; only hours that a lock touches in part are
looked at segment by segment, so that this is exact and yet cheap. Says what is, removes nothing:
`garbage.take` asks the locks once more, in its own transaction.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, TextClause, and_, exists, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.index.engine import Database
from storage.index.lockspans import holding, locked
from storage.index.rows import OUTLINE, outline_of
from storage.index.schema import hours, lock_spans, locks, segments, streams
from storage.index.values import HourRow, Outline
from vms.core.walltime import HOUR, MINUTE, TimeRange, WallTime, merge

_REACH: Final = HOUR + 2 * MINUTE
"""From the beginning of an hour to the end of what starts in it."""
_HOUR = (hours.c.stream_id, hours.c.hour_us, hours.c.recorded_us, hours.c.size_bytes)
_AT_ONCE: Final = 500


class Weights:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def removable(
        self, kept_from: Mapping[int, WallTime], since: WallTime, now: WallTime
    ) -> int:
        """Bytes of whole hours between `since` and the stream's `kept_from` that no lock keeps."""
        async with self._database.read() as connection:
            held = await _held(connection, now)
            whole = await _whole(connection, kept_from, since)
            touched = await _touched(connection, held, kept_from, since)
            partly = [row for row in touched if not _is_covered(row, held)]
            between = await _between_locks(connection, partly, held)
        return whole - sum(row.size for row in touched) + between

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
    return select(*_HOUR).join(streams, streams.c.id == hours.c.stream_id)


def _within(stream_ids: list[int], span: TimeRange) -> ColumnElement[bool]:
    return and_(
        hours.c.stream_id.in_(stream_ids),
        hours.c.hour_us >= span.start,
        hours.c.hour_us <= span.end - HOUR,
    )


def _covered(now: WallTime) -> ColumnElement[bool]:
    """A single lock keeps all of the hour."""
    return exists().where(
        lock_spans.c.lock_id == locks.c.id,
        holding(now),
        lock_spans.c.camera_id == streams.c.camera_id,
        lock_spans.c.start_us <= hours.c.hour_us,
        lock_spans.c.end_us >= hours.c.hour_us + _REACH,
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


async def _held(connection: AsyncConnection, now: WallTime) -> dict[int, list[TimeRange]]:
    """What locks keep, by stream, merged."""
    columns = (streams.c.id, lock_spans.c.start_us, lock_spans.c.end_us)
    wanted = (
        select(*columns)
        .join(lock_spans, lock_spans.c.camera_id == streams.c.camera_id)
        .join(locks, locks.c.id == lock_spans.c.lock_id)
        .where(holding(now))
    )
    found: dict[int, list[TimeRange]] = {}
    for row in (await connection.execute(wanted)).all():
        found.setdefault(row.id, []).append(TimeRange(row.start_us, row.end_us))
    return {stream_id: merge(spans) for stream_id, spans in found.items()}


async def _whole(
    connection: AsyncConnection, kept_from: Mapping[int, WallTime], since: WallTime
) -> int:
    """Bytes of all those hours, locked or not."""
    total = 0
    for horizon, stream_ids in _by_horizon(kept_from).items():
        span = TimeRange(since, max(horizon, WallTime(since + 1)))
        within = _within(stream_ids, span)
        total += int(
            await connection.scalar(select(func.sum(hours.c.size_bytes)).where(within)) or 0
        )
    return total


async def _touched(
    connection: AsyncConnection,
    held: Mapping[int, Sequence[TimeRange]],
    kept_from: Mapping[int, WallTime],
    since: WallTime,
) -> list[HourRow]:
    """Those hours of which a lock keeps something, each once.

    From the locks to the hours: they are few, the hours of a city are a million.
    """
    spans = [
        (stream_id, max(since - 1, span.start - _REACH), min(span.end, kept_from[stream_id]))
        for stream_id, its in held.items()
        for span in its
        if stream_id in kept_from
    ]
    found: dict[tuple[int, WallTime], HourRow] = {}
    for some in _batches(spans):
        for row in (await connection.execute(_hours_in(some))).all():
            found[row.stream_id, row.hour_us] = HourRow(*row)
    return [row for row in found.values() if row.hour <= kept_from[row.stream_id] - HOUR]


def _is_covered(row: HourRow, held: Mapping[int, Sequence[TimeRange]]) -> bool:
    """Locks keep all of the hour."""
    return any(
        span.start <= row.hour and span.end >= row.hour + _REACH for span in held[row.stream_id]
    )


async def _between_locks(
    connection: AsyncConnection,
    partly: Sequence[HourRow],
    held: Mapping[int, Sequence[TimeRange]],
) -> int:
    """Bytes, in hours that are locked in part, of what lies between the locks."""
    total = 0
    for some in _batches([(row.stream_id, row.hour, row.hour + HOUR) for row in partly]):
        for row in (await connection.execute(_segments_in(some))).all():
            span = TimeRange(row.start_us, row.end_us)
            if not any(one.overlaps(span) for one in held[row.stream_id]):
                total += row.size_bytes
    return total


def _hours_in(spans: Sequence[tuple[int, int, int]]) -> TextClause:
    """Select hours that begin within (stream, after, before).

    The spans stand in the statement as numbers: as thousands of parameters they cost a second to
    compile. CROSS JOIN: SQLite takes them first then, as it must, else it looks at every hour.
    """
    return text(
        f"WITH given (s, a, b) AS (VALUES {_rows(spans)})"
        " SELECT stream_id, hour_us, recorded_us, size_bytes FROM given CROSS JOIN hours"
        " WHERE stream_id = s AND hour_us > a AND hour_us < b"
    )


def _segments_in(spans: Sequence[tuple[int, int, int]]) -> TextClause:
    """Select segments that start within [from, before) of each (stream, from, before)."""
    return text(
        f"WITH given (s, a, b) AS (VALUES {_rows(spans)})"
        " SELECT stream_id, start_us, end_us, size_bytes FROM given CROSS JOIN segments"
        " WHERE stream_id = s AND start_us >= a AND start_us < b"
    )


def _rows(spans: Sequence[tuple[int, int, int]]) -> str:
    return ", ".join(f"({int(s)}, {int(a)}, {int(b)})" for s, a, b in spans)


def _batches(
    rows: Sequence[tuple[int, int, int]],
) -> Iterator[Sequence[tuple[int, int, int]]]:
    """As many as one statement takes."""
    return (rows[first : first + _AT_ONCE] for first in range(0, len(rows), _AT_ONCE))
