"""The tables, a module per subject. Every comment is a promise that the code of this package keeps.

Times are µs UTC in BIGINT, sizes bytes. A segment has no key column: its object's key is derived
from the ids and the start (`vms.core.model.object_key`). The migrations build exactly this; a test
compares.
"""

from __future__ import annotations

from storage.index.schema.archive import coverage, damage, gaps, garbage, hours, segments
from storage.index.schema.base import metadata
from storage.index.schema.cameras import cameras, group_cameras, groups, streams
from storage.index.schema.facts import facts
from storage.index.schema.notes import bookmarks, events
from storage.index.schema.people import sessions, user_cameras, users
from storage.index.schema.promises import (
    lock_spans,
    locks,
    receipts,
    retention,
    retention_changes,
)
from storage.index.schema.runs import clock_steps, runs

__all__ = [
    "bookmarks",
    "cameras",
    "clock_steps",
    "coverage",
    "damage",
    "events",
    "facts",
    "gaps",
    "garbage",
    "group_cameras",
    "groups",
    "hours",
    "lock_spans",
    "locks",
    "metadata",
    "receipts",
    "retention",
    "retention_changes",
    "runs",
    "segments",
    "sessions",
    "streams",
    "user_cameras",
    "users",
]
