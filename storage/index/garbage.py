"""Objects that are to go: rows between "no longer in the archive" and "no longer in the store"."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, insert, select, tuple_

from storage.index.engine import Database
from storage.index.locking import hold_stream
from storage.index.schema import garbage, segments
from storage.index.values import Outline
from vms.core.walltime import TimeRange


class GarbageList:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def take(self, stream_id: int, outlines: Sequence[Outline]) -> list[Outline]:
        """Move these segments of one stream out of the archive, in one transaction.

        Returns those that were moved: one that is no longer a segment is left out. Evidence locks
        will be asked here, inside this transaction.
        """
        starts = [outline.range.start for outline in outlines]
        this = (segments.c.stream_id == stream_id) & segments.c.start_us.in_(starts)
        async with self._database.write() as connection:
            await hold_stream(connection, stream_id)
            there = (await connection.execute(select(segments.c.start_us).where(this))).scalars()
            moved = set(there)
            taken = [outline for outline in outlines if outline.range.start in moved]
            if taken:
                await connection.execute(insert(garbage), [_row(outline) for outline in taken])
                await connection.execute(delete(segments).where(this))
        return taken

    async def list(self, limit: int) -> list[Outline]:
        """Up to `limit` of what is to be deleted from the store."""
        async with self._database.read() as connection:
            rows = (await connection.execute(select(garbage).limit(limit))).all()
        return [
            Outline(
                camera_id=row.camera_id,
                stream_id=row.stream_id,
                epoch=row.epoch,
                sequence=row.sequence,
                range=TimeRange(row.start_us, row.end_us),
                size=row.size_bytes,
            )
            for row in rows
        ]

    async def drop(self, outlines: Sequence[Outline]) -> None:
        """Their objects are gone: forget them."""
        if not outlines:
            return
        key = tuple_(garbage.c.stream_id, garbage.c.start_us, garbage.c.epoch, garbage.c.sequence)
        gone = [(o.stream_id, o.range.start, o.epoch, o.sequence) for o in outlines]
        async with self._database.write() as connection:
            await connection.execute(delete(garbage).where(key.in_(gone)))


def _row(outline: Outline) -> dict[str, int]:
    return {
        "stream_id": outline.stream_id,
        "start_us": outline.range.start,
        "epoch": outline.epoch,
        "sequence": outline.sequence,
        "camera_id": outline.camera_id,
        "end_us": outline.range.end,
        "size_bytes": outline.size,
    }
