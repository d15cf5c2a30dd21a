"""`vms run`: everything of one machine, in one data directory, until Ctrl-C."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp

from vms.app import prepare
from vms.core.clock import SystemClock
from vms.machine.child import Child, kept
from vms.machine.datadir import ensure_key, locked
from vms.machine.natschild import nats_server
from vms.machine.ports import check_free
from vms.machine.workers import child_environment, kept_together, worker_children
from vms.settings import Settings, load
from vms.settings.sections import BusSection

log = logging.getLogger(__name__)

ORDER = ("record", "play", "retain", "api")
"""Stopped in the reverse: first nobody asks any more, then nothing is written any more."""
READY_SECONDS = 60.0

Furnish = Callable[[Settings, AsyncExitStack], Awaitable[None]]
"""What the demonstration adds once index and store are there, before the roles start."""
Announce = Callable[[Settings], None]


async def run(
    environ: Mapping[str, str],
    file: Path | None = None,
    *,
    furnish: Furnish | None = None,
    announce: Announce | None = None,
    logs: bool = False,
) -> None:
    """Until cancelled. Raises VmsError, in words for the terminal, when it cannot start.

    `logs`: the roles write into files of the data directory instead of the terminal.
    """
    settings = load(environ, file)
    check_free(settings.api.host, settings.api.port, "VMS_API__PORT")
    async with AsyncExitStack() as stack:
        stack.enter_context(locked(settings.data_dir))
        if not settings.index.key:
            ensure_key(settings.key_file)
        await prepare(settings)
        given = await _with_bus(settings, stack, child_environment(environ, file))
        if furnish is not None:
            await furnish(settings, stack)
        clock = SystemClock()
        for role in ORDER:
            output = log_file(settings.data_dir, role) if logs else None
            if role == "record":
                workers = worker_children(settings, given, output)
                await stack.enter_async_context(kept_together(workers, clock))
            else:
                await stack.enter_async_context(kept(role_child(role, given, output), clock))
        await _until_ready(settings)
        (announce or _announce)(settings)
        await asyncio.Event().wait()


def role_child(role: str, environment: Mapping[str, str], output: Path | None = None) -> Child:
    return Child(role, [sys.executable, "-m", "vms.cli", role], environment, output=output)


def log_file(data_dir: Path, name: str) -> Path:
    """A new log file of this start, readable by its owner."""
    folder = data_dir / "log"
    folder.mkdir(exist_ok=True, mode=0o700)
    path = folder / f"{name}.log"
    path.unlink(missing_ok=True)
    return path


async def _with_bus(
    settings: Settings, stack: AsyncExitStack, environment: dict[str, str]
) -> dict[str, str]:
    """The children's environment; with our own NATS server in it unless another one was given."""
    if settings.bus != BusSection():
        return environment
    address = await stack.enter_async_context(nats_server(settings.data_dir, SystemClock()))
    return environment | address.environment()


async def _until_ready(settings: Settings) -> None:
    """Return when the API answers; after a while in any case: it goes on trying by itself."""
    try:
        async with asyncio.timeout(READY_SECONDS), aiohttp.ClientSession() as session:
            while not await _ready(session, f"{address(settings)}/readyz"):
                await asyncio.sleep(0.1)
    except TimeoutError:
        log.warning("the API is not ready yet: its log says why")


async def _ready(session: aiohttp.ClientSession, url: str) -> bool:
    try:
        async with session.get(url) as response:
            return response.status == 200
    except aiohttp.ClientError:
        return False


def address(settings: Settings) -> str:
    """Where a browser on this machine finds the API."""
    host = settings.api.host
    shown = "127.0.0.1" if host in ("0.0.0.0", "::", "") else host
    return f"http://{shown}:{settings.api.port}"


def _announce(settings: Settings) -> None:
    log.info("ready: %s, data in %s", address(settings), settings.data_dir.absolute())
    if os.isatty(1):
        print(f"Matakota VMS: {address(settings)}   (Ctrl-C stops it)")
