"""The API role: makes the application from the table and runs it until cancelled."""

from __future__ import annotations

import asyncio
import errno
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web

from player.footage import Footage
from storage.archive import Archive
from storage.index import Index
from vms.api import static
from vms.api.allowance import Allowance
from vms.api.call import Api, MakeClip, Probe, Shelf
from vms.api.dispatch import Endpoint
from vms.api.handlers import bookmarks, signals, timeline
from vms.api.middleware import access_log, errors_as_problems, security_headers
from vms.api.peers import Peers
from vms.api.routes import ROUTES
from vms.api.table import Route, check
from vms.api.watch import Watch
from vms.auth.backoff import LoginBackoff
from vms.auth.passwords import Passwords
from vms.auth.signin import SignIns
from vms.core.bus import Bus
from vms.core.clock import Clock
from vms.core.errors import Conflict, Unavailable, VmsError
from vms.core.nodestate import NodeState
from vms.core.supervise import supervise
from vms.settings import Settings

log = logging.getLogger(__name__)

_LONGEST_BODY = 256 * 1024
_CHECK_SECONDS = 5.0


async def serve(
    settings: Settings,
    index: Index,
    archive: Archive,
    store: Shelf,
    bus: Bus,
    clock: Clock,
    *,
    make_clip: MakeClip,
    probe: Probe,
) -> None:
    """Serve until cancelled. Raises Conflict when the port is taken."""
    api = make_api(settings, index, archive, store, bus, clock, make_clip=make_clip, probe=probe)
    state = NodeState("api", settings.node, bus, clock)
    async with listening(api), asyncio.TaskGroup() as tasks:
        tasks.create_task(api.watch.run())
        tasks.create_task(supervise("state of this node", state.run, clock=clock))
        tasks.create_task(supervise("media of ended sessions", lambda: _end(api), clock=clock))
        tasks.create_task(
            supervise("look at the index", lambda: _look(index, state, clock), clock=clock)
        )


def make_api(
    settings: Settings,
    index: Index,
    archive: Archive,
    store: Shelf,
    bus: Bus,
    clock: Clock,
    *,
    make_clip: MakeClip,
    probe: Probe,
    passwords: Passwords | None = None,
) -> Api:
    passwords = passwords or Passwords()
    return Api(
        settings=settings,
        index=index,
        archive=archive,
        store=store,
        footage=Footage(archive, bus),
        bus=bus,
        clock=clock,
        passwords=passwords,
        sign_ins=SignIns(
            index,
            passwords,
            LoginBackoff(clock),
            clock,
            settings.api.idle_seconds,
            settings.api.session_seconds,
        ),
        watch=Watch(index, bus, clock),
        peers=Peers(),
        make_clip=make_clip,
        probe=probe,
        clips=asyncio.Semaphore(settings.api.clips_at_once),
        setting_up=asyncio.Lock(),
        signals_of_users=Allowance(clock, signals.USER_BURST, signals.USER_PER_SECOND),
        signals_of_cameras=Allowance(clock, signals.CAMERA_BURST, signals.CAMERA_PER_SECOND),
        looks_of_users=Allowance(clock, timeline.USER_BURST, timeline.USER_PER_SECOND),
        dry_runs=asyncio.Semaphore(1),
        marks_of_users=Allowance(clock, bookmarks.USER_BURST, bookmarks.USER_PER_SECOND),
    )


def application(
    api: Api, routes: Sequence[Route] = ROUTES, pages: Path = static.DIST
) -> web.Application:
    """Raises Invalid for a table that must not be served."""
    check(routes)
    app = web.Application(
        middlewares=[access_log, errors_as_problems], client_max_size=_LONGEST_BODY
    )
    app.on_response_prepare.append(security_headers(api.settings.api.https))
    for route in routes:
        app.router.add_route(route.method, route.path, Endpoint(route, api).answer)
    app.router.add_route("*", "/{path:.*}", static.pages(pages))
    return app


@asynccontextmanager
async def listening(api: Api, pages: Path = static.DIST) -> AsyncIterator[int]:
    """The port it listens on (a free one when the settings say 0)."""
    runner = web.AppRunner(
        application(api, pages=pages),
        access_log=None,
        handler_cancellation=True,
        shutdown_timeout=2.0,
    )
    await runner.setup()
    try:
        site = web.TCPSite(runner, api.settings.api.host, api.settings.api.port)
        await _start(site, api.settings)
        port = int(runner.addresses[0][1])
        log.info("API on http://%s:%d", api.settings.api.host, port)
        yield port
    finally:
        await runner.cleanup()


async def _start(site: web.TCPSite, settings: Settings) -> None:
    where = f"{settings.api.host}:{settings.api.port}"
    try:
        await site.start()
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise Conflict(
                f"{where} is taken by another program: choose another port (VMS_API__PORT)"
            ) from error
        raise Unavailable(f"cannot listen on {where}: {error.strerror}") from error


async def _end(api: Api) -> None:
    await api.peers.end_with_sessions(api.sign_ins, api.bus, api.clock)


async def _look(index: Index, state: NodeState, clock: Clock) -> None:
    """Say when the index is away."""
    while True:
        try:
            await index.users.count()
            state.clear("index-unreachable")
        except VmsError as error:
            state.problem("index-unreachable", error.message)
        await clock.sleep(_CHECK_SECONDS)
