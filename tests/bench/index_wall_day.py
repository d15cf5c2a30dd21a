"""A day of sixteen cameras on the timeline, from an index of months.

Baseline: every segment's row of that day, stream after stream, merged by the caller.

    python -m tests.bench.index_wall_day [--cameras N] [--days N] [--sqlite-cameras N]
"""

from __future__ import annotations

import random
import sys

from tests.bench._asking import Asked, Bench, a_day, main, some, timeline, unmerged
from tests.bench._months import City


def draw(city: City, dice: random.Random) -> Asked:
    return Asked(some(city, dice, 16), a_day(city, dice))


BENCH = Bench("index-wall-day", 150.0, draw, timeline, unmerged, "unmerged rows", times=200)

if __name__ == "__main__":
    sys.exit(main(BENCH))
