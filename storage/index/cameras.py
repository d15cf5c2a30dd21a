"""Cameras and their streams. A removed camera leaves the list at once and the index when its
archive has ended, so that its pictures can be found until then."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import and_, case, delete, exists, false, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.index.engine import Database
from storage.index.policies import policy_from_json, policy_to_json
from storage.index.retention import put_policy
from storage.index.schema import cameras, garbage, retention, retention_changes, segments, streams
from storage.index.sealing import Seal
from storage.index.standings import UNSAID, policy_of
from storage.index.values import KEEP, CameraChange, Keep, NewCamera, NewStream
from vms.core.errors import Conflict, Invalid, NotFound
from vms.core.model import Camera, Engine, Stream, StreamRole, Transport
from vms.core.promises import Purpose, RetentionPolicy, Scope

_PLAIN = (
    *("name", "number", "enabled", "retention_days", "priority"),
    *("owner_agency", "sign_posted", "contact"),
)
"""Fields of a change that are columns as they stand."""

_WITH_DAYS = select(cameras, retention.c.max_days).join(
    retention,
    and_(retention.c.scope == Scope.CAMERA.value, retention.c.owner_id == cameras.c.id),
    isouter=True,
)
"""Cameras with the days their own policy says. The column `retention_days` is written for programs
of the version before, while they still run, and never read."""


class Cameras:
    def __init__(self, database: Database, seal: Seal) -> None:
        self._database = database
        self._seal = seal

    async def list(self) -> list[Camera]:
        """Every camera that is not removed, by number. Raises Corrupt under a wrong key."""
        async with self._database.read() as connection:
            there = _WITH_DAYS.where(~cameras.c.removed).order_by(cameras.c.number)
            rows = (await connection.execute(there)).all()
            found = await connection.execute(select(streams).where(~streams.c.removed))
            by_camera: dict[int, list[Any]] = {}
            for stream in found.all():
                by_camera.setdefault(stream.camera_id, []).append(stream)
        return [self._camera(row, by_camera.get(row.id, [])) for row in rows]

    async def some(self, camera_ids: Iterable[int]) -> Mapping[int, Camera]:
        """Those of these ids that are there and not removed. Raises Corrupt under a wrong key."""
        wanted = list(camera_ids)
        there = _WITH_DAYS.where(cameras.c.id.in_(wanted), ~cameras.c.removed)
        its = select(streams).where(streams.c.camera_id.in_(wanted), ~streams.c.removed)
        async with self._database.read() as connection:
            rows = (await connection.execute(there)).all()
            found = (await connection.execute(its)).all()
        of = {row.id: [each for each in found if each.camera_id == row.id] for row in rows}
        return {row.id: self._camera(row, of[row.id]) for row in rows}

    async def get(self, camera_id: int) -> Camera:
        """Raises NotFound, also for a removed camera; Corrupt under a wrong key."""
        async with self._database.read() as connection:
            return await self._get(connection, camera_id)

    async def add(self, new: NewCamera) -> Camera:
        """Raises Conflict when the number is taken, Invalid for two streams of one role."""
        async with self._database.write() as connection:
            values = {
                "number": await _number(connection, new.number),
                "name": new.name,
                "enabled": new.enabled,
                "retention_days": new.retention_days,
                "removed": False,
                "priority": new.priority,
                "purposes": _purposes_to_text(new.purposes),
                "owner_agency": new.owner_agency,
                "sign_posted": new.sign_posted,
                "contact": new.contact,
            }
            added = await connection.execute(insert(cameras).values(values).returning(cameras.c.id))
            camera_id = int(added.scalar_one())
            await put_policy(
                connection, Scope.CAMERA, camera_id, RetentionPolicy(new.retention_days)
            )
            await self._set_streams(connection, camera_id, new.streams)
            return await self._get(connection, camera_id)

    async def change(self, camera_id: int, change: CameraChange) -> Camera:
        """The camera as changed. Raises NotFound, Conflict and Invalid as `add` does."""
        async with self._database.write() as connection:
            before = await self._get(connection, camera_id)
            if isinstance(change.number, int) and change.number != before.number:
                await _number(connection, change.number)
            values = _values(change)
            if values:
                this = update(cameras).where(cameras.c.id == camera_id)
                await connection.execute(this.values(values))
            if not isinstance(change.retention_days, Keep):
                await _keep_days(connection, camera_id, change.retention_days)
            if not isinstance(change.streams, Keep):
                await self._set_streams(connection, camera_id, change.streams)
            return await self._get(connection, camera_id)

    async def pin(self, stream_id: int, certificate: str) -> None:
        """Remember what a camera over TLS showed first (SHA-256, hexadecimal); a certificate that
        is known already stands. Forgotten when its address or password is written anew."""
        unknown = update(streams).where(streams.c.id == stream_id, streams.c.certificate.is_(None))
        async with self._database.write() as connection:
            await connection.execute(unknown.values(certificate=certificate))

    async def remove(self, camera_id: int) -> None:
        """Out of the list and its number free; passwords are forgotten, the archive stays until it
        expires. Raises NotFound."""
        async with self._database.write() as connection:
            await self._get(connection, camera_id)
            await connection.execute(
                update(cameras).where(cameras.c.id == camera_id).values(removed=True, number=None)
            )
            await connection.execute(
                update(streams)
                .where(streams.c.camera_id == camera_id)
                .values(removed=True, password=None)
            )

    async def forget_ended(self) -> int:
        """Drop what is removed and has no archive left; how many cameras went."""
        kept = exists().where(segments.c.stream_id == streams.c.id)
        going = exists().where(garbage.c.stream_id == streams.c.id)
        ended = delete(streams).where(streams.c.removed, ~kept, ~going)
        alone = ~exists().where(streams.c.camera_id == cameras.c.id)
        async with self._database.write() as connection:
            await connection.execute(ended)
            gone = await connection.execute(delete(cameras).where(cameras.c.removed, alone))
            for table in (retention, retention_changes) if gone.rowcount else ():
                there = exists().where(cameras.c.id == table.c.owner_id)
                its = table.c.scope == Scope.CAMERA.value
                await connection.execute(delete(table).where(its, ~there))
            return gone.rowcount

    async def _get(self, connection: AsyncConnection, camera_id: int) -> Camera:
        this = _WITH_DAYS.where(cameras.c.id == camera_id, ~cameras.c.removed)
        row = (await connection.execute(this)).one_or_none()
        if row is None:
            raise NotFound("no such camera", camera=camera_id)
        its = select(streams).where(streams.c.camera_id == camera_id, ~streams.c.removed)
        return self._camera(row, (await connection.execute(its)).all())

    def _camera(self, row: Any, stream_rows: Iterable[Any]) -> Camera:
        found = sorted((self._stream(each) for each in stream_rows), key=lambda each: each.role)
        return Camera(
            id=row.id,
            number=row.number,
            name=row.name,
            enabled=row.enabled,
            retention_days=row.max_days,
            streams=tuple(found),
            priority=row.priority,
            purposes=_purposes(row.purposes),
            owner_agency=row.owner_agency,
            sign_posted=row.sign_posted,
            contact=row.contact,
        )

    def _stream(self, row: Any) -> Stream:
        return Stream(
            id=row.id,
            camera_id=row.camera_id,
            role=StreamRole(row.role),
            url=row.url,
            username=row.username,
            password=self._seal.open(row.password, row.id),
            record=row.record,
            audio=row.audio,
            engine=Engine(row.engine),
            transport=Transport(row.transport),
            policy=policy_from_json(row.policy),
            certificate=row.certificate or "",
        )

    async def _set_streams(
        self, connection: AsyncConnection, camera_id: int, wanted: tuple[NewStream, ...]
    ) -> None:
        """Make these the camera's streams. A role keeps its id even when it went and comes back."""
        roles = [stream.role for stream in wanted]
        if len(set(roles)) != len(roles):
            raise Invalid("a camera has one stream of each role", camera=camera_id)
        its = streams.c.camera_id == camera_id
        await connection.execute(
            update(streams)
            .where(its, streams.c.role.not_in(roles))
            .values(removed=True, password=None)
        )
        rows = await connection.execute(select(streams.c.role, streams.c.id).where(its))
        known = {row.role: row.id for row in rows.all()}
        for stream in wanted:
            await self._set_stream(connection, camera_id, known.get(stream.role), stream)

    async def _set_stream(
        self, connection: AsyncConnection, camera_id: int, stream_id: int | None, new: NewStream
    ) -> None:
        values: dict[str, Any] = {
            "camera_id": camera_id,
            "role": new.role.value,
            "url": new.url,
            "username": new.username,
            "record": new.record,
            "audio": new.audio,
            "removed": False,
            "engine": new.engine.value,
            "transport": new.transport.value,
            "policy": policy_to_json(new.policy),
        }
        # Another address or a password written anew: an administrator vouches for the camera.
        same = streams.c.url == new.url if new.password is None else false()
        values["certificate"] = case((same, streams.c.certificate), else_=None)
        if stream_id is None:
            added = insert(streams).values(values | {"certificate": None}).returning(streams.c.id)
            stream_id = int((await connection.execute(added)).scalar_one())
        if new.password is not None:
            values["password"] = self._seal.close(new.password, stream_id)
        await connection.execute(update(streams).where(streams.c.id == stream_id).values(values))


async def _keep_days(connection: AsyncConnection, camera_id: int, days: int | None) -> None:
    """Of its policy only this changes."""
    its = select(retention).where(
        retention.c.scope == Scope.CAMERA.value, retention.c.owner_id == camera_id
    )
    row = (await connection.execute(its)).one_or_none()
    before = UNSAID if row is None else policy_of(row)
    await put_policy(connection, Scope.CAMERA, camera_id, replace(before, max_days=days))


def _values(change: CameraChange) -> dict[str, Any]:
    values = {field: getattr(change, field) for field in _PLAIN}
    values = {field: value for field, value in values.items() if value is not KEEP}
    if not isinstance(change.purposes, Keep):
        values["purposes"] = _purposes_to_text(change.purposes)
    return values


def _purposes_to_text(purposes: Iterable[Purpose]) -> str:
    """In the order of the law, each once."""
    named = set(purposes)
    return ",".join(purpose.value for purpose in Purpose if purpose in named)


def _purposes(text: str) -> tuple[Purpose, ...]:
    return tuple(Purpose(word) for word in text.split(",") if word)


async def _number(connection: AsyncConnection, wanted: int | None) -> int:
    """`wanted` if it is free, else the next one. Raises Conflict."""
    if wanted is None:
        highest = await connection.scalar(select(func.max(cameras.c.number)))
        return int(highest or 0) + 1
    if await connection.scalar(select(cameras.c.id).where(cameras.c.number == wanted)):
        raise Conflict("this camera number is taken", field="number", code="taken")
    return wanted
