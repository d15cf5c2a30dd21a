"""What cameras, or people for them, told: kept as long as video around events is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import delete, insert, select

from storage.index.engine import Database
from storage.index.schema import cameras, events
from vms.core.errors import NotFound
from vms.core.promises import CameraEvent
from vms.core.walltime import TimeRange, WallTime


class Events:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, camera_id: int, at: WallTime, kind: str, detail: str = "") -> CameraEvent:
        """Raises NotFound for a camera that is not there, or is removed."""
        values = {"camera_id": camera_id, "at_us": at, "kind": kind, "detail": detail}
        async with self._database.write() as connection:
            there = select(cameras.c.id).where(cameras.c.id == camera_id, ~cameras.c.removed)
            if await connection.scalar(there.with_for_update(key_share=True)) is None:
                raise NotFound("no such camera", camera=camera_id)
            added = await connection.execute(insert(events).values(values).returning(events.c.id))
            return CameraEvent(int(added.scalar_one()), camera_id, at, kind, detail)

    async def between(
        self, camera_ids: Iterable[int], span: TimeRange, *, limit: int = 10_000
    ) -> Sequence[CameraEvent]:
        """Of these cameras within `span`, oldest first, the first `limit` of them."""
        wanted = select(events).where(
            events.c.camera_id.in_(camera_ids),
            events.c.at_us >= span.start,
            events.c.at_us < span.end,
        )
        wanted = wanted.order_by(events.c.at_us, events.c.id).limit(limit)
        async with self._database.read() as connection:
            return [_event(row) for row in (await connection.execute(wanted)).all()]

    async def instants(self, camera_id: int, span: TimeRange) -> Sequence[WallTime]:
        """When something happened within `span`, oldest first, each instant once."""
        at = events.c.at_us
        its = select(at).where(events.c.camera_id == camera_id, at >= span.start, at < span.end)
        async with self._database.read() as connection:
            return list((await connection.execute(its.distinct().order_by(at))).scalars())

    async def cameras(self, span: TimeRange) -> frozenset[int]:
        """Those at which something happened within `span`."""
        its = select(events.c.camera_id).where(
            events.c.at_us >= span.start, events.c.at_us < span.end
        )
        async with self._database.read() as connection:
            return frozenset((await connection.execute(its.distinct())).scalars())

    async def forget(self, camera_id: int, until: WallTime) -> int:
        """Drop what happened before `until`; how many there were."""
        old = delete(events).where(events.c.camera_id == camera_id, events.c.at_us < until)
        async with self._database.write() as connection:
            return (await connection.execute(old)).rowcount


def _event(row: Any) -> CameraEvent:
    return CameraEvent(row.id, row.camera_id, row.at_us, row.kind, row.detail)
