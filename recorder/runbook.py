"""The clocks of every run, written to the index when it can be reached; nobody waits for it.

A `RunLog` follows one stream: plain calls from its ingest and its recording. `RunBook.run` is a
task of `recorder.fleet`; it looks at the runs that last every few seconds and writes what changed.
Bounds: of each run only the newest facts wait; beyond MOST_WAITING runs or steps the oldest go,
counted.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Protocol

from recorder import metrics
from recorder.source import Run
from vms.core.errors import Unavailable, VmsError
from vms.core.model import Cause
from vms.core.nodestate import NodeState
from vms.core.runs import ClockMapping, ClockStep, RunFacts, Stepped
from vms.core.steady import Change, HostChange
from vms.core.walltime import SECOND, WallTime

log = logging.getLogger(__name__)

PROBLEM = "clock-stepped"
LOOK_SECONDS = 2.0
MOST_WAITING = 10_000
MOST_AT_ONCE = 200
_OFFSET_MICROS = 100_000
"""A clock's offset that moved by less is not written again."""
_RATE_PPM = 5

_WORDS = {
    Change.STEPPED: "this server's clock was set; recording keeps its own time for now",
    Change.RETURNED: "this server's clock is where recording's time is again",
    Change.FOLLOWED: "recording follows this server's clock with a jump",
    Change.SLEWING: "recording goes to this server's clock at 500 ppm: a jump would record twice",
}


class Table(Protocol):
    """The index's runs, as far as they are written here."""

    async def note(self, facts: Sequence[RunFacts], steps: Sequence[ClockStep] = ()) -> None: ...


class ServerTime(Protocol):
    """The recorder's own time and how it stands to the server's clock (`vms.core.steady`)."""

    @property
    def ahead(self) -> int: ...

    @property
    def synchronised(self) -> bool | None: ...

    async def sleep(self, seconds: float) -> None: ...


class RunLog:
    """One stream's runs; written while `RunBook.following` it."""

    def __init__(self, stream_id: int, book: RunBook) -> None:
        self._stream_id, self._book = stream_id, book
        self._run: Run | None = None
        self._facts: RunFacts | None = None
        self._written: RunFacts | None = None
        self._steps = 0

    def begin(self, run: Run) -> None:
        """A session with the camera began."""
        self._run, self._facts, self._written = run, None, None
        self._steps = 0

    def opened(self, epoch: int, start: WallTime) -> None:
        """The run's first segment was begun."""
        if self._facts is None:
            self._facts = RunFacts(self._stream_id, epoch, start)

    def rested(self, until: WallTime, cause: Cause) -> None:
        """Recording pauses while the session with the camera goes on (schedule, events); what
        comes next has an epoch, and so a row, of its own."""
        facts = self._now()
        if facts is not None:
            end = max(until, WallTime(facts.start + 1))
            self._book.put(replace(facts, end=end, cause=cause))
        self._facts = self._written = None

    def mapping(self) -> ClockMapping:
        """The clocks of the present run as they stand."""
        known = self._run.mapping if self._run is not None else ClockMapping()
        server = self._book.server
        return replace(known, server_offset=server.ahead, server_synchronised=server.synchronised)

    def take_steps(self) -> str:
        """Note what clocks did since the last call. When our own time jumped: words for the hole
        it leaves; else empty."""
        words = ""
        for step in self._run.take_steps() if self._run is not None else ():
            self._steps += 1
            metrics.CLOCK_STEPS.labels(step.clock).inc()
            if step.clock is Stepped.SERVER:
                words = f"this server's clock was set by {step.micros / SECOND:+.1f} s"
            self._book.step(ClockStep(self._stream_id, step.at, step.clock, step.micros))
        return words

    def end(self, until: WallTime, cause: Cause, detail: str) -> None:
        """The session is over; what it recorded ends at `until`."""
        self.take_steps()
        facts = self._now()
        if facts is not None:
            end = max(until, WallTime(facts.start + 1))
            self._book.put(replace(facts, end=end, cause=cause, detail=detail))
        self._run = self._facts = None

    def look(self) -> None:
        """Hand on what is worth writing."""
        self.take_steps()
        facts = self._now()
        if facts is not None and _differs(facts, self._written):
            self._written = facts
            self._book.put(facts)

    def _now(self) -> RunFacts | None:
        if self._facts is None or self._run is None:
            return None
        return replace(self._facts, mapping=self.mapping(), steps=self._steps, lost=self._run.lost)


class RunBook:
    """Everything but `run` and `drain` is a plain call that never fails and never waits."""

    def __init__(self, table: Table, node: str, server: ServerTime, state: NodeState) -> None:
        """`server`: by which civil time is told here; it also lets time pass between looks."""
        self.server = server
        self._table, self._node, self._state = table, node, state
        self._logs: set[RunLog] = set()
        self._facts: dict[tuple[int, int], RunFacts] = {}
        self._steps: deque[ClockStep] = deque()

    @property
    def waiting(self) -> int:
        return len(self._facts) + len(self._steps)

    @contextmanager
    def following(self, followed: RunLog) -> Iterator[None]:
        """Look at this log as long as the block lasts."""
        self._logs.add(followed)
        try:
            yield
        finally:
            self._logs.discard(followed)

    def put(self, facts: RunFacts) -> None:
        key = (facts.stream_id, facts.epoch)
        if key not in self._facts and len(self._facts) >= MOST_WAITING:
            del self._facts[next(iter(self._facts))]
            metrics.JOURNAL_DROPPED.inc()
        self._facts[key] = facts

    def step(self, step: ClockStep) -> None:
        if len(self._steps) >= MOST_WAITING:
            self._steps.popleft()
            metrics.JOURNAL_DROPPED.inc()
        self._steps.append(replace(step, node=self._node))

    def host_changed(self, change: HostChange) -> None:
        """This server's clock was set, or our time followed it."""
        words = _WORDS[change.change]
        metrics.CLOCK_STEPS.labels(Stepped.SERVER).inc()
        log.warning("%s: %+.1f s", words, change.micros / SECOND)
        if change.change is Change.STEPPED:
            self._state.problem(PROBLEM, f"{words}: {change.micros / SECOND:+.1f} s")
        else:
            self._state.clear(PROBLEM)
        self.step(ClockStep(None, change.at, Stepped.SERVER, change.micros, detail=words))

    async def run(self) -> None:
        """Look and write until cancelled."""
        while True:
            metrics.SERVER_OFFSET.set(self.server.ahead / SECOND)
            for followed in tuple(self._logs):
                followed.look()
            await self._write_all()
            await self.server.sleep(LOOK_SECONDS)

    async def drain(self, seconds: float) -> None:
        """At the end: one attempt to write what waits, no longer than this. Never fails."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._write_all()
        if self.waiting:
            log.warning("%d facts about runs could not be written: index away", self.waiting)

    async def _write_all(self) -> None:
        while self.waiting and await self._write():
            pass

    async def _write(self) -> bool:
        """Some of what waits; False: the index is away, what was taken waits again."""
        keys = list(self._facts)[:MOST_AT_ONCE]
        facts = [self._facts.pop(key) for key in keys]
        steps = [self._steps.popleft() for _ in range(min(MOST_AT_ONCE, len(self._steps)))]
        written = False
        try:
            await self._table.note(facts, steps)
            written = True
        except Unavailable:
            return False
        except VmsError as error:
            log.error("facts about runs cannot be written: %s", error)
            written = True
        finally:
            if not written:  # away, or cancelled: a run written twice is written once
                self._wait_again(facts, steps)
        return True

    def _wait_again(self, facts: list[RunFacts], steps: list[ClockStep]) -> None:
        newer = self._facts
        self._facts = {(one.stream_id, one.epoch): one for one in facts} | newer
        self._steps.extendleft(reversed(steps))


def _differs(facts: RunFacts, written: RunFacts | None) -> bool:
    if written is None:
        return True
    new, old = facts.mapping, written.mapping
    return (
        (new.camera_clock, new.server_synchronised) != (old.camera_clock, old.server_synchronised)
        or facts.steps != written.steps
        or _moved(new.camera_offset, old.camera_offset, _OFFSET_MICROS)
        or _moved(new.server_offset, old.server_offset, _OFFSET_MICROS)
        or _moved(new.media_ppm, old.media_ppm, _RATE_PPM)
    )


def _moved(new: int | None, old: int | None, least: int) -> bool:
    if new is None or old is None:
        return new is not old
    return abs(new - old) >= least
