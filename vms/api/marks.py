"""What people keep and mark, as JSON: evidence locks, bookmarks, groups of cameras. µs UTC."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from vms.api.shapes import Id, Ids, Moment, Name, Schema, Words
from vms.core.promises import Bookmark

MOST_SPANS = 64
MOST_BOOKMARKS = 1000
MOST_OF_A_GROUP = 5000

Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=500)]
"""Why, in a few words; never empty."""
Case = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]*$"
    ),
]
Note = Annotated[str, StringConstraints(max_length=2000)]


class LockSpanIn(Schema):
    camera_id: Id
    start: Moment
    end: Moment


class LockIn(Schema):
    """`expires` absent: until it is released."""

    case_number: Case
    reason: Reason
    spans: Annotated[list[LockSpanIn], Field(min_length=1, max_length=MOST_SPANS)]
    expires: Moment | None = None


class LockSpanOut(Schema):
    """Time of one camera, all its streams, as it was asked for."""

    camera_id: int
    start: int
    end: int


class RealSpanOut(Schema):
    """What a lock keeps of one stream: whole segments, so a little more than was asked for."""

    camera_id: int
    stream_id: int
    start: int
    end: int


class LockOut(Schema):
    """`state`: `holds`, `asked` (holds; somebody asked to release it, and a second person has to
    confirm), `released`, `expired`. Spans of cameras that may not be seen are left out. `real` only
    where a single lock is asked for."""

    id: int
    case_number: str
    reason: str
    state: Literal["holds", "asked", "released", "expired"]
    spans: list[LockSpanOut]
    real: list[RealSpanOut] | None = None
    created: int
    created_by: str
    expires: int | None
    release_asked: int | None
    release_asked_by: str
    release_reason: str
    released: int | None
    released_by: str


class LocksQuery(Schema):
    """`active`: only those that hold. `cameras` absent: of all that may be seen."""

    active: bool = True
    cameras: Ids | None = None


class LocksOut(Schema):
    """Newest first. `two_persons`: who asks for a release cannot confirm it."""

    now: int
    two_persons: bool
    locks: list[LockOut]


class ReleaseIn(Schema):
    reason: Reason


class BookmarkIn(Schema):
    """`end` absent: an instant."""

    at: Moment
    end: Moment | None = None
    title: Name
    note: Note = ""


class BookmarkPatch(Schema):
    """Only what is sent changes."""

    title: Name | None = None
    note: Note | None = None


class BookmarkOut(Schema):
    """`mine`: who asks may change it and take it away."""

    id: int
    camera_id: int
    at: int
    end: int | None
    title: str
    note: str
    made: int
    made_by: str
    mine: bool

    @classmethod
    def of(cls, bookmark: Bookmark, *, mine: bool) -> BookmarkOut:
        return cls(
            id=bookmark.id,
            camera_id=bookmark.camera_id,
            at=bookmark.at,
            end=bookmark.end,
            title=bookmark.title,
            note=bookmark.note,
            made=bookmark.made,
            made_by=bookmark.made_by,
            mine=mine,
        )


class BookmarksQuery(Schema):
    """`cameras` absent: all that may be seen. The newest `limit` of those that touch the time."""

    cameras: Ids | None = None
    start: Moment = 0
    end: Moment = 10**17
    text: Words = ""
    limit: Annotated[int, Field(ge=1, le=MOST_BOOKMARKS)] = 200


class BookmarksOut(Schema):
    """Newest first."""

    bookmarks: list[BookmarkOut]


class GroupIn(Schema):
    name: Name
    cameras: list[Id] = Field(default_factory=list, max_length=MOST_OF_A_GROUP)


class GroupPatch(Schema):
    """Only what is sent changes; `cameras` is the whole new set."""

    name: Name | None = None
    cameras: Annotated[list[Id], Field(max_length=MOST_OF_A_GROUP)] | None = None


class GroupOut(Schema):
    """`cameras`: those of it that may be seen."""

    id: int
    name: str
    cameras: list[int]


class GroupsOut(Schema):
    groups: list[GroupOut]
