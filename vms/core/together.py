"""Several jobs at once: all results, or the first error and nothing goes on without an owner."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from typing import TypeVar

T = TypeVar("T")


async def together(jobs: Iterable[Coroutine[object, object, T]]) -> list[T]:
    """The results, in the order of the jobs.

    Unlike `asyncio.gather`, a job that raises has the others cancelled and waited for before its
    error comes out, as itself and not as a group. Were there more errors, the group is its cause.
    """
    try:
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(job) for job in jobs]
    except BaseExceptionGroup as group:
        error = group.exceptions[0]
        raise error from (group if len(group.exceptions) > 1 else error.__cause__)
    return [task.result() for task in running]
