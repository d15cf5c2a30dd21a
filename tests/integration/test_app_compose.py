"""docker-compose.yml is well formed, holds no password, and its roles work as it starts them."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.e2e.product import free_port
from tests.integration.compose import ROOT, SCHEMA, read
from tests.servers.nats import nats_server
from tests.servers.postgres import PostgresServer
from tests.servers.s3 import S3Server
from vms.app import ROLES
from vms.ops import ask

GIVEN = {
    "NATS_PASSWORD": "k0123",
    "POSTGRES_PASSWORD": "test-password",
    "S3_ACCESS_KEY": "test-access",
    "S3_SECRET_KEY": "test-secret",
    "S3_RECORD_ACCESS_KEY": "vms-record-access",
    "S3_RECORD_SECRET_KEY": "vms-record-secret",
    "S3_READ_ACCESS_KEY": "vms-read-access",
    "S3_READ_SECRET_KEY": "vms-read-secret",
    "VMS_INDEX_KEY": base64.b64encode(bytes(range(32))).decode(),
}


def test_it_is_a_compose_file() -> None:
    jsonschema.Draft202012Validator(SCHEMA).validate(read(GIVEN))


def test_everything_it_refers_to_is_there() -> None:
    file = read(GIVEN)
    for service in file["services"].values():
        assert set(service.get("depends_on", {})) <= set(file["services"])
        assert {volume.split(":")[0] for volume in service["volumes"]} <= set(file["volumes"])
        assert {each["source"] for each in service.get("configs", ())} <= set(file["configs"])


def test_every_role_runs_and_what_they_need_runs_beside_them() -> None:
    services = read(GIVEN)["services"]
    commands = {
        name: service["command"] for name, service in services.items() if "build" in service
    }
    assert commands == {role: [role] for role in (*ROLES, "migrate")}
    assert {"postgres", "s3", "nats"} <= set(services)


RIGHTS = {
    "retain": "vms",
    "migrate": "vms",
    "record": "vms-record",
    "play": "vms-read",
    "api": "vms-read",
}


@pytest.mark.parametrize("role", RIGHTS)
def test_each_role_signs_with_the_keys_of_its_own_rights(role: str) -> None:
    """What those rights are worth: tests/contract/test_store_roles.py."""
    file = read(GIVEN)
    identities = json.loads(file["configs"]["s3"]["content"])["identities"]
    known = {each["name"]: each["credentials"] for each in identities}
    environment = file["services"][role]["environment"]
    access, secret = (environment[f"VMS_STORE__{half}_KEY"] for half in ("ACCESS", "SECRET"))
    assert known[RIGHTS[role]] == [{"accessKey": access, "secretKey": secret}]


@pytest.mark.parametrize("missing", GIVEN)
def test_no_secret_has_a_default(missing: str) -> None:
    with pytest.raises(KeyError, match=missing):
        read({name: value for name, value in GIVEN.items() if name != missing})


def test_no_secret_is_on_a_command_line() -> None:
    for service in read(GIVEN)["services"].values():
        words = [*service.get("command", ()), *service.get("healthcheck", {}).get("test", ())]
        assert not [word for word in words for secret in GIVEN.values() if secret in word]


def test_the_example_names_every_secret_and_gives_none() -> None:
    lines = (ROOT / ".env.example").read_text().splitlines()
    values = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    assert {name: values[name] for name in GIVEN} == dict.fromkeys(GIVEN, "")


def test_the_image_runs_as_nobody_in_particular_and_starts_the_same_program() -> None:
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    stages = [number for number, line in enumerate(lines) if line.startswith("FROM ")]
    last = lines[stages[-1] :]
    assert len(stages) == 3
    assert "USER vms" in last
    assert 'ENTRYPOINT ["vms"]' in last


@asynccontextmanager
async def nats(config: str, port: int, folder: Path) -> AsyncIterator[None]:
    """A real server with the configuration in the file, but for its address and its folder."""
    here = config.replace("0.0.0.0:4222", f"127.0.0.1:{port}").replace("/data", str(folder / "js"))
    (folder / "nats.conf").write_text(here)
    process = await asyncio.create_subprocess_exec(
        nats_server(),
        "-c",
        str(folder / "nats.conf"),
        env={"NATS_PASSWORD": GIVEN["NATS_PASSWORD"]},
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.terminate()
        await process.wait()


@asynccontextmanager
async def started(command: list[str], environment: Mapping[str, str]) -> AsyncIterator[None]:
    """The program with nothing but the file's environment; stopped as Docker stops it."""
    process = await program(command, environment)
    try:
        yield
    finally:
        process.terminate()
        async with asyncio.timeout(30):
            assert await process.wait() == 0, command


async def program(command: list[str], environment: Mapping[str, str]) -> asyncio.subprocess.Process:
    words = [sys.executable, "-m", "vms.cli", *command]
    given = {"PATH": os.environ["PATH"], **environment}
    return await asyncio.create_subprocess_exec(*words, env=given, cwd=ROOT)


def environments(file: dict[str, Any], here: Mapping[str, str], folder: Path) -> dict[str, Any]:
    """Each role's environment, with the addresses of this test's servers for those in the file."""
    found = {}
    for name in (*ROLES, "migrate"):
        values = {key: str(value) for key, value in file["services"][name]["environment"].items()}
        for key in values:
            for theirs, ours in here.items():
                values[key] = values[key].replace(theirs, ours)
        values["VMS_DATA_DIR"] = str(folder / name)
        (folder / name).mkdir()
        found[name] = values
    return found


async def test_its_roles_become_ready_with_the_same_commands_and_environment(
    tmp_path: Path, postgres_server: PostgresServer, postgres_url: str, s3_server: S3Server
) -> None:
    file = read(GIVEN | {"VMS_API_HOST": "127.0.0.1"})
    ports = {role: free_port() for role in (*ROLES, "nats", "http")}
    here = {
        "127.0.0.1:4222": f"127.0.0.1:{ports['nats']}",
        "127.0.0.1:5432/vms": postgres_url.split("@")[1],
        "127.0.0.1:8333": s3_server.endpoint.removeprefix("http://"),
        "/var/lib/vms": str(tmp_path),
    }
    given = environments(file, here, tmp_path)
    for values in given.values():
        values.update({f"VMS_OPS__{role.upper()}": str(ports[role]) for role in ROLES})
    given["api"]["VMS_API__PORT"] = str(ports["http"])
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(
            nats(file["configs"]["nats"]["content"], ports["nats"], tmp_path)
        )
        migrating = await program(file["services"]["migrate"]["command"], given["migrate"])
        assert await migrating.wait() == 0
        for role in ROLES:
            command = file["services"][role]["command"]
            await stack.enter_async_context(started(command, given[role]))
        for port in [*(ports[role] for role in ROLES), ports["http"]]:
            await until_ready(port)
        for role in ROLES:
            test = file["services"][role]["healthcheck"]["test"]
            assert test[:2] == ["CMD", "vms"]
            assert await (await program(test[2:], given[role])).wait() == 0


async def until_ready(port: int) -> None:
    words = ""
    try:
        async with asyncio.timeout(60):
            while words not in ("ok", '{"status":"ok"}'):
                words = (await ask("127.0.0.1", port))[1]
                await asyncio.sleep(0.1)
    except TimeoutError:
        raise AssertionError(f"not ready: {words}") from None
