"""What a timeline asks of many streams at once: each question one statement, its answer no longer
than the screen is wide. Coverage of a whole span is in `Segments`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, func, or_, select

from storage.index.engine import Database
from storage.index.goptable import decode
from storage.index.schema import coverage, events, gaps, hours, segments, streams
from storage.timeline import EventMark, GapMark, Recorded
from vms.core.model import Cause
from vms.core.walltime import HOUR, TimeRange, WallTime

T = TypeVar("T")

BEGINNING = WallTime(0)
"""Marks counted from here stay where they are while somebody pans."""

NEIGHBOURS = 200
"""Spans looked at on each side of an instant: slivers between two of them are skipped."""


class Lanes:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def gaps(
        self, stream_ids: Collection[int], span: TimeRange, *, most: int, pixel_micros: int
    ) -> dict[int, list[GapMark]]:
        """Gaps that touch `span`, whole, oldest first. Where there are more than `most` of all
        these streams together, those of one cause that begin in one pixel become one."""
        touching = _touching(stream_ids, span)
        async with self._database.read() as connection:
            exact = select(gaps).where(*touching).order_by(gaps.c.start_us).limit(most + 1)
            rows = (await connection.execute(exact)).all()
            if len(rows) <= most:
                return _by_owner(stream_ids, ((row.stream_id, _gap(row)) for row in rows))
            rows = (await connection.execute(_joined(touching, max(1, pixel_micros)))).all()
        return _by_owner(stream_ids, ((row.stream_id, _joined_gap(row)) for row in rows))

    async def recorded(
        self, stream_ids: Collection[int], span: TimeRange, *, groups: bool
    ) -> dict[int, list[Recorded]]:
        """Which time holds how many bytes, oldest first: one value a segment, or with `groups` one
        a group of pictures. For some thousand segments, with `groups` for some hundred."""
        columns = [segments.c.stream_id, segments.c.start_us, segments.c.end_us]
        columns += [segments.c.size_bytes, *([segments.c.gops] if groups else [])]
        found = select(*columns).where(
            segments.c.stream_id.in_(stream_ids),
            segments.c.start_us >= span.start - HOUR,  # no segment is longer
            segments.c.start_us < span.end,
            segments.c.end_us > span.start,
        )
        async with self._database.read() as connection:
            rows = (await connection.execute(found.order_by(segments.c.start_us))).all()
        read = _groups if groups else _whole
        return _by_owner(stream_ids, ((row.stream_id, each) for row in rows for each in read(row)))

    async def hours(
        self, stream_ids: Collection[int], span: TimeRange, *, bucket_micros: int
    ) -> dict[int, list[Recorded]]:
        """The same from the sums of the hours that begin in `span`: one value a bucket in which
        anything is recorded, counted from the start of `span`; both are whole hours."""
        begin = hours.c.hour_us - (hours.c.hour_us - span.start) % bucket_micros
        inner = (
            select(hours, begin.label("begin_us"))
            .where(hours.c.stream_id.in_(stream_ids))
            .where(hours.c.hour_us >= span.start, hours.c.hour_us < span.end)
            .subquery()
        )
        micros, size = func.sum(inner.c.recorded_us), func.sum(inner.c.size_bytes)
        of_bucket = (inner.c.stream_id, inner.c.begin_us)
        grouped = select(*of_bucket, micros.label("micros"), size.label("size"))
        async with self._database.read() as connection:
            rows = await connection.execute(grouped.group_by(*of_bucket).order_by(inner.c.begin_us))
            return _by_owner(
                stream_ids,
                (
                    (row.stream_id, Recorded(row.begin_us, int(row.micros), int(row.size)))
                    for row in rows.all()
                    if row.micros
                ),
            )

    async def events(
        self,
        camera_ids: Collection[int],
        span: TimeRange,
        *,
        pixel_micros: int,
        origin: WallTime = BEGINNING,
    ) -> dict[int, list[EventMark]]:
        """Events in `span`, oldest first; those of one kind within one pixel become one. Pixels are
        counted from `origin`, which is not later than `span`."""
        at = events.c.at_us
        cell = (at - (at - origin) % max(1, pixel_micros)).label("cell")
        inner = (
            select(events.c.camera_id, events.c.kind, at, cell)
            .where(events.c.camera_id.in_(camera_ids), at >= span.start, at < span.end)
            .subquery()
        )
        first = func.min(inner.c.at_us).label("first")
        grouped = (
            select(inner.c.camera_id, inner.c.kind, first, func.count().label("many"))
            .group_by(inner.c.camera_id, inner.c.kind, inner.c.cell)
            .order_by(first, inner.c.kind)
        )
        async with self._database.read() as connection:
            rows = (await connection.execute(grouped)).all()
        marks = ((row.camera_id, EventMark(row.first, row.kind, row.many)) for row in rows)
        return _by_owner(camera_ids, marks)

    async def cameras_of(self, stream_ids: Collection[int]) -> dict[int, int]:
        """By stream its camera, removed ones too; unknown streams are left out."""
        these = select(streams.c.id, streams.c.camera_id).where(streams.c.id.in_(stream_ids))
        async with self._database.read() as connection:
            return {row.id: row.camera_id for row in (await connection.execute(these)).all()}

    async def near(self, stream_id: int, wall: WallTime) -> list[TimeRange]:
        """What is recorded around an instant, oldest first: NEIGHBOURS spans on each side."""
        these = select(coverage).where(coverage.c.stream_id == stream_id)
        start = coverage.c.start_us
        before = these.where(start <= wall).order_by(start.desc()).limit(NEIGHBOURS)
        after = these.where(start > wall).order_by(start).limit(NEIGHBOURS)
        async with self._database.read() as connection:
            rows = [*(await connection.execute(before)).all()][::-1]
            rows += (await connection.execute(after)).all()
        return [TimeRange(row.start_us, row.end_us) for row in rows]


def _touching(stream_ids: Collection[int], span: TimeRange) -> tuple[ColumnElement[bool], ...]:
    lasting = or_(gaps.c.end_us.is_(None), gaps.c.end_us > span.start)
    return gaps.c.stream_id.in_(stream_ids), gaps.c.start_us < span.end, lasting


def _joined(touching: tuple[ColumnElement[bool], ...], pixel_micros: int) -> Select[Any]:
    """Gaps by stream, cause and pixel; one that lasts is never hidden by one that is over."""
    cell = (gaps.c.start_us - gaps.c.start_us % pixel_micros).label("cell")
    lasts = gaps.c.end_us.is_(None).label("lasts")
    inner = select(gaps, cell, lasts).where(*touching).subquery()
    start, detail = func.min(inner.c.start_us), func.min(inner.c.detail)
    return (
        select(
            inner.c.stream_id,
            inner.c.cause,
            start.label("start_us"),
            func.max(inner.c.end_us).label("end_us"),
            detail.label("detail"),
            func.count().label("many"),
        )
        .group_by(inner.c.stream_id, inner.c.cause, inner.c.cell, inner.c.lasts)
        .order_by(start)
    )


def _gap(row: Any) -> GapMark:
    return GapMark(row.start_us, row.end_us, Cause(row.cause), row.detail)


def _joined_gap(row: Any) -> GapMark:
    detail = row.detail if row.many == 1 else ""
    return GapMark(row.start_us, row.end_us, Cause(row.cause), detail, row.many)


def _whole(row: Any) -> Iterator[Recorded]:
    yield Recorded(row.start_us, row.end_us - row.start_us, row.size_bytes)


def _groups(row: Any) -> Iterator[Recorded]:
    for group in decode(row.gops):
        yield Recorded(WallTime(row.start_us + group.start), group.duration, group.size)


def _by_owner(owners: Collection[int], found: Iterable[tuple[int, T]]) -> dict[int, list[T]]:
    """Every owner with what was found of it, in the order it was found."""
    by_owner: dict[int, list[T]] = {owner: [] for owner in owners}
    for owner, each in found:
        by_owner[owner].append(each)
    return by_owner
