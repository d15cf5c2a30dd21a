"""`kill -9` of the recorder in mid-segment: at most the open GOP is missing, and it is said."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

from tests.e2e.conftest import add
from tests.e2e.judge import ffprobe
from tests.e2e.product import Product, running, wait_for
from tests.servers.cameras import GOP_SECONDS, run_cameras

SECOND = 1_000_000


def test_a_killed_recorder_loses_at_most_the_open_gop_and_says_so(tmp_path: Path) -> None:
    with run_cameras() as cameras, running(tmp_path / "data") as product:
        camera = add(product, cameras, "harbour")
        product.wait_recording(camera)
        wait_for("some seconds recorded", lambda: recorded_seconds(product, camera) > 6)
        pid, killed = product.role_pid("record"), time.time()
        os.kill(pid, signal.SIGKILL)
        gap = wait_for("the gap", lambda: closed_gap(product, camera), seconds=60)
        assert gap["cause"] == "recorder-off"
        assert killed - gap["start"] / SECOND <= GOP_SECONDS + 1.0
        wait_for("the archive after the gap", lambda: continues(product, camera, gap["end"]))
        before, after = spans(product, camera)
        assert abs(before[1] - gap["start"]) <= SECOND // 10
        assert abs(after[0] - gap["end"]) <= SECOND // 10
    judge_segments(tmp_path / "data")


def timeline(product: Product, camera: int) -> dict[str, Any]:
    end = int(time.time() * SECOND)
    query = f"cameras={camera}&start={end - 300 * SECOND}&end={end}&pixels=3000"
    answer = product.api.call("GET", f"/api/timeline?{query}")["cameras"][0]
    return dict(answer)


def spans(product: Product, camera: int) -> list[list[int]]:
    return list(timeline(product, camera)["spans"])


def recorded_seconds(product: Product, camera: int) -> float:
    return sum(end - start for start, end in spans(product, camera)) / SECOND


def closed_gap(product: Product, camera: int) -> dict[str, Any] | None:
    gaps = [gap for gap in timeline(product, camera)["gaps"] if gap["end"] is not None]
    found = [gap for gap in gaps if gap["cause"] == "recorder-off"]
    return found[-1] if found else None


def continues(product: Product, camera: int, end: int) -> bool:
    return any(start <= end + SECOND <= stop for start, stop in spans(product, camera))


def judge_segments(data_dir: Path) -> None:
    """Every object of the store is a whole file to an independent reader."""
    objects = [path for path in data_dir.rglob("*.mp4") if path.stat().st_size]
    assert objects
    for path in objects:
        found = ffprobe(path, "-count_packets", "-show_entries", "stream=nb_read_packets")
        assert int(found["streams"][0]["nb_read_packets"]) > 0
