"""A day of one camera on the timeline: recorded spans, gaps and hours, from an index of months.

Baseline: every segment's row of that day, merged by the caller.

    python -m tests.bench.index_day [--cameras N] [--days N] [--sqlite-cameras N]
"""

from __future__ import annotations

import random
import sys

from tests.bench._asking import Asked, Bench, a_day, main, some, timeline, unmerged
from tests.bench._months import City


def draw(city: City, dice: random.Random) -> Asked:
    return Asked(some(city, dice, 1), a_day(city, dice))


BENCH = Bench("index-day", 50.0, draw, timeline, unmerged, "unmerged rows")

if __name__ == "__main__":
    sys.exit(main(BENCH))
