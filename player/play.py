"""The role `play`: answers browsers' offers and serves them until they go.

What belongs here: the bus side, how many viewers, whose right ended. What does not: what a viewer
sees (`session`), WebRTC (`webrtc.peer`). Tasks: one per viewer and three of the role, in `play`.
"""

from __future__ import annotations

import asyncio
import logging
import random
import secrets
from contextlib import AsyncExitStack
from dataclasses import dataclass

from player import metrics
from player.config import PlayConfig
from player.footage import ArchiveReads, Footage
from player.hub import open_hub
from player.reader import Reader
from player.request import OfferRequest, offer_request
from player.session import Session, Sources
from player.webrtc.peer import Peer, open_peer
from vms.core.beside import beside
from vms.core.bus import Bus, Payload
from vms.core.clock import Clock
from vms.core.errors import Exhausted, Unavailable, VmsError
from vms.core.nodestate import NodeState
from vms.core.supervise import contained, supervise

log = logging.getLogger(__name__)

_LAG_SECONDS = 0.5


async def play(config: PlayConfig, archive: ArchiveReads, bus: Bus, clock: Clock) -> None:
    """Answer `play.offer` and serve its viewers until cancelled. docs/design/live.md."""
    node = NodeState("play", config.node, bus, clock)
    async with AsyncExitStack() as stack:
        hub = await stack.enter_async_context(
            open_hub(bus, clock, linger_seconds=config.linger_seconds)
        )
        footage = Footage(archive, bus)
        sources = Sources(hub, footage, Reader(footage, config.cache_bytes))
        tasks = await stack.enter_async_context(asyncio.TaskGroup())
        viewers = Viewers(config, sources, bus, clock, tasks, node)
        tasks.create_task(supervise("node state", node.run, clock=clock))
        tasks.create_task(supervise("revoked rights", viewers.heed_revocations, clock=clock))
        tasks.create_task(_measure_lag(clock))
        await stack.enter_async_context(bus.serve("play.offer", viewers.answer, group="play"))
        log.info("playing on %s", ", ".join(config.addresses) or "the address of each request")
        await asyncio.Event().wait()


@dataclass(frozen=True, slots=True)
class _Viewer:
    request: OfferRequest
    peer: Peer


class Viewers:
    """Those who watch now. Each costs one task, which ends with its connection."""

    def __init__(
        self,
        config: PlayConfig,
        sources: Sources,
        bus: Bus,
        clock: Clock,
        tasks: asyncio.TaskGroup,
        node: NodeState,
    ) -> None:
        self._config = config
        self._sources = sources
        self._bus = bus
        self._clock = clock
        self._tasks = tasks
        self._node = node
        self._viewers: dict[str, _Viewer] = {}
        self._answering = 0

    async def answer(self, subject: str, payload: Payload) -> Payload:
        """Serve `play.offer`. Raises Invalid, NotFound, Exhausted, Unavailable."""
        try:
            reply = await self._admit(offer_request(payload))
        except VmsError as error:
            metrics.OFFERS.labels(error.kind).inc()
            raise
        metrics.OFFERS.labels("answered").inc()
        return reply

    async def _admit(self, request: OfferRequest) -> Payload:
        if len(self._viewers) + self._answering >= self._config.most_viewers:
            raise Exhausted("too many viewers on this player", most=self._config.most_viewers)
        answered: asyncio.Future[Payload] = asyncio.get_running_loop().create_future()
        self._answering += 1
        try:
            self._tasks.create_task(self._serve(request, answered))
            return await answered
        finally:
            self._answering -= 1

    async def _serve(self, request: OfferRequest, answered: asyncio.Future[Payload]) -> None:
        """One viewer, from the answer to the end of the connection; never raises."""
        name = f"viewer of camera {request.viewing.camera_id}"
        failure: VmsError = Unavailable("the player failed; its log says how")
        try:
            await contained(name, lambda: self._connect(request, answered), otherwise=None)
        except VmsError as error:
            log.info("%s ends: %s", name, error)
            failure = error
        if not answered.done():
            answered.set_exception(failure)

    async def _connect(self, request: OfferRequest, answered: asyncio.Future[Payload]) -> None:
        peer_id = secrets.token_hex(16)
        addresses = (request.address, *self._config.addresses)
        async with (
            open_peer(request.sdp, addresses, self._clock) as peer,
            self._bus.serve(f"play.close.{peer_id}", lambda *_: _close(peer)),
        ):
            self._note(peer_id, _Viewer(request, peer))
            try:
                if not answered.done():
                    answered.set_result({"peer_id": peer_id, "sdp": peer.answer})
                await self._show(request, peer)
            finally:
                self._forget(peer_id)

    async def _show(self, request: OfferRequest, peer: Peer) -> None:
        origin = random.getrandbits(32)
        session = Session(request.viewing, peer, self._sources, self._clock, origin=origin)
        async with beside(session.run()):
            await peer.closed.wait()

    def _note(self, peer_id: str, viewer: _Viewer) -> None:
        self._viewers[peer_id] = viewer
        self._count()

    def _forget(self, peer_id: str) -> None:
        self._viewers.pop(peer_id, None)
        self._count()

    def _count(self) -> None:
        metrics.VIEWERS.set(len(self._viewers))
        self._node.note(viewers=len(self._viewers))

    async def heed_revocations(self) -> None:
        """Close the viewers whose right ended, until cancelled."""
        async with self._bus.subscribe("play.revoke") as events:
            async for _, revoked in events:
                for viewer in list(self._viewers.values()):
                    if viewer.request.is_covered_by(revoked):
                        viewer.peer.closed.set()


async def _close(peer: Peer) -> Payload:
    peer.closed.set()
    return {}


async def _measure_lag(clock: Clock) -> None:
    while True:
        expected = clock.monotonic() + _LAG_SECONDS
        await clock.sleep(_LAG_SECONDS)
        metrics.LAG.observe(max(0.0, clock.monotonic() - expected))
