"""Cameras put back under the ids that objects carry, when an index is made anew from a store.

What objects do not tell is not made up: a camera comes back switched off, without address and
password. Ids above all that were seen are given to new cameras.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Table, func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.index.engine import Database
from storage.index.schema import cameras, streams
from vms.core.errors import Conflict
from vms.core.model import StreamRole

NO_ADDRESS = "rtsp://camera.invalid/"
"""RFC 2606: a name that never leads anywhere."""


@dataclass(frozen=True, slots=True)
class FoundStream:
    """What objects tell of a stream. `audio`: its newest segment has sound."""

    id: int
    role: StreamRole
    audio: bool


class Restored:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def put_back(self, camera_id: int, name: str, found: Sequence[FoundStream]) -> bool:
        """The camera with these streams; what is there already stays as it is. True when it was
        not there.

        Raises Conflict when one of the streams belongs to another camera here.
        """
        async with self._database.write() as connection:
            new = await _missing(connection, cameras, camera_id)
            if new:
                number = await _free_number(connection, camera_id)
                await connection.execute(insert(cameras).values(_camera(camera_id, number, name)))
            for stream in found:
                await _put_stream(connection, camera_id, stream)
            await _go_on_behind(connection)
        return new


async def _put_stream(connection: AsyncConnection, camera_id: int, found: FoundStream) -> None:
    owner = await connection.scalar(select(streams.c.camera_id).where(streams.c.id == found.id))
    if owner is not None and owner != camera_id:
        raise Conflict("this stream belongs to another camera here", stream=found.id, camera=owner)
    if owner is None:
        role = await _free_role(connection, camera_id, found)
        await connection.execute(insert(streams).values(_stream(camera_id, found, role)))


async def _free_role(connection: AsyncConnection, camera_id: int, found: FoundStream) -> StreamRole:
    its = select(streams.c.role).where(streams.c.camera_id == camera_id)
    taken = set((await connection.execute(its)).scalars())
    wanted: list[StreamRole] = [found.role, *StreamRole]
    for role in wanted:
        if role.value not in taken:
            return role
    raise Conflict("this camera has a stream of each role already", stream=found.id)


async def _missing(connection: AsyncConnection, table: Table, row_id: int) -> bool:
    return await connection.scalar(select(table.c.id).where(table.c.id == row_id)) is None


async def _free_number(connection: AsyncConnection, wanted: int) -> int:
    taken = await connection.scalar(select(cameras.c.id).where(cameras.c.number == wanted))
    if taken is None and wanted < 1 << 31:
        return wanted
    return int(await connection.scalar(select(func.max(cameras.c.number))) or 0) + 1


async def _go_on_behind(connection: AsyncConnection) -> None:
    """New ids lie behind these. SQLite sees to it by itself (AUTOINCREMENT); PostgreSQL's sequence
    knows only of ids that it gave. Never backwards: an id of a removed camera is not given again.
    """
    if connection.dialect.name != "postgresql":
        return
    for table in (cameras, streams):
        sequence = f"pg_get_serial_sequence('{table.name}', 'id')"
        highest = f"(SELECT max(id) FROM {table.name})"
        last = f"nextval({sequence})"
        await connection.execute(text(f"SELECT setval({sequence}, greatest({last}, {highest}))"))


def _camera(camera_id: int, number: int, name: str) -> dict[str, Any]:
    return {
        "id": camera_id,
        "number": number,
        "name": name,
        "enabled": False,
        "removed": False,
    }


def _stream(camera_id: int, found: FoundStream, role: StreamRole) -> dict[str, Any]:
    return {
        "id": found.id,
        "camera_id": camera_id,
        "role": role.value,
        "url": NO_ADDRESS,
        "username": "",
        "record": True,
        "audio": found.audio,
        "removed": False,
    }
