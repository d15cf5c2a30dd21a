"""Receipts: what was deleted, when, by which rule, with the Merkle root of its hashes.

A receipt is written in the transaction that forgets the garbage rows, so nothing goes without one.
What one rule takes of one stream within a UTC day of deleting stands on one receipt, which grows
until the day ends: one a minute would fill the index in place of the video. A tree only grows at
its end, so the earlier root of a receipt can be proven against the later one (RFC 6962, 2.1.2).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import delete, insert, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.index.engine import Database
from storage.index.schema import garbage, receipts
from storage.index.values import Outline
from storage.merkle import HASH_BYTES, Tree, unpacked
from vms.core.walltime import DAY, TimeRange, WallTime

MOVED = "moved"
"""Why an object is garbage whose segment lives on in another store: no video went."""
UNKNOWN_LEAF = bytes(HASH_BYTES)
"""In the place of the hash of what an older program moved to garbage without it."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What one rule let go of one stream in a day. `at`: when the last of it was gone.
    `merkle_root`: RFC 6962, of the SHA-256 of each object in the order of deletion."""

    id: int
    at: WallTime
    camera_id: int
    stream_id: int
    why: str
    range: TimeRange
    segments: int
    size: int
    merkle_root: bytes


class Receipts:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def close(self, gone: Sequence[Outline], now: WallTime) -> int:
        """The objects of this garbage are deleted: forget it and write what it was. Returns how
        much of it was still there: what another process has closed is on that one's receipt."""
        if not gone:
            return 0
        it = garbage.c
        key = tuple_(it.stream_id, it.start_us, it.epoch, it.sequence, it.tier)
        these = [(o.stream_id, o.range.start, o.epoch, o.sequence, o.tier) for o in gone]
        async with self._database.write() as connection:
            forget = delete(garbage).where(key.in_(these)).returning(*garbage.c)
            rows = (await connection.execute(forget)).all()
            deleted = [row for row in rows if row.why != MOVED]
            for _, ours in groupby(sorted(deleted, key=_order), key=_of_one):
                await _note(connection, list(ours), now)
        return len(rows)

    async def list(
        self, *, camera_id: int | None = None, before: int | None = None, limit: int = 100
    ) -> Sequence[Receipt]:
        """The newest first. `before`: only ids below this one."""
        wanted = select(receipts).order_by(receipts.c.id.desc()).limit(limit)
        if camera_id is not None:
            wanted = wanted.where(receipts.c.camera_id == camera_id)
        if before is not None:
            wanted = wanted.where(receipts.c.id < before)
        async with self._database.read() as connection:
            return [_receipt(row) for row in (await connection.execute(wanted)).all()]


def _of_one(row: Any) -> tuple[int, str]:
    return row.stream_id, row.why


def _order(row: Any) -> tuple[int, str, int]:
    return row.stream_id, row.why, row.start_us


async def _note(connection: AsyncConnection, rows: Sequence[Any], now: WallTime) -> None:
    """Rows of one stream and rule, oldest first."""
    leaves = [UNKNOWN_LEAF if row.sha256 is None else bytes(row.sha256) for row in rows]
    grows = await _todays(connection, rows[0], now)
    if grows is None:
        tree = Tree().grown(leaves)
        await connection.execute(insert(receipts).values(_values(rows, tree, now)))
        return
    tree = unpacked(grows.segments, bytes(grows.frontier)).grown(leaves)
    more = _values(rows, tree, WallTime(max(now, grows.at_us)))
    more |= {
        "start_us": min(grows.start_us, more["start_us"]),
        "end_us": max(grows.end_us, more["end_us"]),
        "size_bytes": grows.size_bytes + more["size_bytes"],
    }
    await connection.execute(update(receipts).where(receipts.c.id == grows.id).values(more))


async def _todays(connection: AsyncConnection, row: Any, now: WallTime) -> Any | None:
    """The receipt that still grows, held against another process."""
    midnight = now - now % DAY
    this = select(receipts).where(
        receipts.c.camera_id == row.camera_id,
        receipts.c.at_us >= midnight,
        receipts.c.at_us < midnight + DAY,
        receipts.c.stream_id == row.stream_id,
        receipts.c.why == row.why,
    )
    newest = this.order_by(receipts.c.id.desc()).limit(1).with_for_update()
    return (await connection.execute(newest)).one_or_none()


def _values(rows: Sequence[Any], tree: Tree, now: WallTime) -> dict[str, Any]:
    return {
        "at_us": now,
        "stream_id": rows[0].stream_id,
        "camera_id": rows[0].camera_id,
        "why": rows[0].why,
        "start_us": min(row.start_us for row in rows),
        "end_us": max(row.end_us for row in rows),
        "segments": tree.size,
        "size_bytes": sum(row.size_bytes for row in rows),
        "merkle_root": tree.root,
        "frontier": tree.packed(),
    }


def _receipt(row: Any) -> Receipt:
    return Receipt(
        id=row.id,
        at=row.at_us,
        camera_id=row.camera_id,
        stream_id=row.stream_id,
        why=row.why,
        range=TimeRange(row.start_us, row.end_us),
        segments=row.segments,
        size=row.size_bytes,
        merkle_root=bytes(row.merkle_root),
    )
