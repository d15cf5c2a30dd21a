"""One request on its way to its handler: who asks, what was sent, what the handler may reach."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from aiohttp import web
from pydantic import BaseModel

from player.export.clip import ClipReport
from player.footage import Footage
from recorder.probe import ProbeReport
from storage.archive import Archive
from storage.index import Index
from storage.objects.store import Room
from vms.api.allowance import Allowance
from vms.api.peers import Peers
from vms.api.watch import Watch
from vms.auth.passwords import Passwords
from vms.auth.signin import SignedIn, SignIns
from vms.core.bus import Bus
from vms.core.clock import Clock
from vms.core.model import User
from vms.core.secret import Secret
from vms.core.walltime import TimeRange
from vms.settings import Settings

M = TypeVar("M", bound=BaseModel)


class Shelf(Protocol):
    """What the API asks of the store itself: nothing of an object."""

    async def room(self) -> Room | None: ...

    async def holds(self) -> bool: ...


MakeClip = Callable[[Footage, int, TimeRange, Path], Awaitable[ClipReport]]
"""`player.export.clip.make_clip`: footage, stream id, span, file to write. Raises NotFound."""
Probe = Callable[[str, str, Secret], Awaitable[ProbeReport]]
"""`recorder.probe.probe`: url, user, password."""


@dataclass(frozen=True, slots=True)
class Api:
    """What every handler may reach; made once, in `vms.api.server`."""

    settings: Settings
    index: Index
    archive: Archive
    store: Shelf
    footage: Footage
    bus: Bus
    clock: Clock
    passwords: Passwords
    sign_ins: SignIns
    watch: Watch
    peers: Peers
    make_clip: MakeClip
    probe: Probe
    clips: asyncio.Semaphore
    setting_up: asyncio.Lock
    signals_of_users: Allowance
    signals_of_cameras: Allowance
    marks_of_users: Allowance
    looks_of_users: Allowance
    dry_runs: asyncio.Semaphore


@dataclass(frozen=True, slots=True)
class Call:
    """`signed_in` None only on public routes. Body and query are checked against the route."""

    request: web.Request
    api: Api
    signed_in: SignedIn | None
    sent: BaseModel | None = None
    asked: BaseModel | None = None

    @property
    def user(self) -> User:
        return self.signed().user

    def signed(self) -> SignedIn:
        assert self.signed_in is not None, "a public route has no user"
        return self.signed_in

    @property
    def camera_id(self) -> int:
        return int(self.request.match_info["camera_id"])

    def body(self, model: type[M]) -> M:
        assert isinstance(self.sent, model), "the route declares another body"
        return self.sent

    def query(self, model: type[M]) -> M:
        assert isinstance(self.asked, model), "the route declares another query"
        return self.asked

    @property
    def address(self) -> str:
        """Where the caller is, seen past the proxies we were told to believe."""
        remote = self.request.remote or ""
        forwarded = self.request.headers.get("X-Forwarded-For", "")
        if remote in self.api.settings.api.proxies and forwarded:
            return forwarded.rsplit(",", 1)[-1].strip()
        return remote
