"""What evidence locks keep, as conditions and questions inside somebody else's transaction.

What belongs here: the one meaning of "locked", for every statement that removes segments, and how a
lock and a removal never cross. What does not: locks as people see them (`locks.py`).

Rule for who removes: hold the stream (`hold_stream`), then ask here, then move what is free, all in
one transaction. Who locks holds the same rows (`hold_cameras`), so one of the two comes first and
the other sees it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, or_, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.index.goptable import decode
from storage.index.schema import lock_spans, locks, segments, streams
from storage.index.values import Outline
from vms.core.errors import NotFound
from vms.core.walltime import HOUR, TimeRange, WallTime

LONGEST_GROUP_BYTES = 64 << 20
"""How far back pictures are kept that locked ones need: as far as the player reads back."""

LONGEST_GROUP_MICROS = 6 * HOUR
"""As long as so many bytes may last: 24 kbit/s."""


def holding(now: WallTime) -> ColumnElement[bool]:
    """Condition on a row of `locks`: it holds at `now`."""
    return and_(
        locks.c.released_us.is_(None), or_(locks.c.expires_us.is_(None), locks.c.expires_us > now)
    )


def locked(
    now: WallTime,
    camera_id: Any = segments.c.camera_id,
    start: Any = segments.c.start_us,
    end: Any = segments.c.end_us,
) -> ColumnElement[bool]:
    """Condition: [`start`, `end`) of this camera touches what a lock keeps at `now`.

    The three are columns of the statement around it (or plain values). It does not know that
    locked pictures may need those of an unlocked segment before: `kept` does. Without a lock of
    the camera (`has_locks`) the two are the same.
    """
    return exists().where(
        lock_spans.c.lock_id == locks.c.id,
        holding(now),
        lock_spans.c.camera_id == camera_id,
        lock_spans.c.start_us < end,
        lock_spans.c.end_us > start,
    )


async def has_locks(connection: AsyncConnection, camera_id: int, now: WallTime) -> bool:
    """Whether any lock holds of this camera, wherever in time: one look at an index."""
    any_of_it = select(lock_spans.c.lock_id).where(
        lock_spans.c.lock_id == locks.c.id, holding(now), lock_spans.c.camera_id == camera_id
    )
    return await connection.scalar(any_of_it.limit(1)) is not None


async def kept(
    connection: AsyncConnection, stream_id: int, outlines: Sequence[Outline], now: WallTime
) -> set[WallTime]:
    """The starts of those of `outlines` (all of one stream) that must not go at `now`: those that
    touch a lock, and those whose pictures a locked one needs to be decoded (a group of pictures
    longer than a segment). The stream is held by this transaction already."""
    if not outlines or not await has_locks(connection, outlines[0].camera_id, now):
        return set()
    starts = [one.range.start for one in outlines]
    first, last = min(starts), max(starts)
    rows = await _window(connection, stream_id, first, last, now)
    return _needed(rows, set(starts))


async def is_span_free(connection: AsyncConnection, span: TimeRange, now: WallTime) -> bool:
    """Whether nothing that starts within `span`, of any camera, is kept at `now`: neither for a
    lock of its time nor for one behind it whose pictures might go on in its groups. Said with a
    margin: what is not free here may be, segment by segment. Call `hold_all` first."""
    touching = select(lock_spans.c.lock_id).where(
        lock_spans.c.lock_id == locks.c.id,
        holding(now),
        lock_spans.c.start_us < span.end + LONGEST_GROUP_MICROS,
        lock_spans.c.end_us > span.start,
    )
    return await connection.scalar(touching.limit(1)) is None


async def hold_cameras(connection: AsyncConnection, camera_ids: Iterable[int]) -> None:
    """Keep everybody out who would remove segments of these cameras, until this transaction ends.

    PostgreSQL locks the rows of their streams, in the order of ids, so that two that lock never
    wait for each other; a SQLite write transaction is alone anyway. Raises NotFound for a camera
    that has no stream in the index (one that was removed has, as long as there is video of it).
    """
    wanted = sorted(set(camera_ids))
    rows = select(streams.c.camera_id).where(streams.c.camera_id.in_(wanted))
    held = await connection.execute(rows.order_by(streams.c.id).with_for_update(key_share=True))
    for camera_id in sorted(set(wanted) - set(held.scalars())):
        raise NotFound("no such camera", camera=camera_id)


async def hold_all(connection: AsyncConnection) -> None:
    """Let no lock be made until this transaction ends: for who removes of many streams at once,
    such as a whole day. Waits for those that are being made, and so sees them. Hold no stream in
    the same transaction afterwards: who locks takes these in the other order."""
    if connection.dialect.name == "postgresql":
        await connection.execute(text("LOCK TABLE lock_spans IN SHARE MODE"))


async def _window(
    connection: AsyncConnection, stream_id: int, first: WallTime, last: WallTime, now: WallTime
) -> list[Any]:
    """The segments from `first` to `last`, and behind them as many as go on in the group of the
    one before without being locked themselves, up to the first that decides."""
    columns = (
        segments.c.start_us,
        segments.c.size_bytes,
        segments.c.gops,
        locked(now).label("locked"),
    )
    its = select(*columns).where(segments.c.stream_id == stream_id)
    inside = its.where(segments.c.start_us.between(first, last)).order_by(segments.c.start_us)
    rows = list((await connection.execute(inside)).all())
    read = 0
    while rows and read < LONGEST_GROUP_BYTES:
        after = its.where(segments.c.start_us > rows[-1].start_us).order_by(segments.c.start_us)
        row = (await connection.execute(after.limit(1))).one_or_none()
        if row is None:
            break
        rows.append(row)
        read += row.size_bytes
        if row.locked or not goes_on(row.gops):
            break
    return rows


def _needed(rows: Sequence[Any], asked: set[WallTime]) -> set[WallTime]:
    """Of `asked`, what is locked or leads to something locked. `rows`: oldest first."""
    found: set[WallTime] = set()
    reach = 0
    for row in reversed(rows):
        reach = LONGEST_GROUP_BYTES if row.locked else reach
        if (row.locked or reach > 0) and row.start_us in asked:
            found.add(WallTime(row.start_us))
        reach = reach if row.locked else reach - row.size_bytes
        reach = reach if goes_on(row.gops) else 0
    return found


def goes_on(gops: bytes) -> bool:
    """Whether the pictures of a segment begin without a key picture (its group table, coded)."""
    table = decode(gops)
    return bool(table) and table[0].key_size == 0
