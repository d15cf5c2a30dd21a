"""One stream in the care of this recorder: from a camera to where it is recorded and watched.

`Care.run` is a supervised task of the fleet. A stream comes cold (connect, then record what comes)
or warm: connected while another recorder still holds it, and recorded from the very picture on at
which that one stopped (`warm`). What is decided about leases is not decided here.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from zoneinfo import ZoneInfo

from recorder.broadcast import Broadcast
from recorder.fleet.means import Means
from recorder.fleet.resting import Rested
from recorder.fleet.resuming import Tap, resumed, source_of
from recorder.fleet.warm import Left, Warm, digest
from recorder.ingest import Ingest
from recorder.keeping import Keeps, kept
from recorder.recording import Recording
from recorder.runbook import RunLog
from recorder.status import Status
from vms.core.beside import beside
from vms.core.errors import Unavailable, VmsError
from vms.core.media.access_unit import AccessUnit
from vms.core.model import Camera, Cause, Segment, Stream

log = logging.getLogger(__name__)

KEY_SECONDS = 15.0
"""How long the leaving recorder waits for a key picture to stop at."""
SEAM_SECONDS = 3.0
"""How long the coming recorder waits until that picture has reached it, too."""
CONFIRM_SECONDS = 10.0
_SEAL_SECONDS = 5.0
_NOTES_SECONDS = 2.0
_LOOK_SECONDS = 0.05


class Care:
    """`status` tells how the stream is. `left`: where another recorder stopped, if it is known."""

    def __init__(
        self,
        means: Means,
        camera: Camera,
        stream: Stream,
        term: int,
        left: Left | None = None,
        *,
        taken: bool = True,
        orphan: bool = False,
    ) -> None:
        """`taken`: other recorders had this stream before; `orphan`: the last of them died."""
        self.camera, self.stream = camera, stream
        self.name = f"camera {camera.number} {stream.role}"
        self.status = Status(camera, stream, means.bus, means.clock)
        self._means, self._term, self._left, self._taken = means, term, left, taken
        self._orphan = orphan
        self._runs = RunLog(stream.id, means.runs)
        self._tap = Tap(means.spool)
        self._stood = means.awake.stood
        self._broadcast = Broadcast()
        self._ingest: Ingest | None = None
        self._recording: Recording | None = None
        self._keeps: Keeps | None = None
        self._rested: Rested | None = None
        self._warm: Warm | None = None
        self._is_warm: asyncio.Future[bool] | None = None
        self._admitted: asyncio.Future[Left] | None = None

    def suits(self, stream: Stream | None) -> bool:
        """Whether it can go on as it is; a camera's name and number make no difference."""
        return stream == self.stream

    def warm_up(self) -> None:
        """Before `run`: connect only, keep the newest pictures, say nothing, until admitted."""
        loop = asyncio.get_running_loop()
        self._is_warm, self._admitted = loop.create_future(), loop.create_future()
        self._warm = Warm(lambda: self._tell_warm(True), lambda _: self._tell_warm(False))
        self.status.quiet = True

    async def until_warm(self) -> bool:
        """Whether its pictures came; False: the camera did not let us in beside the other one."""
        assert self._is_warm is not None
        return await self._is_warm

    def admit(self, left: Left, term: int) -> None:
        """The stream is ours: record it from where the other one left."""
        assert self._admitted is not None
        self._term, self._left = term, left
        self._admitted.set_result(left)

    async def run(self) -> None:
        """Until cancelled."""
        with self._means.runs.following(self._runs):
            if self._warm is not None:
                await self._run_warm(self._warm)
            else:
                await self._run_cold()

    async def _run_cold(self) -> None:
        with contextlib.suppress(TimeoutError):  # without a bus nobody can have taken it
            async with asyncio.timeout(CONFIRM_SECONDS):
                await self._means.awake.confirmed.wait()
        self._means.book.take_over(self.stream.id)
        self.status.quiet = False
        async with self._offered(), self._kept() as keeps:
            self._ingest = self._make_ingest(keeps)
            await self._ingest.run()

    async def leave(self, *, at_key: bool) -> Left:
        """Stop recording, before the next key picture or at once; what is watched goes on until
        the task is cancelled. From now on another recorder speaks for this stream."""
        if at_key and self._ingest is not None and self._recording is not None:
            stopped: asyncio.Future[Left] = asyncio.get_running_loop().create_future()
            self._ingest.at_next_key(lambda unit: _settle(stopped, self._stop(unit)))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(KEY_SECONDS):
                    return await self._with_hash(await stopped)
        return await self._with_hash(self._stop(None))

    def rest(self, words: str | None) -> None:
        """Record nothing from now on, for this reason; None: record. Live goes on either way.
        Said again it changes nothing."""
        if self._ingest is None or self._keeps is None or self._warm is not None:
            return  # not yet recorded: the next look says it again
        now = self._means.clock.wall()
        if self._rested is not None and self._rested.keeps is not self._keeps:
            self._rested = None  # it was started again after a bug
        if words is not None and self._rested is None:
            self._rested = Rested(self._keeps, now, words)
            self._ingest.record_to(self._rested)
            log.warning("%s: recording rests: %s", self.name, words)
        elif words is None and self._rested is not None:
            self._ingest.record_to(self._rested.wake(now))
            self._rested = None
            log.warning("%s: recording goes on", self.name)

    def let_go(self) -> None:
        """Another recorder has it already: seal what there is and say nothing more."""
        self._hush()
        self._stop(None)

    def _stop(self, key: AccessUnit | None) -> Left:
        """Plain: what is there by now will be sealed, nothing more is noted or told. Before a key
        picture no gap begins: the other recorder goes on with it."""
        now = self._means.clock.wall() if key is None else key.wall
        if key is not None:
            self._hush()
            if self._recording is not None:
                self._recording.rest(now, Cause.RECORDER_OFF)
        if self._keeps is not None:
            self._keeps.end_run(now, Cause.RECORDER_OFF, "")
        self._keeps = self._rested = None  # whose recording rests is not ours to say any more
        self._hush()
        if self._ingest is not None:
            self._ingest.record_to(None)
        until = self._recording.until if self._recording is not None else None
        return Left(until, None, b"" if key is None else digest(key))

    def _hush(self) -> None:
        self._means.book.hand_over(self.stream.id)
        self.status.quiet = True

    async def _with_hash(self, left: Left) -> Left:
        """Wait until the last segment is sealed, and until our notes about gaps are written."""
        sealed: Segment | None = None
        if self._tap.sealed is not None:
            with contextlib.suppress(TimeoutError, VmsError):
                async with asyncio.timeout(_SEAL_SECONDS):
                    sealed = await asyncio.shield(self._tap.sealed)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_NOTES_SECONDS):
                while self._means.book.waiting:
                    await asyncio.sleep(_LOOK_SECONDS)
        if sealed is None:
            return left
        return Left(sealed.range.end, sealed.sha256, left.key)

    async def _run_warm(self, warm: Warm) -> None:
        assert self._admitted is not None
        self._ingest = self._make_ingest(warm)
        async with beside(self._ingest.run()):
            left = await self._admitted
            self._means.book.take_over(self.stream.id)
            async with self._offered(), self._kept() as keeps:
                await self._go_on(self._ingest, warm, keeps, left)
                self._warm = None  # started again after a bug, it comes cold
                self.status.quiet = False
                await asyncio.Event().wait()

    async def _go_on(self, ingest: Ingest, warm: Warm, keeps: Keeps | None, left: Left) -> None:
        """Record from the picture on at which the other one stopped; it may still be on its way."""
        units, waited = warm.after(left), 0.0
        while not units and warm.running and waited < SEAM_SECONDS:
            await self._means.clock.sleep(_LOOK_SECONDS)
            units, waited = warm.after(left), waited + _LOOK_SECONDS
        if keeps is not None and warm.running:
            keeps.begin_run()
            keeps.take(units)
        ingest.record_to(keeps)

    def _make_ingest(self, keeps: Keeps | None) -> Ingest:
        means = self._means
        door = means.gate.door(self.stream.camera_id, self.stream.url, orphan=self._orphan)
        source = source_of(self.stream, means, self._broadcast)
        return Ingest(
            *(self.name, source, self._broadcast, self.status, keeps, door, means.clock),
            runs=self._runs,
            check=self._check_awake,
        )

    def _check_awake(self) -> None:
        """Raises Unavailable after a standstill: what is read now may be another recorder's. The
        stream starts again in a moment, if it is still ours: by then the leases were asked."""
        stood = self._means.awake.stood
        if stood != self._stood:
            self._stood = stood
            self._means.awake.confirmed.clear()
            self._hush()
            raise Unavailable("this recorder stood still: asking whose the camera is")

    @asynccontextmanager
    async def _offered(self) -> AsyncIterator[None]:
        async with self._means.feed.offer(self.stream.id, self._broadcast, self._means.bus):
            yield

    @asynccontextmanager
    async def _kept(self) -> AsyncIterator[Keeps | None]:
        """What the stream is recorded to, by its policy; None: it is only there to be watched."""
        if not self.stream.record:
            self._means.book.unwanted(self.stream.id, self._means.clock.wall())
            yield None
            return
        means, zone = self._means, ZoneInfo(self._means.config.zone)
        self._recording = await resumed(
            *(means, self.stream, self._tap, self._runs, self._term, self._left),
            taken=self._taken,
        )
        async with kept(
            *(self._recording, self.stream, means.book, means.bus, means.clock, zone),
            handed_over=self._left is not None and bool(self._left.key),
        ) as keeps:
            self._keeps = keeps
            yield keeps

    def _tell_warm(self, warm: bool) -> None:
        if self._is_warm is not None and not self._is_warm.done():
            self._is_warm.set_result(warm)


def _settle(future: asyncio.Future[Left], left: Left) -> None:
    if not future.done():
        future.set_result(left)
