"""Everything that happens, for the browsers that are looking: bus events in, SSE events out.

`run` owns the tasks; each is supervised, so that a bug in one kind of news costs that kind for a
moment. A follower's queue is bounded; one that is full is cut off, and its browser asks again.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from pydantic import ValidationError

from storage.index import Index
from vms.api.board import Board, Change
from vms.api.schemas import NodeOut, StreamStateOut
from vms.api.shapes import Heard
from vms.auth.policy import Action, allows, sees
from vms.auth.signin import SignedIn
from vms.core.bus import Bus, Payload
from vms.core.clock import Clock
from vms.core.errors import Exhausted, Unavailable
from vms.core.model import User
from vms.core.supervise import supervise

log = logging.getLogger(__name__)

MOST_FOLLOWERS = 500
WAITING_EVENTS = 1000
"""Per follower. More means a browser that does not read: it is cut off."""
H = TypeVar("H", bound=Heard)

RELOAD_SECONDS = 15.0
"""The list of cameras is read again this often even when nobody said it changed."""


@dataclass(eq=False, slots=True)
class Follower:
    """One open page. `ended`: nothing more comes."""

    signed_in: SignedIn
    waiting: deque[bytes] = field(default_factory=deque)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    ended: bool = False

    def put(self, event: bytes) -> None:
        if len(self.waiting) >= WAITING_EVENTS:
            log.info("a page that does not read its events is cut off")
            self.end()
        else:
            self.waiting.append(event)
            self.arrived.set()

    def end(self) -> None:
        self.ended = True
        self.arrived.set()

    async def take(self) -> bytes:
        """What has arrived, at least one event; empty when ended."""
        await self.arrived.wait()
        self.arrived.clear()
        taken = b"".join(self.waiting)
        self.waiting.clear()
        return taken


class Watch:
    def __init__(self, index: Index, bus: Bus, clock: Clock) -> None:
        self._index = index
        self._bus = bus
        self._clock = clock
        self._followers: set[Follower] = set()
        self._reload = asyncio.Event()
        self.board = Board()

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for name, job in (
                ("stream states", self._hear_streams),
                ("node states", self._hear_nodes),
                ("changes of cameras", self._hear_cameras),
                ("revocations", self._hear_revocations),
                ("list of cameras", self._keep_cameras),
                ("silence", self._notice_silence),
            ):
                tasks.create_task(supervise(name, job, clock=self._clock))

    @contextmanager
    def follow(self, signed_in: SignedIn) -> Iterator[Follower]:
        """Events from now on, those the user may see. Raises Exhausted when too many look."""
        if len(self._followers) >= MOST_FOLLOWERS:
            raise Exhausted("too many pages are open: close some")
        follower = Follower(signed_in)
        self._followers.add(follower)
        try:
            yield follower
        finally:
            self._followers.discard(follower)

    def snapshot(self, user: User) -> bytes:
        """Everything as it is now, as the same events that tell changes."""
        changes = [Change("stream", each.camera_id, stream=each) for each in self.board.streams()]
        changes += [Change("node", node=node) for node in self.board.nodes()]
        admin = allows(user, Action.ADMIN)
        return b"".join(encoded(each, admin=admin) for each in changes if _may_know(user, each))

    def cameras_changed(self) -> None:
        """Read the list again now."""
        self._reload.set()

    def end_session(self, *, session_id: str | None = None, user_id: int | None = None) -> None:
        """Tell the pages of a session, or of all of a user's, that it is over, and cut them off."""
        for follower in list(self._followers):
            signed = follower.signed_in
            if session_id == signed.session_id or user_id == signed.user.id:
                follower.put(_event("session", {"ended": True}))
                follower.end()

    def _tell(self, changes: list[Change]) -> None:
        for change in changes:
            texts: dict[bool, bytes] = {}
            for follower in list(self._followers):
                user = follower.signed_in.user
                admin = allows(user, Action.ADMIN)
                if _may_know(user, change):
                    if admin not in texts:
                        texts[admin] = encoded(change, admin=admin)
                    follower.put(texts[admin])

    async def _hear_streams(self) -> None:
        async with self._bus.subscribe("stream.state.*", bound=8192) as news:
            async for _, payload in news:
                if (state := _read(StreamStateOut, payload)) is not None:
                    self._tell(self.board.stream(state, self._clock.monotonic()))

    async def _hear_nodes(self) -> None:
        async with self._bus.subscribe("node.state.>") as news:
            async for _, payload in news:
                if (state := _read(NodeOut, payload)) is not None:
                    self._tell(self.board.node(state, self._clock.monotonic()))

    async def _hear_cameras(self) -> None:
        async with self._bus.subscribe("cameras.changed") as news:
            async for _ in news:
                self._tell([Change("cameras")])
                self._reload.set()

    async def _hear_revocations(self) -> None:
        async with self._bus.subscribe("play.revoke") as news:
            async for _, payload in news:
                session_id, user_id = payload.get("session_id"), payload.get("user_id")
                if session_id is not None or user_id is not None:
                    self.end_session(session_id=session_id, user_id=user_id)

    async def _keep_cameras(self) -> None:
        while True:
            self._reload.clear()
            try:
                cameras = await self._index.cameras.list()
                now = self._clock.monotonic()
                self._tell(self.board.cameras(cameras, self._clock.wall(), now))
            except Unavailable as error:
                log.debug("list of cameras: %s", error)
            await self._wait_reload()

    async def _wait_reload(self) -> None:
        try:
            async with asyncio.timeout(RELOAD_SECONDS):
                await self._reload.wait()
        except TimeoutError:
            return

    async def _notice_silence(self) -> None:
        while True:
            self._tell(self.board.tick(self._clock.wall(), self._clock.monotonic()))
            await self._clock.sleep(1.0)


def encoded(change: Change, *, admin: bool) -> bytes:
    """The change as an SSE event. A node's details are for administrators: they name paths."""
    if change.stream is not None:
        return _event("stream", change.stream.model_dump(mode="json"))
    if change.node is not None:
        told = change.node.model_dump(mode="json")
        if not admin:
            told["problems"] = [each | {"detail": ""} for each in told["problems"]]
        return _event("node", told)
    return _event("cameras", {})


def _may_know(user: User, change: Change) -> bool:
    return change.camera_id is None or sees(user, change.camera_id)


def _event(name: str, data: Payload) -> bytes:
    return f"event: {name}\ndata: {json.dumps(data, separators=(',', ':'))}\n\n".encode()


def _read(model: type[H], payload: Payload) -> H | None:
    try:
        return model.model_validate(payload)
    except ValidationError as error:
        log.warning("news that cannot be read: %s", error.errors(include_input=False)[:1])
        return None
