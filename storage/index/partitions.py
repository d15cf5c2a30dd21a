"""PostgreSQL: the partitions of `segments`, one a UTC day; garbage that is a whole day.

A day is made by whoever first adds to it, and the next one with it. A day that goes is not moved
row by row: its partition is detached and becomes a child of the table `garbage` (PostgreSQL's
inheritance), in which it is found and deleted like any other garbage. SQLite has neither: there the
questions answer "none". No tasks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.index.engine import Database
from vms.core.walltime import DAY, SECOND, WallTime

_NAME = re.compile(r"segments_(\d{8})")
_LOCK = 0x4D41_5450
"""Of who makes a day, in this database; any number but that of the migrations."""
_CHILDREN = text(
    "SELECT relname FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid"
    " WHERE inhparent = to_regclass(:parent) ORDER BY relname"
)


def day_of(wall: int) -> WallTime:
    """The midnight (UTC) before."""
    return WallTime(wall - wall % DAY)


def named(day: WallTime, prefix: str = "segments") -> str:
    return f"{prefix}_{datetime.fromtimestamp(day // SECOND, UTC):%Y%m%d}"


class Days:
    """The days one process knows to be there, so that it asks once a day."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: set[WallTime] = set()

    async def make(self, walls: Iterable[int]) -> None:
        """See that a partition is there for each of these instants, and for the day after."""
        if self._database.sqlite:
            return
        days = {day_of(wall) for wall in walls}
        if not days <= self._known:
            wanted = days | {WallTime(day + DAY) for day in days}
            async with self._database.write() as connection:
                await _make_missing(connection, wanted)
            self._known |= days

    def forget(self) -> None:
        """One that was known is gone."""
        self._known.clear()


async def days(connection: AsyncConnection) -> list[WallTime]:
    """The days that have a partition of their own, oldest first."""
    if connection.dialect.name != "postgresql":
        return []
    found = [_NAME.fullmatch(name) for name in await children(connection, "segments")]
    return sorted(_midnight(match[1]) for match in found if match is not None)


async def children(connection: AsyncConnection, parent: str) -> list[str]:
    """The names of its partitions, or of what inherits from it."""
    return list((await connection.execute(_CHILDREN, {"parent": parent})).scalars())


async def create(connection: AsyncConnection, day: WallTime) -> None:
    """Make the partition of a day that has none. Nobody who reads or writes others waits."""
    name = named(day)
    for statement in (
        f"CREATE TABLE {name} (LIKE segments INCLUDING DEFAULTS)",
        f"ALTER TABLE {name} SET (autovacuum_vacuum_insert_scale_factor = 0,"
        " autovacuum_vacuum_insert_threshold = 10000)",
        f"ALTER TABLE segments ATTACH PARTITION {name} FOR VALUES FROM ({day}) TO ({day + DAY})",
    ):
        await connection.execute(text(statement))


async def detach(connection: AsyncConnection, day: WallTime, why: str) -> str:
    """The partition of a day becomes garbage, all of it; the name of its table. Everybody who uses
    `segments` waits until the transaction ends."""
    name = await _free_name(connection, named(day, "garbage"))
    literal = why.replace("'", "''").replace(":", "\\:")
    for statement in (
        f"ALTER TABLE segments DETACH PARTITION {named(day)}",
        f"ALTER TABLE {named(day)} RENAME TO {name}",
        f"ALTER INDEX {named(day)}_pkey RENAME TO {name}_pkey",
        f"ALTER TABLE {name} ADD COLUMN why TEXT NOT NULL DEFAULT '{literal}'",
        f"ALTER TABLE {name} INHERIT garbage",
    ):
        await connection.execute(text(statement))
    return name


async def drop_empty(connection: AsyncConnection, before: WallTime) -> None:
    """Drop days of garbage that are done with, and days of segments before `before` of which
    nothing is left."""
    for name in await children(connection, "garbage"):
        await _drop_if_empty(connection, name)
    for day in await days(connection):
        if day + DAY <= before:
            await _drop_if_empty(connection, named(day))


async def _drop_if_empty(connection: AsyncConnection, name: str) -> None:
    """Looked at again under the lock that dropping takes."""
    if await _empty(connection, name):
        await connection.execute(text(f"LOCK TABLE {name} IN ACCESS EXCLUSIVE MODE"))
        if await _empty(connection, name):
            await connection.execute(text(f"DROP TABLE {name}"))


async def _empty(connection: AsyncConnection, name: str) -> bool:
    return await connection.scalar(text(f"SELECT 1 FROM {name} LIMIT 1")) is None


async def _make_missing(connection: AsyncConnection, wanted: Iterable[WallTime]) -> None:
    """Under a lock: several roles may come to a new day at once. What the partition of everything
    before the partitions covers needs none."""
    await connection.execute(text("SELECT pg_advisory_xact_lock(:id)"), {"id": _LOCK})
    there = set(await days(connection))
    begin = await _covered_until(connection)
    for day in sorted(set(wanted) - there):
        if begin is None or day >= begin:
            await create(connection, day)


async def _covered_until(connection: AsyncConnection) -> int | None:
    """Where the partition of all that was there before partitions were made ends, if it is."""
    bound = await connection.scalar(
        text(
            "SELECT pg_get_expr(relpartbound, oid) FROM pg_class"
            " WHERE oid = to_regclass('segments_before') AND relispartition"
        )
    )
    found = re.search(r"TO \('?(-?\d+)'?\)", bound or "")
    return None if found is None else int(found[1])


async def _free_name(connection: AsyncConnection, name: str) -> str:
    """`name`, or with a number behind it: a day may go more than once."""
    taken, number, free = set(await children(connection, "garbage")), 1, name
    while free in taken:
        number += 1
        free = f"{name}_{number}"
    return free


def _midnight(digits: str) -> WallTime:
    start = datetime.strptime(digits, "%Y%m%d").replace(tzinfo=UTC)
    return WallTime(int(start.timestamp()) * SECOND)
