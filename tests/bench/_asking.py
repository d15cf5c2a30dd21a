"""How long questions to the index of a city take: ours and a baseline's, by turns, right or not.

Asked of random streams and days, so that most of the rows are not in memory.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from sqlalchemy import text

from storage.index import Index
from storage.index.engine import Database
from tests.bench import _indexes
from tests.bench._months import BEGIN, City, coverage
from tests.bench.result import Result, write
from vms.core.walltime import DAY, TimeRange, WallTime, merge

SLACK = 500_000
LEFT_OUT = 3
"""Days at the beginning that other benchmarks let expire."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked once: of these streams, in this time."""

    streams: Sequence[int]
    span: TimeRange


@dataclass(frozen=True, slots=True)
class Stage:
    """An index, the same database by itself, and what is in it."""

    index: Index
    database: Database
    city: City
    truth: dict[int, list[TimeRange]]

    def recorded(self, stream_id: int, span: TimeRange) -> list[TimeRange]:
        cut = [each.intersection(span) for each in self.truth[stream_id]]
        return [each for each in cut if each is not None]


Question = Callable[[Stage, Asked], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Bench:
    """`ours` and `naive` raise ValueError when the answer is wrong. `goal`: p95 in ms."""

    name: str
    goal: float
    draw: Callable[[City, random.Random], Asked]
    ours: Question
    naive: Question
    baseline: str
    times: int = 400


def main(bench: Bench) -> int:
    parser = argparse.ArgumentParser(description=bench.name)
    parser.add_argument("--cameras", type=int, default=1000)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--sqlite-cameras", type=int, default=66)
    asked = parser.parse_args()
    return asyncio.run(_both(bench, City(asked.cameras, asked.days), asked.sqlite_cameras))


async def _both(bench: Bench, city: City, few: int) -> int:
    small = City(min(few, city.cameras), city.days)
    late = await _measured(bench, bench.name, _indexes.postgres(city), city)
    late |= await _measured(bench, f"{bench.name}-sqlite", _indexes.sqlite(small), small)
    return int(late)


async def _measured(
    bench: Bench,
    name: str,
    opened: AbstractAsyncContextManager[tuple[Index, str]],
    city: City,
) -> bool:
    """Whether it missed its goal."""
    async with opened as (index, url):
        database = Database(url)
        stage = Stage(index, database, city, _truth(city))
        try:
            ours, naive = await _asked(bench, stage)
        finally:
            await database.close()
    value, other = _p95(ours), _p95(naive)
    print(f"{name}: p50 {_middle(ours):.1f} p95 {value:.1f} ms; {bench.baseline}: {other:.1f} ms")
    write(Result(name, round(value, 2), "ms", bench.baseline, round(value / other, 3)))
    if value > bench.goal:
        print(f"{name}: more than {bench.goal} ms", file=sys.stderr)
    return value > bench.goal


async def _asked(bench: Bench, stage: Stage) -> tuple[list[float], list[float]]:
    """ms of each question; the baseline, being slow, is asked a fifth of them."""
    dice = random.Random(11)
    ours: list[float] = []
    naive: list[float] = []
    for number in range(bench.times):
        asked = bench.draw(stage.city, dice)
        ours.append(await _timed(bench.ours, stage, asked))
        if number % 5 == 0:
            naive.append(await _timed(bench.naive, stage, bench.draw(stage.city, dice)))
    return ours, naive


async def _timed(question: Question, stage: Stage, asked: Asked) -> float:
    began = time.perf_counter()
    await question(stage, asked)
    return (time.perf_counter() - began) * 1000


def a_day(city: City, dice: random.Random) -> TimeRange:
    """Any of the days that are there for sure."""
    first = min(LEFT_OUT, city.days - 1)
    start = WallTime(BEGIN + dice.randrange(first, city.days) * DAY)
    return TimeRange(start, WallTime(start + DAY))


def some(city: City, dice: random.Random, count: int) -> Sequence[int]:
    return dice.sample(range(1, city.cameras + 1), min(count, city.cameras))


def require(stage: Stage, asked: Asked, found: dict[int, list[TimeRange]]) -> None:
    for stream_id in asked.streams:
        if found[stream_id] != stage.recorded(stream_id, asked.span):
            raise ValueError(f"wrong coverage of stream {stream_id} in {asked.span}")


async def unmerged(stage: Stage, asked: Asked) -> None:
    """Every segment's time read from its row and merged here, stream after stream."""
    found = {}
    for stream_id in asked.streams:
        async with stage.database.read() as connection:
            rows = await connection.execute(
                text(
                    "SELECT start_us, end_us FROM segments WHERE stream_id = :stream"
                    " AND start_us < :end AND end_us > :start"
                ),
                {"stream": stream_id, "start": asked.span.start, "end": asked.span.end},
            )
            found[stream_id] = merge(TimeRange(a, b) for a, b in rows.all())
    require(stage, asked, found)


async def timeline(stage: Stage, asked: Asked) -> None:
    """What the screen asks of these streams: recorded spans, gaps, sums of hours."""
    index, streams = stage.index, asked.streams
    covered = await index.segments.coverage_many(streams, asked.span)
    gaps = await index.lanes.gaps(streams, asked.span, most=10_000, pixel_micros=1)
    hours = await index.segments.hours(streams, asked.span)
    require(stage, asked, covered)
    holes = sum(len(each) for each in gaps.values())
    days = asked.span.micros // DAY
    if holes != 2 * days * len(streams) or len(hours) != 24 * days * len(streams):
        raise ValueError(f"{holes} gaps and {len(hours)} hours in {asked.span}")


def _truth(city: City) -> dict[int, list[TimeRange]]:
    found: dict[int, list[TimeRange]] = {}
    for stream_id, start, end in coverage(city):
        found.setdefault(stream_id, []).append(TimeRange(start, end))
    return found


def _p95(values: Sequence[float]) -> float:
    return sorted(values)[int(len(values) * 0.95)]


def _middle(values: Sequence[float]) -> float:
    return sorted(values)[len(values) // 2]
