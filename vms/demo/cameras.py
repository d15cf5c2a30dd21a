"""The cameras of the demonstration: which there are, and the command that runs them."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from vms.core.clock import Clock, SystemClock
from vms.core.errors import Invalid
from vms.core.media.access_unit import Codec
from vms.core.secret import Secret
from vms.demo.access import Access
from vms.demo.coding import VideoSettings
from vms.demo.misbehaviour import Misbehaviour, parse
from vms.demo.server import CameraServer, open_camera_server
from vms.demo.site import DemoCamera

log = logging.getLogger(__name__)

USERNAME = "demo"
PASSWORD_VARIABLE = "VMS_DEMO_PASSWORD"
DEFAULT_PORT = 8554

_MAIN = VideoSettings()
_SUB = VideoSettings(width=640, height=360, kbit_per_second=600)
# H.265 costs eight times as much to code: a smaller picture keeps it within the others' price.
_H265 = VideoSettings(codec=Codec.H265, width=640, height=360, kbit_per_second=800)
_LOOPED_MAIN = VideoSettings(fps=Fraction(25), kbit_per_second=4000, constant_rate=True)
_LOOPED_SUB = replace(_LOOPED_MAIN, width=640, height=360, kbit_per_second=600)

DEMO_CAMERAS = (
    DemoCamera(1, "harbour", "Pelabuhan Tanjung Laut", "harbour", _MAIN, _SUB, Codec.AAC),
    DemoCamera(2, "street", "Simpang Tiga Jl. Bhayangkara", "street", _MAIN, _SUB, Codec.PCMA),
    DemoCamera(3, "gate", "Gerbang Kota Jl. Pipa", "gate", _MAIN, _SUB),
    DemoCamera(4, "loktuan", "Pelabuhan Loktuan", "refinery", _MAIN, _SUB, Codec.AAC),
    DemoCamera(5, "market", "Pasar Taman Rawa Indah", "market", _MAIN, _SUB, Codec.PCMU),
    DemoCamera(6, "mosque", "Masjid Terapung Darul Irsyad", "mosque", _MAIN, _SUB, Codec.AAC),
    DemoCamera(7, "roundabout", "Simpang Ramayana", "roundabout", _MAIN, _SUB),
    DemoCamera(8, "kuala", "Bontang Kuala", "village", _H265, _SUB),
)
"""Live cameras; `key` is the word in the URL. Number 8 has an H.265 main stream."""


def looped(camera: DemoCamera) -> DemoCamera:
    """The same place in coded loops: 1280×720, 25 pictures a second, 4 Mbit/s; sub 600 kbit/s."""
    return replace(camera, looped=True, main=_LOOPED_MAIN, sub=_LOOPED_SUB)


@dataclass(frozen=True, slots=True)
class Prank:
    """A misbehaviour to come: after `start` seconds, for `duration` seconds (None: for good)."""

    camera: str
    what: Misbehaviour
    value: float | None = None
    start: float = 0.0
    duration: float | None = None


def prank(text: str) -> Prank:
    """Parse `CAMERA:MISBEHAVIOUR[=VALUE][@START[+DURATION]]`. Raises Invalid."""
    told, _, when = text.partition("@")
    camera, _, what = told.partition(":")
    name, _, value = what.partition("=")
    start, _, duration = when.partition("+")
    try:
        return Prank(
            camera,
            parse(name),
            float(value) if value else None,
            float(start or 0),
            float(duration) if duration else None,
        )
    except ValueError as error:
        raise Invalid("write it like harbour:stall@30+10", given=text) from error


async def run_demo_cameras(
    host: str,
    port: int,
    *,
    username: str = USERNAME,
    password: Secret,
    cameras: Sequence[DemoCamera] = DEMO_CAMERAS,
    pranks: Sequence[Prank] = (),
    cache: Path | None = None,
    clock: Clock | None = None,
    tls: ssl.SSLContext | None = None,
) -> None:
    """Serve the cameras until cancelled, at `rtsp://host:port/<key>/main` and `/sub`.

    `cache` keeps the coded loops of looped cameras. With `tls` it is all rtsps://. Without a
    password everybody may watch. Raises Unavailable when the port is taken, NotFound when a prank
    names no camera.
    """
    used = clock or SystemClock()
    access = Access(username if password else "", password)
    async with open_camera_server(
        cameras, clock=used, host=host, port=port, access=access, cache=cache, tls=tls
    ) as server:
        server.build_places()
        for camera in cameras:
            log.info("%s: %s", camera.name, server.url(camera.key))
        async with asyncio.TaskGroup() as tasks:
            for one in pranks:
                tasks.create_task(_play(server, one, used))
            await asyncio.get_running_loop().create_future()


async def _play(server: CameraServer, one: Prank, clock: Clock) -> None:
    await clock.sleep(one.start)
    server.misbehave(one.camera, one.what, one.value)
    log.info("%s: %s begins", one.camera, one.what)
    if one.duration is not None:
        await clock.sleep(one.duration)
        server.behave(one.camera)
        log.info("%s: well-behaved again", one.camera)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `vms demo-camera`."""
    parser.description = (
        "Simulated cameras: a real RTSP server. The password comes from the environment "
        f"variable {PASSWORD_VARIABLE}; without one everybody may watch."
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="port to listen on")
    parser.add_argument("--username", default=USERNAME, help="who may watch")
    parser.add_argument("--looped", action="store_true", help="coded loops instead of live coding")
    parser.add_argument(
        "--tls", type=Path, metavar="PEM", help="rtsps://, with key and certificate"
    )
    parser.add_argument("--cache", type=Path, help="directory for coded loops")
    parser.add_argument(
        "--camera",
        action="append",
        choices=[camera.key for camera in DEMO_CAMERAS],
        help="serve only this one (may be repeated)",
    )
    parser.add_argument(
        "--misbehave",
        action="append",
        default=[],
        metavar="CAMERA:WHAT[=VALUE][@START[+SECONDS]]",
        help=f"may be repeated; WHAT is one of {', '.join(Misbehaviour)}",
    )


async def run(args: argparse.Namespace) -> None:
    """`vms demo-camera`: serve until cancelled. Raises as `run_demo_cameras`, and Invalid."""
    chosen = [camera for camera in DEMO_CAMERAS if not args.camera or camera.key in args.camera]
    await run_demo_cameras(
        args.host,
        args.port,
        username=args.username,
        password=Secret(os.environ.get(PASSWORD_VARIABLE, "")),
        cameras=[looped(camera) for camera in chosen] if args.looped else chosen,
        pranks=[prank(text) for text in args.misbehave],
        cache=args.cache,
        tls=_context(args.tls) if args.tls else None,
    )


def _context(pem: Path) -> ssl.SSLContext:
    """Raises Invalid when it holds no key and certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(pem)
    except (OSError, ssl.SSLError) as error:
        raise Invalid("no key and certificate in that file", file=str(pem)) from error
    return context
