"""The index as a whole: one value with a part per table, open as long as a role runs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from storage.index.bookmarks import Bookmarks
from storage.index.cameras import Cameras
from storage.index.census import Census
from storage.index.damage import DamageList
from storage.index.engine import Database
from storage.index.events import Events
from storage.index.facts import Facts
from storage.index.gaps import Gaps
from storage.index.garbage import GarbageList
from storage.index.groups import Groups
from storage.index.lanes import Lanes
from storage.index.locks import Locks
from storage.index.receipts import Receipts
from storage.index.restored import Restored
from storage.index.retention import Retention
from storage.index.runs import Runs
from storage.index.sealing import Seal
from storage.index.segments import Segments
from storage.index.sessions import Sessions
from storage.index.tiers import Tiers
from storage.index.users import Users
from storage.index.weights import Weights


@dataclass(frozen=True, slots=True)
class Index:
    """Every method raises Unavailable when the database cannot be reached."""

    cameras: Cameras
    segments: Segments
    garbage: GarbageList
    gaps: Gaps
    runs: Runs
    users: Users
    sessions: Sessions
    facts: Facts
    bookmarks: Bookmarks
    groups: Groups
    lanes: Lanes
    locks: Locks
    retention: Retention
    receipts: Receipts
    events: Events
    damage: DamageList
    census: Census
    restored: Restored
    weights: Weights
    tiers: Tiers


@asynccontextmanager
async def open_index(url: str, *, key: bytes) -> AsyncIterator[Index]:
    """The index at `url`: `sqlite:///path` (four slashes before an absolute one) or `postgresql://…`.

    `key`: 32 bytes that encrypt camera passwords. Connects at the first use, not here, so a role
    starts while its database is away. `migrate` it first. Raises Invalid for another URL or key.
    """
    seal = Seal(key)
    database = Database(url)
    try:
        yield Index(
            cameras=Cameras(database, seal),
            segments=Segments(database),
            garbage=GarbageList(database),
            gaps=Gaps(database),
            runs=Runs(database),
            users=Users(database),
            sessions=Sessions(database),
            facts=Facts(database),
            bookmarks=Bookmarks(database),
            groups=Groups(database),
            lanes=Lanes(database),
            locks=Locks(database),
            retention=Retention(database),
            receipts=Receipts(database),
            events=Events(database),
            damage=DamageList(database),
            census=Census(database),
            restored=Restored(database),
            weights=Weights(database),
            tiers=Tiers(database),
        )
    finally:
        await database.close()
