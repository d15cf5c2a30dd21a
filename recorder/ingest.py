"""One stream, for as long as it is configured: connect, record, show, and connect again.

`Ingest.run` never ends by itself. It owns the task that tells the stream's state.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack

from recorder import metrics
from recorder.broadcast import Broadcast
from recorder.errors import CameraError
from recorder.keeping import Keeps
from recorder.pauses import Pauses
from recorder.runbook import RunLog
from recorder.source import Run, Source, open_run
from recorder.status import Status
from vms.core.beside import beside
from vms.core.clock import Clock
from vms.core.media.access_unit import VIDEO, AccessUnit
from vms.core.model import Cause, StreamCondition

log = logging.getLogger(__name__)

_NOT_AGAIN = "not tried again until its password is changed, or once in half an hour"

NO_ENTRY_SECONDS = 20.0
_NO_ENTRY = (
    "pictures come, but no key picture: set a key picture interval of a few seconds in the camera"
)


class Ingest:
    """`recording` None: the stream is only there to be watched. `door` is passed
    at every attempt: `recorder.fleet.gate`."""

    def __init__(
        self,
        name: str,
        source: Source,
        broadcast: Broadcast,
        status: Status,
        recording: Keeps | None,
        door: AbstractAsyncContextManager[object],
        clock: Clock,
        *,
        runs: RunLog | None = None,
        check: Callable[[], None] | None = None,
    ) -> None:
        """`check` is called before each batch of units and before a lost camera is noted; what it
        raises ends the ingest."""
        self._name, self._source, self._broadcast = name, source, broadcast
        self._status, self._recording, self._door, self._clock = status, recording, door, clock
        self._runs, self._check = runs, check
        self._pauses = Pauses()
        self._first_picture: float | None = None
        self._undecodable: float | None = None
        self._run: Run | None = None
        self._at_key: Callable[[AccessUnit], None] | None = None

    def record_to(self, recording: Keeps | None) -> None:
        """From the next unit on; a run that is on goes on there without a beginning."""
        self._recording = recording

    def at_next_key(self, call: Callable[[AccessUnit], None]) -> None:
        """Call once, with the next key picture, before anything is done with it."""
        self._at_key = call

    async def run(self) -> None:
        """Until cancelled; what was recorded by then is sealed."""
        async with beside(self._status.run()):
            while True:
                error = await self._run_once()
                self._tell(error)
                await self._clock.sleep(self._pauses.after(error.cause, self._lasted()))

    async def _run_once(self) -> CameraError:
        """Connect and pass on what comes, until the camera is lost: why."""
        self._first_picture = self._undecodable = None
        error = CameraError(Cause.RECORDER_OFF, "the recorder was stopped")
        try:
            await self._follow()
        except CameraError as lost:
            error = lost
            if self._check is not None:
                self._check()
        finally:
            self._end_run(error)
        return error

    async def _follow(self) -> None:
        now = self._clock.wall()
        not_before = self._recording.not_before(now) if self._recording else None
        async with AsyncExitStack() as opened:
            opening = open_run(self._source, not_before, door=self._door)
            run = await opened.enter_async_context(opening)
            self._begin_run(run)
            await run.each(self._take_batch)

    def _take_batch(self, batch: list[AccessUnit]) -> None:
        if self._check is not None:
            self._check()
        for units in _from_keys(batch):
            self._take(units)

    def _begin_run(self, run: Run) -> None:
        self._run = run
        self._status.begin(run)
        if self._runs is not None:
            self._runs.begin(run)
        if self._recording is not None:
            self._recording.begin_run()

    def _take(self, units: Sequence[AccessUnit]) -> None:
        """Units in order; a key picture among them is the first."""
        begins = _is_key(units[0])
        if self._at_key is not None and begins:
            call, self._at_key = self._at_key, None
            call(units[0])
        self._status.note(units)
        self._broadcast.publish(units)
        if self._recording is not None:
            self._recording.take(units)
        if begins:
            self._tell_pictures()
        elif self._first_picture is None and any(unit.track == VIDEO for unit in units):
            self._tell_no_entry()

    def _tell_no_entry(self) -> None:
        """Pictures come, but none that decoding could begin with: say so when that goes on."""
        now = self._clock.monotonic()
        if self._undecodable is None:
            self._undecodable = now
        elif now - self._undecodable >= NO_ENTRY_SECONDS:
            self._status.set(StreamCondition.DOWN, Cause.UNSUPPORTED, _NO_ENTRY)

    def _tell_pictures(self) -> None:
        """At every key picture: it is recorded, or why not; and did a clock step?"""
        if self._first_picture is None:
            self._first_picture = self._clock.monotonic()
            log.info("%s: pictures arrive", self._name)
        stepped = self._runs.take_steps() if self._runs is not None else ""
        if stepped and self._recording is not None:
            self._recording.clock_stepped(stepped)
        if self._recording is None:
            self._status.set(StreamCondition.WATCHABLE, None)
        elif self._recording.resting is not None:
            self._status.set(StreamCondition.WATCHABLE, self._recording.resting)
        else:
            remark = self._run.remark if self._run is not None else ""
            cause, detail = self._recording.trouble or (None, remark)
            self._status.set(StreamCondition.RECORDING, cause, detail)

    def _end_run(self, error: CameraError) -> None:
        self._broadcast.end_run()
        self._status.end()
        if self._recording is not None:
            self._recording.end_run(self._clock.wall(), error.cause, error.message)
        if self._runs is not None:
            until = self._recording.until if self._recording is not None else None
            self._runs.end(until or self._clock.wall(), error.cause, error.message)

    def _tell(self, error: CameraError) -> None:
        metrics.RECONNECTS.labels(error.cause).inc()
        known = self._status.state
        if (known.condition, known.cause) != (StreamCondition.DOWN, error.cause):
            log.warning("%s: camera lost: %s", self._name, error)
        refused = error.cause is Cause.BAD_PASSWORD
        words = f"{error.message}; {_NOT_AGAIN}" if refused else error.message
        self._status.set(StreamCondition.DOWN, error.cause, words)

    def _lasted(self) -> float:
        return 0.0 if self._first_picture is None else self._clock.monotonic() - self._first_picture


def _from_keys(batch: Sequence[AccessUnit]) -> Iterator[Sequence[AccessUnit]]:
    """The batch, cut before each key picture."""
    start = 0
    for at, unit in enumerate(batch):
        if at > start and unit.random_access and unit.track == VIDEO:
            yield batch[start:at]
            start = at
    yield batch[start:] if start else batch


def _is_key(unit: AccessUnit) -> bool:
    return unit.random_access and unit.track == VIDEO
