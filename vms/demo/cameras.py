"""The cameras of the demonstration: which there are, and the command that runs them."""

from __future__ import annotations

import argparse
import asyncio
import os
from collections.abc import Sequence

from vms.core.clock import Clock, SystemClock
from vms.core.secret import Secret
from vms.demo.access import Access
from vms.demo.coding import VideoSettings
from vms.demo.server import open_camera_server
from vms.demo.site import DemoCamera

USERNAME = "demo"
PASSWORD_VARIABLE = "VMS_DEMO_PASSWORD"

_MAIN = VideoSettings()
_SUB = VideoSettings(width=640, height=360, kbit_per_second=600)

DEMO_CAMERAS = (
    DemoCamera(1, "harbour", "Pelabuhan Tanjung Laut", "harbour", _MAIN, _SUB),
    DemoCamera(2, "street", "Simpang Tiga Jl. Bhayangkara", "street", _MAIN, _SUB),
    DemoCamera(3, "gate", "Gerbang Kota Jl. Pipa", "gate", _MAIN, _SUB),
    DemoCamera(4, "loktuan", "Pelabuhan Loktuan", "refinery", _MAIN, _SUB),
    DemoCamera(5, "market", "Pasar Taman Rawa Indah", "market", _MAIN, _SUB),
    DemoCamera(6, "mosque", "Masjid Terapung Darul Irsyad", "mosque", _MAIN, _SUB),
    DemoCamera(7, "roundabout", "Simpang Ramayana", "roundabout", _MAIN, _SUB),
    DemoCamera(8, "kuala", "Bontang Kuala", "village", _MAIN, _SUB),
)


async def run_demo_cameras(
    host: str,
    port: int,
    *,
    username: str = USERNAME,
    password: Secret,
    cameras: Sequence[DemoCamera] = DEMO_CAMERAS,
    clock: Clock | None = None,
) -> None:
    """Serve the cameras until cancelled. Raises Unavailable when the port is taken."""
    access = Access(username, password)
    async with open_camera_server(
        cameras, clock=clock or SystemClock(), host=host, port=port, access=access
    ):
        await asyncio.get_running_loop().create_future()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `vms demo-camera`."""
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=8554, help="port to listen on")
    parser.add_argument("--username", default=USERNAME)


async def run(args: argparse.Namespace) -> None:
    """`vms demo-camera`: serve until cancelled; the password comes from VMS_DEMO_PASSWORD."""
    password = Secret(os.environ.get(PASSWORD_VARIABLE, ""))
    await run_demo_cameras(args.host, args.port, username=args.username, password=password)
