"""From an instant to the bytes to read: the segment that covers it, or the next, and its group.

Baseline: the rows of the hour around it, looked through by the caller.

    python -m tests.bench.index_seek [--cameras N] [--days N] [--sqlite-cameras N]
"""

from __future__ import annotations

import random
import sys
from bisect import bisect_right

from tests.bench._asking import Asked, Bench, Stage, a_day, main, some
from tests.bench._months import City
from vms.core.model import Segment
from vms.core.walltime import HOUR, TimeRange, WallTime


def draw(city: City, dice: random.Random) -> Asked:
    day = a_day(city, dice)
    at = WallTime(dice.randrange(day.start, day.end - HOUR))
    return Asked(some(city, dice, 1), TimeRange(at, WallTime(at + 1)))


def judge(stage: Stage, asked: Asked, found: Segment | None) -> None:
    """The group that covers the instant, and so the one range of bytes to read."""
    (stream_id,), at = asked.streams, asked.span.start
    if found is None or found.stream_id != stream_id:
        raise ValueError(f"nothing found at {asked.span}")
    if stage.recorded(stream_id, asked.span):
        groups = [group.start for group in found.gops]
        group = found.gops[bisect_right(groups, at - found.range.start) - 1]
        inside = 0 <= at - found.range.start - group.start < group.duration + 50_000
        if at not in found.range or not inside or group.size <= 0:
            raise ValueError(f"another group than that of {asked.span}")
    elif not at < found.range.start <= at + 6 * 60_000_000:
        raise ValueError(f"not the next segment behind {asked.span}")


async def seek(stage: Stage, asked: Asked) -> None:
    judge(stage, asked, await stage.index.segments.following(asked.streams[0], asked.span.start))


async def look_through(stage: Stage, asked: Asked) -> None:
    at = asked.span.start
    near = TimeRange(WallTime(at - HOUR // 2), WallTime(at + HOUR // 2))
    rows = await stage.index.segments.between(asked.streams[0], near)
    judge(stage, asked, next((row for row in rows if row.range.end > at), None))


BENCH = Bench("index-seek", 10.0, draw, seek, look_through, "rows of the hour", times=1000)

if __name__ == "__main__":
    sys.exit(main(BENCH))
