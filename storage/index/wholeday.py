"""PostgreSQL: a whole day of all streams becomes garbage at once, but for what must stay.

What stays (a stream kept longer, a locked segment) is put back into a fresh partition: little, or
the day is refused. Streams are held throughout, so that neither a lock nor a segment is added to
the day meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.index.coverage import BEFORE_ALL, drop_hours, uncover, uncover_spans
from storage.index.locking import hold_streams
from storage.index.lockspans import LONGEST_GROUP_MICROS, kept, locked
from storage.index.partitions import create, days, detach, named
from storage.index.rows import OUTLINE, outline_of
from storage.index.schema import segments, streams
from storage.index.spans import starting
from storage.index.spansums import hours_of
from storage.index.values import Outline, Taken
from vms.core.walltime import DAY, TimeRange, WallTime

MOST_KEPT = 0.25
"""A day of which more streams than this stay is taken stream by stream."""
_BOUNDS = (
    "SELECT streams.id AS stream_id, first.start_us, last.end_us FROM streams,"
    " LATERAL (SELECT start_us FROM {day} WHERE stream_id = streams.id"
    " ORDER BY start_us LIMIT 1) AS first,"
    " LATERAL (SELECT end_us FROM {day} WHERE stream_id = streams.id"
    " ORDER BY start_us DESC LIMIT 1) AS last"
)
"""Of each stream that has anything in the day: two looks at the key. Segments do not overlap, so
the last to start is the last to end."""


@dataclass(frozen=True, slots=True)
class _Split:
    """What of a day goes and what stays. `gone`: from start to end of the streams that go whole;
    `stay`: streams of which nothing goes; `partly`: what goes of those of which something stays."""

    gone: dict[int, TimeRange]
    stay: list[int]
    partly: dict[int, list[Outline]]

    @property
    def worth_it(self) -> bool:
        left = len(self.stay) + len(self.partly)
        return bool(self.gone) and left <= MOST_KEPT * (left + len(self.gone))


async def take_day(
    connection: AsyncConnection,
    day: WallTime,
    horizons: Mapping[int, WallTime],
    why: str,
    now: WallTime,
) -> Taken | None:
    """As `GarbageList.take_day`, within the caller's transaction."""
    if day not in await days(connection):
        return None
    counts = await _counts(connection, day)
    await patience(connection)
    await hold_streams(connection, counts)
    split = await _split(connection, await _bounds(connection, day), horizons, now)
    if not split.worth_it:
        return None
    size = await _uncover(connection, day, split)
    table = await detach(connection, day, why)
    stayed = await _put_back(connection, day, table, split)
    return Taken(sum(counts.values()) - stayed, size)


async def patience(connection: AsyncConnection) -> None:
    """Rather give up than keep everybody waiting who comes after: while this transaction waits for
    those who read `segments`, all others wait behind it. Raises Busy from then on."""
    await connection.execute(text("SET LOCAL lock_timeout = '2s'"))


async def _counts(connection: AsyncConnection, day: WallTime) -> dict[int, int]:
    """How many segments each stream has. Reads the key from end to end, in order: a day that is to
    go is not in memory, and two looks a stream at it would be thousands of reads here and there."""
    its = text(f"SELECT stream_id, count(*) FROM {named(day)} GROUP BY stream_id")
    return {row.stream_id: int(row[1]) for row in (await connection.execute(its)).all()}


async def _bounds(connection: AsyncConnection, day: WallTime) -> dict[int, TimeRange]:
    rows = await connection.execute(text(_BOUNDS.format(day=named(day))))
    return {row.stream_id: TimeRange(row.start_us, row.end_us) for row in rows.all()}


async def _split(
    connection: AsyncConnection,
    bounds: Mapping[int, TimeRange],
    horizons: Mapping[int, WallTime],
    now: WallTime,
) -> _Split:
    """A stream of which anything may be kept for longer stays whole; one with a lock in the day
    is looked at segment by segment."""
    found = _Split({}, [], {})
    touched = await _with_locks(connection, bounds, now)
    for stream_id, span in bounds.items():
        if span.end > horizons.get(stream_id, BEFORE_ALL):
            found.stay.append(stream_id)
        elif stream_id in touched:
            found.partly[stream_id] = await _free(connection, stream_id, span, now)
        else:
            found.gone[stream_id] = span
    return found


async def _with_locks(
    connection: AsyncConnection, bounds: Mapping[int, TimeRange], now: WallTime
) -> set[int]:
    """Those that a lock touches, or one soon behind that may need their pictures."""
    reach = LONGEST_GROUP_MICROS
    start = min((span.start for span in bounds.values()), default=BEFORE_ALL)
    end = max((span.end for span in bounds.values()), default=BEFORE_ALL) + reach
    touched = locked(now, streams.c.camera_id, start, end)
    its = (await connection.execute(select(streams.c.id).where(touched))).scalars()
    return set(its) & bounds.keys()


async def _free(
    connection: AsyncConnection, stream_id: int, span: TimeRange, now: WallTime
) -> list[Outline]:
    wanted = starting(OUTLINE, stream_id, span.start, span.end)
    outlines = [outline_of(row) for row in (await connection.execute(wanted)).all()]
    held = await kept(connection, stream_id, outlines, now)
    return [each for each in outlines if each.range.start not in held]


async def _uncover(connection: AsyncConnection, day: WallTime, split: _Split) -> int:
    """What is kept beside the segments, of all that goes; the bytes of it."""
    hours = TimeRange(day, WallTime(day + DAY))
    size = await drop_hours(connection, list(split.gone), hours)
    await uncover_spans(connection, {each: [span] for each, span in split.gone.items()})
    for stream_id, outlines in split.partly.items():
        if outlines:
            pieces = [(stream_id, each.range, each.size) for each in outlines]
            spans = {stream_id: [each.range for each in outlines]}
            await uncover(connection, spans, hours_of(pieces))
            size += sum(each.size for each in outlines)
    return size


async def _put_back(connection: AsyncConnection, day: WallTime, table: str, split: _Split) -> int:
    """What stays, into a fresh partition of the day; how much that is."""
    if not split.stay and not split.partly:
        return 0
    await create(connection, day)
    stayed = 0
    columns = ", ".join(segments.c.keys())
    for stream_id in (*split.stay, *split.partly):
        goes = [each.range.start for each in split.partly.get(stream_id, [])]
        values = {"stream": stream_id, "goes": goes}
        stays = "stream_id = :stream AND start_us <> ALL(CAST(:goes AS bigint[]))"
        back = await connection.execute(
            text(
                f"WITH back AS (DELETE FROM {table} WHERE {stays} RETURNING {columns})"
                f" INSERT INTO segments ({columns}) SELECT {columns} FROM back"
            ),
            values,
        )
        stayed += back.rowcount
    return stayed
