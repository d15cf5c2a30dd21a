"""From a source to a run: attempt after attempt while it has another transport to try.

Each is a connection of its own, so each waits for its own turn at the door (`recorder.fleet.gate`).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager

from recorder.errors import TransportRefused
from recorder.source.protocol import Run, Source
from vms.core.walltime import WallTime


@asynccontextmanager
async def open_run(
    source: Source,
    not_before: WallTime | None = None,
    *,
    door: AbstractAsyncContextManager[object] | None = None,
) -> AsyncIterator[Run]:
    """As `Source.open`, by each of its transports. `door` is passed anew for each attempt; without
    one, a second lies between them. Raises CameraError."""
    door = door or _OnceASecond()
    async with AsyncExitStack() as opened:
        while True:
            try:
                async with door:
                    run = await opened.enter_async_context(source.open(not_before))
                break
            except TransportRefused as refused:
                if not refused.again:
                    raise
        yield run


class _OnceASecond:
    def __init__(self) -> None:
        self._next = float("-inf")

    async def __aenter__(self) -> None:
        time = asyncio.get_running_loop().time
        await asyncio.sleep(self._next - time())
        self._next = time() + 1.0

    async def __aexit__(self, *_: object) -> None:
        return
