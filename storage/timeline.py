"""Recorded time as a screen can show it: nothing finer than a pixel, no more than fits. Pure.

What belongs here: joining, thinning and counting of what was read. What does not: reading it
(`storage.index.lanes`), shaping it for a browser (`vms.api`).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from vms.core.model import Cause
from vms.core.promises import Bookmark
from vms.core.walltime import HOUR, SECOND, TimeRange, WallTime, merge

MOST_BUCKETS: Final = 400
"""Of activity, in one lane."""
LEAST_BUCKET_MICROS: Final = SECOND


@dataclass(frozen=True, slots=True)
class GapMark:
    """`count` gaps of one cause that a pixel holds, as one. `end` None: it lasts until now."""

    start: WallTime
    end: WallTime | None
    cause: Cause
    detail: str = ""
    count: int = 1


@dataclass(frozen=True, slots=True)
class EventMark:
    """`count` events of one kind within a pixel; `at`: the first."""

    at: WallTime
    kind: str
    count: int = 1


@dataclass(frozen=True, slots=True)
class BookmarkMark:
    """`count` bookmarks that begin within a pixel; `first` stands for them."""

    first: Bookmark
    count: int = 1


@dataclass(frozen=True, slots=True)
class Recorded:
    """`size` bytes in `micros` of video from `start` on."""

    start: WallTime
    micros: int
    size: int


@dataclass(frozen=True, slots=True)
class Buckets:
    """Equal times one after the other, from `start` on."""

    start: WallTime
    micros: int
    count: int

    @property
    def range(self) -> TimeRange:
        return TimeRange(self.start, WallTime(self.start + self.micros * self.count))


@dataclass(frozen=True, slots=True)
class Around:
    """What is recorded near an instant. `nearest`: the instant itself where it is recorded, else
    the recorded one closest to it (the last picture before counts as 1 µs before its end).
    `previous`: where this recording, or before a gap the last one, begins; at the very beginning
    of one: the one before. `next`: where the next one begins."""

    nearest: WallTime | None
    recorded: bool
    previous: WallTime | None
    next: WallTime | None


def buckets(span: TimeRange, pixels: int, *, whole_hours: bool) -> Buckets:
    """As many as `span` needs, none shorter than a pixel, MOST_BUCKETS at most. `whole_hours`: they
    begin and last as the sums of the hours do."""
    least = max(LEAST_BUCKET_MICROS, _up(span.micros, min(pixels, MOST_BUCKETS)))
    if not whole_hours:
        return Buckets(span.start, least, _up(span.micros, least))
    micros = _up(least, HOUR) * HOUR
    start = WallTime(span.start - span.start % HOUR)
    return Buckets(start, micros, _up(span.end - start, micros))


def activity(
    into: Buckets, pieces: Iterable[Recorded], usual_bitrate: int | None
) -> list[int | None]:
    """The bitrate of each bucket in per cent of the usual one; None where nothing is recorded, or
    nothing usual is known. A piece across a border counts on both sides by its time."""
    if not usual_bitrate:
        return [None] * into.count
    sizes, times = [0.0] * into.count, [0] * into.count
    for piece in pieces:
        for number, micros in _shares(into, piece):
            times[number] += micros
            sizes[number] += piece.size * micros / piece.micros
    return [
        round(100 * size * 8 * SECOND / micros / usual_bitrate) if micros else None
        for size, micros in zip(sizes, times, strict=True)
    ]


def bitrate(of: Iterable[Recorded]) -> int | None:
    """Bits a second of it all together; None: there is nothing."""
    micros = size = 0
    for piece in of:
        micros, size = micros + piece.micros, size + piece.size
    return round(size * 8 * SECOND / micros) if micros else None


def thinned(bookmarks: Iterable[Bookmark], pixel_micros: int) -> list[BookmarkMark]:
    """Oldest first, one a pixel, each with how many it stands for; the first, and of the same
    instant the longest, is the one that is named. One that lasts longer than a pixel is never
    joined with another."""
    marks: list[BookmarkMark] = []
    pixel = None
    for each in sorted(bookmarks, key=lambda one: (one.at, -(one.end or one.at), one.id)):
        here = each.at // max(1, pixel_micros)
        if (each.end or each.at) - each.at > pixel_micros:
            marks.append(BookmarkMark(each))
        elif here == pixel:
            marks[-1] = replace(marks[-1], count=marks[-1].count + 1)
            continue
        else:
            marks.append(BookmarkMark(each))
            pixel = here
            continue
        pixel = None
    return marks


def recorded_in(days: Sequence[TimeRange], spans: Sequence[TimeRange]) -> list[int]:
    """µs of each of `days` (in order, without overlap) that `spans` (the same) cover."""
    counted = [0] * len(days)
    starts = [day.start for day in days]
    for span in spans:
        number = max(0, bisect_right(starts, span.start) - 1)
        while number < len(days) and days[number].start < span.end:
            shared = days[number].intersection(span)
            counted[number] += shared.micros if shared else 0
            number += 1
    return counted


def counted_in(days: Sequence[TimeRange], marks: Iterable[EventMark]) -> list[int]:
    """How many events each of `days` has; a mark counts where its first one lies."""
    counted = [0] * len(days)
    starts = [day.start for day in days]
    for mark in marks:
        number = bisect_right(starts, mark.at) - 1
        if number >= 0 and mark.at in days[number]:
            counted[number] += mark.count
    return counted


def summed_in(days: Sequence[TimeRange], pieces: Iterable[Recorded]) -> list[int]:
    """Bytes of the pieces that begin in each of `days`."""
    counted = [0] * len(days)
    starts = [day.start for day in days]
    for piece in pieces:
        number = bisect_right(starts, piece.start) - 1
        if number >= 0 and piece.start in days[number]:
            counted[number] += piece.size
    return counted


def around(spans: Iterable[TimeRange], at: WallTime, *, slack_micros: int) -> Around:
    """Among `spans`; those not further apart than `slack_micros` count as one recording."""
    joined = merge(spans, slack_micros=slack_micros)
    before = [span for span in joined if span.start <= at]
    after = [span for span in joined if span.start > at]
    here = before[-1] if before and at in before[-1] else None
    earlier = [span for span in before if span.start < at]
    return Around(
        nearest=at if here else _closest(before, after, at),
        recorded=here is not None,
        previous=earlier[-1].start if earlier else None,
        next=after[0].start if after else None,
    )


def _closest(
    before: Sequence[TimeRange], after: Sequence[TimeRange], at: WallTime
) -> WallTime | None:
    ends = [WallTime(before[-1].end - 1)] if before else []
    starts = [after[0].start] if after else []
    return min((*ends, *starts), key=lambda wall: abs(wall - at), default=None)


def _shares(into: Buckets, piece: Recorded) -> Iterable[tuple[int, int]]:
    """Which buckets a piece lies in, and with how many µs."""
    end = piece.start + piece.micros
    number = max(0, (piece.start - into.start) // into.micros)
    if into.start <= piece.start < end <= into.start + (number + 1) * into.micros:
        if number < into.count:
            yield number, piece.micros  # as a rule it lies in one
        return
    while number < into.count:
        begin = into.start + number * into.micros
        micros = min(end, begin + into.micros) - max(piece.start, begin)
        if micros <= 0:
            return
        yield number, micros
        number += 1


def _up(whole: int, part: int) -> int:
    return -(-whole // part)
