"""Fixtures: a private SeaweedFS with its S3 gateway on loopback, a fresh bucket for every test; and
the object store, as a directory and in S3."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import signal
import socket
import subprocess
import sysconfig
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import urllib3
import yaml
from minio import Minio
from minio.error import MinioException

from storage.objects import ObjectStore, open_store
from vms.core.secret import Secret

ROOT = Path(__file__).parent.parent.parent
_START_SECONDS = 90
_ONE_VOLUME_A_BUCKET = {"WEED_MASTER_VOLUME_GROWTH_COPY_1": "1"}
_PORTS = (
    "master.port",
    "master.port.grpc",
    "volume.port",
    "volume.port.grpc",
    "filer.port",
    "filer.port.grpc",
    "s3.port",
    "s3.port.grpc",
)


@dataclass
class S3Server:
    """`stop` and `start` keep ports, buckets and objects, so that clients find them again."""

    folder: Path
    ports: dict[str, int]
    access_key: Secret = field(default_factory=lambda: Secret("test-access"))
    secret_key: Secret = field(default_factory=lambda: Secret("test-secret"))
    process: subprocess.Popen[bytes] | None = None
    _names: Iterator[int] = field(default_factory=itertools.count)

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.ports['s3.port']}"

    def url(self, bucket: str) -> str:
        return f"s3://{bucket}?endpoint={self.endpoint}&region=us-east-1"

    def start(self) -> None:
        self._configure()
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                self._command(), stdout=log, stderr=log, env=os.environ | _ONE_VOLUME_A_BUCKET
            )
        self._wait()

    def stop(self) -> None:
        """As a power cut would; an orderly stop takes a quarter of a minute and proves less."""
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
            self.process = None
        for port in self.ports.values():
            for left in Path(tempfile.gettempdir()).glob(f"seaweedfs-*-{port}.sock"):
                left.unlink()

    def new_bucket(self, *, locking: bool = False) -> str:
        """`locking`: with object lock, and so with versions."""
        name = f"test-{next(self._names)}"
        self.client().make_bucket(name, object_lock=locking)
        return name

    def client(self) -> Minio:
        """To look at what lies there, past the code under test."""
        return Minio(
            f"127.0.0.1:{self.ports['s3.port']}",
            access_key=self.access_key.reveal(),
            secret_key=self.secret_key.reveal(),
            secure=False,
            region="us-east-1",
            http_client=urllib3.PoolManager(timeout=10, retries=False),
        )

    def _command(self) -> list[str]:
        data = self.folder / "data"
        data.mkdir(exist_ok=True)
        return [
            _weed(),
            f"-logdir={self.folder}",
            "server",
            "-s3",
            f"-dir={data}",
            "-ip=127.0.0.1",
            "-ip.bind=127.0.0.1",
            "-master.telemetry=false",
            "-master.volumeSizeLimitMB=64",
            "-volume.max=500",
            "-volume.minFreeSpace=1MiB",
            "-master.electionTimeout=1s",
            "-s3.autoCreateBucket=false",
            "-s3.port.iceberg=0",
            "-s3.port.lance=0",
            f"-s3.config={self.folder / 's3.json'}",
            f"-s3.localSocket={self.folder / 's3.sock'}",
            f"-filer.localSocket={self.folder / 'filer.sock'}",
            *(f"-{name}={port}" for name, port in self.ports.items()),
        ]

    def _configure(self) -> None:
        """The identities docker-compose.yml gives a city's server, with keys of the test's own."""
        keys = {"vms": (self.access_key, self.secret_key)}
        keys |= {name: role_keys(name) for name in ("vms-record", "vms-read")}
        given = compose_identities()
        for identity in given["identities"]:
            access, secret = keys[identity["name"]]
            identity["credentials"] = [{"accessKey": access.reveal(), "secretKey": secret.reveal()}]
        (self.folder / "s3.json").write_text(json.dumps(given))

    def _wait(self) -> None:
        """Until it takes an object: the gateway answers before there is a volume to write to."""
        until = time.monotonic() + _START_SECONDS
        while not self._takes_objects():
            if time.monotonic() > until or self.process is None or self.process.poll() is not None:
                raise RuntimeError((self.folder / "log").read_text()[-2000:])
            time.sleep(0.1)

    def _takes_objects(self) -> bool:
        try:
            client = self.client()
            if not client.bucket_exists("ready"):
                client.make_bucket("ready")
            client.fput_object("ready", "ready", str(self.folder / "s3.json"))
        except (MinioException, urllib3.exceptions.HTTPError):
            return False
        return True


@pytest.fixture(scope="session")
def s3_server() -> Iterator[S3Server]:
    with tempfile.TemporaryDirectory(prefix="vms-s3-") as folder:
        server = S3Server(Path(folder), free_ports())
        server.start()
        try:
            yield server
        finally:
            server.stop()


@pytest.fixture
def s3_bucket(s3_server: S3Server) -> str:
    """The name of an empty bucket."""
    return s3_server.new_bucket()


@pytest.fixture
def locking_bucket(s3_server: S3Server) -> str:
    """The name of an empty bucket with object lock."""
    return s3_server.new_bucket(locking=True)


@asynccontextmanager
async def open_bucket(server: S3Server, bucket: str) -> AsyncIterator[ObjectStore]:
    async with open_store(
        server.url(bucket), access_key=server.access_key, secret_key=server.secret_key
    ) as store:
        yield store


@pytest.fixture(params=["directory", "s3", "s3-locking"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[ObjectStore]:
    """An empty store of each kind: one suite holds for all."""
    if request.param == "directory":
        async with open_store(f"file://{tmp_path / 'store'}", create=True) as directory:
            yield directory
    else:
        named = "s3_bucket" if request.param == "s3" else "locking_bucket"
        server, bucket = map(request.getfixturevalue, ("s3_server", named))
        async with open_bucket(server, bucket) as opened:
            yield opened


def role_keys(name: str) -> tuple[Secret, Secret]:
    """What an identity of docker-compose.yml signs with here."""
    return Secret(f"{name}-access"), Secret(f"{name}-secret")


def compose_identities() -> dict[str, Any]:
    """As docker-compose.yml configures the S3 server, its variables left, for any bucket."""
    composed = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    content = composed["configs"]["s3"]["content"].replace(":::vms", ":::*")
    given: dict[str, Any] = json.loads(content)
    return given


def _weed() -> str:
    beside = Path(sysconfig.get_path("scripts")) / "weed"
    path = str(beside) if beside.exists() else shutil.which("weed")
    if path is None:
        raise RuntimeError("there is no weed: `make test` installs SeaweedFS and runs the tests")
    return path


def free_ports() -> dict[str, int]:
    """All held at once, so that they differ."""
    with ExitStack() as held:
        ports = {}
        for name in _PORTS:
            probe = held.enter_context(socket.socket())
            probe.bind(("127.0.0.1", 0))
            ports[name] = int(probe.getsockname()[1])
        return ports
