"""What is kept beside the segments, by whoever adds or removes them and in the same transaction.

`coverage`: the spans of a stream, the exact union of its segments, so that a month of a wall of
cameras is a handful of rows. `hours`: how much of each hour, for calendars and quotas. Callers hold
the stream (`locking.py`), so what is read here stays true until the transaction ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.index.schema import coverage, hours, streams
from storage.index.spansums import cut, joined
from storage.index.values import HourRow, Used
from vms.core.walltime import HOUR, TimeRange, WallTime

Spans = dict[int, list[TimeRange]]
"""Of several streams, oldest first."""
BEFORE_ALL = WallTime(-(1 << 62))
_span = coverage.c
_hour = hours.c


async def around(connection: AsyncConnection, stream_ids: Iterable[int], near: TimeRange) -> Spans:
    """Spans that overlap or touch `near`, whole; a list for every stream asked about."""
    found: Spans = {stream_id: [] for stream_id in stream_ids}
    asked = select(_span.stream_id, _span.start_us, _span.end_us).where(
        *_from(list(found), near.start), _span.start_us <= near.end, _span.end_us >= near.start
    )
    rows = await connection.execute(asked.order_by(_span.stream_id, _span.start_us))
    for row in rows.all():
        found[row.stream_id].append(TimeRange(row.start_us, row.end_us))
    return found


async def cover(connection: AsyncConnection, there: Spans, rows: Sequence[HourRow]) -> None:
    """These spans, none of which is covered yet, are recorded now; `rows` is what they add."""
    reach = _reach(there)
    before = await around(connection, there, reach)
    after = {each: joined(before[each], there[each]) for each in there}
    await _replace(connection, before, after)
    await _add_hours(connection, rows)


async def uncover(connection: AsyncConnection, gone: Spans, rows: Sequence[HourRow]) -> None:
    """These spans, all of which are covered, are gone; `rows` is what they took with them."""
    await uncover_spans(connection, gone)
    await _take_hours(connection, rows)


async def uncover_spans(connection: AsyncConnection, gone: Spans) -> None:
    """`uncover` without hours. What of them is not covered does not matter."""
    if gone:
        before = await around(connection, gone, _reach(gone))
        after = {each: cut(before[each], gone[each]) for each in gone}
        await _replace(connection, before, after)


async def drop_hours(
    connection: AsyncConnection, stream_ids: Sequence[int], span: TimeRange
) -> int:
    """Everything that starts in these whole hours is gone; the bytes it was."""
    these = (
        _hour.stream_id.in_(stream_ids),
        _hour.hour_us >= span.start,
        _hour.hour_us < span.end,
    )
    size = await connection.scalar(select(func.sum(_hour.size_bytes)).where(*these))
    await connection.execute(delete(hours).where(*these))
    return int(size or 0)


async def merged(
    connection: AsyncConnection, stream_ids: Sequence[int], span: TimeRange, slack_micros: int
) -> Spans:
    """What of `span` is recorded, cut to it; holes up to `slack_micros` count as recorded."""
    found: Spans = {stream_id: [] for stream_id in stream_ids}
    for row in (await connection.execute(stretches(stream_ids, span, slack_micros))).all():
        start, end = max(row.start_us, span.start), min(row.end_us, span.end)
        found[row.stream_id].append(TimeRange(WallTime(start), WallTime(end)))
    return found


def stretches(stream_ids: Sequence[int], span: TimeRange, slack_micros: int) -> Any:
    """Select (stream, start, end) of what is recorded around `span` when shorter holes are closed.

    A stretch begins where the span before it ended too long ago, and ends where the span before the
    next stretch's beginning did; the last one ends where the last of all does.
    """
    within = (
        *_from(stream_ids, span.start),
        _span.start_us < span.end,
        _span.end_us > span.start,
    )
    by_stream: dict[str, Any] = {"partition_by": _span.stream_id}
    columns = (
        _span.stream_id,
        _span.start_us,
        func.lag(_span.end_us).over(order_by=_span.start_us, **by_stream).label("before_us"),
        func.max(_span.end_us).over(**by_stream).label("last_us"),
    )
    each = select(*columns).where(*within).subquery().c
    begins = each.before_us.is_(None) | (each.start_us > each.before_us + slack_micros)
    following = func.lead(each.before_us).over(partition_by=each.stream_id, order_by=each.start_us)
    end = func.coalesce(following, each.last_us).label("end_us")
    wanted = select(each.stream_id, each.start_us, end).where(begins)
    return wanted.order_by(each.stream_id, each.start_us)


async def by_hour(
    connection: AsyncConnection, stream_ids: Sequence[int], span: TimeRange
) -> list[HourRow]:
    """Hours that overlap `span` and have anything, by stream, oldest first."""
    wanted = select(hours).where(
        _hour.stream_id.in_(stream_ids),
        _hour.hour_us >= span.start - span.start % HOUR,
        _hour.hour_us < span.end,
    )
    rows = await connection.execute(wanted.order_by(_hour.stream_id, _hour.hour_us))
    return [HourRow(*row) for row in rows.all()]


async def spans_beside(
    connection: AsyncConnection, stream_id: int, wall: WallTime
) -> tuple[TimeRange | None, TimeRange | None]:
    """The last span that starts at or before `wall`, and the first that starts after it."""
    this = select(_span.start_us, _span.end_us).where(_span.stream_id == stream_id)
    before = this.where(_span.start_us <= wall).order_by(_span.start_us.desc()).limit(1)
    after = this.where(_span.start_us > wall).order_by(_span.start_us).limit(1)
    return await _span_of(connection, before), await _span_of(connection, after)


async def recorded_from(
    connection: AsyncConnection, stream_id: int, wall: WallTime
) -> WallTime | None:
    """`wall` when it is recorded, else the first recorded instant after it."""
    before, after = await spans_beside(connection, stream_id, wall)
    if before is not None and wall < before.end:
        return wall
    return None if after is None else after.start


async def last_span(connection: AsyncConnection, stream_id: int) -> TimeRange | None:
    this = select(_span.start_us, _span.end_us).where(_span.stream_id == stream_id)
    return await _span_of(connection, this.order_by(_span.start_us.desc()).limit(1))


async def used(connection: AsyncConnection) -> dict[int, Used]:
    """Of every stream that has anything."""
    ends = select(_span.stream_id, func.min(_span.start_us), func.max(_span.end_us))
    sums = select(_hour.stream_id, func.sum(_hour.size_bytes)).group_by(_hour.stream_id)
    sizes = {stream_id: int(size) for stream_id, size in (await connection.execute(sums)).all()}
    rows = await connection.execute(ends.group_by(_span.stream_id))
    return {each: Used(sizes.get(each, 0), oldest, newest) for each, oldest, newest in rows.all()}


def _from(stream_ids: Sequence[int], wall: WallTime) -> tuple[Any, ...]:
    """Spans of these streams, read from the last one on that starts at or before `wall`, so that a
    month of them before it is not. By way of `streams`: its row asks once for all of a stream."""
    other = coverage.alias().c
    latest = select(func.max(other.start_us)).where(
        other.stream_id == streams.c.id, other.start_us <= wall
    )
    first = func.coalesce(latest.correlate(streams).scalar_subquery(), wall)
    return (
        streams.c.id.in_(stream_ids),
        _span.stream_id == streams.c.id,
        _span.start_us >= first,
    )


async def _span_of(connection: AsyncConnection, wanted: Any) -> TimeRange | None:
    row = (await connection.execute(wanted)).one_or_none()
    return None if row is None else TimeRange(row.start_us, row.end_us)


def _reach(spans: Spans) -> TimeRange:
    every = [span for each in spans.values() for span in each]
    return TimeRange(min(span.start for span in every), max(span.end for span in every))


async def _replace(
    connection: AsyncConnection, before: Mapping[int, list[TimeRange]], after: Spans
) -> None:
    """Write what differs: a span that only grew at its end, the usual case, is one update."""
    old = {(each, span.start): span.end for each, spans in before.items() for span in spans}
    new = {(each, span.start): span.end for each, spans in after.items() for span in spans}
    this = (_span.stream_id == bindparam("s")) & (_span.start_us == bindparam("a"))
    if gone := [{"s": each, "a": start} for each, start in old.keys() - new.keys()]:
        await connection.execute(delete(coverage).where(this), gone)
    moved = [key for key in old.keys() & new.keys() if old[key] != new[key]]
    if moved:
        changes = [{"s": each, "a": start, "b": new[each, start]} for each, start in moved]
        await connection.execute(
            update(coverage).where(this).values(end_us=bindparam("b")), changes
        )
    if begun := [
        {"stream_id": each, "start_us": start, "end_us": new[each, start]}
        for each, start in new.keys() - old.keys()
    ]:
        await connection.execute(coverage.insert(), begun)


async def _add_hours(connection: AsyncConnection, rows: Sequence[HourRow]) -> None:
    dialect: Any = sqlite if connection.dialect.name == "sqlite" else postgresql
    more = dialect.insert(hours)
    more = more.on_conflict_do_update(
        index_elements=["stream_id", "hour_us"],
        set_={
            "recorded_us": _hour.recorded_us + more.excluded.recorded_us,
            "size_bytes": _hour.size_bytes + more.excluded.size_bytes,
        },
    )
    await connection.execute(more, [_hour_row(row) for row in rows])


async def _take_hours(connection: AsyncConnection, rows: Sequence[HourRow]) -> None:
    """An hour of which nothing is left has no row: every segment lasts."""
    this = (_hour.stream_id == bindparam("s")) & (_hour.hour_us == bindparam("h"))
    less = update(hours).where(this)
    less = less.values(
        recorded_us=_hour.recorded_us - bindparam("r"), size_bytes=_hour.size_bytes - bindparam("b")
    )
    keys = [{"s": row.stream_id, "h": row.hour} for row in rows]
    amounts = [{"r": row.recorded_micros, "b": row.size} for row in rows]
    await connection.execute(
        less, [key | amount for key, amount in zip(keys, amounts, strict=True)]
    )
    await connection.execute(delete(hours).where(this, _hour.recorded_us <= 0), keys)


def _hour_row(row: HourRow) -> dict[str, int]:
    return {
        "stream_id": row.stream_id,
        "hour_us": row.hour,
        "recorded_us": row.recorded_micros,
        "size_bytes": row.size,
    }
