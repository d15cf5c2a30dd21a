"""Running one job beside another for exactly as long as that takes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager


@asynccontextmanager
async def beside(job: Coroutine[object, object, object]) -> AsyncIterator[asyncio.Task[object]]:
    """`job` runs while the body does and is cancelled with it. The first error of either ends both
    and comes out as itself, not in a group, so that callers can act on its kind."""
    try:
        async with asyncio.TaskGroup() as tasks:
            task: asyncio.Task[object] = tasks.create_task(job)
            try:
                yield task
            finally:
                task.cancel()
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from None
