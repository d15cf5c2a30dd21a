"""Cameras and all that is said about keeping their archives, as retention reads it at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.index.policies import policy_from_json
from storage.index.schema import cameras, group_cameras, retention, streams
from vms.core.promises import SITE_OWNER, RetentionPolicy, Scope

UNSAID = RetentionPolicy()


@dataclass(frozen=True, slots=True)
class StreamTerm:
    """A stream whose archive is kept. Seconds: how much before and after an event belongs to it."""

    stream_id: int
    pre_seconds: int
    post_seconds: int


@dataclass(frozen=True, slots=True)
class Standing:
    """A camera and what is said about its archive. `removed`: only the archive is left. `groups`:
    by id, of all it is in, also those that say nothing."""

    camera_id: int
    removed: bool
    priority: int
    streams: tuple[StreamTerm, ...]
    camera: RetentionPolicy
    groups: Mapping[int, RetentionPolicy]


@dataclass(frozen=True, slots=True)
class Said:
    """Everything that is said: the site's policy, and every camera's standing."""

    site: RetentionPolicy = UNSAID
    standings: tuple[Standing, ...] = ()


async def read_said(connection: AsyncConnection) -> Said:
    """All of it, the cameras by id."""
    there = (await connection.execute(_CAMERAS)).all()
    members = (await connection.execute(select(group_cameras))).all()
    rows = (await connection.execute(select(retention))).all()
    policies = {(row.scope, int(row.owner_id)): policy_of(row) for row in rows}
    in_groups: dict[int, dict[int, RetentionPolicy]] = {}
    for member in members:
        policy = policies.get((Scope.GROUP.value, member.group_id), UNSAID)
        in_groups.setdefault(member.camera_id, {})[member.group_id] = policy
    return Said(
        site=policies.get((Scope.SITE.value, SITE_OWNER), UNSAID),
        standings=_standings(there, policies, in_groups),
    )


def policy_of(row: Any) -> RetentionPolicy:
    """The policy in a row of `retention` or `retention_changes`."""
    return RetentionPolicy(row.max_days, row.min_days, row.quota_bytes, row.event_days)


_CAMERAS = (
    select(
        cameras.c.id,
        cameras.c.removed,
        cameras.c.priority,
        streams.c.id.label("stream_id"),
        streams.c.policy,
    )
    .join(streams, streams.c.camera_id == cameras.c.id, isouter=True)
    .order_by(cameras.c.id, streams.c.id)
)


def _standings(
    rows: Sequence[Any],
    policies: Mapping[tuple[str, int], RetentionPolicy],
    in_groups: Mapping[int, Mapping[int, RetentionPolicy]],
) -> tuple[Standing, ...]:
    terms: dict[int, list[StreamTerm]] = {}
    for row in rows:
        its = terms.setdefault(row.id, [])
        if row.stream_id is not None:
            policy = policy_from_json(row.policy)
            its.append(StreamTerm(row.stream_id, policy.pre_seconds, policy.post_seconds))
    by_id = {row.id: row for row in rows}
    return tuple(
        Standing(
            camera_id=camera_id,
            removed=row.removed,
            priority=row.priority,
            streams=tuple(terms[camera_id]),
            camera=policies.get((Scope.CAMERA.value, camera_id), UNSAID),
            groups=in_groups.get(camera_id, {}),
        )
        for camera_id, row in by_id.items()
    )
