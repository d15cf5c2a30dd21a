"""One writer of a stream at a time."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.index.schema import streams
from vms.core.errors import NotFound


async def hold_stream(connection: AsyncConnection, stream_id: int) -> None:
    """Keep other writers of this stream out until the transaction ends, so that what is checked in
    it stays true. PostgreSQL locks the stream's row; a SQLite write transaction is alone anyway.

    Raises NotFound when there is no such stream.
    """
    await hold_streams(connection, (stream_id,))


async def hold_streams(connection: AsyncConnection, stream_ids: Iterable[int]) -> None:
    """`hold_stream` of several, by id, so that two who hold some never wait for each other."""
    wanted = sorted(set(stream_ids))
    rows = select(streams.c.id).where(streams.c.id.in_(wanted)).order_by(streams.c.id)
    found = set((await connection.execute(rows.with_for_update(key_share=True))).scalars())
    if missing := [each for each in wanted if each not in found]:
        raise NotFound("no such stream", stream=missing[0])
