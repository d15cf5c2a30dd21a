"""The chain of hashes of one stream: each segment names the one sealed before it. Pure.

Removing or replacing a segment breaks the chain unless all that follow are made anew. What may
break it honestly: the oldest kept names one that expired; what retention deleted left a receipt;
what the spool had to drop left a gap that says so; and after a recorder died its successor names
the newest that was archived and says in its identity that later ones may exist: the chain forks.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from storage.index import Outline
from vms.core.walltime import TimeRange, WallTime


class Verdict(StrEnum):
    FITS = "fits"
    FIRST = "first"  # the oldest kept: what it names, if anything, is gone
    FORKS = "forks"  # names one before the newest: its identity must say that it may
    BROKEN = "broken"  # names what is not there


@dataclass(frozen=True, slots=True)
class Judged:
    """`hole`: between the segment before and this one, where a missing one would have been; None
    where they touch or there is none before."""

    verdict: Verdict
    hole: TimeRange | None = None


class Chain:
    """The links of one stream, pushed oldest first."""

    def __init__(self) -> None:
        self._seen: set[bytes] = set()
        self._newest: bytes | None = None
        self._until: WallTime | None = None

    def push(self, outline: Outline, sha256: bytes, previous: bytes | None) -> Judged:
        """How this segment hangs on those before it."""
        judged = Judged(self._verdict(previous), self._hole(outline.range.start))
        self._seen.add(sha256)
        self._newest, self._until = sha256, outline.range.end
        return judged

    def _verdict(self, previous: bytes | None) -> Verdict:
        if self._newest is None:
            return Verdict.FIRST
        if previous == self._newest:
            return Verdict.FITS
        return Verdict.FORKS if previous is None or previous in self._seen else Verdict.BROKEN

    def _hole(self, start: WallTime) -> TimeRange | None:
        if self._until is None or start <= self._until:
            return None
        return TimeRange(self._until, start)


def explained(hole: TimeRange | None, excuses: Collection[TimeRange]) -> bool:
    """Whether the segment that is named and not there lay where something is known to have gone."""
    return hole is not None and any(hole.overlaps(excuse) for excuse in excuses)
