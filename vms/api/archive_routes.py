"""The rows of the table that are about the archive; `vms.api.routes` joins them to the others."""

from __future__ import annotations

from vms.api.handlers import bookmarks, calendar, groups, locks, retention, timeline
from vms.api.keeping import (
    ReceiptsOut,
    ReceiptsQuery,
    RetentionIn,
    RetentionOut,
    RetentionSet,
)
from vms.api.marks import (
    BookmarkIn,
    BookmarkOut,
    BookmarkPatch,
    BookmarksOut,
    BookmarksQuery,
    GroupIn,
    GroupOut,
    GroupPatch,
    GroupsOut,
    LockIn,
    LockOut,
    LocksOut,
    LocksQuery,
    ReleaseIn,
)
from vms.api.table import AnySignedIn, Route
from vms.api.timelines import (
    CalendarOut,
    CalendarQuery,
    NearestOut,
    NearestQuery,
    TimelineOut,
    TimelineQuery,
)
from vms.auth.policy import Action

_NAMED = AnySignedIn("asks for the right to each camera that is named")
_SEEN = AnySignedIn("lists what the user may see, and asks for the right to each camera named")

RECORDED: tuple[Route, ...] = (
    Route(
        "GET",
        "/api/timeline",
        _NAMED,
        timeline.get_timeline,
        "What is recorded of up to 64 cameras, why not where it is not, and what is marked there",
        query=TimelineQuery,
        answer=TimelineOut,
    ),
    Route(
        "GET",
        "/api/calendar",
        _NAMED,
        calendar.get_calendar,
        "How much of each day of the site's zone is recorded",
        query=CalendarQuery,
        answer=CalendarOut,
    ),
    Route(
        "GET",
        "/api/cameras/{camera_id}/nearest",
        Action.PLAYBACK,
        calendar.get_nearest,
        "The recorded instant nearest to one, and where the next and the last recording begin",
        query=NearestQuery,
        answer=NearestOut,
    ),
)

MARKED: tuple[Route, ...] = (
    Route(
        "GET",
        "/api/bookmarks",
        _SEEN,
        bookmarks.list_bookmarks,
        "Bookmarks, the newest first",
        query=BookmarksQuery,
        answer=BookmarksOut,
    ),
    Route(
        "POST",
        "/api/cameras/{camera_id}/bookmarks",
        Action.PLAYBACK,
        bookmarks.add_bookmark,
        "Mark an instant or a time of a camera",
        body=BookmarkIn,
        answer=BookmarkOut,
        status=201,
    ),
    Route(
        "PATCH",
        "/api/cameras/{camera_id}/bookmarks/{bookmark_id}",
        Action.PLAYBACK,
        bookmarks.change_bookmark,
        "Change a bookmark of one's own; administrators any",
        body=BookmarkPatch,
        answer=BookmarkOut,
    ),
    Route(
        "DELETE",
        "/api/cameras/{camera_id}/bookmarks/{bookmark_id}",
        Action.PLAYBACK,
        bookmarks.remove_bookmark,
        "Take away a bookmark of one's own; administrators any",
    ),
    Route(
        "GET",
        "/api/locks",
        _SEEN,
        locks.list_locks,
        "Evidence locks, the newest first",
        query=LocksQuery,
        answer=LocksOut,
    ),
    Route(
        "POST",
        "/api/locks",
        Action.ADMIN,
        locks.add_lock,
        "Keep time of some cameras until it is released",
        body=LockIn,
        answer=LockOut,
        status=201,
    ),
    Route(
        "GET",
        "/api/locks/{lock_id}",
        AnySignedIn("shows a lock only to those who may see a camera of it, and only that part"),
        locks.get_lock,
        "An evidence lock, and what it keeps to the border of segments",
        answer=LockOut,
    ),
    Route(
        "POST",
        "/api/locks/{lock_id}/release",
        Action.ADMIN,
        locks.ask_release,
        "Release a lock, or ask a second person to",
        body=ReleaseIn,
        answer=LockOut,
    ),
    Route(
        "DELETE",
        "/api/locks/{lock_id}/release",
        Action.ADMIN,
        locks.withdraw_release,
        "Keep it after all: nobody has asked for its release",
        answer=LockOut,
    ),
    Route(
        "POST",
        "/api/locks/{lock_id}/confirm",
        Action.ADMIN,
        locks.confirm_release,
        "Confirm, as the second person, that a lock is released",
        answer=LockOut,
    ),
    Route(
        "GET",
        "/api/groups",
        AnySignedIn("lists only groups and cameras that the user may see"),
        groups.list_groups,
        "The groups of cameras",
        answer=GroupsOut,
    ),
    Route(
        "POST",
        "/api/groups",
        Action.ADMIN,
        groups.add_group,
        "Add a group of cameras",
        body=GroupIn,
        answer=GroupOut,
        status=201,
    ),
    Route(
        "PATCH",
        "/api/groups/{group_id}",
        Action.ADMIN,
        groups.change_group,
        "Change a group of cameras",
        body=GroupPatch,
        answer=GroupOut,
    ),
    Route(
        "DELETE",
        "/api/groups/{group_id}",
        Action.ADMIN,
        groups.remove_group,
        "Remove a group; its cameras stay",
    ),
)

KEPT: tuple[Route, ...] = (
    Route(
        "GET",
        "/api/retention",
        Action.ADMIN,
        retention.get_retention,
        "How long video is kept, who says so, and what is going to change",
        answer=RetentionOut,
    ),
    Route(
        "POST",
        "/api/retention",
        Action.ADMIN,
        retention.set_retention,
        "Change what a scope says: what keeps more at once, what keeps less after a delay",
        body=RetentionIn,
        answer=RetentionSet,
    ),
    Route(
        "DELETE",
        "/api/retention/changes/{change_id}",
        Action.ADMIN,
        retention.cancel_change,
        "Take back a change that waits",
    ),
    Route(
        "GET",
        "/api/retention/receipts",
        Action.ADMIN,
        retention.list_receipts,
        "What was deleted, when, by which rule, with the Merkle root of its hashes",
        query=ReceiptsQuery,
        answer=ReceiptsOut,
    ),
)

ARCHIVE_ROUTES = (*RECORDED, *MARKED, *KEPT)
