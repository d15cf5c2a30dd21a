"""Evidence locks: who keeps which time of which cameras, why, and until when.

A lock is a promise from the moment `add` returns: nothing that touches its spans is removed from
then on. A released or expired lock stays in the list: it tells who did it. How removals ask is in
`lockspans.py`; what the words mean to people in `storage/locks.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Select, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.index.engine import Database
from storage.index.lockspans import hold_cameras, holding
from storage.index.realspans import real_spans
from storage.index.schema import lock_spans, locks, streams
from storage.index.values import NewLock
from vms.core.errors import Conflict, Invalid, NotFound
from vms.core.promises import Lock, LockSpan
from vms.core.walltime import TimeRange, WallTime, merge

MOST_SPANS = 1024
"""Of one lock: every camera of a city for a day, and then some."""


class Locks:
    """`now` is always the time of a clock that does not jump (`SteadyClock`)."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, new: NewLock, now: WallTime) -> Lock:
        """Keep it from now on. Spans of one camera that meet become one.

        Raises Invalid without spans, with more than MOST_SPANS, or with an end that has passed;
        NotFound for a camera the index never had, or of which nothing is left.
        """
        spans = _merged(new)
        if new.expires is not None and new.expires <= now:
            raise Invalid("a lock ends in the future, or when it is released", field="expires")
        async with self._database.write() as connection:
            await hold_cameras(connection, {span.camera_id for span in spans})
            added = await connection.execute(
                insert(locks).values(_values(new, now)).returning(locks.c.id)
            )
            lock_id = int(added.scalar_one())
            await connection.execute(insert(lock_spans), [_span(lock_id, one) for one in spans])
            return await _get(connection, lock_id)

    async def list(
        self, active_only: bool, now: WallTime, *, camera_ids: Iterable[int] | None = None
    ) -> Sequence[Lock]:
        """The newest first. `active_only`: those that hold at `now`. `camera_ids`: those that keep
        something of one of these; None: all."""
        wanted = select(locks).order_by(locks.c.id.desc())
        wanted = wanted.where(holding(now)) if active_only else wanted
        if camera_ids is not None:
            of_these = select(lock_spans.c.lock_id).where(lock_spans.c.camera_id.in_(camera_ids))
            wanted = wanted.where(locks.c.id.in_(of_these))
        return await self._read(wanted)

    async def get(self, lock_id: int) -> Lock:
        """Raises NotFound."""
        async with self._database.read() as connection:
            return await _get(connection, lock_id)

    async def touching(
        self, camera_ids: Iterable[int], span: TimeRange, now: WallTime
    ) -> Sequence[Lock]:
        """Those that hold at `now` and keep something of `span` of one of the cameras, oldest
        first, whole: their spans of other cameras and times are there as well."""
        of_these = select(lock_spans.c.lock_id).where(
            lock_spans.c.camera_id.in_(camera_ids),
            lock_spans.c.start_us < span.end,
            lock_spans.c.end_us > span.start,
        )
        these = select(locks).where(holding(now), locks.c.id.in_(of_these))
        return await self._read(these.order_by(locks.c.id))

    async def is_any_locked(self, camera_id: int, span: TimeRange, now: WallTime) -> bool:
        """Whether something of `span` is kept by a lock at `now`."""
        return bool(await self.touching([camera_id], span, now))

    async def ask_release(self, lock_id: int, by: str, reason: str, now: WallTime) -> Lock:
        """Somebody wants it released; it holds until that is confirmed. Asked again by the same
        person, the new reason stands. Raises NotFound; Conflict when it holds no longer or
        somebody else has asked; Invalid without a reason."""
        if not reason.strip():
            raise Invalid("say why the lock may go", field="reason")
        async with self._database.write() as connection:
            lock = await _holding(connection, lock_id, now)
            if lock.release_asked is not None and lock.release_asked_by != by:
                raise Conflict(
                    "somebody has asked for the release already: confirm it instead",
                    lock=lock_id,
                    by=lock.release_asked_by,
                )
            asked = {"release_asked_us": now, "release_asked_by": by, "release_reason": reason}
            return await _set(connection, lock_id, asked)

    async def withdraw_release(self, lock_id: int, now: WallTime) -> Lock:
        """It is kept after all: nobody has asked. Raises NotFound, Conflict when it holds no
        longer."""
        async with self._database.write() as connection:
            await _holding(connection, lock_id, now)
            nobody = dict.fromkeys(("release_asked_us", "release_asked_by", "release_reason"))
            return await _set(connection, lock_id, nobody)

    async def confirm_release(
        self, lock_id: int, by: str, now: WallTime, *, alone: bool = False
    ) -> Lock:
        """What was asked for happens: the lock is void from now on.

        `alone`: the one who asked may confirm. Raises NotFound; Conflict when it holds no longer,
        nobody asked, or, unless `alone`, the same person did.
        """
        async with self._database.write() as connection:
            lock = await _holding(connection, lock_id, now)
            if lock.release_asked is None:
                raise Conflict("nobody has asked to release this lock", lock=lock_id)
            if not alone and lock.release_asked_by == by:
                raise Conflict(
                    "a second person confirms the release", lock=lock_id, code="second-person"
                )
            return await _set(connection, lock_id, {"released_us": now, "released_by": by})

    async def real(self, lock: Lock) -> Mapping[int, Sequence[TimeRange]]:
        """What the lock keeps in truth, by stream, oldest first: whole segments, with those before
        whose pictures they need, as far as they are recorded by now. Streams of which it keeps
        nothing are left out."""
        found: dict[int, list[TimeRange]] = {}
        async with self._database.read() as connection:
            for span in lock.spans:
                its = select(streams.c.id).where(streams.c.camera_id == span.camera_id)
                for stream_id in (await connection.execute(its)).scalars().all():
                    found.setdefault(stream_id, []).extend(
                        await real_spans(connection, stream_id, span.range)
                    )
        return {stream_id: merge(spans) for stream_id, spans in found.items() if spans}

    async def _read(self, wanted: Select[Any]) -> Sequence[Lock]:
        async with self._database.read() as connection:
            return await _locks(connection, wanted)


async def _get(connection: AsyncConnection, lock_id: int) -> Lock:
    found = await _locks(connection, select(locks).where(locks.c.id == lock_id))
    if not found:
        raise NotFound("no such lock", lock=lock_id)
    return found[0]


async def _holding(connection: AsyncConnection, lock_id: int, now: WallTime) -> Lock:
    """The lock, its row held until the transaction ends. Raises Conflict when it is void."""
    await connection.execute(select(locks.c.id).where(locks.c.id == lock_id).with_for_update())
    lock = await _get(connection, lock_id)
    if not lock.holds(now):
        raise Conflict("this lock holds no longer", lock=lock_id)
    return lock


async def _set(connection: AsyncConnection, lock_id: int, values: dict[str, Any]) -> Lock:
    await connection.execute(update(locks).where(locks.c.id == lock_id).values(values))
    return await _get(connection, lock_id)


async def _locks(connection: AsyncConnection, wanted: Select[Any]) -> list[Lock]:
    rows = (await connection.execute(wanted)).all()
    ids = [row.id for row in rows]
    ordered = (lock_spans.c.lock_id, lock_spans.c.camera_id, lock_spans.c.start_us)
    its = select(lock_spans).where(lock_spans.c.lock_id.in_(ids)).order_by(*ordered)
    spans: dict[int, list[LockSpan]] = {}
    for row in (await connection.execute(its)).all():
        span = LockSpan(row.camera_id, TimeRange(row.start_us, row.end_us))
        spans.setdefault(row.lock_id, []).append(span)
    return [_lock(row, tuple(spans.get(row.id, ()))) for row in rows]


def _merged(new: NewLock) -> list[LockSpan]:
    if not new.spans:
        raise Invalid("a lock keeps at least one camera", field="spans")
    by_camera: dict[int, list[TimeRange]] = {}
    for span in new.spans:
        by_camera.setdefault(span.camera_id, []).append(span.range)
    merged = [
        LockSpan(camera_id, span)
        for camera_id, spans in sorted(by_camera.items())
        for span in merge(spans)
    ]
    if len(merged) > MOST_SPANS:
        raise Invalid("too much for one lock: make several", field="spans", most=MOST_SPANS)
    return merged


def _values(new: NewLock, now: WallTime) -> dict[str, Any]:
    return {
        "case_number": new.case_number,
        "reason": new.reason,
        "created_us": now,
        "created_by": new.by,
        "expires_us": new.expires,
    }


def _span(lock_id: int, span: LockSpan) -> dict[str, int]:
    return {
        "lock_id": lock_id,
        "camera_id": span.camera_id,
        "start_us": span.range.start,
        "end_us": span.range.end,
    }


def _lock(row: Any, spans: tuple[LockSpan, ...]) -> Lock:
    return Lock(
        id=row.id,
        case_number=row.case_number,
        reason=row.reason,
        spans=spans,
        created=row.created_us,
        created_by=row.created_by,
        expires=row.expires_us,
        release_asked=row.release_asked_us,
        release_asked_by=row.release_asked_by or "",
        release_reason=row.release_reason or "",
        released=row.released_us,
        released_by=row.released_by or "",
    )
