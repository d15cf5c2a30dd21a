"""One viewer: what is shown, live or archive, and the conversation about it.

The conversation is docs/design/control.md. What belongs here: commands, states, the choice of
stream. What does not: sending (`live`, `playback`), the connection (`webrtc.peer`). Tasks: the show
runs beside the ear, inside `run`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from player import metrics
from player.footage import Footage
from player.hub import Hub
from player.live import Live, Unplayable
from player.outlet import Message, Outlet
from player.pacer import Pacer, Piece
from player.playback import Playback
from player.reader import Reader
from player.wish import Mode, Wish, wish_of
from vms.core.beside import beside
from vms.core.clock import Clock
from vms.core.errors import VmsError
from vms.core.model import Cause, StreamRole
from vms.core.walltime import SECOND, TimeRange, WallTime

log = logging.getLogger(__name__)

_RETRY_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Viewing:
    """What was asked for in the offer, with the rights of who asked."""

    camera_id: int
    streams: Mapping[StreamRole, int]
    stream: StreamRole
    at: WallTime | None
    playback: bool


@dataclass(frozen=True, slots=True)
class Sources:
    """Where pictures come from; shared by all sessions of the process."""

    hub: Hub
    footage: Footage
    reader: Reader


SOONER_MICROS = 5 * SECOND
"""Streams of one camera begin and end within their groups of each other; more is a difference."""


class Session:
    """`run` until cancelled. `origin`: where this viewer's RTP time begins, any number."""

    def __init__(
        self, viewing: Viewing, outlet: Outlet, sources: Sources, clock: Clock, *, origin: int
    ) -> None:
        self._viewing = viewing
        self._outlet = outlet
        self._sources = sources
        self._clock = clock
        self._pacer = Pacer(origin)
        self._wish = Wish(
            Mode.LIVE if viewing.at is None else Mode.ARCHIVE, viewing.stream, at=viewing.at
        )
        self._mode = self._wish.mode
        self._role = viewing.stream
        self._undecodable: set[StreamRole] = set()
        self._live: Live | None = None
        self._playback: Playback | None = None
        self._state: Message = {}

    async def run(self) -> None:
        """Show, listen, show what was wished, for ever. Only cancellation ends it."""
        wish = self._wish
        while True:
            async with beside(self._show(wish)):
                wish = await self._next_wish()
            self._wish = wish

    # listening

    async def _next_wish(self) -> Wish:
        while True:
            message = await self._outlet.messages.get()
            if message.get("op") == "ping":
                self._outlet.tell({"ev": "pong", "id": message.get("id")})
                continue
            wish = wish_of(message, self._present())
            if wish is None:
                metrics.IGNORED.inc()
            elif wish.mode is Mode.ARCHIVE and not self._viewing.playback:
                self._outlet.tell({**self._state, "ev": "state", "detail": "denied"})
            elif wish.role not in self._viewing.streams:
                self._outlet.tell({**self._state, "ev": "state", "detail": "no-stream"})
            else:
                return wish

    def _present(self) -> Wish:
        """What is shown now, as a wish: where commands that say only a part begin from."""
        stands = self._playback.position if self._playback else None
        if self._mode is Mode.LIVE:
            here = self._live.shown if self._live else None
        else:
            here = stands.wall if stands else self._wish.at
        return Wish(
            self._mode,
            self._wish.role,
            at=here or self._clock.wall(),
            speed=self._wish.speed,
            paused=self._wish.paused and self._mode is Mode.ARCHIVE,
            stands=self._mode is Mode.ARCHIVE and stands is not None,
        )

    # showing

    async def _show(self, wish: Wish) -> None:
        """Never returns: what cannot be shown is said, and tried again where that may help."""
        while True:
            try:
                await self._perform(wish)
            except VmsError as error:
                log.info("camera %d: cannot show: %s", self._viewing.camera_id, error)
                self._say("waiting", detail=str(error.kind))
                await self._clock.sleep(_RETRY_SECONDS)
                wish = replace(self._present(), paused=wish.paused)

    async def _perform(self, wish: Wish) -> None:
        if wish.mode is Mode.ARCHIVE:
            if not self._viewing.playback:
                await self._stand("unplayable", detail="denied")
            roles = await self._recorded(wish)
            await self._first_decodable(roles, lambda role: self._archive(role, wish))
        await self._first_decodable(self._candidates(wish.role), self._show_live)
        known = wish.role in self._viewing.streams
        await self._stand("unplayable", detail="h265" if known else "no-stream")

    async def _first_decodable(
        self, roles: Sequence[StreamRole], show: Callable[[StreamRole], Awaitable[None]]
    ) -> None:
        for role in roles:
            self._role = role
            try:
                await show(role)
                break
            except Unplayable:
                self._undecodable.add(role)

    def _candidates(self, wanted: StreamRole) -> list[StreamRole]:
        """Streams to try: the wanted one, then the camera's other; not those known to be H.265."""
        if wanted not in self._viewing.streams:
            return []
        ordered = sorted(self._viewing.streams, key=lambda role: role is not wanted)
        return [role for role in ordered if role not in self._undecodable]

    async def _recorded(self, wish: Wish) -> list[StreamRole]:
        """Candidates for the archive: a camera may keep only one of its streams, or have begun to
        keep one later than the other. The wanted one first, unless the other has it sooner."""
        if wish.stands and self._role not in self._undecodable:
            return [self._role]
        assert wish.at is not None
        begins: dict[StreamRole, int] = {}
        for role in self._candidates(wish.role):
            place = await self._sources.reader.find(self._viewing.streams[role], wish.at)
            if place is not None:
                begins[role] = max(place.range.start, wish.at)
        soonest = min(begins.values(), default=0)
        return sorted(begins, key=lambda role: begins[role] > soonest + SOONER_MICROS)

    async def _show_live(self, role: StreamRole) -> None:
        self._mode = Mode.LIVE
        self._playback = None
        async with self._sources.hub.watch(self._viewing.streams[role]) as channel:
            await self._outlet.ready()
            live = self._live = Live(
                self._outlet,
                self._pacer,
                self._clock,
                on_flow=self._flows,
                on_trouble=self._troubled,
            )
            channel.attach(live)
            try:
                await live.run()
            finally:
                channel.detach(live)

    async def _archive(self, role: StreamRole, wish: Wish) -> None:
        """Returns where recording ends: what follows is live."""
        self._mode = Mode.ARCHIVE
        playback = self._playback
        if not wish.stands:
            playback = await self._sought(role, wish)
        elif playback is None or playback.position is None:
            await self._stand("paused")  # paused from live: that picture stands
        elif not wish.paused:
            playback.resume(wish.speed)
        if playback is None:
            return
        if wish.paused:
            await self._stand("paused")
        self._say("playing", speed=wish.speed)
        await playback.play(wish.speed)

    async def _stand(self, state: str, detail: str = "") -> None:
        """Say it and wait for the next command."""
        self._say(state, detail=detail)
        await asyncio.Event().wait()

    async def _sought(self, role: StreamRole, wish: Wish) -> Playback | None:
        """The playback with the wished picture standing; None when nothing is recorded there."""
        assert wish.at is not None
        stream_id = self._viewing.streams[role]
        self._live = None
        seek: list[int] = [wish.at]
        playback = self._playback = Playback(
            stream_id,
            self._sources.reader,
            self._outlet,
            self._pacer,
            self._clock,
            on_piece=lambda piece: self._paced(piece, seek),
            on_gap=lambda span: self._gap(stream_id, span),
        )
        return playback if await playback.seek(wish.at, speed=wish.speed) else None

    # saying

    def _flows(self, piece: Piece | None) -> None:
        if piece is not None:
            self._outlet.tell(piece.message("live"))
        self._say("live")

    def _troubled(self, cause: Cause, detail: str) -> None:
        self._say("waiting", cause=cause, detail=detail)

    def _paced(self, piece: Piece, seek: list[int]) -> None:
        self._outlet.tell(piece.message("archive", seek.pop() if seek else None))
        if self._state.get("state") == "gap":
            self._say("playing", speed=piece.speed)

    async def _gap(self, stream_id: int, span: TimeRange) -> None:
        try:
            known = await self._sources.footage.gaps(stream_id, span)
        except VmsError:
            known = []
        reason = max(known, key=lambda gap: (gap.end or span.end) - gap.start, default=None)
        self._say(
            "gap",
            cause=reason.cause if reason else None,
            detail=reason.detail if reason else "",
            since=span.start,
            until=span.end,
        )

    def _say(
        self,
        state: str,
        *,
        cause: Cause | None = None,
        detail: str = "",
        since: int | None = None,
        until: int | None = None,
        speed: float | None = None,
    ) -> None:
        fields = {"cause": cause, "detail": detail or None, "from": since, "until": until}
        said: Message = {"ev": "state", "state": state, "stream": self._role, "speed": speed}
        said |= fields
        if self._role is StreamRole.SUB and StreamRole.MAIN in self._undecodable:
            said["note"] = "h265-sub"
        self._state = {name: value for name, value in said.items() if value is not None}
        self._outlet.tell(self._state)
