"""Groups of cameras, for people who look for them and for retention. A camera may be in several."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.index.engine import Database
from storage.index.schema import cameras, group_cameras, groups, retention, retention_changes
from vms.core.errors import Conflict, NotFound
from vms.core.promises import Scope


@dataclass(frozen=True, slots=True)
class Group:
    """`cameras`: ids, of cameras that are not removed."""

    id: int
    name: str
    cameras: frozenset[int]


class Groups:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def list(self) -> list[Group]:
        """Every group, by name."""
        async with self._database.read() as connection:
            return await _all(connection)

    async def get(self, group_id: int) -> Group:
        """Raises NotFound."""
        async with self._database.read() as connection:
            return await _get(connection, group_id)

    async def add(self, name: str, camera_ids: Iterable[int]) -> Group:
        """Raises Conflict when the name is taken, NotFound for a camera that is not there."""
        async with self._database.write() as connection:
            await _free(connection, name)
            added = await connection.execute(
                insert(groups).values(name=name).returning(groups.c.id)
            )
            group_id = int(added.scalar_one())
            await _fill(connection, group_id, camera_ids)
            return await _get(connection, group_id)

    async def change(
        self, group_id: int, *, name: str | None = None, camera_ids: Iterable[int] | None = None
    ) -> Group:
        """None: as it was; `camera_ids` is the whole new set (a removed camera stays in it: its
        archive is kept as the group says). Raises NotFound, else as `add`."""
        async with self._database.write() as connection:
            before = await _get(connection, group_id)
            if name is not None and name != before.name:
                await _free(connection, name)
                this = update(groups).where(groups.c.id == group_id)
                await connection.execute(this.values(name=name))
            if camera_ids is not None:
                removed = select(cameras.c.id).where(cameras.c.removed)
                old = delete(group_cameras).where(
                    group_cameras.c.group_id == group_id,
                    group_cameras.c.camera_id.not_in(removed),
                )
                await connection.execute(old)
                await _fill(connection, group_id, camera_ids)
            return await _get(connection, group_id)

    async def remove(self, group_id: int) -> None:
        """The group only; its cameras stay. Raises NotFound, Conflict while retention says
        something for it: what is kept must not become less by the way."""
        async with self._database.write() as connection:
            await _get(connection, group_id)
            await _without_policy(connection, group_id)
            await connection.execute(delete(groups).where(groups.c.id == group_id))


async def _all(connection: AsyncConnection) -> list[Group]:
    there = (
        select(group_cameras.c.group_id, group_cameras.c.camera_id)
        .join(cameras, cameras.c.id == group_cameras.c.camera_id)
        .where(~cameras.c.removed)
    )
    inside: dict[int, set[int]] = {}
    for group_id, camera_id in (await connection.execute(there)).all():
        inside.setdefault(group_id, set()).add(camera_id)
    rows = (await connection.execute(select(groups).order_by(groups.c.name))).all()
    return [Group(row.id, row.name, frozenset(inside.get(row.id, ()))) for row in rows]


async def _get(connection: AsyncConnection, group_id: int) -> Group:
    for group in await _all(connection):
        if group.id == group_id:
            return group
    raise NotFound("no such group", group=group_id)


async def _free(connection: AsyncConnection, name: str) -> None:
    if await connection.scalar(select(groups.c.id).where(groups.c.name == name)) is not None:
        raise Conflict("a group of this name is there", field="name", code="taken")


async def _fill(connection: AsyncConnection, group_id: int, camera_ids: Iterable[int]) -> None:
    wanted = set(camera_ids)
    these = select(cameras.c.id).where(cameras.c.id.in_(wanted), ~cameras.c.removed)
    there = set((await connection.execute(these)).scalars())
    if missing := wanted - there:
        raise NotFound("there is no such camera", camera=min(missing))
    rows = [{"group_id": group_id, "camera_id": camera_id} for camera_id in sorted(wanted)]
    if rows:
        await connection.execute(insert(group_cameras), rows)


async def _without_policy(connection: AsyncConnection, group_id: int) -> None:
    for table in (retention, retention_changes):
        of_group = (table.c.scope == Scope.GROUP.value) & (table.c.owner_id == group_id)
        if await connection.scalar(select(table.c.owner_id).where(of_group)) is not None:
            raise Conflict(
                "retention says something for this group: take that back first", group=group_id
            )
