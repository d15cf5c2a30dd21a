"""One stream onto the disk: its units through the segmenter into the spool, its gaps into the book.

Plain calls, no task: the spool's writer thread does the work and answers later. A disk that takes
nothing costs recording only, never the live picture: each new group of pictures tries again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import Protocol

from recorder import metrics
from recorder.errors import CameraError, SpoolFull
from recorder.gapbook import GapBook
from recorder.groups import WALL_JUMP_MICROS
from recorder.segmenter import Segmenter
from recorder.steps import AppendFragment, OpenSegment, SealSegment, Step
from recorder.taken import RESENT_MICROS, Taken
from vms.core.errors import Exhausted, VmsError
from vms.core.media.access_unit import VIDEO, AccessUnit
from vms.core.model import Cause, Segment, Stream
from vms.core.runs import ClockMapping
from vms.core.walltime import SECOND, TimeRange, WallTime

log = logging.getLogger(__name__)


_ON_TOP = "our time went back: this was recorded with the same time before, so a new run begins"
_NO_PICTURES = "the camera paused, or its pictures were lost on the way"


class Writer(Protocol):
    """The spool, as far as recording needs it."""

    def write(self, step: Step) -> asyncio.Future[Segment | None]:
        """Do a step, in order. Fails with Exhausted when the disk cannot take it."""
        ...


class Runs(Protocol):
    """Told which runs there are, and how their clocks stand (`recorder.runbook.RunLog`)."""

    def opened(self, epoch: int, start: WallTime) -> None: ...

    def mapping(self) -> ClockMapping: ...

    def rested(self, until: WallTime, cause: Cause) -> None: ...


class Disk(Protocol):
    """Told which streams the disk fails, so that the node can say so."""

    def fails(self, stream_id: int, error: VmsError) -> None: ...

    def works(self, stream_id: int) -> None: ...


class Recording:
    """The recording of one stream over all its runs.

    `until`: where what is recorded ends; None before the first fragment. `trouble`: why pictures
    that arrive are not kept now; None: they are. `resting` is None: it keeps all it is given.
    """

    resting: Cause | None = None

    def __init__(
        self,
        stream: Stream,
        spool: Writer,
        book: GapBook,
        disk: Disk,
        segment_seconds: float,
        *,
        term: int = 0,
        runs: Runs | None = None,
    ) -> None:
        """`term`: of the lease under which this is recorded; no two writers have the same."""
        self.until: WallTime | None = None
        self.trouble: tuple[Cause, str] | None = None
        self._stream, self._spool, self._book, self._disk = stream, spool, book, disk
        self._segment_seconds, self._runs = segment_seconds, runs
        self._term, self._epoch = term, 0
        self._segmenter: Segmenter | None = None
        self._run_until: WallTime | None = None  # end of the run's newest fragment that is kept
        self._unsealed = False
        self._stepped = ""
        self._taken = Taken()
        self._ceiling: WallTime | None = None  # where this run would be on top of what is recorded
        self._gap: Cause | None = None
        self._waits_for_key = True

    def resume(self, until: WallTime | None, now: WallTime, held: Sequence[TimeRange] = ()) -> None:
        """The recorder starts on this stream; what the spool and archive hold ends at `until`.

        `held`: what of it the spool holds. Whatever is known to lie before now is given there.
        """
        self.until = until
        self._gap = Cause.RECORDER_OFF
        known = [TimeRange(WallTime(until - 1), until)] if until is not None else []
        self._book.resume(self._stream.id, [*held, *known], now)

    def not_before(self, now: WallTime) -> WallTime | None:
        """Where a run that begins now has to begin, time until then being recorded already; None:
        now is free."""
        free = self._known().first_free(now)
        return free if free is not None and free > now else None

    def begin_run(self) -> None:
        self._segmenter = Segmenter(
            self._stream.camera_id,
            self._stream.id,
            segment_seconds=self._segment_seconds,
            term=self._term,
            after=self._epoch,
            until=self.until,
            mapping=self._runs.mapping if self._runs is not None else None,
        )
        self._run_until = None
        self._waits_for_key = True

    def take(self, units: Sequence[AccessUnit]) -> None:
        """The next access units of the run. Raises CameraError (CLOCK_STEP) where one would be put
        on top of what is recorded: a new run, opened with `not_before`, goes on behind it."""
        segmenter = self._segmenter
        if segmenter is None:
            return
        for unit in units:
            if self._waits_for_key and not self._starts(unit):
                continue
            if self._ceiling is not None and unit.track == VIDEO and unit.wall >= self._ceiling:
                raise CameraError(Cause.CLOCK_STEP, _ON_TOP)
            for step in segmenter.push(unit):
                self._write(step, segmenter)

    def clock_stepped(self, words: str) -> None:
        """Our civil time jumped forward within this run: the hole it leaves is no lost video."""
        self._stepped = words

    def end_run(self, now: WallTime, cause: Cause, detail: str) -> None:
        """The run ended, or the connection failed (again): a gap begins where the pictures end."""
        self._seal()
        self._begin_gap(now, cause, detail)

    def rest(self, at: WallTime, cause: Cause) -> None:
        """What comes from `at` on is not to be kept (`recorder.keeping`): a gap of that cause."""
        self._seal(limit=at)
        if self._runs is not None and self.until is not None:
            self._runs.rested(self.until, cause)
        self._begin_gap(at, cause, "")

    def _seal(self, limit: WallTime | None = None) -> None:
        segmenter, self._segmenter = self._segmenter, None
        if self._ceiling is not None:
            limit = self._ceiling if limit is None else min(limit, self._ceiling)
        if segmenter is not None:
            for step in segmenter.flush(limit):
                self._write(step, segmenter)
            metrics.SKIPPED.labels(str(self._stream.id)).inc(segmenter.skipped_units)

    def _begin_gap(self, now: WallTime, cause: Cause, detail: str) -> None:
        if cause is not self._gap:
            fresh = self._gap is None and self.until is not None
            self._lose(self.until if fresh and self.until is not None else now, cause, detail)

    def _starts(self, unit: AccessUnit) -> bool:
        """Whether the run's recording starts with this unit: a key picture, not recorded yet.

        One that begins less than a second before what is recorded ends counts from there: nothing
        is lost, no time shifted. Raises CameraError as `take` does.
        """
        if not (unit.track == VIDEO and unit.random_access):
            return False
        if self.until is not None and unit.wall < self.until - WALL_JUMP_MICROS:
            if self.until - RESENT_MICROS < unit.wall:
                return False
            self._check_free(unit.wall, self.until)
        self._ceiling = self._known().ceiling(unit.wall)
        self._waits_for_key = False
        if self.trouble is None:
            self._regain(unit.wall)
        return True

    def _known(self) -> Taken:
        """What is taken; at first, all until `until`, however that came to be known."""
        if self._taken.is_new and self.until is not None:
            self._taken.begin(self.until)
        return self._taken

    def _check_free(self, wall: WallTime, until: WallTime) -> None:
        """Our time went back. Raises CameraError when that instant is recorded already."""
        free = self._known().first_free(wall)
        if free is not None and free > wall:
            raise CameraError(Cause.CLOCK_STEP, _ON_TOP)
        log.warning("stream %d: time went back by %.0f s", self._stream.id, (until - wall) / SECOND)

    def _write(self, step: Step, segmenter: Segmenter) -> None:
        if isinstance(step, OpenSegment):
            self._epoch = step.identity.epoch
            if self._runs is not None:
                self._runs.opened(step.identity.epoch, step.identity.start)
        elif isinstance(step, AppendFragment) and self.trouble is None:
            self._note_kept(step)
        try:
            written = self._spool.write(step)
        except VmsError as error:
            self._refused(step, segmenter, error)
            return
        written.add_done_callback(lambda future: self._done(step, segmenter, future))

    def _done(
        self, step: Step, segmenter: Segmenter, future: asyncio.Future[Segment | None]
    ) -> None:
        if future.cancelled():
            return
        error = future.exception()
        if isinstance(error, VmsError):
            self._refused(step, segmenter, error)
        elif error is not None:
            raise error
        elif isinstance(step, AppendFragment):
            if self.trouble is not None:
                self._recovered(step)
            elif self._run_until is not None and step.end > self._run_until:
                self._note_kept(step)  # handed over before it was known that the disk takes again
        elif self._unsealed and isinstance(step, SealSegment):
            self._unsealed = False
            self._disk.works(self._stream.id)

    def _note_kept(self, step: AppendFragment) -> None:
        self._note_hole(step)
        self._known().add(TimeRange(step.start, step.end))
        self.until = self._run_until = step.end

    def _note_hole(self, step: AppendFragment) -> None:
        """Within a run fragments touch, unless the camera paused or its pictures were lost."""
        if self._run_until is not None and step.start > self._run_until:
            hole = TimeRange(self._run_until, step.start)
            words, self._stepped = self._stepped, ""
            cause = Cause.CLOCK_STEP if words else Cause.STALLED
            self._book.missing(self._stream.id, hole, cause, words or _NO_PICTURES)

    def _refused(self, step: Step, segmenter: Segmenter, error: VmsError) -> None:
        """The disk did not take it: what it held is lost, from its start on. At the end of a
        segment nothing is lost: what it holds is sealed, though no disk has confirmed it."""
        if isinstance(step, SealSegment):
            self._unsealed = self.trouble is None
            self._disk.fails(self._stream.id, error)
            return
        segmenter.reopen()
        self._run_until = None
        cause = _cause_of(error)
        start = _start_of(step)
        if start is not None and (self.trouble is None or self.trouble[0] is not cause):
            self._lose(start, cause, error.message)
            self.until = start
            log.warning("stream %d is not recorded: %s", self._stream.id, error)
        if start is not None:
            self.trouble = (cause, error.message)
        self._disk.fails(self._stream.id, error)

    def _recovered(self, step: AppendFragment) -> None:
        self.trouble = None
        self._note_kept(step)
        self._disk.works(self._stream.id)
        log.info("stream %d is recorded again", self._stream.id)
        self._regain(step.start)

    def _lose(self, start: WallTime, cause: Cause, detail: str) -> None:
        self._gap = cause
        self._book.lost(self._stream.id, start, cause, detail)

    def _regain(self, start: WallTime) -> None:
        if self._gap is not None:
            self._gap = None
            self._book.back(self._stream.id, start)


def _cause_of(error: VmsError) -> Cause:
    if isinstance(error, SpoolFull):
        return Cause.SPOOL_FULL
    return Cause.DISK_FULL if isinstance(error, Exhausted) else Cause.DISK_FAULT


def _start_of(step: Step) -> WallTime | None:
    if isinstance(step, AppendFragment):
        return step.start
    return step.identity.start if isinstance(step, OpenSegment) else None
