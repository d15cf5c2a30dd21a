"""Fixtures: GStreamer's RTSP server as the camera that we did not write."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("gst_rtsp_server.py")


@dataclass(frozen=True, slots=True)
class GstCamera:
    """A running server; `url` without user and password."""

    process: subprocess.Popen[str]
    port: int
    scheme: str = "rtsp"

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}/stream"

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()


def start_gst_camera(
    path: Path,
    *,
    port: int = 0,
    audio: bool = False,
    h265: bool = False,
    auth: str = "",
    user: str = "operator",
    password: str = "",
    only: str = "",
    tls: Path | None = None,
) -> GstCamera:
    """Serve an MP4 file. `auth`: "basic", "digest" or none; `port` 0: a free one; `only`: "tcp" or
    "udp"; `tls`: a PEM file with key and certificate."""
    command = ["/usr/bin/python3", str(SCRIPT), str(path), "--port", str(port)]
    command += ["--audio"] * audio + ["--h265"] * h265
    if auth:
        command += ["--auth", auth, "--user", user, "--password", password]
    command += ["--only", only] * bool(only)
    command += ["--tls", str(tls)] if tls else []
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    words = process.stdout.readline().split()
    process.stdout.close()
    if len(words) != 2 or words[0] != "PORT":
        process.kill()
        process.wait()
        raise RuntimeError(
            "GStreamer's RTSP server did not start: is gir1.2-gst-rtsp-server-1.0 in?"
        )
    return GstCamera(process, int(words[1]), "rtsps" if tls else "rtsp")


@pytest.fixture
def gst_cameras() -> Iterator[Callable[..., GstCamera]]:
    """Starts cameras by `start_gst_camera`'s arguments; all are stopped at the end."""
    running: list[GstCamera] = []

    def start(path: Path, **options: object) -> GstCamera:
        camera = start_gst_camera(path, **options)  # type: ignore[arg-type]
        running.append(camera)
        return camera

    yield start
    for camera in running:
        camera.stop()


@pytest.fixture
def gst_camera(gst_cameras: Callable[..., GstCamera]) -> Callable[..., str]:
    """`gst_camera(path) -> url` of a server that plays this file from its start to each client."""
    return lambda path, **options: gst_cameras(path, **options).url
