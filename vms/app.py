"""The roles: each opens what it needs, runs until cancelled, and closes in the reverse order.

What belongs here: which resources a role has and in which order. What does not: the command line
(`vms.cli`) and the processes of one machine (`vms.machine`). A role imports only its own room, so
that retention does not carry a codec library.
"""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from storage.archive import Archive
from storage.index import Index, migrate, open_index
from storage.marker import agree
from storage.moving import COLD, ColdTier, MoveConfig
from storage.objects import ObjectStore, RecordStore
from vms.core.bus import NatsBus, open_bus
from vms.core.clock import Clock, SystemClock
from vms.core.errors import Conflict, Invalid
from vms.ops import watched
from vms.settings import Place, Settings
from vms.stores import opened_cold, opened_cold_records, opened_records, opened_store

KEY_BYTES = 32
DAY_SECONDS = 86_400.0
WORKER_FOLDER = "worker-"
"""Each recorder process has a spool of its own below the settings' folder."""


@dataclass(frozen=True, slots=True)
class Resources:
    """What a role stands on."""

    place: Place

    settings: Settings
    bus: NatsBus
    index: Index
    store: RecordStore
    archive: Archive
    clock: Clock


async def run_role(place: Place, settings: Settings) -> None:
    """Until cancelled. Raises VmsError when the settings do not allow it to start."""
    async with opened(place, settings) as resources:
        await ROLES[place.role](resources)


@asynccontextmanager
async def opened(place: Place, settings: Settings) -> AsyncIterator[Resources]:
    """Bus, then index, then stores, then the listener for metrics and health. The stores opened
    here cannot delete: who may opens them anew."""
    clock, key, node = SystemClock(), index_key(settings), place.node(settings)
    port = place.port(settings)
    async with (
        open_bus(
            settings.bus.url,
            user=settings.bus.user,
            password=settings.bus.password,
            name=f"{place.role}-{node}",
        ) as bus,
        open_index(settings.index_url.reveal(), key=key) as index,
        opened_records(settings) as store,
        opened_cold_records(settings) as cold,
        watched(place.role, node, bus, clock, settings.ops.host, port),
    ):
        archive = Archive(index, store, cold)
        yield Resources(place, settings, bus, index, store, archive, clock)


async def prepare(settings: Settings) -> None:
    """`vms migrate`: the newest schema, the stores made, and all joined. Safe to repeat."""
    await migrate(settings.index_url.reveal())
    async with (
        open_index(settings.index_url.reveal(), key=index_key(settings)) as index,
        opened_store(settings, create=True) as store,
        opened_cold(settings, create=True) as cold,
    ):
        await agree(index, store)
        if cold is not None:
            await agree(index, cold, COLD)


def index_key(settings: Settings) -> bytes:
    """The key of camera passwords, from the settings or the key file. Raises Invalid without."""
    text = settings.index.key.reveal() or _read(settings.key_file)
    if not text:
        raise Invalid(
            f"there is no key: set VMS_INDEX__KEY (base64 of 32 bytes) or make {settings.key_file}"
            " with `vms migrate --new-key`"
        )
    try:
        key = base64.b64decode(text, validate=True)
    except binascii.Error:
        key = b""
    if len(key) != KEY_BYTES:
        raise Invalid("the key is not base64 of 32 bytes: VMS_INDEX__KEY or the key file")
    return key


def make_key(path: Path) -> None:
    """A new key file that only its owner reads. Raises Conflict when there is one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise Conflict(f"{path} is there already; without it passwords cannot be read") from error
    with os.fdopen(file, "wb") as opened_file:
        opened_file.write(base64.b64encode(os.urandom(KEY_BYTES)) + b"\n")


def _read(path: Path) -> str:
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        return ""


async def _api(on: Resources) -> None:
    from player.export.clip import make_clip
    from recorder.probe import probe
    from vms.api.server import serve

    await serve(
        on.settings,
        on.index,
        on.archive,
        on.store,
        on.bus,
        on.clock,
        make_clip=make_clip,
        probe=probe,
    )


async def _record(on: Resources) -> None:
    from recorder.collector import look_seldom
    from recorder.config import RecordConfig
    from recorder.fleet import record

    look_seldom()

    section, place = on.settings.record, on.place
    config = RecordConfig(
        spool=on.settings.spool / f"{WORKER_FOLDER}{place.number}",
        node=place.node(on.settings),
        spool_max_bytes=section.spool_max_bytes // place.of,
        segment_seconds=section.segment_seconds,
        fsync=section.fsync,
        feed_host=section.feed_host,
        stall_seconds=section.stall_seconds,
        zone=on.settings.site.zone,
        tls_verify=section.tls == "verify",
        tls_authorities=section.tls_authorities,
        redirect_hosts=frozenset(host.lower() for host in section.redirect_hosts),
        capacity=section.capacity,
        left_spools=left_spools(on.settings.spool, place),
    )
    await record(config, on.index, on.archive, on.bus, on.clock)


def left_spools(folder: Path, place: Place) -> Callable[[], list[Path]]:
    """The spools below `folder` but our own: of the other workers, of a time with more of them,
    and from before there were several."""
    own = f"{WORKER_FOLDER}{place.number}"

    def look() -> list[Path]:
        return [folder, *(path for path in folder.glob(f"{WORKER_FOLDER}*") if path.name != own)]

    return look


async def _play(on: Resources) -> None:
    from player.config import PlayConfig
    from player.play import play

    config = PlayConfig(node=on.settings.node, addresses=on.settings.play.addresses)
    await play(config, on.archive, on.bus, on.clock)


async def _retain(on: Resources) -> None:
    from storage.integrity.scrub import ScrubConfig
    from storage.retention import RetainConfig, retain

    section = on.settings.retain
    config = RetainConfig(
        days=section.days,
        interval_seconds=section.interval_seconds,
        node=on.settings.node,
        capacity_bytes=on.settings.store.capacity_bytes or None,
        scrub=ScrubConfig(section.scrub_bytes_per_second, section.scrub_days * DAY_SECONDS),
    )
    async with opened_store(on.settings) as store, opened_cold(on.settings) as cold:
        await retain(config, on.index, store, on.bus, on.clock, _tier(on.settings, cold))


def _tier(settings: Settings, cold: ObjectStore | None) -> ColdTier | None:
    if cold is None:
        return None
    section = settings.cold
    folder = settings.data_dir.absolute() / "moving"
    return ColdTier(cold, MoveConfig(section.after_days, folder, section.interval_seconds))


ROLES: Mapping[str, Callable[[Resources], Awaitable[None]]] = {
    "api": _api,
    "record": _record,
    "play": _play,
    "retain": _retain,
}
