"""Rows a second into an index of months, by batches of as many as 1,000 cameras make in a minute.

With everything that stands beside them (coverage, hours) and every commit on the disk. Baseline:
one row a transaction, one after the other. Afterwards what was added is taken out again, and what
is kept beside the segments must add up.

    python -m tests.bench.index_insert [--cameras N] [--days N] [--sqlite-cameras N]
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace

from storage.index import Index
from tests.bench import _indexes
from tests.bench._months import BEGIN, City
from tests.bench.result import Result, write
from tests.fakes.segments import NINE, segment
from vms.core.model import GopEntry, Segment, Stream, StreamRole
from vms.core.walltime import DAY, MINUTE, SECOND, TimeRange, WallTime

NAME = "index-insert"
TIMES = 50
"""So many times what the cameras make."""
MINUTES, ALONE = 10, 300
GOPS = tuple(GopEntry(n * SECOND, SECOND, 1400 + n * 500_000, 500_000, 90_000) for n in range(60))


def minute(stream_id: int, start: WallTime, number: int) -> Segment:
    made = segment(
        Stream(stream_id, stream_id, StreamRole.MAIN, "rtsp://camera/"), number, body=b""
    )
    span = TimeRange(WallTime(start + number * MINUTE), WallTime(start + (number + 1) * MINUTE))
    return replace(made, range=span, epoch=start, size=30_000_000, gops=GOPS)


async def rate(index: Index, batches: Sequence[Sequence[Segment]]) -> float:
    began = time.perf_counter()
    for batch in batches:
        await index.segments.add_many(batch)
    return sum(map(len, batches)) / (time.perf_counter() - began)


async def measure(
    opened: AbstractAsyncContextManager[tuple[Index, str]], city: City
) -> list[float]:
    """Rows a second in batches, and one by one; wrong sums end the benchmark."""
    streams, start = range(1, city.cameras + 1), city.end
    later = WallTime(start + MINUTES * MINUTE)
    async with opened as (index, _):
        batches = [[minute(s, start, n) for s in streams] for n in range(MINUTES)]
        alone = [[minute(1 + n % city.cameras, later, n // city.cameras)] for n in range(ALONE)]
        await index.segments.add_many([minute(1, WallTime(start + DAY), 0)])  # the days are there
        rates = [await rate(index, batches), await rate(index, alone)]
        await judge(index, city, len(batches) * city.cameras + ALONE + 1)
    return rates


async def judge(index: Index, city: City, added: int) -> None:
    """Take out what was added; exits when it is not what is found, or the sums are wrong."""
    new, found = TimeRange(city.end, WallTime(city.end + 3 * DAY)), 0
    for stream_id in range(1, city.cameras + 1):
        these = await index.segments.outlines(stream_id, new)
        taken = await index.garbage.take(stream_id, these, why="bench", now=NINE)
        await index.garbage.drop(taken)
        found += len(taken)
    covered = await index.segments.coverage(1, TimeRange(BEGIN, new.end))
    if found != added or covered[-1].end != city.end:
        sys.exit(f"{NAME}: {found} rows of {added}, recorded until {covered[-1].end}")
    if await index.segments.recount(1):
        sys.exit(f"{NAME}: coverage or hours did not add up")


async def run(city: City, few: int) -> int:
    small, slow = City(min(few, city.cameras), city.days), False
    for name, opened, its in (
        (NAME, _indexes.postgres(city), city),
        (f"{NAME}-sqlite", _indexes.sqlite(small), small),
    ):
        value, alone = await measure(opened, its)
        print(f"{name}: {value:,.0f} rows/s; one by one: {alone:,.0f}")
        write(
            Result(name, round(value), "rows/s", "one row a transaction", round(value / alone, 2))
        )
        slow |= value < TIMES * its.cameras / 60
    return int(slow)


def main() -> int:
    parser = argparse.ArgumentParser(description=NAME)
    parser.add_argument("--cameras", type=int, default=1000)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--sqlite-cameras", type=int, default=66)
    asked = parser.parse_args()
    return asyncio.run(run(City(asked.cameras, asked.days), asked.sqlite_cameras))


if __name__ == "__main__":
    sys.exit(main())
