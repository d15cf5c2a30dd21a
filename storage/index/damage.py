"""Segments whose object is not what it must be: found by verification, until they are well or gone.

One row a segment. Who finds it notes it, who finds it well again clears it; what is no longer in
the archive is forgotten.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, exists, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.index.engine import Database
from storage.index.schema import damage, segments
from storage.index.values import Outline
from vms.core.walltime import TimeRange, WallTime

here = damage.c


@dataclass(frozen=True, slots=True)
class Damage:
    """`kind`: a `storage.integrity.Kind`. `found`: when it was noticed first. `detail`: words."""

    outline: Outline
    kind: str
    found: WallTime
    detail: str


class DamageList:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def note(self, found: Damage) -> bool:
        """Keep it; True when nothing was known of this segment. What is known keeps its first
        time, with the newest kind and words."""
        values = {"kind": found.kind, "detail": found.detail}
        this = _this(found.outline)
        async with self._database.write() as connection:
            changed = await connection.execute(update(damage).where(this).values(values))
            if changed.rowcount == 0:
                await connection.execute(insert(damage).values(_row(found)))
        return changed.rowcount == 0

    async def clear(self, outlines: Sequence[Outline]) -> int:
        """These are well; how many were noted before. Writes only if there were any."""
        gone, these = 0, [_this(outline) for outline in outlines]
        async with self._database.read() as connection:
            noted = [
                this
                for this in these
                if await connection.scalar(select(here.stream_id).where(this)) is not None
            ]
        if noted:
            async with self._database.write() as connection:
                for this in noted:
                    gone += await _deleted(connection, this)
        return gone

    async def between(self, stream_ids: Collection[int], span: TimeRange) -> list[Damage]:
        """Of these streams, what touches `span`, oldest video first."""
        wanted = select(damage).where(
            here.stream_id.in_(stream_ids), here.start_us < span.end, here.end_us > span.start
        )
        async with self._database.read() as connection:
            rows = await connection.execute(wanted.order_by(here.stream_id, here.start_us))
            return [_damage(row) for row in rows.all()]

    async def count(self) -> int:
        """How many segments are damaged, as far as anybody looked."""
        async with self._database.read() as connection:
            return int(await connection.scalar(select(func.count()).select_from(damage)) or 0)

    async def forget_gone(self) -> int:
        """Drop what is no longer a segment of the archive; how many there were."""
        there = exists().where(
            segments.c.stream_id == here.stream_id,
            segments.c.start_us == here.start_us,
            segments.c.epoch == here.epoch,
            segments.c.sequence == here.sequence,
        )
        async with self._database.write() as connection:
            return await _deleted(connection, ~there)

    async def list(
        self, limit: int, *, camera_ids: Collection[int] | None = None, offset: int = 0
    ) -> list[Damage]:
        """The newest found first. `camera_ids` None: of every camera."""
        wanted = select(damage).order_by(
            here.found_us.desc(), here.stream_id, here.start_us, here.epoch, here.sequence
        )
        if camera_ids is not None:
            wanted = wanted.where(here.camera_id.in_(camera_ids))
        async with self._database.read() as connection:
            rows = await connection.execute(wanted.limit(limit).offset(offset))
            return [_damage(row) for row in rows.all()]


async def _deleted(connection: AsyncConnection, condition: ColumnElement[bool]) -> int:
    return (await connection.execute(delete(damage).where(condition))).rowcount


def _this(outline: Outline) -> ColumnElement[bool]:
    return and_(
        here.stream_id == outline.stream_id,
        here.start_us == outline.range.start,
        here.epoch == outline.epoch,
        here.sequence == outline.sequence,
    )


def _row(found: Damage) -> dict[str, Any]:
    outline = found.outline
    return {
        "stream_id": outline.stream_id,
        "start_us": outline.range.start,
        "epoch": outline.epoch,
        "sequence": outline.sequence,
        "camera_id": outline.camera_id,
        "end_us": outline.range.end,
        "kind": found.kind,
        "found_us": found.found,
        "detail": found.detail,
    }


def _damage(row: Any) -> Damage:
    """The size is not kept here: 0."""
    span = TimeRange(row.start_us, row.end_us)
    outline = Outline(row.camera_id, row.stream_id, row.epoch, row.sequence, span, 0)
    return Damage(outline, row.kind, row.found_us, row.detail)
