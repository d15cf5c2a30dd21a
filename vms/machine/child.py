"""A child process that is kept running, stopped in order, and never outlives its parent."""

from __future__ import annotations

import asyncio
import ctypes
import logging
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from vms.core.clock import Clock
from vms.core.errors import Unavailable
from vms.core.supervise import supervise

log = logging.getLogger(__name__)

_PR_SET_PDEATHSIG = 1
_APPENDING = os.O_WRONLY | os.O_CREAT | os.O_APPEND
_LIBC = ctypes.CDLL(None, use_errno=True)

_alive: set[int] = set()


@dataclass(frozen=True, slots=True)
class Child:
    """`environment` is the whole of it: secrets travel there, never in `words`. `ready` is awaited
    after each start and may raise VmsError. `output`: a file instead of our own output.
    `stop_seconds`: between the request to stop and the kill."""

    name: str
    words: Sequence[str]
    environment: Mapping[str, str]
    ready: Callable[[asyncio.subprocess.Process], Awaitable[None]] | None = None
    output: Path | None = None
    stop_seconds: float = 10.0


@asynccontextmanager
async def kept(child: Child, clock: Clock) -> AsyncIterator[None]:
    """Running while inside, started again with back-off when it ends. Entered when it is ready."""
    first = asyncio.Event()

    async def life() -> None:
        async with _process(child) as process:
            if child.ready is not None:
                await child.ready(process)
            first.set()
            code = await process.wait()
            raise Unavailable(f"{child.name} ended with code {code}")

    async with asyncio.TaskGroup() as tasks:
        living = tasks.create_task(supervise(child.name, life, clock=clock))
        try:
            await first.wait()
            yield
        finally:
            living.cancel()


def kill_all() -> None:
    """Every child at once, without asking: the answer to a second Ctrl-C."""
    for pid in list(_alive):
        os.kill(pid, signal.SIGKILL)


@asynccontextmanager
async def _process(child: Child) -> AsyncIterator[asyncio.subprocess.Process]:
    """Its own session, so that Ctrl-C in the terminal reaches only us, who stop it in order."""
    process = await _started(child)
    _alive.add(process.pid)
    try:
        yield process
    finally:
        await asyncio.shield(_stopped(child, process))
        _alive.discard(process.pid)


async def _started(child: Child) -> asyncio.subprocess.Process:
    parent = os.getpid()
    output = None if child.output is None else os.open(child.output, _APPENDING, 0o600)
    try:
        return await asyncio.create_subprocess_exec(
            *child.words,
            env=dict(child.environment),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            preexec_fn=lambda: _die_with(parent),
        )
    except OSError as error:
        raise Unavailable(f"{child.name} cannot be started: {error.strerror}") from error
    finally:
        if output is not None:
            os.close(output)


async def _stopped(child: Child, process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    process.send_signal(signal.SIGTERM)
    try:
        async with asyncio.timeout(child.stop_seconds):
            await process.wait()
    except TimeoutError:
        log.warning("%s did not stop within %.0f s: killed", child.name, child.stop_seconds)
        process.kill()
        await process.wait()


def _die_with(parent: int) -> None:
    """In the child, before it becomes the program: ask to be stopped when the parent is gone, and
    notice when it went in between (prctl(2), PR_SET_PDEATHSIG)."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        os._exit(1)
