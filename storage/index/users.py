"""Who may sign in, and which cameras they see. Hashing passwords is not done here."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.index.engine import Database
from storage.index.schema import user_cameras, users
from storage.index.values import KEEP, UserChange
from vms.core.errors import Conflict, NotFound
from vms.core.model import Role, User


class Users:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def count(self) -> int:
        async with self._database.read() as connection:
            return int(await connection.scalar(select(func.count()).select_from(users)) or 0)

    async def list(self) -> list[User]:
        """By name."""
        async with self._database.read() as connection:
            found = (await connection.execute(select(users).order_by(users.c.name))).all()
            return [await _user(connection, row) for row in found]

    async def get(self, user_id: int) -> User:
        """Raises NotFound."""
        async with self._database.read() as connection:
            return await _get(connection, user_id)

    async def by_name(self, name: str) -> User | None:
        found = await self.credentials(name)
        return None if found is None else found[0]

    async def credentials(self, name: str) -> tuple[User, str] | None:
        """The user and the hash of their password; None when nobody has that name."""
        async with self._database.read() as connection:
            row = (
                await connection.execute(select(users).where(users.c.name == name))
            ).one_or_none()
            return None if row is None else (await _user(connection, row), row.password_hash)

    async def add(
        self,
        name: str,
        role: Role,
        password_hash: str,
        *,
        cameras: Iterable[int] | None = None,
        enabled: bool = True,
    ) -> User:
        """`cameras` None: every camera, as an administrator always has. Raises Conflict when the
        name is taken or a camera is unknown."""
        allowed = _allowed(role, cameras)
        values = _values(name=name, role=role, enabled=enabled, password_hash=password_hash)
        async with self._database.write() as connection:
            await _free(connection, name)
            added = await connection.execute(
                insert(users)
                .values(values | {"every_camera": allowed is None})
                .returning(users.c.id)
            )
            user_id = int(added.scalar_one())
            await _allow(connection, user_id, allowed)
        return User(user_id, name, role, allowed, enabled)

    async def change(self, user_id: int, change: UserChange) -> User:
        """The user as changed. Raises NotFound; Conflict when the name is taken or nobody who can
        administer would be left."""
        async with self._database.write() as connection:
            before = await _get(connection, user_id)
            if isinstance(change.name, str) and change.name != before.name:
                await _free(connection, change.name)
            role = before.role if change.role is KEEP else change.role
            cameras = before.cameras if change.cameras is KEEP else change.cameras
            allowed = _allowed(role, cameras)
            values = _values(
                name=change.name,
                role=change.role,
                enabled=change.enabled,
                password_hash=change.password_hash,
            )
            await connection.execute(
                update(users)
                .where(users.c.id == user_id)
                .values(values | {"every_camera": allowed is None})
            )
            await _allow(connection, user_id, allowed)
            await _somebody_administers(connection, before)
            return await _get(connection, user_id)

    async def remove(self, user_id: int) -> None:
        """Their sessions go with them. Raises NotFound; Conflict for the last administrator."""
        async with self._database.write() as connection:
            before = await _get(connection, user_id)
            await connection.execute(delete(users).where(users.c.id == user_id))
            await _somebody_administers(connection, before)


def _values(**fields: object) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not KEEP}


def _allowed(role: Role, cameras: Iterable[int] | None) -> frozenset[int] | None:
    return None if role is Role.ADMINISTRATOR or cameras is None else frozenset(cameras)


async def _get(connection: AsyncConnection, user_id: int) -> User:
    row = (await connection.execute(select(users).where(users.c.id == user_id))).one_or_none()
    if row is None:
        raise NotFound("no such user", user=user_id)
    return await _user(connection, row)


async def _user(connection: AsyncConnection, row: Any) -> User:
    cameras = None
    if not row.every_camera:
        seen = select(user_cameras.c.camera_id).where(user_cameras.c.user_id == row.id)
        cameras = frozenset((await connection.scalars(seen)).all())
    return User(row.id, row.name, Role(row.role), cameras, row.enabled)


async def _allow(connection: AsyncConnection, user_id: int, cameras: frozenset[int] | None) -> None:
    await connection.execute(delete(user_cameras).where(user_cameras.c.user_id == user_id))
    if cameras:
        rows = [{"user_id": user_id, "camera_id": camera} for camera in sorted(cameras)]
        await connection.execute(insert(user_cameras), rows)


async def _free(connection: AsyncConnection, name: str) -> None:
    if await connection.scalar(select(users.c.id).where(users.c.name == name)) is not None:
        raise Conflict("this user name is taken", field="name", code="taken")


async def _somebody_administers(connection: AsyncConnection, before: User) -> None:
    """Refuse a change that took the rights of the last administrator who can sign in."""
    if before.role is not Role.ADMINISTRATOR or not before.enabled:
        return
    able = select(users.c.id).where(users.c.role == Role.ADMINISTRATOR, users.c.enabled)
    if await connection.scalar(able.limit(1)) is None:
        raise Conflict("the last administrator stays: name another one first", user=before.id)
