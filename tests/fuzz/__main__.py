"""`python -m tests.fuzz --minutes 10 [--seed N]`: status 1 and the input at the first crash."""

from __future__ import annotations

import argparse
import sys
import time
import traceback

from tests.fuzz.runner import Failure, run


def main() -> int:
    parser = argparse.ArgumentParser(description="Fuzz what reads a camera's bytes")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=int(time.time()), help="of the first input")
    given = parser.parse_args()
    try:
        done = run(given.minutes * 60, given.seed)
    except Failure as failure:
        traceback.print_exception(failure)
        print(f"FAILED {failure}", file=sys.stderr)
        return 1
    for name, count in sorted(done.items()):
        print(f"{count:9,} {name}")
    print(f"{done.total():9,} inputs from seed {given.seed}, no crash, no hang")
    return 0


sys.exit(main())
