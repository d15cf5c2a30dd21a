"""The index: cameras, segments, gaps, users and sessions in SQL (SQLite or PostgreSQL).

What belongs here: every SQL statement of the program and its migrations. What does not: rows; they
never leave this package, callers get the values of `vms.core.model` and `storage.index.values`.
The database driver owns its threads; there are no tasks here.
"""

from storage.index.database import Index, open_index
from storage.index.migrate import migrate
from storage.index.values import (
    KEEP,
    CameraChange,
    HourRow,
    Keep,
    NewCamera,
    NewLock,
    NewStream,
    Outline,
    Session,
    Taken,
    Used,
    UserChange,
)

__all__ = [
    "KEEP",
    "CameraChange",
    "HourRow",
    "Index",
    "Keep",
    "NewCamera",
    "NewLock",
    "NewStream",
    "Outline",
    "Session",
    "Taken",
    "Used",
    "UserChange",
    "migrate",
    "open_index",
]
