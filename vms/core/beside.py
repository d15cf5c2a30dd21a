"""A task that lives exactly as long as a block of code, without wrapping the block's errors."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager


@asynccontextmanager
async def beside(*jobs: Coroutine[object, object, object]) -> AsyncIterator[None]:
    """Run `jobs` while inside; they are cancelled on leaving.

    A job that raises ends the block, as in a TaskGroup. The first error, the block's or a job's,
    comes out as itself and not as a group: callers tell errors apart by their class. Were there
    more, the group is its cause.
    """
    try:
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(job) for job in jobs]
            try:
                yield
            finally:
                for task in running:
                    task.cancel()
    except BaseExceptionGroup as group:
        error = group.exceptions[0]
        raise error from (group if len(group.exceptions) > 1 else error.__cause__)
