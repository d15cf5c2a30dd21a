"""What stands before a stream's recording when not everything is kept: schedule and events.

It passes on what the policy keeps, holds the newest pictures in a bounded ring for what an event
may still want, and gives every second it does not keep its gap: SCHEDULE, NO_EVENT. A stream that
is always kept has none of this in its way (`kept` gives the recording itself). Task: `kept`'s own.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import tzinfo
from typing import Protocol

from recorder import metrics
from recorder.gapbook import GapBook
from recorder.policy import Rule, laid_out
from recorder.prerecord import Ring
from vms.core.beside import beside
from vms.core.bus import Bus, Payload
from vms.core.clock import Clock
from vms.core.media.access_unit import VIDEO, AccessUnit
from vms.core.model import Cause, RecordPolicy, RecordWhen, Stream
from vms.core.walltime import MINUTE, SECOND, WallTime

log = logging.getLogger(__name__)

RENEW_SECONDS = 120.0
"""The gap of a rest is renewed this often: after a crash it is known until when we rested."""
MOST_EVENTS = 64
"""Of one camera, waiting to be heard; when full the oldest goes: the newer ones keep more."""
_LATE_SECONDS = 0.05
"""After the full minute, at which hours begin and end."""
_OLDEST_EVENT_MICROS = 24 * 60 * MINUTE


class Keeps(Protocol):
    """A stream's recording, as far as its ingest needs it: `Recording` or `Keeping`."""

    @property
    def until(self) -> WallTime | None: ...

    @property
    def trouble(self) -> tuple[Cause, str] | None: ...

    @property
    def resting(self) -> Cause | None:
        """Why pictures that arrive are, rightly, not kept now; None: they should be."""
        ...

    def not_before(self, now: WallTime) -> WallTime | None:
        """Where a run that begins now has to begin; None: now is free."""
        ...

    def begin_run(self) -> None: ...

    def take(self, units: Sequence[AccessUnit]) -> None: ...

    def clock_stepped(self, words: str) -> None:
        """Our civil time jumped forward at the unit taken last."""
        ...

    def end_run(self, now: WallTime, cause: Cause, detail: str) -> None: ...


class Recorded(Keeps, Protocol):
    """`Recording`, as far as it is needed here."""

    def rest(self, at: WallTime, cause: Cause) -> None:
        """What comes from `at` on is not to be kept: seal, and begin a gap there."""
        ...


@asynccontextmanager
async def kept(
    recording: Recorded,
    stream: Stream,
    book: GapBook,
    bus: Bus,
    clock: Clock,
    zone: tzinfo,
    *,
    handed_over: bool = False,
) -> AsyncIterator[Keeps]:
    """What the stream's ingest records to, by its policy. `recording` was resumed before.

    `handed_over`: another recorder was there until now, so the gap that lasts is what it says.
    """
    if stream.policy.when is RecordWhen.ALWAYS:
        yield recording
        return
    keeping = Keeping(recording, stream.id, stream.policy, book, clock, zone)
    if not handed_over:
        keeping.resume()
    subject = f"camera.event.{stream.camera_id}"
    async with (
        bus.subscribe(subject, bound=MOST_EVENTS) as events,
        beside(keeping.watch_time(), keeping.hear(events)),
    ):
        yield keeping


class Keeping:
    """Plain calls from the ingest; `watch_time` and `hear` are tasks of `kept`.

    Pictures go on or are held by whole groups, so that no picture is ever in two segments: a group
    is kept when any of it is wanted. Only the end of the hours is exact to the picture.
    """

    def __init__(
        self,
        recording: Recorded,
        stream_id: int,
        policy: RecordPolicy,
        book: GapBook,
        clock: Clock,
        zone: tzinfo,
    ) -> None:
        self.resting: Cause | None = None
        self._recording, self._stream_id, self._book = recording, stream_id, book
        self._clock = clock
        self._rule, self._ring = Rule(policy, zone), Ring()
        self._arriving = self._writes = False
        self._first = True
        self._look_again = WallTime(0)
        self._newest = WallTime(0)
        self._down: tuple[Cause, str] | None = None
        self._renewed = clock.monotonic()

    @property
    def until(self) -> WallTime | None:
        return self._recording.until

    @property
    def trouble(self) -> tuple[Cause, str] | None:
        return self._recording.trouble if self._writes else None

    @property
    def held_bytes(self) -> int:
        return self._ring.held_bytes

    def resume(self) -> None:
        """The recorder starts on this stream: the gap it finds is laid out over the hours."""
        now = self._clock.wall()
        self._book.lay_out(self._stream_id, lambda gap: laid_out(gap, now, self._rule.calendar))

    def clock_stepped(self, words: str) -> None:
        self._recording.clock_stepped(words)

    def not_before(self, now: WallTime) -> WallTime | None:
        return self._recording.not_before(now)

    def begin_run(self) -> None:
        self._arriving, self._writes, self._look_again = True, False, WallTime(0)

    def take(self, units: Sequence[AccessUnit]) -> None:
        """The next access units of the run."""
        for unit in units:
            if unit.track == VIDEO:
                self._newest = unit.wall
                if unit.random_access or unit.wall >= self._look_again:
                    self._decide(unit)
            if self._writes:
                self._recording.take((unit,))
            else:
                self._hold(unit)

    def end_run(self, now: WallTime, cause: Cause, detail: str) -> None:
        """The run ended, or the connection failed: outside the hours nothing is missed by it."""
        self._arriving = False
        self._down = (cause, detail)
        self._ring.clear()
        if self._writes:
            self._writes = False
            self._recording.end_run(now, cause, detail)
        self._note_down(now)

    def event(self, at: WallTime) -> None:
        """Something happened at `at`: the time around it is kept, held or yet to come."""
        span = self._rule.event(at)
        if span is None or self._writes or not self._arriving:
            return
        wanted, rest = self._ring.take(span.start, span.end)
        if not wanted:
            return
        self._begin(wanted[0].wall)
        self._recording.take(wanted)
        if rest is not None:  # an event of some time ago: what it wants is over
            self._rest(Cause.NO_EVENT, rest)

    async def hear(self, events: AsyncIterator[tuple[str, Payload]]) -> None:
        """Events from the bus, until cancelled. One without a time is now; one that cannot be
        meant (from the future, or a day old) is passed over and said."""
        async for subject, payload in events:
            now = self._clock.wall()
            at = payload.get("at", now)
            if not isinstance(at, int) or not now - _OLDEST_EVENT_MICROS < at < now + MINUTE:
                log.warning("%s: an event of an impossible time is passed over", subject)
            else:
                self.event(WallTime(at))

    async def watch_time(self) -> None:
        """Hours open and close also while no picture comes; until cancelled."""
        while True:
            self.tick()
            into_minute = self._clock.wall() % MINUTE / SECOND
            await self._clock.sleep(60.0 - into_minute + _LATE_SECONDS)

    def tick(self) -> None:
        if not self._arriving:
            now = self._clock.wall()
            self._note_down(WallTime(now - now % MINUTE))
        if self.resting is not None and self._clock.monotonic() - self._renewed >= RENEW_SECONDS:
            self._renewed = self._clock.monotonic()
            self._book.renew(self._stream_id, self._clock.wall())

    def _decide(self, unit: AccessUnit) -> None:
        """At each key picture, and when a minute is over: is this kept?"""
        self._look_again = WallTime(unit.wall - unit.wall % MINUTE + MINUTE)
        cause = self._rule.refusal(unit.wall)
        if self._writes:
            at_once = unit.random_access or cause is Cause.SCHEDULE
            if cause is not None and at_once:
                self._rest(cause, unit.wall)
        elif cause is None:
            self._begin_at(unit)
        elif cause is not self.resting:
            self._rest(cause, unit.wall)

    def _begin_at(self, unit: AccessUnit) -> None:
        """Keep this picture, and so the held group that it is the next of."""
        held, _ = self._ring.take(unit.wall, WallTime(unit.wall + 1))
        if unit.random_access:
            held = []
        self._begin(held[0].wall if held else unit.wall)
        self._recording.take(held)

    def _begin(self, at: WallTime) -> None:
        self._recording.begin_run()
        self._writes, self.resting = True, None
        if self._first:  # a gap of the recorder before us, of which the recording does not know
            self._first = False
            self._book.back(self._stream_id, at)

    def _rest(self, cause: Cause, at: WallTime) -> None:
        """From `at` on nothing is kept, for this cause."""
        self._writes, self.resting = False, cause
        self._renewed = self._clock.monotonic()
        self._recording.rest(at, cause)

    def _hold(self, unit: AccessUnit) -> None:
        wanted_from = self._rule.held_from(self._newest)
        if wanted_from is None:
            self._ring.clear()
            return
        dropped = self._ring.dropped
        self._ring.add(unit, wanted_from)
        metrics.HELD_DROPPED.inc(self._ring.dropped - dropped)
        if self._ring.full:
            self._make_room()

    def _make_room(self) -> None:
        """One group of pictures fills the ring: rather kept without an event than lost with one.
        Outside the hours it must not be kept, and is lost."""
        units, _ = self._ring.take(self._newest, WallTime(self._newest + SECOND))
        if self.resting is Cause.NO_EVENT:
            self._begin(units[0].wall)
            self._recording.take(units)

    def _note_down(self, now: WallTime) -> None:
        """No pictures come. Outside the hours that is SCHEDULE, inside it is what the camera does.

        Our own end is the one thing that is noted in any case: nobody watches the hours then.
        """
        if self._down is None:
            return
        cause, detail = self._down
        shut = not self._rule.calendar.open(now)
        if shut and cause is not Cause.RECORDER_OFF:
            cause, detail = Cause.SCHEDULE, ""
        self.resting = Cause.SCHEDULE if cause is Cause.SCHEDULE else None
        self._recording.end_run(now, cause, detail)
