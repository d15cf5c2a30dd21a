"""What people marked in the recorded time of a camera."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, func, insert, or_, select, update

from storage.index.engine import Database
from storage.index.schema import bookmarks
from storage.index.values import KEEP, Keep
from vms.core.errors import NotFound
from vms.core.promises import Bookmark
from vms.core.walltime import TimeRange, WallTime

_ESCAPE = "\\"


@dataclass(frozen=True, slots=True)
class NewBookmark:
    """`end` None: an instant."""

    camera_id: int
    at: WallTime
    end: WallTime | None
    title: str
    note: str
    made_by: str


@dataclass(frozen=True, slots=True)
class BookmarkChange:
    """Fields left at KEEP stay."""

    title: str | Keep = KEEP
    note: str | Keep = KEEP


class Bookmarks:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, new: NewBookmark, now: WallTime) -> Bookmark:
        """Raises Conflict for a camera that is not there."""
        values = {
            "camera_id": new.camera_id,
            "at_us": new.at,
            "end_us": new.end,
            "title": new.title,
            "note": new.note,
            "made_us": now,
            "made_by": new.made_by,
        }
        async with self._database.write() as connection:
            added = await connection.execute(insert(bookmarks).values(values).returning(bookmarks))
            return _bookmark(added.one())

    async def get(self, bookmark_id: int) -> Bookmark:
        """Raises NotFound."""
        this = select(bookmarks).where(bookmarks.c.id == bookmark_id)
        async with self._database.read() as connection:
            row = (await connection.execute(this)).one_or_none()
        if row is None:
            raise NotFound("no such bookmark", bookmark=bookmark_id)
        return _bookmark(row)

    async def change(self, bookmark_id: int, change: BookmarkChange) -> Bookmark:
        """The bookmark as changed. Raises NotFound."""
        fields = {"title": change.title, "note": change.note}
        values = {name: value for name, value in fields.items() if value is not KEEP}
        if values:
            this = update(bookmarks).where(bookmarks.c.id == bookmark_id)
            async with self._database.write() as connection:
                await connection.execute(this.values(values))
        return await self.get(bookmark_id)

    async def remove(self, bookmark_id: int) -> None:
        """Raises NotFound."""
        this = delete(bookmarks).where(bookmarks.c.id == bookmark_id)
        async with self._database.write() as connection:
            if (await connection.execute(this)).rowcount == 0:
                raise NotFound("no such bookmark", bookmark=bookmark_id)

    async def between(
        self, camera_ids: Collection[int] | None, span: TimeRange, *, limit: int, text: str = ""
    ) -> list[Bookmark]:
        """The newest `limit` that touch `span`, newest first; of these cameras, None: of all.
        `text`: only those with it in title or note, upper and lower case alike (beyond ASCII as
        far as the database knows)."""
        found = _touching(span).order_by(bookmarks.c.at_us.desc(), bookmarks.c.id.desc())
        if camera_ids is not None:
            found = found.where(bookmarks.c.camera_id.in_(camera_ids))
        if text:
            found = found.where(_holding(text))
        async with self._database.read() as connection:
            rows = await connection.execute(found.limit(limit))
            return [_bookmark(row) for row in rows.all()]


def _touching(span: TimeRange) -> Select[Any]:
    instant = bookmarks.c.end_us.is_(None) & (bookmarks.c.at_us >= span.start)
    reaching = or_(instant, bookmarks.c.end_us > span.start)
    return select(bookmarks).where(bookmarks.c.at_us < span.end, reaching)


def _holding(text: str) -> ColumnElement[bool]:
    low = text.lower()
    return or_(
        func.lower(bookmarks.c.title).contains(low, autoescape=True, escape=_ESCAPE),
        func.lower(bookmarks.c.note).contains(low, autoescape=True, escape=_ESCAPE),
    )


def _bookmark(row: Any) -> Bookmark:
    return Bookmark(
        id=row.id,
        camera_id=row.camera_id,
        at=row.at_us,
        end=row.end_us,
        title=row.title,
        note=row.note,
        made=row.made_us,
        made_by=row.made_by,
    )
