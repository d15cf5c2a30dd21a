"""What a role shows to whoever runs it: /metrics, /livez, /readyz, on a listener of its own.

On loopback by default: metrics name cameras. A port that is taken costs the listener, never the
role: recording does not stop because nobody can look at it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import aiohttp
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from vms.core.bus import NatsBus
from vms.core.clock import Clock
from vms.core.supervise import supervise

log = logging.getLogger(__name__)

SILENT_SECONDS = 8.0
FATAL = frozenset({"index-unreachable"})
"""Problems with which a role is not ready; with others it works, worse."""

Reasons = Callable[[], list[str]]
"""Why the role is not ready; empty when it is."""


class Pulse:
    """Hears what this role says of itself on the bus: the whole way works when it is ready."""

    def __init__(self, role: str, node: str, bus: NatsBus, clock: Clock) -> None:
        self._subject = f"node.state.{role}.{node}"
        self._bus = bus
        self._clock = clock
        self._heard: float | None = None
        self._problems: list[str] = []

    async def run(self) -> None:
        async with self._bus.subscribe(self._subject, bound=4) as states:
            async for _, payload in states:
                self._heard = self._clock.monotonic()
                self._problems = [str(each.get("code")) for each in payload.get("problems", [])]

    def reasons(self) -> list[str]:
        if not self._bus.connected:
            return ["bus-unreachable"]
        if self._heard is None:
            return ["starting"]
        if self._clock.monotonic() - self._heard > SILENT_SECONDS:
            return ["silent"]
        return [code for code in self._problems if code in FATAL]


async def ask(host: str, port: int) -> tuple[bool, str]:
    """Whether the role that listens there is ready, and what it says."""
    shown = "127.0.0.1" if host in ("0.0.0.0", "::", "") else host
    timeout = aiohttp.ClientTimeout(total=3)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.get(f"http://{shown}:{port}/readyz") as response,
        ):
            return response.status == 200, (await response.text()).strip()
    except (aiohttp.ClientError, TimeoutError):
        return False, "no answer"


@asynccontextmanager
async def watched(
    role: str, node: str, bus: NatsBus, clock: Clock, host: str, port: int
) -> AsyncIterator[int | None]:
    """The role's listener while inside; its port, or None when that was taken."""
    pulse = Pulse(role, node, bus, clock)
    async with asyncio.TaskGroup() as tasks:
        hearing = tasks.create_task(supervise("pulse", pulse.run, clock=clock))
        try:
            async with listening(pulse.reasons, host, port) as listener:
                yield listener
        finally:
            hearing.cancel()


@asynccontextmanager
async def listening(reasons: Reasons, host: str, port: int) -> AsyncIterator[int | None]:
    runner = web.AppRunner(_application(reasons), access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    try:
        yield await _start(runner, host, port)
    finally:
        await runner.cleanup()


async def _start(runner: web.AppRunner, host: str, port: int) -> int | None:
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as error:
        log.warning("no metrics and health on %s:%d: %s", host, port, error.strerror)
        return None
    return int(runner.addresses[0][1])


def _application(reasons: Reasons) -> web.Application:
    async def livez(request: web.Request) -> web.Response:
        return web.Response(text="ok\n")

    async def readyz(request: web.Request) -> web.Response:
        wrong = reasons()
        return web.Response(status=503 if wrong else 200, text="\n".join(wrong or ["ok"]) + "\n")

    async def metrics(request: web.Request) -> web.Response:
        return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    app = web.Application()
    app.router.add_get("/livez", livez)
    app.router.add_get("/readyz", readyz)
    app.router.add_get("/metrics", metrics)
    return app
