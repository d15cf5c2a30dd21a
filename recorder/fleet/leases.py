"""Who records which camera: leases in the bus's key-value store, one a camera.

A lease names its holder and counts as long as the holder's session lives (`session`).
Every change is by revision, so of two who want one camera one gets it. The revision under which a
lease was got is its term: it goes into the epoch of all that is recorded under it. When the bus is
away nothing changes hands. No task; owned by `recorder.fleet`.
"""

from __future__ import annotations

import asyncio
import json
import logging
from dataclasses import dataclass, replace
from pathlib import Path

from recorder.fleet.session import Session
from vms.core.bus import Bus, Entry, Payload
from vms.core.errors import Conflict, VmsError

log = logging.getLogger(__name__)

BUCKET = "vms_leases"
MOST_BEFORE = 4
"""Earlier holders that are remembered: they may still have what the archive has not."""
_HELD = "held"


@dataclass(frozen=True, slots=True)
class Lease:
    """`before`: who held it earlier, newest first. `orphan`: the newest of them was dead when we
    got it."""

    camera_id: int
    term: int
    before: tuple[str, ...] = ()
    orphan: bool = False


@dataclass(frozen=True, slots=True)
class Taken:
    """Another recorder that lives holds the camera; `holder` is its name."""

    camera_id: int
    holder: str


class Leases:
    """`held`: by camera. Calls raise Unavailable when the bus is away, and then change nothing."""

    def __init__(self, session: Session, bus: Bus, spool: Path) -> None:
        self.held: dict[int, Lease] = {}
        self._session, self._path = session, spool / _HELD
        self._noted: list[tuple[int, int]] = []
        self._bucket = bus.keyvalue(BUCKET)

    @property
    def name(self) -> str:
        """Ours, as a holder."""
        return self._session.name

    def recall(self) -> None:
        """The bus is away at the start: go on with what this recorder held when it ended. Nobody
        can take it meanwhile; `verify` asks once the bus is back."""
        for lease in _read(self._path):
            self.held[lease.camera_id] = lease

    async def claim(self, camera_id: int) -> Lease | Taken | None:
        """The camera's lease if it is free, our own or a dead recorder's; else who has it. None:
        ask again soon, it is not sure yet or somebody was quicker."""
        entry = await self._bucket.get(_key(camera_id))
        holder = _holder(entry)
        if holder in self._session.alive and holder != self._session.name:
            return Taken(camera_id, holder)
        if holder and holder != self._session.name and not self._session.settled:
            return None
        try:
            lease = await self._write(camera_id, self._session.name, entry)
        except Conflict:
            return None
        return self._hold(camera_id, replace(lease, orphan=holder not in ("", self.name)))

    async def give(self, camera_id: int, to: str) -> Lease:
        """Make `to` the holder; the lease as it has it now. Raises Conflict when we do not hold
        it."""
        entry = await self._bucket.get(_key(camera_id))
        if _holder(entry) != self._session.name:
            raise Conflict("another recorder holds this camera", camera=camera_id)
        given = await self._write(camera_id, to, entry)
        self._drop(camera_id)
        return given

    async def accept(self, camera_id: int) -> Lease | None:
        """Hold what was given to us; None when it was not."""
        entry = await self._bucket.get(_key(camera_id))
        if entry is None or _holder(entry) != self._session.name:
            return None
        return self._hold(camera_id, Lease(camera_id, entry.revision, _before(entry)))

    async def release(self, camera_id: int) -> None:
        """The camera is not recorded any more. Never fails: a lease that stays hurts nobody."""
        self._drop(camera_id)
        try:
            entry = await self._bucket.get(_key(camera_id))
            if entry is not None and _holder(entry) == self._session.name:
                await self._bucket.remove(_key(camera_id), entry.revision)
        except VmsError as error:
            log.debug("lease of camera %d stays: %s", camera_id, error)

    async def verify(self) -> list[int]:
        """Our session had lapsed: which cameras others have taken. They are not held any more."""
        lost = []
        for camera_id in list(self.held):
            entry = await self._bucket.get(_key(camera_id))
            if entry is None:
                self._hold(camera_id, await self._write(camera_id, self._session.name, None))
            elif _holder(entry) != self._session.name:
                self._drop(camera_id)
                lost.append(camera_id)
        return lost

    async def _write(self, camera_id: int, holder: str, entry: Entry | None) -> Lease:
        old = (_holder(entry), *_before(entry)) if entry is not None else ()
        before = tuple(dict.fromkeys(name for name in old if name and name != holder))
        value: Payload = {"holder": holder, "before": list(before[:MOST_BEFORE])}
        key = _key(camera_id)
        if entry is None:
            revision = await self._bucket.create(key, value)
        else:
            revision = await self._bucket.update(key, value, entry.revision)
        return Lease(camera_id, revision, before[:MOST_BEFORE])

    async def note(self) -> None:
        """Remember what is held, for a start without a bus. Never fails: a help and no truth."""
        held = sorted((one.camera_id, one.term) for one in self.held.values())
        if held == self._noted:
            return
        self._noted = held
        await asyncio.to_thread(_write_note, self._path, json.dumps(held))

    def _hold(self, camera_id: int, lease: Lease) -> Lease:
        self.held[camera_id] = lease
        return lease

    def _drop(self, camera_id: int) -> None:
        self.held.pop(camera_id, None)


def _write_note(path: Path, text: str) -> None:
    draft = path.with_suffix(".new")
    try:
        draft.write_text(text)
        draft.replace(path)
    except OSError as error:
        log.warning("what this recorder holds cannot be noted: %s", error)


def _key(camera_id: int) -> str:
    return f"camera.{camera_id}"


def _holder(entry: Entry | None) -> str:
    return str(entry.value.get("holder") or "") if entry is not None else ""


def _before(entry: Entry) -> tuple[str, ...]:
    names = entry.value.get("before")
    return tuple(map(str, names)) if isinstance(names, list) else ()


def _read(path: Path) -> list[Lease]:
    """What was noted; nothing when it is missing or torn."""
    try:
        pairs = json.loads(path.read_text())
        return [Lease(int(camera_id), int(term)) for camera_id, term in pairs]
    except (OSError, ValueError, TypeError):
        return []
