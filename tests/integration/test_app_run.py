"""`vms run` as a machine meets it: started twice, killed, stopped; and the small commands."""

from __future__ import annotations

import os
import re
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.e2e.product import Product, descendants, free_port, running, wait_for

CANARY = "canary-word-7"
NATS = "--ports_file_dir"
"""A word of the command line that only nats-server has."""


def vms(*words: str, given: dict[str, str], said: str = "") -> subprocess.CompletedProcess[str]:
    """One command to its end, with `said` on its standard input."""
    return subprocess.run(
        [sys.executable, "-m", "vms.cli", *words],
        env=os.environ | given,
        input=said,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def command_lines(pids: list[int]) -> str:
    return "\n".join(Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ") for pid in pids)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def gone(pids: list[int]) -> bool:
    return not [pid for pid in pids if Path(f"/proc/{pid}").exists()]


def kill(product: Product, role: str) -> None:
    """Kill the child that runs `role`, and wait for its successor."""
    before = product.role_pid(role)
    os.kill(before, signal.SIGKILL)
    wait_for(f"{role} again", lambda: restarted(product, role, before))


def restarted(product: Product, role: str, before: int) -> int | None:
    try:
        now = product.role_pid(role)
    except (AssertionError, FileNotFoundError, ProcessLookupError):
        return None  # none runs it now, or it went while we looked
    return now if now != before else None


@pytest.mark.timeout(180)
def test_one_machine_lives_through_kills_and_keeps_its_secrets(tmp_path: Path) -> None:
    data = tmp_path / "data"
    ops, second = free_port(), free_port()
    given = {"VMS_OPS__RECORD": str(ops), "VMS_OPS__WORKERS": str(second)}
    with running(data, given | {"VMS_RECORD__WORKERS": "2"}) as product:
        product.add_camera("Silent", f"rtsp://user:{CANARY}@127.0.0.1:{free_port()}/x")
        wait_for("its trouble", lambda: product.api.states(1)[0]["cause"] == "unreachable")

        children = descendants(product.process.pid)
        assert len(children) == 6
        secret = password_of_nats(data)
        assert secret not in command_lines([product.process.pid, *children])
        assert (mode(data / "key"), mode(data / "nats" / "nats.conf")) == (0o600, 0o600)
        assert mode(data) & 0o077 == 0 or mode(data / "index.db") == 0o600

        again = vms("run", given={"VMS_DATA_DIR": str(data), "VMS_API__PORT": str(free_port())})
        assert again.returncode == 1
        assert "is in use by another `vms run`" in again.stderr

        for role in ("play", "record", NATS):
            kill(product, role)
        wait_for("everyone on the bus again", lambda: all_heard(product), seconds=40)
        wait_for("both recorders", lambda: all(map(sees_two, (ops, second))), seconds=40)
    said = "".join(path.read_text(errors="replace") for path in data.rglob("*.log"))
    assert CANARY not in said
    assert secret not in said
    assert CANARY not in dump(data / "index.db")


def password_of_nats(data: Path) -> str:
    found = re.search(r'"password": "([^"]+)"', (data / "nats" / "nats.conf").read_text())
    assert found is not None
    return found[1]


def all_heard(product: Product) -> bool:
    nodes = product.api.call("GET", "/api/health")["nodes"]
    return {node["role"] for node in nodes if not node["lost"]} == {
        "api",
        "record",
        "play",
        "retain",
    }


def sees_two(port: int) -> bool:
    """Whether the recorder with this port has found the other one."""
    try:
        return "vms_recorder_members 2.0" in metrics(port)
    except OSError:
        return False  # it was killed and is on its way back


def metrics(port: int) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as response:
        return str(response.read().decode())


def dump(database: Path) -> str:
    connection = sqlite3.connect(database)
    try:
        return "\n".join(connection.iterdump())
    finally:
        connection.close()


@pytest.mark.timeout(120)
def test_nothing_outlives_a_parent_that_was_killed(tmp_path: Path) -> None:
    port = free_port()
    given = {"VMS_DATA_DIR": str(tmp_path / "data"), "VMS_API__PORT": str(port)}
    given |= {f"VMS_OPS__{role}": "0" for role in ("API", "RECORD", "PLAY", "RETAIN", "WORKERS")}
    given |= {"VMS_RECORD__WORKERS": "2"}
    process = subprocess.Popen(
        [sys.executable, "-m", "vms.cli", "run"],
        env=os.environ | given,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        children = wait_for("its children", lambda: six(descendants(process.pid)), seconds=60)
    finally:
        process.kill()
        process.wait()
    wait_for("all children gone", lambda: gone(children), seconds=30)


def six(pids: list[int]) -> list[int] | None:
    """The server of the bus, four roles, and a second recorder."""
    return pids if len(pids) == 6 else None


def test_a_port_that_is_taken_is_said_before_anything_starts(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        done = vms("run", given={"VMS_DATA_DIR": str(tmp_path / "data"), "VMS_API__PORT": port})
    assert done.returncode == 1
    assert f"port {port} is taken by another program" in done.stderr
    assert "VMS_API__PORT" in done.stderr
    assert not (tmp_path / "data").exists()


def test_a_role_without_a_key_says_what_to_do(tmp_path: Path) -> None:
    done = vms("retain", given={"VMS_DATA_DIR": str(tmp_path), "VMS_OPS__RETAIN": "0"})
    assert done.returncode == 1
    assert "there is no key" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_wrong_setting_is_named_and_nothing_else_is_said() -> None:
    done = vms("config", given={"VMS_API__PROT": "1"})
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "vms: VMS_API__PROT in the environment is not a setting\n"


def test_what_is_in_force_is_printed_without_secrets() -> None:
    done = vms("config", given={"VMS_STORE__SECRET_KEY": CANARY, "VMS_API__PORT": "9099"})
    assert done.returncode == 0
    assert CANARY not in done.stdout
    assert re.search(r"^port = 9099 +# environment VMS_API__PORT$", done.stdout, re.MULTILINE)


def test_accounts_are_made_and_recovered_from_the_shell(tmp_path: Path) -> None:
    given = {"VMS_DATA_DIR": str(tmp_path)}
    assert vms("migrate", "--new-key", given=given).returncode == 0
    assert vms("user", "add", "siti", given=given, said="a-long-password\n").returncode == 0
    again = vms("user", "add", "siti", given=given, said="a-long-password\n")
    assert "there is a user siti already" in again.stderr
    assert vms("user", "passwd", "siti", given=given, said="another-password\n").returncode == 0
    short = vms("user", "passwd", "siti", given=given, said="short\n")
    assert (short.returncode, "at least 8 characters" in short.stderr) == (1, True)
    nobody = vms("user", "passwd", "budi", given=given, said="another-password\n")
    assert "there is no user budi" in nobody.stderr
