"""Bookmarks: who may play a camera may mark its time; who made one, or an administrator, may change
it and take it away."""

from __future__ import annotations

from storage.index import KEEP
from storage.index.bookmarks import BookmarkChange, NewBookmark
from vms.api.call import Call
from vms.api.handlers.seen import named_camera, playable
from vms.api.marks import BookmarkIn, BookmarkOut, BookmarkPatch, BookmarksOut, BookmarksQuery
from vms.api.numbers import id_in_path
from vms.api.problems import WrongFields
from vms.auth.policy import Action, allows
from vms.core.errors import Denied, NotFound
from vms.core.promises import Bookmark
from vms.core.walltime import DAY, TimeRange, WallTime

LONGEST_MICROS = DAY
LATEST_MICROS = DAY
"""Ahead of our clock: what is marked has been seen."""
NO_SUCH_BOOKMARK = "there is no such bookmark"
USER_BURST, USER_PER_SECOND = 60, 1.0


async def list_bookmarks(call: Call) -> BookmarksOut:
    asked = call.query(BookmarksQuery)
    if asked.end <= asked.start:
        raise WrongFields(("end", "before-start"))
    found = await call.api.index.bookmarks.between(
        playable(call, asked.cameras),
        TimeRange(WallTime(asked.start), WallTime(asked.end)),
        limit=asked.limit,
        text=asked.text.strip(),
    )
    return BookmarksOut(bookmarks=[_out(call, each) for each in found])


async def add_bookmark(call: Call) -> BookmarkOut:
    """Raises NotFound, Exhausted with the seconds to wait, WrongFields for an impossible time."""
    sent, now = call.body(BookmarkIn), call.api.clock.wall()
    call.api.marks_of_users.take(call.user.id)
    end = _checked_end(sent, now)
    camera = await named_camera(call)
    new = NewBookmark(
        camera_id=camera.id,
        at=WallTime(sent.at),
        end=end,
        title=sent.title,
        note=sent.note,
        made_by=call.user.name,
    )
    return _out(call, await call.api.index.bookmarks.add(new, now))


async def change_bookmark(call: Call) -> BookmarkOut:
    """Raises NotFound, Denied when it is somebody else's."""
    sent, mark = call.body(BookmarkPatch), await _own(call)
    change = BookmarkChange(
        title=KEEP if sent.title is None else sent.title,
        note=KEEP if sent.note is None else sent.note,
    )
    return _out(call, await call.api.index.bookmarks.change(mark.id, change))


async def remove_bookmark(call: Call) -> None:
    """Raises NotFound, Denied when it is somebody else's."""
    await call.api.index.bookmarks.remove((await _own(call)).id)


def _checked_end(sent: BookmarkIn, now: WallTime) -> WallTime | None:
    if sent.at > now + LATEST_MICROS:
        raise WrongFields(("at", "time"))
    if sent.end is None:
        return None
    if sent.end <= sent.at:
        raise WrongFields(("end", "before-start"))
    if sent.end - sent.at > LONGEST_MICROS:
        raise WrongFields(("end", "too-long"))
    return WallTime(sent.end)


async def _own(call: Call) -> Bookmark:
    """The bookmark in the path, of the camera in the path."""
    bookmark_id = id_in_path(call, "bookmark_id", NO_SUCH_BOOKMARK)
    try:
        mark = await call.api.index.bookmarks.get(bookmark_id)
    except NotFound:
        raise NotFound(NO_SUCH_BOOKMARK) from None
    if mark.camera_id != call.camera_id:
        raise NotFound(NO_SUCH_BOOKMARK)
    if not _is_mine(call, mark):
        raise Denied("this bookmark is somebody else's")
    return mark


def _is_mine(call: Call, mark: Bookmark) -> bool:
    return mark.made_by == call.user.name or allows(call.user, Action.ADMIN)


def _out(call: Call, mark: Bookmark) -> BookmarkOut:
    return BookmarkOut.of(mark, mine=_is_mine(call, mark))
