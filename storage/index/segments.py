"""The rows of the archive: which object holds which seconds of which stream.

Segments of one stream never overlap; `add` sees to it. How they are found: `spans.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, and_, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.index.engine import Database
from storage.index.goptable import decode, encode
from storage.index.locking import hold_stream
from storage.index.schema import garbage, segments
from storage.index.spans import borders, first_start, starting
from storage.index.values import Outline
from vms.core.errors import Conflict, Unavailable
from vms.core.model import Segment
from vms.core.walltime import TimeRange, WallTime

_OUTLINE = (
    segments.c.camera_id,
    segments.c.stream_id,
    segments.c.epoch,
    segments.c.sequence,
    segments.c.start_us,
    segments.c.end_us,
    segments.c.size_bytes,
)


class Segments:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def known(self, segment: Segment) -> bool:
        """Whether `add` would find this very segment. Raises as `add` does, and writes nothing."""
        async with self._database.read() as connection:
            return await _known(connection, segment)

    async def add(self, segment: Segment) -> None:
        """Insert a row; nothing happens when the same segment (key and hash) is there already.

        Raises Conflict when its key has another hash or its range overlaps another segment of the
        stream, NotFound for an unknown stream, Unavailable while the same key is being deleted.
        """
        async with self._database.write() as connection:
            await hold_stream(connection, segment.stream_id)
            if not await _known(connection, segment):
                await connection.execute(insert(segments).values(_row(segment)))

    async def between(self, stream_id: int, span: TimeRange) -> list[Segment]:
        """Segments that overlap `span`, whole, oldest first."""
        async with self._database.read() as connection:
            rows = await _overlapping(connection, segments.c, stream_id, span)
        return [_segment(row) for row in rows]

    async def last(self, stream_id: int) -> Segment | None:
        """The newest segment."""
        newest = select(segments).where(segments.c.stream_id == stream_id)
        async with self._database.read() as connection:
            return await _one(connection, newest.order_by(segments.c.start_us.desc()))

    async def following(self, stream_id: int, wall: WallTime) -> Segment | None:
        """The segment that covers `wall`, else the first after it."""
        async with self._database.read() as connection:
            first = await first_start(connection, stream_id, wall)
            return await _one(connection, starting(segments.c, stream_id, first))

    async def coverage(
        self, stream_id: int, span: TimeRange, *, slack_micros: int = 0
    ) -> list[TimeRange]:
        """What of `span` is recorded, oldest first; holes up to `slack_micros` count as recorded.

        Merged in the database: a day is 1,440 rows there and a handful here.
        """
        async with self._database.read() as connection:
            first = await first_start(connection, stream_id, span.start)
            merged = borders(stream_id, first, span.end, slack_micros)
            rows = (await connection.execute(merged)).all()
        starts = [max(row.start_us, span.start) for row in rows]
        ends = [row.before_us for row in rows[1:]] + [row.last_us for row in rows[:1]]
        return [TimeRange(a, min(b, span.end)) for a, b in zip(starts, ends, strict=True)]

    async def oldest(self, stream_id: int, limit: int) -> list[Outline]:
        """The first `limit` segments of a stream."""
        first = select(*_OUTLINE).where(segments.c.stream_id == stream_id)
        async with self._database.read() as connection:
            rows = await connection.execute(first.order_by(segments.c.start_us).limit(limit))
            return [_outline(row) for row in rows.all()]

    async def any(self) -> bool:
        """Whether the index knows of a single object, garbage included."""
        async with self._database.read() as connection:
            for table in (segments, garbage):
                first = select(table.c.stream_id).limit(1)
                if await connection.scalar(first) is not None:
                    return True
        return False


async def _one(connection: AsyncConnection, wanted: Select[Any]) -> Segment | None:
    row = (await connection.execute(wanted.limit(1))).one_or_none()
    return None if row is None else _segment(row)


async def _overlapping(
    connection: AsyncConnection, columns: Any, stream_id: int, span: TimeRange
) -> Sequence[Any]:
    first = await first_start(connection, stream_id, span.start)
    found = await connection.execute(starting(columns, stream_id, first, span.end))
    rows: Sequence[Any] = found.all()
    return rows


async def _known(connection: AsyncConnection, segment: Segment) -> bool:
    columns = (segments.c.start_us, segments.c.epoch, segments.c.sequence, segments.c.sha256)
    rows = await _overlapping(connection, columns, segment.stream_id, segment.range)
    if not rows:
        await _not_garbage(connection, segment)
        return False
    _same(segment, rows)
    return True


def _same(segment: Segment, rows: Sequence[Any]) -> None:
    this = (segment.range.start, segment.epoch, segment.sequence)
    if len(rows) > 1 or tuple(rows[0][:3]) != this:
        raise Conflict(
            "another segment covers part of this time",
            stream=segment.stream_id,
            range=segment.range,
            other_start=rows[0].start_us,
        )
    if rows[0].sha256 != segment.sha256:
        raise Conflict("this segment is in the archive with another hash", key=segment.key)


async def _not_garbage(connection: AsyncConnection, segment: Segment) -> None:
    this = and_(
        garbage.c.stream_id == segment.stream_id,
        garbage.c.start_us == segment.range.start,
        garbage.c.epoch == segment.epoch,
        garbage.c.sequence == segment.sequence,
    )
    if await connection.scalar(select(garbage.c.stream_id).where(this)) is not None:
        raise Unavailable("this segment is being deleted: commit it later", key=segment.key)


def _row(segment: Segment) -> dict[str, Any]:
    return {
        "stream_id": segment.stream_id,
        "start_us": segment.range.start,
        "end_us": segment.range.end,
        "camera_id": segment.camera_id,
        "epoch": segment.epoch,
        "sequence": segment.sequence,
        "size_bytes": segment.size,
        "init_bytes": segment.init_size,
        "sha256": segment.sha256,
        "prev_sha256": segment.prev_sha256,
        "codec": segment.codec,
        "width": segment.width,
        "height": segment.height,
        "gops": encode(segment.gops),
    }


def _segment(row: Any) -> Segment:
    return Segment(
        camera_id=row.camera_id,
        stream_id=row.stream_id,
        epoch=row.epoch,
        sequence=row.sequence,
        range=TimeRange(row.start_us, row.end_us),
        size=row.size_bytes,
        init_size=row.init_bytes,
        sha256=row.sha256,
        prev_sha256=row.prev_sha256,
        codec=row.codec,
        width=row.width,
        height=row.height,
        gops=decode(row.gops),
    )


def _outline(row: Any) -> Outline:
    return Outline(
        camera_id=row.camera_id,
        stream_id=row.stream_id,
        epoch=row.epoch,
        sequence=row.sequence,
        range=TimeRange(row.start_us, row.end_us),
        size=row.size_bytes,
    )
