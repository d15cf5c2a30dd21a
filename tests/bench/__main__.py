"""Runs benchmarks one by one, each in its own process: `python -m tests.bench [names]`."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
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
    with tempfile.TemporaryDirectory(prefix="vms-bench-") as shared:
        os.chmod(shared, 0o755)  # PostgreSQL runs as another user
        failed = [name for name in wanted if _fails(name, known[name], shared)]
    if failed:
        print(f"failed: {', '.join(failed)}")
    return 1 if failed else 0


def _fails(name: str, module: str, shared: str) -> bool:
    """Run it. `shared`: a folder for what benchmarks of one call have in common."""
    print(f"== {name}", flush=True)
    command, environment = [sys.executable, "-m", module], {"VMS_BENCH_SHARED": shared}
    try:
        done = subprocess.run(command, timeout=LONGEST_SECONDS, env=os.environ | environment)
    except subprocess.TimeoutExpired:
        return True
    return done.returncode != 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
