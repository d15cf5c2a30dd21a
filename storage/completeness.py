"""Expected against stored: every second of a stream's time, counted once. Pure.

A second is stored, or excused (nobody wanted it: outside the hours, no event, switched off), or
missing with a cause, or unexplained (neither stored nor in a gap: that must not be), or pending (so
young that it may still be on its way here). The five add up to the time asked about.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from vms.core.model import Cause, Gap
from vms.core.walltime import SECOND, TimeRange, WallTime

EXCUSES: Final = frozenset({Cause.SCHEDULE, Cause.NO_EVENT, Cause.DISABLED})
"""Causes of gaps in which nothing was expected."""
PATIENCE_MICROS: Final = 120 * SECOND
"""After the newest fact, time counts as pending for so long: a segment is still being written."""
SLACK_MICROS: Final = SECOND // 20
"""Unexplained holes up to this between stored spans are the rounding of picture durations."""


@dataclass(frozen=True, slots=True)
class Account:
    """µs of one stream's time. `excused` and `missing` by cause."""

    stored: int = 0
    excused: Mapping[Cause, int] = field(default_factory=dict)
    missing: Mapping[Cause, int] = field(default_factory=dict)
    unexplained: int = 0
    pending: int = 0

    @property
    def expected(self) -> int:
        """What should be stored by now."""
        return self.stored + sum(self.missing.values()) + self.unexplained

    @property
    def lost(self) -> int:
        return self.expected - self.stored

    @property
    def total(self) -> int:
        return self.expected + sum(self.excused.values()) + self.pending


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a stream. `stored`, `gaps`: oldest first; `since`: the first thing known of
    it at all, None: nothing. `now`: when this was asked."""

    stored: Sequence[TimeRange]
    gaps: Sequence[Gap]
    since: WallTime | None
    now: WallTime


def account(span: TimeRange, facts: Facts, *, patience_micros: int = PATIENCE_MICROS) -> Account:
    """Count `span`. Time before anything is known of the stream, and time to come, count nothing.

    Where spans overlap, stored wins over gaps, and an earlier gap over a later one.
    """
    if facts.since is None:
        return Account()
    start, end = max(span.start, facts.since), min(span.end, facts.now)
    if end <= start:
        return Account()
    pieces = _pieces(TimeRange(start, end), facts)
    newest = _newest_fact(facts)
    return _counted(pieces, newest, facts.now - newest <= patience_micros)


def account_by(
    spans: Iterable[TimeRange], facts: Facts, *, patience_micros: int = PATIENCE_MICROS
) -> list[Account]:
    """`account` of each span (days, as a rule)."""
    return [account(span, facts, patience_micros=patience_micros) for span in spans]


@dataclass(frozen=True, slots=True)
class _Piece:
    """`cause` None: nothing is known of it; `stored` says whether that is because it is there."""

    start: int
    end: int
    stored: bool
    cause: Cause | None


def _pieces(span: TimeRange, facts: Facts) -> list[_Piece]:
    """`span` without holes, oldest first."""
    pieces: list[_Piece] = []
    at: int = span.start
    gaps = _Gaps(facts)
    for stored in facts.stored:
        if stored.end <= at or stored.start >= span.end:
            continue
        pieces += gaps.between(at, stored.start)
        pieces.append(_Piece(max(at, stored.start), min(stored.end, span.end), True, None))
        at = pieces[-1].end
    return pieces + gaps.between(at, span.end)


class _Gaps:
    """The gaps, gone through once: asked for one stretch after the other."""

    def __init__(self, facts: Facts) -> None:
        self._spans = [
            (g.start, facts.now if g.end is None else g.end, g.cause) for g in facts.gaps
        ]
        self._first = 0

    def between(self, start: int, end: int) -> list[_Piece]:
        """A stretch that is not stored, by its gaps."""
        pieces: list[_Piece] = []
        at = start
        while self._first < len(self._spans) and self._spans[self._first][1] <= start:
            self._first += 1
        number = self._first
        while number < len(self._spans) and self._spans[number][0] < end:
            gap_start, gap_end, cause = self._spans[number]
            number += 1
            first, last = max(at, gap_start), min(end, gap_end)
            if last <= first:
                continue
            if first > at:
                pieces.append(_Piece(at, first, False, None))
            pieces.append(_Piece(first, last, False, cause))
            at = last
        if end > at:
            pieces.append(_Piece(at, end, False, None))
        return pieces


def _newest_fact(facts: Facts) -> int:
    """Until when anything is known."""
    ends = [span.end for span in facts.stored[-1:]]
    ends += [facts.now if gap.end is None else gap.end for gap in facts.gaps]
    return max(ends, default=facts.now)


def _counted(pieces: Sequence[_Piece], newest: int, patient: bool) -> Account:
    stored = unexplained = pending = 0
    excused: dict[Cause, int] = {}
    missing: dict[Cause, int] = {}
    for number, piece in enumerate(pieces):
        micros = piece.end - piece.start
        if piece.stored:
            stored += micros
        elif piece.cause is not None:
            counts = excused if piece.cause in EXCUSES else missing
            counts[piece.cause] = counts.get(piece.cause, 0) + micros
        elif piece.start >= newest and patient:
            pending += micros
        elif micros <= SLACK_MICROS and _inside(pieces, number):
            stored += micros
        else:
            unexplained += micros
    return Account(stored, excused, missing, unexplained, pending)


def _inside(pieces: Sequence[_Piece], number: int) -> bool:
    """Whether both neighbours are stored."""
    around = pieces[max(0, number - 1) : number + 2 : 2]
    return number > 0 and len(around) == 2 and all(piece.stored for piece in around)
