"""One writer of a stream at a time."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.index.schema import streams
from vms.core.errors import NotFound


async def hold_stream(connection: AsyncConnection, stream_id: int) -> None:
    """Keep other writers of this stream out until the transaction ends, so that what is checked in
    it stays true. PostgreSQL locks the stream's row; a SQLite write transaction is alone anyway.

    Raises NotFound when there is no such stream.
    """
    row = select(streams.c.id).where(streams.c.id == stream_id).with_for_update(key_share=True)
    if await connection.scalar(row) is None:
        raise NotFound("no such stream", stream=stream_id)
