"""Fixtures: a private PostgreSQL on loopback, a fresh database for every test; and the index, on
SQLite and on PostgreSQL."""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from storage.index import Index, migrate, open_index

INDEX_KEY = bytes(range(32))
_PASSWORD = "test-password"
_START_SECONDS = 60
_FAST = ("fsync=off", "full_page_writes=off", "synchronous_commit=off", "max_connections=50")


@dataclass
class PostgresServer:
    """`stop` and `start` keep the port and the data, so that clients find it again."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None
    settings: tuple[str, ...] = _FAST
    _names: Iterator[int] = field(default_factory=itertools.count)

    def create(self) -> None:
        """A new cluster, owned by one who is not root: the server refuses root."""
        (self.folder / "password").write_text(_PASSWORD)
        _give_away(self.folder)
        how = ["-U", "vms", "-E", "UTF8", "--locale=C", "--no-sync", "--auth=scram-sha-256"]
        where = [f"--pwfile={self.folder / 'password'}", "-D", str(self.folder / "data")]
        _run(self._command("initdb", *how, *where))

    def start(self) -> None:
        fast = [word for setting in self.settings for word in ("-c", setting)]
        where = ["-h", "127.0.0.1", "-p", str(self.port), "-k", str(self.folder)]
        command = self._command("postgres", "-D", str(self.folder / "data"), *fast, *where)
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        self._wait()

    def stop(self) -> None:
        """Breaks open connections off, as a fail-over would."""
        if self.process is not None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(30)
            self.process = None

    def new_database(self, name: str = "") -> str:
        name = name or f"test_{next(self._names)}"
        self._sql(f"CREATE DATABASE {name}")
        return name

    def drop(self, name: str) -> None:
        self._sql(f"DROP DATABASE {name} WITH (FORCE)")

    def url(self, name: str) -> str:
        return f"postgresql://vms:{_PASSWORD}@127.0.0.1:{self.port}/{name}"

    def _wait(self) -> None:
        until = time.monotonic() + _START_SECONDS
        ready = [_binary("pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        while subprocess.run(ready, check=False).returncode != 0:
            if time.monotonic() > until or self.process is None or self.process.poll() is not None:
                raise RuntimeError((self.folder / "log").read_text()[-2000:])
            time.sleep(0.05)

    def _sql(self, statement: str) -> None:
        login = ["-h", "127.0.0.1", "-p", str(self.port), "-U", "vms", "-d", "postgres"]
        _run([_binary("psql"), "-q", *login, "-c", statement], PGPASSWORD=_PASSWORD)

    def _command(self, program: str, *words: str) -> list[str]:
        as_other = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
        return [*(as_other if os.geteuid() == 0 else ()), _binary(program), *words]


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """Its folder is not pytest's: nobody but its owner may enter that one."""
    with tempfile.TemporaryDirectory(prefix="vms-postgres-") as folder:
        server = PostgresServer(Path(folder), free_port())
        server.create()
        server.start()
        try:
            yield server
        finally:
            server.stop()


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """The URL of an empty database."""
    name = postgres_server.new_database()
    yield postgres_server.url(name)
    postgres_server.drop(name)


@pytest.fixture(params=["sqlite", "postgres"])
def index_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind: one suite holds for both."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'index.db'}"
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture
async def index(index_url: str) -> AsyncIterator[Index]:
    """A migrated index of each kind."""
    await migrate(index_url)
    async with open_index(index_url, key=INDEX_KEY) as opened:
        yield opened


@pytest.fixture
async def sqlite_index(tmp_path: Path) -> AsyncIterator[Index]:
    """A migrated SQLite index alone, for what does not depend on the kind."""
    url = f"sqlite:///{tmp_path / 'index.db'}"
    await migrate(url)
    async with open_index(url, key=INDEX_KEY) as opened:
        yield opened


def _binary(name: str) -> str:
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=_version)
    path = str(found[-1]) if found else shutil.which(name)
    if path is None:
        raise RuntimeError(
            f"there is no {name}: `make test` installs PostgreSQL and runs the tests"
        )
    return path


def _version(path: Path) -> int:
    version = path.parent.parent.name
    return int(version) if version.isdigit() else 0


def _give_away(folder: Path) -> None:
    if os.geteuid() == 0:
        owner = pwd.getpwnam("postgres")
        for path in (folder, *folder.iterdir()):
            os.chown(path, owner.pw_uid, owner.pw_gid)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _run(command: list[str], **environment: str) -> None:
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, env=os.environ | environment
    )
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]}: {done.stderr[-2000:]}")
