"""`make demo` as a newcomer runs it: printed address and login, a wall that plays, Ctrl-C, again.

With MAKE_PICTURES=1 in the environment it also makes the picture of the wall in the README.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import BrowserContext

from tests.e2e.product import Api, free_port, stop, wait_for
from tests.e2e.screen import Screen

PICTURES = Path(__file__).parents[2] / "docs" / "images"


@dataclass(frozen=True, slots=True)
class Demo:
    address: str
    user: str
    password: str


@contextmanager
def demo(data_dir: Path, ports: dict[str, str]) -> Iterator[Demo]:
    data_dir.mkdir(exist_ok=True)
    log = data_dir / "output.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "vms.cli", "demo"],
            env=os.environ | {"VMS_DATA_DIR": str(data_dir)} | ports,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            yield wait_for("the printed login", lambda: login(log), seconds=90)
        finally:
            stop(process)


def login(log: Path) -> Demo | None:
    said = log.read_text()
    found = [re.search(rf"{word}\W+(\S+)", said) for word in ("address", "user", "password")]
    return Demo(*(match[1] for match in found)) if all(found) else None  # type: ignore[index]


def test_the_demonstration_plays_at_once_and_finds_its_archive_again(
    tmp_path: Path, context: BrowserContext
) -> None:
    ports = {"VMS_API__PORT": str(free_port()), "VMS_DEMO_PORT": str(free_port())}
    with demo(tmp_path / "demo", ports) as first:
        wall = Screen(context.new_page(), first.address)
        wall.open()
        wall.sign_in(first.user, first.password)
        cameras = camera_ids(first)
        assert len(cameras) >= 6
        for camera in cameras:
            wall.wait_fresh(camera, seconds=60)
        if os.environ.get("MAKE_PICTURES"):
            take_picture(wall)
        started = time.time()
        wait_for("ten seconds", lambda: time.time() - started > 10, seconds=15)
    with demo(tmp_path / "demo", ports) as second:
        assert second.password != first.password
        assert camera_ids(second) == cameras
        assert earlier_footage(second, cameras[0], before=started)


def camera_ids(running: Demo) -> list[int]:
    api = Api(running.address)
    api.sign_in(running.user, running.password)
    return [camera["id"] for camera in api.call("GET", "/api/cameras")["cameras"]]


def earlier_footage(running: Demo, camera: int, *, before: float) -> bool:
    api = Api(running.address)
    api.sign_in(running.user, running.password)
    end = int(before * 1e6)
    query = f"cameras={camera}&start={end - 600_000_000}&end={end}&pixels=1000"
    return bool(api.call("GET", f"/api/timeline?{query}")["cameras"][0]["spans"])


def take_picture(wall: Screen) -> None:
    PICTURES.mkdir(exist_ok=True)
    wall.page.set_viewport_size({"width": 1440, "height": 900})
    wall.page.mouse.move(1400, 30)
    wall.page.wait_for_timeout(12_000)
    wall.page.screenshot(path=PICTURES / "wall.png")
