"""`vms demo`: one machine as `vms run` makes it, with simulated cameras before it and a login.

Cameras, archive and the simulated cameras' password stay in the data directory; the password of
`admin` is a new one at each start and stands nowhere but on the screen.
"""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from recorder.rtsp.urls import read_address, split_credentials
from storage.index import CameraChange, Index, NewCamera, NewStream, open_index
from vms.app import index_key
from vms.auth.passwords import generated
from vms.core.clock import SystemClock
from vms.core.model import Camera, Role, StreamRole
from vms.core.promises import Purpose
from vms.core.secret import Secret
from vms.demo.cameras import DEFAULT_PORT, DEMO_CAMERAS, PASSWORD_VARIABLE, USERNAME
from vms.log import set_up
from vms.machine.child import Child, kept
from vms.machine.ports import check_free
from vms.machine.run import address, log_file, run
from vms.machine.users import ensure_user
from vms.settings import Settings, load

USER = "admin"
DATA_DIR = "var/demo"
PURPOSES = (Purpose.SECURITY,)


async def demo(environ: Mapping[str, str], file: Path | None, cameras: Sequence[str]) -> None:
    """Until cancelled. `cameras`: addresses of real ones, beside those in VMS_DEMO_CAMERA."""
    given = {"VMS_DATA_DIR": DATA_DIR, "VMS_SITE__NAME": "Bontang", **environ}
    set_up(load(given, file).log, "demo")
    port = int(environ.get("VMS_DEMO_PORT", DEFAULT_PORT))
    check_free("127.0.0.1", port, "VMS_DEMO_PORT")
    real = [*cameras, *environ.get("VMS_DEMO_CAMERA", "").split()]
    password = generated()

    async def furnish(settings: Settings, stack: AsyncExitStack) -> None:
        async with open_index(settings.index_url.reveal(), key=index_key(settings)) as index:
            simulated = await _simulated(index, port)
            for url in real:
                await _add_real(index, url)
            await ensure_user(index, USER, password, Role.ADMINISTRATOR)
        child = _cameras_child(port, simulated, settings.data_dir)
        await stack.enter_async_context(kept(child, SystemClock()))

    def announce(settings: Settings) -> None:
        print(_box(settings, password), flush=True)

    await run(given, file, furnish=furnish, announce=announce, logs=True)


async def _simulated(index: Index, port: int) -> Secret:
    """Every simulated camera is in the index, at this port; the password they ask for."""
    known = {camera.number: camera for camera in await index.cameras.list() if _is_ours(camera)}
    kept_password = next(
        (stream.password for camera in known.values() for stream in camera.streams), None
    )
    password = kept_password or Secret(secrets.token_urlsafe(12))
    for camera in DEMO_CAMERAS:
        streams = tuple(
            NewStream(role, f"rtsp://127.0.0.1:{port}/{camera.key}/{role}", USERNAME, password)
            for role in StreamRole
        )
        if camera.number in known:
            kept = known[camera.number]
            change = CameraChange(streams=streams, purposes=kept.purposes or PURPOSES)
            await index.cameras.change(kept.id, change)
        else:
            await index.cameras.add(
                NewCamera(camera.name, camera.number, streams=streams, purposes=PURPOSES)
            )
    return password


def _is_ours(camera: Camera) -> bool:
    ours = {f"/{each.key}/{role}" for each in DEMO_CAMERAS for role in StreamRole}
    return any(
        stream.url.startswith("rtsp://127.0.0.1:") and f"/{stream.url.split('/', 3)[3]}" in ours
        for stream in camera.streams
    )


async def _add_real(index: Index, url: str) -> None:
    plain, user, password = split_credentials(url)
    streams = (NewStream(StreamRole.MAIN, plain, user, Secret(password)),)
    known = _with_url(await index.cameras.list(), plain)
    if known is not None:
        change = CameraChange(streams=streams, purposes=known.purposes or PURPOSES)
        await index.cameras.change(known.id, change)
    else:
        await index.cameras.add(
            NewCamera(read_address(plain).host, streams=streams, purposes=PURPOSES)
        )


def _with_url(cameras: Iterable[Camera], url: str) -> Camera | None:
    return next((each for each in cameras if url in {stream.url for stream in each.streams}), None)


def _cameras_child(port: int, password: Secret, data_dir: Path) -> Child:
    words = [sys.executable, "-m", "vms.cli", "demo-camera", "--port", str(port)]
    environment = dict(os.environ) | {PASSWORD_VARIABLE: password.reveal()}
    return Child("demo-camera", words, environment, output=log_file(data_dir, "demo-camera"))


def _box(settings: Settings, password: Secret) -> str:
    rows = (
        ("address", address(settings)),
        ("user", USER),
        ("password", password.reveal()),
        ("archive", str(settings.data_dir)),
        ("logs", str(settings.data_dir / "log")),
        ("stop", "Ctrl-C"),
    )
    lines = [f"{name:<9} {value}" for name, value in rows]
    width = max(map(len, lines))
    rule = "─" * (width + 2)
    return "\n".join((f"┌{rule}┐", *(f"│ {line:<{width}} │" for line in lines), f"└{rule}┘"))
