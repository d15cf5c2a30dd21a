"""One viewer of a live channel: from the first key picture on, each picture as it comes.

What belongs here: where a viewer begins, what he skips when slow. What does not: feeds (`hub`),
RTP times (`pacer`). Tasks: none; `run` is the session's.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from player import metrics
from player.outlet import Outlet
from player.pacer import Pacer, Piece
from player.webrtc.layout import Picture
from vms.core.clock import Clock
from vms.core.media.access_unit import Codec
from vms.core.model import Cause
from vms.core.walltime import WallTime

MOST_WAITING = 600
MOST_WAITING_BYTES = 24 * 1024 * 1024
"""Pictures and bytes kept for a viewer whose burst is still being paced. When full all are dropped
and he goes on at the next random access point."""


class Unplayable(Exception):
    """This browser cannot decode the stream; the session looks for another one."""


class Live:
    """A `hub.Sink`. `shown`: wall time of the newest picture sent, None before the first.

    `on_flow` is called with the first piece and whenever pictures flow again, `on_trouble` when
    they stop and it is known why.
    """

    def __init__(
        self,
        outlet: Outlet,
        pacer: Pacer,
        clock: Clock,
        *,
        on_flow: Callable[[Piece | None], None],
        on_trouble: Callable[[Cause, str], None],
    ) -> None:
        self.shown: WallTime | None = None
        self._outlet = outlet
        self._pacer = pacer
        self._clock = clock
        self._on_flow = on_flow
        self._on_trouble = on_trouble
        self._piece: Piece | None = None
        self._held: list[Picture] = []
        self._waiting: deque[tuple[Picture, int]] = deque()
        self._waiting_bytes = 0
        self._wake = asyncio.Event()
        self._needs_key = True
        self._repeats = False
        self._in_trouble = False
        self._unplayable = False

    async def run(self) -> None:
        """Send what must be paced, until cancelled. Raises Unplayable for a stream not H.264."""
        while True:
            await self._wake.wait()
            if self._unplayable:
                raise Unplayable
            while self._waiting:
                picture, rtp = self._waiting[0]
                await self._outlet.write(picture, rtp)
                if self._waiting and self._waiting[0][0] is picture:
                    self._waiting.popleft()
                    self._waiting_bytes -= len(picture.unit.data)
            self._wake.clear()

    def push(self, picture: Picture) -> None:
        if picture.unit.format.codec is not Codec.H264:
            self._unplayable = True
            self._wake.set()
        elif self._wanted(picture):
            self._take(picture)

    def caught_up(self) -> None:
        if self._held:
            self._catch_up()

    def restarted(self) -> None:
        self._held = []
        self._needs_key = self._repeats = True

    def troubled(self, cause: Cause, detail: str) -> None:
        self._in_trouble = True
        self._on_trouble(cause, detail)

    def _wanted(self, picture: Picture) -> bool:
        """Not before the first key picture, and not what was shown before the feed was lost."""
        if self._needs_key and not picture.random_access:
            return False
        self._needs_key = False
        if self._repeats and self.shown is not None and picture.wall <= self.shown:
            return False
        self._repeats = False
        return True

    def _take(self, picture: Picture) -> None:
        now = self._clock.monotonic()
        if self._piece is None and self._pacer.last is None:
            age = self._clock.wall() - picture.wall
            self._begin(self._pacer.begin_live(picture.wall, now, age_micros=age))
        if self._piece is None:
            self._hold(picture)
            return
        rtp = self._piece.rtp_of(picture.wall)
        if not self._pacer.goes_on(rtp, now):
            piece, (rtp,) = self._pacer.catch_up([picture.wall], now)
            self._begin(piece)
        self._flow()
        self._send(picture, rtp)

    def _hold(self, picture: Picture) -> None:
        """Coming from the archive: gather the group until the present is reached."""
        if picture.random_access:
            self._held = []
        self._held.append(picture)
        if len(self._held) > MOST_WAITING:
            self._held = []
            self._needs_key = True

    def _catch_up(self) -> None:
        held, self._held = self._held, []
        piece, stamps = self._pacer.catch_up([p.wall for p in held], self._clock.monotonic())
        self._begin(piece)
        self._flow()
        for picture, rtp in zip(held, stamps, strict=True):
            self._send(picture, rtp)

    def _begin(self, piece: Piece) -> None:
        self._piece = piece
        self._in_trouble = False
        self._on_flow(piece)

    def _flow(self) -> None:
        if self._in_trouble:
            self._in_trouble = False
            self._on_flow(None)

    def _send(self, picture: Picture, rtp: int) -> None:
        if self.shown is None or picture.wall > self.shown:
            self.shown = picture.wall
        stamp = self._pacer.used(rtp)
        if not self._waiting and self._outlet.try_write(picture, stamp):
            return
        self._waiting.append((picture, stamp))
        self._waiting_bytes += len(picture.unit.data)
        if len(self._waiting) > MOST_WAITING or self._waiting_bytes > MOST_WAITING_BYTES:
            metrics.SKIPPED.inc(len(self._waiting))
            self._waiting.clear()
            self._waiting_bytes = 0
            self._needs_key = True
        self._wake.set()
