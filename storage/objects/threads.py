"""A bounded pool of threads for calls that block: what hangs holds these, not the loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Threads:
    """Calls wait their turn when every thread is busy. A cancelled caller leaves its call running:
    what runs here must be safe to repeat."""

    def __init__(self, pool: ThreadPoolExecutor) -> None:
        self._pool = pool

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, partial(work, *args, **kwargs))


@contextmanager
def open_threads(name: str, count: int) -> Iterator[Threads]:
    """`count` threads while inside. Leaving does not wait for a call that hangs."""
    pool = ThreadPoolExecutor(count, thread_name_prefix=name)
    try:
        yield Threads(pool)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
