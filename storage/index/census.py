"""Every row of the archive, page by page: for who checks them against the store and each other.

Each page is one range of the key. Between two pages rows may come and go: who finds something
wrong asks again (`there`) before it says so.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, and_, select, tuple_

from storage.index.engine import Database
from storage.index.goptable import decode
from storage.index.rows import OUTLINE, outline_of
from storage.index.schema import coverage, garbage, hours, receipts, segments, streams
from storage.index.values import Outline
from vms.core.model import GopEntry
from vms.core.walltime import TimeRange, WallTime

PAGE = 1000
MOVED = "moved"
"""Why garbage is none of the archive's loss: the segment is in another tier now."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One row as it stands. `table`: the coded groups; see `groups`."""

    outline: Outline
    init_size: int
    sha256: bytes
    prev_sha256: bytes | None
    tier: int
    table: bytes = b""

    @property
    def groups(self) -> tuple[GopEntry, ...]:
        """Raises Corrupt."""
        return decode(self.table)


@dataclass(frozen=True, slots=True)
class Held:
    """What the index keeps of a stream beside its rows: merged spans, and (hour, recorded µs,
    bytes) for every hour in which segments start."""

    coverage: tuple[TimeRange, ...]
    hours: tuple[tuple[WallTime, int, int], ...]


_BEFORE_ALL = WallTime(-(1 << 62))
START = (0, _BEFORE_ALL)
"""The place before the first row: (stream, start)."""


class Census:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def streams(self) -> dict[int, int]:
        """Every stream the index knows, removed ones too, with its camera."""
        wanted = select(streams.c.id, streams.c.camera_id).order_by(streams.c.id)
        async with self._database.read() as connection:
            return {row.id: row.camera_id for row in (await connection.execute(wanted)).all()}

    async def of_stream(
        self, stream_id: int, after: WallTime, limit: int = PAGE, *, tables: bool = False
    ) -> list[Entry]:
        """Its first `limit` rows that start behind `after`, oldest first. `tables`: with groups."""
        wanted = _entries(tables).where(
            segments.c.stream_id == stream_id, segments.c.start_us > after
        )
        async with self._database.read() as connection:
            rows = await connection.execute(wanted.order_by(segments.c.start_us).limit(limit))
            return [_entry(row) for row in rows.all()]

    async def every(self, stream_id: int, *, tables: bool = False) -> AsyncIterator[Entry]:
        """All its rows, oldest first, a page in memory at a time."""
        after = _BEFORE_ALL
        while page := await self.of_stream(stream_id, after, tables=tables):
            for entry in page:
                yield entry
            after = page[-1].outline.range.start

    async def behind(self, place: tuple[int, WallTime], limit: int = PAGE) -> list[Entry]:
        """The first `limit` rows behind `place` (stream, start), in the order of the key."""
        here = tuple_(segments.c.stream_id, segments.c.start_us)
        wanted = _entries(tables=False).where(here > place)
        async with self._database.read() as connection:
            rows = await connection.execute(
                wanted.order_by(segments.c.stream_id, segments.c.start_us).limit(limit)
            )
            return [_entry(row) for row in rows.all()]

    async def there(self, outline: Outline) -> bool:
        """Whether this segment is in the archive now, its object in this tier."""
        async with self._database.read() as connection:
            found = await connection.scalar(
                select(segments.c.stream_id).where(*_key(segments.c, outline))
            )
        return found is not None

    async def condemned(self, outline: Outline) -> bool:
        """Whether this object is in garbage now."""
        async with self._database.read() as connection:
            found = await connection.scalar(
                select(garbage.c.stream_id).where(*_key(garbage.c, outline))
            )
        return found is not None

    async def garbage_of(self, stream_id: int, tier: int) -> list[Outline]:
        """Everything of a stream that is to be deleted from this tier's store."""
        wanted = select(garbage).where(garbage.c.stream_id == stream_id, garbage.c.tier == tier)
        async with self._database.read() as connection:
            return [outline_of(row) for row in (await connection.execute(wanted)).all()]

    async def twice(self) -> list[Outline]:
        """What is a segment and garbage at once: there must be none."""
        same = and_(
            segments.c.stream_id == garbage.c.stream_id,
            segments.c.start_us == garbage.c.start_us,
            segments.c.epoch == garbage.c.epoch,
            segments.c.sequence == garbage.c.sequence,
            segments.c.tier == garbage.c.tier,
        )
        async with self._database.read() as connection:
            rows = await connection.execute(select(garbage).join(segments, same))
            return [outline_of(row) for row in rows.all()]

    async def deleted(self, stream_id: int) -> list[TimeRange]:
        """The spans of a stream's receipts, and of what is about to be deleted."""
        gone = [
            select(table.c.start_us, table.c.end_us).where(table.c.stream_id == stream_id)
            for table in (receipts, garbage)
        ]
        gone[1] = gone[1].where(garbage.c.why != MOVED)
        async with self._database.read() as connection:
            rows = [row for each in gone for row in (await connection.execute(each)).all()]
        return [TimeRange(row.start_us, row.end_us) for row in rows]

    async def held(self, stream_id: int) -> Held:
        """What is kept beside the rows."""
        spans = select(coverage.c.start_us, coverage.c.end_us).where(
            coverage.c.stream_id == stream_id
        )
        counted = select(hours.c.hour_us, hours.c.recorded_us, hours.c.size_bytes).where(
            hours.c.stream_id == stream_id
        )
        async with self._database.read() as connection:
            merged = (await connection.execute(spans.order_by(coverage.c.start_us))).all()
            each = (await connection.execute(counted.order_by(hours.c.hour_us))).all()
        return Held(
            tuple(TimeRange(row.start_us, row.end_us) for row in merged),
            tuple((row.hour_us, row.recorded_us, row.size_bytes) for row in each),
        )


def _entries(tables: bool) -> Select[Any]:
    columns: Sequence[Any] = (*OUTLINE, segments.c.init_bytes, segments.c.prev_sha256)
    return select(*columns, segments.c.gops) if tables else select(*columns)


def _key(columns: Any, outline: Outline) -> tuple[Any, ...]:
    return (
        columns.stream_id == outline.stream_id,
        columns.start_us == outline.range.start,
        columns.epoch == outline.epoch,
        columns.sequence == outline.sequence,
        columns.tier == outline.tier,
    )


def _entry(row: Any) -> Entry:
    return Entry(
        outline_of(row),
        row.init_bytes,
        row.sha256,
        row.prev_sha256,
        row.tier,
        getattr(row, "gops", b""),
    )
