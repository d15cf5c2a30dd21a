"""kill -9 of an archive before every step it takes: doing the same once more makes all whole."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(("scene", "least"), [("commit", 15), ("delete", 10), ("move", 15)])
def test_after_a_crash_at_any_step_the_same_again_leaves_no_orphan_and_no_dangling_row(
    tmp_path: Path, scene: str, least: int
) -> None:
    """commit: object, then row. delete: row, then object. move: object, row, object."""
    command = [sys.executable, "-m", "tests.integration.crashing", str(tmp_path), scene]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["step"] for line in lines] == list(range(len(lines)))
    assert len(lines) > least, "every step was a death of its own"
    assert [line for line in lines if line["wrong"]] == []
