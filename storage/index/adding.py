"""How segments are put in: what may not be is refused, what is there already is left."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from sqlalchemy import insert, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.index import spans
from storage.index.coverage import Spans, around, cover
from storage.index.locking import hold_streams
from storage.index.rows import segment_row
from storage.index.schema import garbage, segments
from storage.index.spansums import hours_of
from vms.core.errors import Conflict, Unavailable
from vms.core.model import Segment
from vms.core.walltime import TimeRange

_BESIDE = (segments.c.start_us, segments.c.end_us)
_SAME = (*_BESIDE, segments.c.epoch, segments.c.sequence, segments.c.sha256)


async def add(connection: AsyncConnection, wanted: Sequence[Segment]) -> None:
    """As `Segments.add_many`, within the caller's transaction."""
    given = sorted(wanted, key=lambda each: (each.stream_id, each.range.start))
    await hold_streams(connection, {each.stream_id for each in given})
    new = await _unknown(connection, given)
    _apart(new)
    if new:
        await _not_garbage(connection, new)
        await connection.execute(insert(segments), [segment_row(each) for each in new])
        pieces = [(each.stream_id, each.range, each.size) for each in new]
        await cover(connection, _by_stream(new), hours_of(pieces))


async def known(connection: AsyncConnection, segment: Segment) -> bool:
    """As `Segments.known`."""
    if await _there(connection, segment):
        return True
    await _not_garbage(connection, [segment])
    return False


async def unknown(connection: AsyncConnection, wanted: Sequence[Segment]) -> list[Segment]:
    """As `Segments.unknown`."""
    given = sorted(wanted, key=lambda each: (each.stream_id, each.range.start))
    new = await _unknown(connection, given)
    _apart(new)
    if new:
        await _not_garbage(connection, new)
    return new


async def _unknown(connection: AsyncConnection, given: Sequence[Segment]) -> list[Segment]:
    """Those that are not there yet. Only where something is recorded already its row is read."""
    if not given:
        return []
    reach = TimeRange(given[0].range.start, max(each.range.end for each in given))
    reach = TimeRange(min(each.range.start for each in given), reach.end)
    recorded = await around(connection, {each.stream_id for each in given}, reach)
    new = []
    for each in given:
        touched = any(each.range.overlaps(span) for span in recorded[each.stream_id])
        if not touched or not await _there(connection, each):
            new.append(each)
    return new


async def _there(connection: AsyncConnection, segment: Segment) -> bool:
    """Whether this very segment is; raises Conflict when another one is in its time."""
    stream_id, span = segment.stream_id, segment.range
    first = await spans.first_start(connection, stream_id, span.start)
    rows = (await connection.execute(spans.starting(_SAME, stream_id, first, span.end))).all()
    if rows:
        _same(segment, rows)
    return bool(rows)


def _same(segment: Segment, rows: Sequence[Any]) -> None:
    this = (segment.range.start, segment.epoch, segment.sequence)
    other = rows[0]
    if len(rows) > 1 or (other.start_us, other.epoch, other.sequence) != this:
        raise Conflict(
            "another segment covers part of this time",
            stream=segment.stream_id,
            range=segment.range,
            other_start=other.start_us,
        )
    if other.sha256 != segment.sha256:
        raise Conflict("this segment is in the archive with another hash", key=segment.key)


def _apart(new: Sequence[Segment]) -> None:
    """Raises Conflict when two of them, in order, overlap."""
    for one, other in pairwise(new):
        if one.stream_id == other.stream_id and one.range.overlaps(other.range):
            raise Conflict(
                "two segments to be added cover the same time",
                stream=one.stream_id,
                range=one.range,
                other_start=other.range.start,
            )


async def _not_garbage(connection: AsyncConnection, new: Sequence[Segment]) -> None:
    """Raises Unavailable when the object of one of them is about to be deleted."""
    it = garbage.c
    keys = [(each.stream_id, each.range.start, each.epoch, each.sequence) for each in new]
    going = select(it.start_us).where(
        tuple_(it.stream_id, it.start_us, it.epoch, it.sequence).in_(keys)
    )
    start = await connection.scalar(going.limit(1))
    if start is not None:
        key = next(each.key for each in new if each.range.start == start)
        raise Unavailable("this segment is being deleted: commit it later", key=key)


def _by_stream(new: Sequence[Segment]) -> Spans:
    found: Spans = {}
    for each in new:
        found.setdefault(each.stream_id, []).append(each.range)
    return found
