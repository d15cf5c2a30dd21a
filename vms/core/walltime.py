"""Points and spans of civil time: integer microseconds UTC, half-open ranges.

Pure. The site's zone exists only on screen and in file names made for people.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NewType

from vms.core.errors import Invalid

WallTime = NewType("WallTime", int)
"""Microseconds since 1970-01-01T00:00:00Z (UTC, leap seconds ignored as POSIX does)."""

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NTP_TO_UNIX_SECONDS = 2_208_988_800


def iso(wall: WallTime) -> str:
    """RFC 3339 in UTC with microseconds: `2026-11-23T07:12:00.000000Z`."""
    return (_EPOCH + timedelta(microseconds=wall)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def from_iso(text: str) -> WallTime:
    """Parse RFC 3339 with an explicit zone. Raises Invalid when there is none or it is no time."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise Invalid("not a time: write it like 2026-11-23T07:12:00Z", value=text) from error
    if moment.tzinfo is None:
        raise Invalid("a time needs its zone, as in 2026-11-23T07:12:00+08:00", value=text)
    return WallTime((moment - _EPOCH) // timedelta(microseconds=1))


def to_ntp(wall: WallTime) -> int:
    """64-bit NTP timestamp (RFC 5905 section 6): 32 bits of seconds since 1900, 32 of fraction."""
    seconds, micros = divmod(wall, SECOND)
    fraction = ((micros << 32) + SECOND // 2) // SECOND
    return (((seconds + _NTP_TO_UNIX_SECONDS) << 32) + fraction) & 0xFFFF_FFFF_FFFF_FFFF


def from_ntp(ntp: int) -> WallTime:
    """Inverse of `to_ntp`, exact to the microsecond. Era 0 only (until 2036)."""
    seconds, fraction = ntp >> 32, ntp & 0xFFFF_FFFF
    micros = (fraction * SECOND + (1 << 31)) >> 32
    return WallTime((seconds - _NTP_TO_UNIX_SECONDS) * SECOND + micros)


@dataclass(frozen=True, slots=True, order=True)
class TimeRange:
    """Half-open span [start, end) of civil time. Never empty: `end > start`."""

    start: WallTime
    end: WallTime

    def __post_init__(self) -> None:
        if self.end <= self.start:
            raise Invalid("a time range ends after it starts", start=self.start, end=self.end)

    def __contains__(self, wall: WallTime) -> bool:
        return self.start <= wall < self.end

    def __str__(self) -> str:
        return f"{iso(self.start)}/{iso(self.end)}"

    @property
    def micros(self) -> int:
        return self.end - self.start

    @property
    def seconds(self) -> float:
        return self.micros / SECOND

    def overlaps(self, other: TimeRange) -> bool:
        return self.start < other.end and other.start < self.end

    def intersection(self, other: TimeRange) -> TimeRange | None:
        start, end = max(self.start, other.start), min(self.end, other.end)
        return TimeRange(start, end) if start < end else None


def merge(ranges: Iterable[TimeRange], *, slack_micros: int = 0) -> list[TimeRange]:
    """Sorted union; neighbours not further apart than `slack_micros` become one."""
    merged: list[TimeRange] = []
    for span in sorted(ranges):
        if merged and span.start <= merged[-1].end + slack_micros:
            if span.end > merged[-1].end:
                merged[-1] = TimeRange(merged[-1].start, span.end)
        else:
            merged.append(span)
    return merged


def without(span: TimeRange, taken: Iterable[TimeRange]) -> list[TimeRange]:
    """What of `span` lies in none of `taken`, oldest first."""
    left, begin = [], span.start
    for one in merge(taken):
        if begin < one.start and begin < span.end:
            left.append(TimeRange(begin, min(one.start, span.end)))
        begin = max(begin, one.end)
    if begin < span.end:
        left.append(TimeRange(begin, span.end))
    return left
