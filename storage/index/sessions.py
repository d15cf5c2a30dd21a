"""Who is signed in. The hash of a token finds its session; the token itself is not kept."""

from __future__ import annotations

from sqlalchemy import delete, insert, select, update

from storage.index.engine import Database
from storage.index.schema import sessions
from storage.index.values import Session
from vms.core.walltime import WallTime


class Sessions:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(
        self, token_sha256: bytes, user_id: int, created: WallTime, expires: WallTime
    ) -> Session:
        """Raises Conflict when there is no such user, or the token is known already."""
        async with self._database.write() as connection:
            await connection.execute(
                insert(sessions).values(
                    token_sha256=token_sha256,
                    user_id=user_id,
                    created_us=created,
                    expires_us=expires,
                    seen_us=created,
                )
            )
        return Session(token_sha256, user_id, created, expires, seen=created)

    async def get(self, token_sha256: bytes) -> Session | None:
        """The session, expired or not: the caller has the clock."""
        async with self._database.read() as connection:
            found = await connection.execute(
                select(sessions).where(sessions.c.token_sha256 == token_sha256)
            )
            row = found.one_or_none()
        if row is None:
            return None
        return Session(row.token_sha256, row.user_id, row.created_us, row.expires_us, row.seen_us)

    async def touch(
        self, token_sha256: bytes, seen: WallTime, expires: WallTime | None = None
    ) -> None:
        """Note a use; `expires` moves the end as well. Nothing happens when it is gone."""
        values = {"seen_us": seen} | ({} if expires is None else {"expires_us": expires})
        async with self._database.write() as connection:
            await connection.execute(
                update(sessions).where(sessions.c.token_sha256 == token_sha256).values(values)
            )

    async def remove(self, token_sha256: bytes) -> None:
        async with self._database.write() as connection:
            await connection.execute(
                delete(sessions).where(sessions.c.token_sha256 == token_sha256)
            )

    async def remove_of_user(self, user_id: int) -> None:
        async with self._database.write() as connection:
            await connection.execute(delete(sessions).where(sessions.c.user_id == user_id))

    async def remove_expired(self, now: WallTime) -> None:
        """Forget every session whose end has come."""
        async with self._database.write() as connection:
            await connection.execute(delete(sessions).where(sessions.c.expires_us <= now))
