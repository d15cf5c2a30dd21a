"""The recorder processes of one machine: started together, stopped together.

Together, because a recorder that stops hands its cameras over to those that stay: told one after
the other they would pass all of them along.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from vms.core.clock import Clock, SystemClock
from vms.machine.child import Child, kept
from vms.settings import Settings

STOP_SECONDS = 15.0
"""A recorder takes 7 s for handing over, and then seals and notes what is in hand."""


def worker_children(
    settings: Settings, environment: Mapping[str, str], output: Path | None = None
) -> list[Child]:
    """`output`: one file for all of them instead of our own output."""
    command = [sys.executable, "-m", "vms.cli", "record", "--worker"]
    numbers = range(settings.workers)
    names = ["record"] if len(numbers) == 1 else [f"record-{number}" for number in numbers]
    return [
        Child(name, [*command, str(n)], environment, output=output, stop_seconds=STOP_SECONDS)
        for n, name in zip(numbers, names, strict=True)
    ]


def child_environment(environ: Mapping[str, str], file: Path | None) -> dict[str, str]:
    """With the settings file in it, wherever the child looks for one."""
    return dict(environ) | ({"VMS_CONFIG": str(file.absolute())} if file else {})


@asynccontextmanager
async def kept_together(children: Sequence[Child], clock: Clock) -> AsyncIterator[None]:
    """All of them while inside; asked to stop in the same moment."""
    async with asyncio.TaskGroup() as tasks:
        ready = [asyncio.Event() for _ in children]
        keeping = [
            tasks.create_task(_keep(child, clock, event))
            for child, event in zip(children, ready, strict=True)
        ]
        try:
            await asyncio.gather(*(event.wait() for event in ready))
            yield
        finally:
            for task in keeping:
                task.cancel()


async def keep_workers(settings: Settings, environ: Mapping[str, str], file: Path | None) -> None:
    """`vms record` where several processes record: until cancelled."""
    children = worker_children(settings, child_environment(environ, file))
    async with kept_together(children, SystemClock()):
        await asyncio.Event().wait()


async def _keep(child: Child, clock: Clock, ready: asyncio.Event) -> None:
    async with kept(child, clock):
        ready.set()
        await asyncio.Event().wait()
