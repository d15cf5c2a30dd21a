"""Sources of every kind against a camera that plays a clip, and what they gave."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from recorder.engines import source_for
from recorder.rtsp.intake import open_intake
from recorder.source import Run
from tests.servers.certificates import make_certificate
from tests.servers.gstreamer import GstCamera
from vms.core.clock import SystemClock
from vms.core.media.access_unit import VIDEO, AccessUnit
from vms.core.model import Engine, Stream, StreamRole, Transport
from vms.core.secret import Secret

KINDS = ("tcp", "udp", "rtsps", "pyav-rtsp", "pyav-file")
Start = Callable[..., GstCamera]


def stream_of(
    kind: str, url: str, user: str = "", password: str = "", *, audio: bool = False
) -> Stream:
    return Stream(
        1,
        1,
        StreamRole.MAIN,
        url,
        user,
        Secret(password),
        audio=audio,
        engine=Engine.PYAV if kind.startswith("pyav") else Engine.AUTO,
        transport=Transport.UDP if kind == "udp" else Transport.TCP,
    )


def camera_of(kind: str, start: Start, clip: Path, folder: Path, *, audio: bool = False) -> str:
    """The address of a camera that plays this clip in that way."""
    if kind == "pyav-file":
        return f"file://{clip}"
    tls = make_certificate(folder / "camera.pem") if kind == "rtsps" else None
    only = {"tcp": "tcp", "udp": "udp"}.get(kind, "")
    return start(clip, audio=audio, only=only, tls=tls).url


@asynccontextmanager
async def running(stream: Stream, stall_seconds: float = 2.0) -> AsyncIterator[Run]:
    async with (
        asyncio.timeout(60),
        open_intake() as intake,
        source_for(stream, SystemClock(), intake, stall_seconds=stall_seconds).open() as run,
    ):
        yield run


async def take(run: Run, pictures: int, frames: int = 0) -> list[AccessUnit]:
    """Units until so many pictures and frames of sound came."""
    units: list[AccessUnit] = []
    async for batch in run:
        units += batch
        video = sum(unit.track == VIDEO for unit in units)
        if video >= pictures and len(units) - video >= frames:
            break
    return units


async def watch(
    stream: Stream, pictures: int, frames: int = 0, *, stall_seconds: float = 2.0
) -> list[AccessUnit]:
    async with running(stream, stall_seconds) as run:
        return await take(run, pictures, frames)
