"""What is said about keeping: one policy a scope, reductions that wait, and whom they concern.

Precedence is `storage.retention.policy`, which change waits `storage.retention.changes`.
"""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.index.engine import Database
from storage.index.lockedsizes import locked_sizes
from storage.index.lockspans import kept
from storage.index.schema import cameras, groups, retention, retention_changes, segments
from storage.index.standings import UNSAID, Said, policy_of, read_said
from storage.index.values import Outline
from vms.core.errors import NotFound
from vms.core.promises import SITE_OWNER, RetentionPolicy, Scope
from vms.core.walltime import TimeRange, WallTime


@dataclass(frozen=True, slots=True)
class NewChange:
    """A policy that is to replace the one of its owner, not before `effective`."""

    scope: Scope
    owner_id: int
    policy: RetentionPolicy
    made: WallTime
    made_by: str
    reason: str
    effective: WallTime


@dataclass(frozen=True, slots=True)
class Change(NewChange):
    """One that waits."""

    id: int


class Retention:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def scopes(self) -> dict[tuple[Scope, int], RetentionPolicy]:
        """Every policy that says something, by scope and owner; the site's first."""
        async with self._database.read() as connection:
            rows = (await connection.execute(select(retention))).all()
        found = {(Scope(row.scope), int(row.owner_id)): policy_of(row) for row in rows}
        return dict(sorted(found.items(), key=lambda item: (_RANK[item[0][0]], item[0][1])))

    async def get(self, scope: Scope, owner_id: int = SITE_OWNER) -> RetentionPolicy:
        """What a scope says; nothing is the empty policy."""
        return (await self.scopes()).get((scope, owner_id), UNSAID)

    async def set(self, scope: Scope, owner_id: int, policy: RetentionPolicy) -> None:
        """It says this from now on, and what waited for this owner does not come. Raises NotFound
        for a group or camera that is not there.

        Reductions belong into `ask`: `storage.retention.changes.change` tells them apart.
        """
        async with self._database.write() as connection:
            await _require_owner(connection, scope, owner_id)
            await put_policy(connection, scope, owner_id, policy)
            await connection.execute(_waiting(scope, owner_id))

    async def ask(self, new: NewChange, *, now_policy: RetentionPolicy | None = None) -> Change:
        """Let a change wait, in the place of one that waits for the same owner. `now_policy`: what
        the owner says until then (None: as it did). Raises NotFound as `set`."""
        async with self._database.write() as connection:
            await _require_owner(connection, new.scope, new.owner_id)
            if now_policy is not None:
                await put_policy(connection, new.scope, new.owner_id, now_policy)
            await connection.execute(_waiting(new.scope, new.owner_id))
            added = insert(retention_changes).values(_change_row(new))
            found = await connection.execute(added.returning(retention_changes.c.id))
            return _change_of(new, int(found.scalar_one()))

    async def pending(self) -> list[Change]:
        """What waits, by when it comes."""
        wanted = select(retention_changes).order_by(
            retention_changes.c.effective_us, retention_changes.c.id
        )
        async with self._database.read() as connection:
            return [_change(row) for row in (await connection.execute(wanted)).all()]

    async def cancel(self, change_id: int) -> None:
        """It does not come. Raises NotFound when it does not wait (any more)."""
        this = delete(retention_changes).where(retention_changes.c.id == change_id)
        async with self._database.write() as connection:
            if (await connection.execute(this)).rowcount == 0:
                raise NotFound("no such change waits", change=change_id)

    async def apply_due(self, now: WallTime) -> list[Change]:
        """Let come what has waited until `now`; what it was, in the order it was made. What was
        for an owner that is gone does not come."""
        due = select(retention_changes).where(retention_changes.c.effective_us <= now)
        async with self._database.write() as connection:
            rows = (await connection.execute(due.order_by(retention_changes.c.id))).all()
            changes = [_change(row) for row in rows]
            for change in changes:
                if await _owner_there(connection, change.scope, change.owner_id):
                    await put_policy(connection, change.scope, change.owner_id, change.policy)
                await connection.execute(_waiting(change.scope, change.owner_id))
        return changes

    async def forget(self, scope: Scope, owner_id: int) -> None:
        """Its owner is gone: what it says, and what waits for it."""
        async with self._database.write() as connection:
            await connection.execute(_said(scope, owner_id))
            await connection.execute(_waiting(scope, owner_id))

    async def said(self) -> Said:
        """Everything, in one look: what retention goes by."""
        async with self._database.read() as connection:
            return await read_said(connection)

    async def kept(
        self, stream_id: int, outlines: Sequence[Outline], now: WallTime
    ) -> AbstractSet[WallTime]:
        """The starts of those that `garbage.take` would leave, because of a lock at `now`."""
        async with self._database.read() as connection:
            return await kept(connection, stream_id, outlines, now)

    async def count(self, stream_id: int, span: TimeRange) -> int:
        """How many segments start within; read from the key alone."""
        within = (
            segments.c.stream_id == stream_id,
            segments.c.start_us >= span.start,
            segments.c.start_us < span.end,
        )
        counted = select(func.count()).select_from(segments).where(*within)
        async with self._database.read() as connection:
            return int(await connection.scalar(counted) or 0)

    async def locked_sizes(self, now: WallTime) -> dict[int, int]:
        """Bytes of segments that locks touch at `now`, by camera."""
        async with self._database.read() as connection:
            return await locked_sizes(connection, now)


_RANK = {scope: number for number, scope in enumerate(Scope)}
_OWNERS = {Scope.GROUP: groups, Scope.CAMERA: cameras}


async def put_policy(
    connection: AsyncConnection, scope: Scope, owner_id: int, policy: RetentionPolicy
) -> None:
    """The row of a scope, inside a transaction of another part; none when it says nothing."""
    await connection.execute(_said(scope, owner_id))
    if policy != UNSAID:
        values = {"scope": scope.value, "owner_id": owner_id} | _values(policy)
        await connection.execute(insert(retention).values(values))


async def _require_owner(connection: AsyncConnection, scope: Scope, owner_id: int) -> None:
    if not await _owner_there(connection, scope, owner_id):
        raise NotFound(f"no such {scope.value}", id=owner_id)


async def _owner_there(connection: AsyncConnection, scope: Scope, owner_id: int) -> bool:
    """Held until the transaction ends where the database has row locks, so that two changes of one
    owner come one after the other."""
    table = _OWNERS.get(scope)
    if table is None:
        return owner_id == SITE_OWNER
    this = select(table.c.id).where(table.c.id == owner_id).with_for_update(key_share=True)
    return await connection.scalar(this) is not None


def _said(scope: Scope, owner_id: int) -> Any:
    return delete(retention).where(
        retention.c.scope == scope.value, retention.c.owner_id == owner_id
    )


def _waiting(scope: Scope, owner_id: int) -> Any:
    changes = retention_changes.c
    return delete(retention_changes).where(
        changes.scope == scope.value, changes.owner_id == owner_id
    )


def _values(policy: RetentionPolicy) -> dict[str, int | None]:
    return {
        "max_days": policy.max_days,
        "min_days": policy.min_days,
        "quota_bytes": policy.quota_bytes,
        "event_days": policy.event_days,
    }


def _change_row(new: NewChange) -> dict[str, Any]:
    return {
        "scope": new.scope.value,
        "owner_id": new.owner_id,
        "made_us": new.made,
        "made_by": new.made_by,
        "reason": new.reason,
        "effective_us": new.effective,
    } | _values(new.policy)


def _change_of(new: NewChange, change_id: int) -> Change:
    return Change(
        new.scope,
        new.owner_id,
        new.policy,
        new.made,
        new.made_by,
        new.reason,
        new.effective,
        change_id,
    )


def _change(row: Any) -> Change:
    return Change(
        Scope(row.scope),
        row.owner_id,
        policy_of(row),
        row.made_us,
        row.made_by,
        row.reason,
        row.effective_us,
        row.id,
    )
