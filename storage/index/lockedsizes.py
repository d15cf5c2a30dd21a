"""How much of the archive locks keep, from the locks to the few segments they touch."""

from __future__ import annotations

from sqlalchemy import and_, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.index.lockspans import holding
from storage.index.schema import lock_spans, locks, segments, streams
from vms.core.walltime import HOUR, WallTime


async def locked_sizes(connection: AsyncConnection, now: WallTime) -> dict[int, int]:
    """Bytes by camera. A segment that several locks touch counts once."""
    touched = (
        select(
            segments.c.camera_id, segments.c.stream_id, segments.c.start_us, segments.c.size_bytes
        )
        .select_from(lock_spans)
        .join(locks, locks.c.id == lock_spans.c.lock_id)
        .join(streams, streams.c.camera_id == lock_spans.c.camera_id)
        .join(
            segments,
            and_(
                segments.c.stream_id == streams.c.id,
                segments.c.start_us >= lock_spans.c.start_us - HOUR,
                segments.c.start_us < lock_spans.c.end_us,
                segments.c.end_us > lock_spans.c.start_us,
            ),
        )
        .where(holding(now))
        .distinct()
        .subquery()
    )
    total = func.sum(touched.c.size_bytes)
    sums = select(touched.c.camera_id, total).group_by(touched.c.camera_id)
    return {camera_id: int(size) for camera_id, size in (await connection.execute(sums)).all()}
