"""A day of 1,000 cameras expired from the index: its rows are garbage, what stands beside is right.

One camera of the city is kept longer, another has a locked hour in that day. Baseline: stream by
stream, measured on a twentieth of the next day's streams. Also says what the database weighs.

    python -m tests.bench.expire_index [--cameras N] [--days N]
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from dataclasses import dataclass

from sqlalchemy import text

from storage.index import Index, NewLock
from storage.index.engine import Database
from tests.bench import _indexes
from tests.bench._months import City
from tests.bench.result import Result, write
from vms.core.promises import LockSpan
from vms.core.walltime import DAY, HOUR, TimeRange, WallTime

NAME, SIZE = "expire-index", "index-size"
GOAL_MS = 1000.0
GOAL_BYTES_A_ROW = 25e9 / 43.2e6
LONGER, LOCKED, SHARE, BATCH = 1, 2, 20, 1000


@dataclass(frozen=True, slots=True)
class Found:
    """`day`, `stream_by_stream`: ms. `size`: bytes of the database."""

    day: float
    stream_by_stream: float
    size: int


async def measure(city: City) -> Found:
    async with _indexes.postgres(city) as (index, url):
        now = WallTime(city.end + 400 * DAY)
        days = await index.garbage.days(now)
        size = await database_size(url)
        await lock(index, days[0], now)
        began = time.perf_counter()
        ends = {each: WallTime(days[0] + DAY) for each in range(1, city.cameras + 1)}
        ends[LONGER] = days[0]
        taken = await index.garbage.take_day(days[0], ends, why="age", now=now)
        day = (time.perf_counter() - began) * 1000
        await judge(index, city, days[0], 0 if taken is None else taken.segments)
        return Found(day, await one_by_one(index, city, days[1], now), size)


async def lock(index: Index, day: WallTime, now: WallTime) -> None:
    span = TimeRange(WallTime(day + 9 * HOUR), WallTime(day + 10 * HOUR))
    await index.locks.add(NewLock("1", "bench", (LockSpan(LOCKED, span),), "bench"), now)


async def judge(index: Index, city: City, day: WallTime, taken: int) -> None:
    """Exits when another thing is gone than should be."""
    span = TimeRange(day, WallTime(day + DAY))
    streams = range(1, city.cameras + 1)
    left = {each: await index.segments.outlines(each, span) for each in streams}
    some = {each: rows for each, rows in left.items() if rows}
    if set(some) != {LONGER, LOCKED} or not 55 <= len(some[LOCKED]) <= 60:
        sys.exit(f"{NAME}: left are { ({each: len(rows) for each, rows in some.items()}) }")
    waiting = await index.garbage.waiting()
    if waiting.segments != taken or taken < 1400 * (city.cameras - 1):
        sys.exit(f"{NAME}: {taken} taken, {waiting.segments} are garbage")
    for stream_id in (LONGER, LOCKED, city.cameras):
        if await index.segments.recount(stream_id):
            sys.exit(f"{NAME}: coverage or hours of stream {stream_id} do not add up")


async def one_by_one(index: Index, city: City, day: WallTime, now: WallTime) -> float:
    """ms, as of all streams."""
    began, horizon = time.perf_counter(), WallTime(day + DAY)
    some = range(LOCKED + 1, city.cameras + 1, SHARE)
    for stream_id in some:
        while (
            await index.garbage.take_until(stream_id, horizon, BATCH, why="age", now=now)
        ).segments:
            pass
    return (time.perf_counter() - began) * 1000 * city.cameras / len(some)


async def database_size(url: str) -> int:
    database = Database(url)
    async with database.read() as connection:
        size = await connection.scalar(text("SELECT pg_database_size(current_database())"))
    await database.close()
    return int(size or 0)


def main() -> int:
    parser = argparse.ArgumentParser(description=NAME)
    parser.add_argument("--cameras", type=int, default=1000)
    parser.add_argument("--days", type=int, default=30)
    asked = parser.parse_args()
    city = City(asked.cameras, asked.days)
    found = asyncio.run(measure(city))
    a_row = found.size / (city.cameras * city.days * 1434)
    print(f"a day: {found.day:.0f} ms; stream by stream: {found.stream_by_stream:.0f} ms")
    print(f"database: {found.size / 1e9:.2f} GB, {a_row:.0f} bytes a row")
    ratio = round(found.day / found.stream_by_stream, 4)
    write(Result(NAME, round(found.day), "ms", "stream by stream", ratio))
    write(Result(SIZE, round(found.size / 1e9, 2), "GB"))
    return int(found.day > GOAL_MS or a_row > GOAL_BYTES_A_ROW)


if __name__ == "__main__":
    sys.exit(main())
