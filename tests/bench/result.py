"""What a benchmark leaves behind: one JSON file of its name in `bench/out`."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

OUT = Path(__file__).parents[2] / "bench" / "out"


@dataclass(frozen=True, slots=True)
class Result:
    """`value` in `unit`; where two ways were compared, `baseline` names the other way and `ratio`
    is ours divided by it."""

    name: str
    value: float
    unit: str
    baseline: str | None = None
    ratio: float | None = None


def write(result: Result) -> Path:
    OUT.mkdir(parents=True, exist_ok=True)
    path = OUT / f"{result.name}.json"
    kept = {key: value for key, value in asdict(result).items() if value is not None}
    path.write_text(json.dumps(kept, indent=1) + "\n")
    return path
