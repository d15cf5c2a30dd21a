"""Runs benchmarks one by one, each in its own process: `python -m tests.bench [names]`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

LONGEST_SECONDS = 1800
NOT_BENCHMARKS = {"__init__", "__main__", "result"}


def benchmarks() -> dict[str, str]:
    """Name (`record-cpu-ratio`) to module (`tests.bench.record_cpu_ratio`)."""
    stems = sorted(path.stem for path in Path(__file__).parent.glob("*.py"))
    chosen = [stem for stem in stems if stem not in NOT_BENCHMARKS and not stem.startswith("_")]
    return {stem.replace("_", "-"): f"tests.bench.{stem}" for stem in chosen}


def main(arguments: list[str]) -> int:
    known = benchmarks()
    wanted = [name for argument in arguments for name in argument.split(",") if name] or list(known)
    if unknown := [name for name in wanted if name not in known]:
        print(f"no such benchmark: {', '.join(unknown)}; there are: {', '.join(known)}")
        return 2
    failed = []
    for name in wanted:
        print(f"== {name}", flush=True)
        command = [sys.executable, "-m", known[name]]
        try:
            code = subprocess.run(command, timeout=LONGEST_SECONDS).returncode
        except subprocess.TimeoutExpired:
            code = 124
        if code:
            failed.append(name)
    if failed:
        print(f"failed: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
