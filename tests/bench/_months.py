"""Months of a city in an index, made up: rows as the recorders would have left them.

Cameras in order of time, as they come: a minute of all, then the next. Twice a day each is away for
one to five minutes, so runs and gaps are many. Group tables are of one-second groups at 4 Mbit/s,
their durations apart by up to nine ticks of a 90 kHz clock. Coverage, hours and gaps are computed
from the same numbers by another way than the program's; who doubts asks `recount`.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from storage.index.goptable import encode
from vms.core.model import GopEntry
from vms.core.walltime import DAY, HOUR, MINUTE, SECOND, TimeRange, WallTime

BEGIN = WallTime(20_400 * DAY)
"""A midnight: 8 November 2025."""
MINUTES = 1440
GROUPS = 60
CODEC = b"avc1.64001f"
Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class City:
    """Streams 1 to `cameras`, one each, for `days`."""

    cameras: int
    days: int

    @property
    def end(self) -> WallTime:
        return WallTime(BEGIN + self.days * DAY)


@dataclass(frozen=True, slots=True)
class Minutes:
    """Rows in the order of time: arrays of equal length, and the group tables and hashes of each
    as a table of octets."""

    stream: Numbers
    start: Numbers
    epoch: Numbers
    sequence: Numbers
    size: Numbers
    gops: npt.NDArray[np.uint8]
    sha256: npt.NDArray[np.uint8]


def away(city: City, day: int) -> tuple[Numbers, Numbers]:
    """First minute and number of minutes of two absences of every stream: (streams, 2) each."""
    dice = np.random.default_rng(day)
    shape = (city.cameras, 1)
    first = np.hstack([dice.integers(10, 700, shape), dice.integers(720, 1430, shape)])
    return first, dice.integers(1, 6, (city.cameras, 2))


def recorded(city: City, day: int) -> npt.NDArray[np.bool_]:
    """(minute, stream): whether it is there."""
    first, long = away(city, day)
    minutes = np.arange(MINUTES)[:, None, None]
    gone = (minutes >= first) & (minutes < first + long)
    there: npt.NDArray[np.bool_] = np.asarray(~gone.any(axis=2), np.bool_)
    return there


def sizes(city: City, day: int) -> Numbers:
    """(minute, stream): bytes, around 30 MB."""
    dice = np.random.default_rng(1_000_000 + day)
    return dice.integers(27_000_000, 33_000_000, (MINUTES, city.cameras))


def rows(city: City, day: int, step: int = 60) -> Iterator[Minutes]:
    """The rows of a day, `step` minutes of all streams at a time."""
    dice = np.random.default_rng(2_000_000 + day)
    tables = _tables()
    there, size, start_of_day = recorded(city, day), sizes(city, day), BEGIN + day * DAY
    first, long = away(city, day)
    for begin in range(0, MINUTES, step):
        minute, stream = np.nonzero(there[begin : begin + step])
        minute = minute + begin
        run = (minute[:, None] >= (first + long)[stream]).sum(axis=1)
        run_start = np.where(run > 0, (first + long)[stream, run - 1], 0)
        count = len(minute)
        yield Minutes(
            stream=stream + 1,
            start=start_of_day + minute * MINUTE,
            epoch=start_of_day + run_start * MINUTE,
            sequence=minute - run_start,
            size=size[minute, stream],
            gops=tables[dice.integers(0, len(tables), count)],
            sha256=dice.integers(0, 256, (count, 32), np.uint8),
        )


def gaps(city: City) -> list[tuple[int, WallTime, WallTime]]:
    """(stream, start, end), by stream, oldest first."""
    found = []
    for day in range(city.days):
        first, long = away(city, day)
        starts = BEGIN + day * DAY + first * MINUTE
        ends = starts + long * MINUTE
        for stream in range(city.cameras):
            found += [
                (stream + 1, WallTime(int(starts[stream, n])), WallTime(int(ends[stream, n])))
                for n in (0, 1)
            ]
    return sorted(found)


def coverage(city: City) -> Iterator[tuple[int, WallTime, WallTime]]:
    """(stream, start, end): what lies between its gaps."""
    at: dict[int, WallTime] = {}
    for stream, start, end in gaps(city):
        yield stream, at.get(stream, BEGIN), start
        at[stream] = end
    for stream, start in at.items():
        yield stream, start, city.end


def hours(city: City, day: int) -> Iterator[tuple[int, WallTime, int, int]]:
    """(stream, hour, recorded µs, bytes) of a day."""
    there = recorded(city, day).reshape(24, 60, city.cameras)
    size = sizes(city, day).reshape(24, 60, city.cameras)
    micros, octets = there.sum(axis=1) * MINUTE, (size * there).sum(axis=1)
    for stream in range(city.cameras):
        for hour in range(24):
            at = WallTime(BEGIN + day * DAY + hour * HOUR)
            yield stream + 1, at, int(micros[hour, stream]), int(octets[hour, stream])


def expected(city: City, stream_id: int, span: TimeRange) -> list[TimeRange]:
    """What of `span` should be covered."""
    pieces = [TimeRange(start, end) for s, start, end in coverage(city) if s == stream_id]
    cut = [piece.intersection(span) for piece in pieces]
    return [piece for piece in cut if piece is not None]


def _tables() -> npt.NDArray[np.uint8]:
    """Group tables of the length that is usual, one a row."""
    dice = random.Random(7)
    coded = [encode(_groups(dice)) for _ in range(2000)]
    usual, _ = Counter(map(len, coded)).most_common(1)[0]
    same = [np.frombuffer(each, np.uint8) for each in coded if len(each) == usual]
    return np.stack(same)


def _groups(dice: random.Random) -> list[GopEntry]:
    found, start, offset = [], 0, 1400
    for _ in range(GROUPS):
        duration = SECOND + dice.randint(-50, 50)
        size = max(1000, round(dice.gauss(500_000, 50_000)))
        found.append(GopEntry(start, duration, offset, size, round(dice.gauss(90_000, 9_000))))
        start, offset = start + duration, offset + size
    return found
