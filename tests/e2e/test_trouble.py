"""What goes wrong is said in words on the page within ten seconds, and heals by itself."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext

from tests.e2e.conftest import City, add
from tests.e2e.product import running, wait_for
from tests.e2e.screen import Screen, screen
from tests.servers.cameras import run_cameras
from tests.servers.s3 import S3Server

SECONDS = 10.0
"""Until the page says it, as the issue of this path asks."""


@pytest.mark.parametrize(
    ("misbehaviour", "words"),
    [
        ("unplugged", "kamera tidak dapat dijangkau|kamera memutus sambungan"),
        ("unauthorized", "kamera menolak kata sandi"),
        ("not-found", "alamat salah, tidak ada video di sana"),
        ("stall", "kamera berhenti mengirim gambar"),
    ],
)
def test_a_camera_in_trouble_says_why_on_its_tile_and_comes_back(
    city: City, wall: Screen, misbehaviour: str, words: str
) -> None:
    wall.wait_shown(city.street, state="live")
    city.cameras.misbehave("street", misbehaviour)
    wait_for(words, lambda: says(wall.words(city.street), words), seconds=SECONDS)
    wall.wait_fresh(city.harbour)  # the other one is not disturbed
    city.cameras.behave("street")
    if misbehaviour == "unauthorized":  # until somebody saves it, its password is not tried again
        city.product.api.call("PATCH", f"/api/cameras/{city.street}", {"name": "Street"})
    wall.wait_fresh(city.street, seconds=60)


def says(text: str, words: str) -> bool:
    return any(choice.lower() in text.lower() for choice in words.split("|"))


def test_a_store_that_is_away_is_said_and_nothing_is_lost(
    s3_server: S3Server, tmp_path: Path, context: BrowserContext
) -> None:
    bucket = s3_server.new_bucket()
    environment = {
        "VMS_STORE__URL": s3_server.url(bucket),
        "VMS_STORE__ACCESS_KEY": s3_server.access_key.reveal(),
        "VMS_STORE__SECRET_KEY": s3_server.secret_key.reveal(),
        "VMS_RECORD__SEGMENT_SECONDS": "5",
    }
    with run_cameras() as cameras, running(tmp_path / "data", environment) as product:
        harbour = add(product, cameras, "harbour")
        product.wait_recording(harbour)
        wall = screen(context, product.address)
        wall.wait_shown(harbour, state="live")
        start = wall.wait_shown(harbour).code
        s3_server.stop()
        try:
            wait_for(
                "the store is away",
                lambda: says(wall.page.inner_text("body"), "Penyimpanan arsip tidak terjangkau"),
                seconds=SECONDS,
            )
            until = wait_for("pictures go on", lambda: later(wall, harbour, start + 15_000))
        finally:
            s3_server.start()
        wait_for(
            "the words are gone",
            lambda: "Penyimpanan arsip tidak terjangkau" not in wall.page.inner_text("body"),
            seconds=60,
        )
        spans = covered(product.api, harbour, start, until)
        assert spans == [(start, until)], "every second of the outage is there"


def later(wall: Screen, camera: int, code: float) -> float | None:
    shown = wall.shown(camera)
    return shown.code if shown and shown.code >= code else None


def covered(api: object, camera: int, start: float, end: float) -> list[tuple[float, float]]:
    query = f"cameras={camera}&start={int(start * 1000)}&end={int(end * 1000)}&pixels=1000"
    answer = api.call("GET", f"/api/timeline?{query}")  # type: ignore[attr-defined]
    spans = answer["cameras"][0]["spans"]
    return [(max(a / 1000, start), min(b / 1000, end)) for a, b in spans]


@contextmanager
def small_disk(at: Path, megabytes: int) -> Iterator[Path]:
    """A file system that really fills up. Needs the right to mount, as root in a container has."""
    at.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", at], check=True)
    try:
        yield at
    finally:
        subprocess.run(["umount", "-l", at], check=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount the small disk it fills")
def test_a_full_disk_is_said_and_recording_goes_on_when_there_is_room(
    tmp_path: Path, context: BrowserContext
) -> None:
    with (
        small_disk(tmp_path / "disk", 24) as disk,
        run_cameras() as cameras,
        running(tmp_path / "data", {"VMS_RECORD__SPOOL": str(disk / "spool")}) as product,
    ):
        harbour = add(product, cameras, "harbour")
        product.wait_recording(harbour)
        wall = screen(context, product.address)
        wall.wait_shown(harbour, state="live")
        filler = fill(disk)
        wait_for(
            "disk full", lambda: says(wall.page.inner_text("body"), "cakram penuh"), seconds=15
        )
        wall.wait_fresh(harbour)  # live goes on
        filler.unlink()
        wait_for("recording again", lambda: product.api.recording(harbour), seconds=60)
        wait_for(
            "the words are gone",
            lambda: "cakram penuh" not in wall.page.inner_text("body").lower(),
            seconds=60,
        )


def fill(disk: Path) -> Path:
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as out:
        try:
            while out.write(bytes(4096)):
                pass
        except OSError:
            return filler
    raise AssertionError("the disk never filled")
