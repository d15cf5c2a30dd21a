"""Thirty days of one camera as a ribbon: recorded spans, gaps and hours.

Baseline: every segment's row of that month, merged by the caller.

    python -m tests.bench.index_month [--cameras N] [--days N] [--sqlite-cameras N]
"""

from __future__ import annotations

import random
import sys

from tests.bench._asking import LEFT_OUT, Asked, Bench, main, some, timeline, unmerged
from tests.bench._months import BEGIN, City
from vms.core.walltime import DAY, TimeRange, WallTime


def draw(city: City, dice: random.Random) -> Asked:
    """All days; the first few may have gone in another benchmark, and are left out."""
    first = WallTime(BEGIN + min(LEFT_OUT, city.days - 1) * DAY)
    return Asked(some(city, dice, 1), TimeRange(first, city.end))


BENCH = Bench("index-month", 300.0, draw, timeline, unmerged, "unmerged rows", times=200)

if __name__ == "__main__":
    sys.exit(main(BENCH))
