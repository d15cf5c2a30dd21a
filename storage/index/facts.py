"""Facts about the site: single values under a name, such as the id of its store."""

from __future__ import annotations

from contextlib import suppress

from sqlalchemy import delete, insert, select, update

from storage.index.engine import Database
from storage.index.schema import facts
from vms.core.errors import Conflict


class Facts:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, key: str) -> str | None:
        """The value, or None when nobody put one."""
        async with self._database.read() as connection:
            value = await connection.scalar(select(facts.c.value).where(facts.c.key == key))
        return None if value is None else str(value)

    async def put(self, key: str, value: str) -> None:
        async with self._database.write() as connection:
            changed = await connection.execute(
                update(facts).where(facts.c.key == key).values(value=value)
            )
            if changed.rowcount == 0:
                await connection.execute(insert(facts).values(key=key, value=value))

    async def claim(self, key: str, value: str) -> str:
        """The value that stands: the one already there, else `value`, which is kept."""
        with suppress(Conflict):
            async with self._database.write() as connection:
                there = await connection.scalar(select(facts.c.value).where(facts.c.key == key))
                if there is not None:
                    return str(there)
                await connection.execute(insert(facts).values(key=key, value=value))
        return await self.get(key) or value

    async def remove(self, key: str) -> None:
        async with self._database.write() as connection:
            await connection.execute(delete(facts).where(facts.c.key == key))
