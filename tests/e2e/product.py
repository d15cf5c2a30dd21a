"""The product as its user starts it: `vms run` as a child process, spoken to over HTTP only."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

ADMIN, PASSWORD = "admin", "kota-bontang-kuning-9"
READY_SECONDS = 60.0
STOP_SECONDS = 30.0

T = TypeVar("T")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(what: str, look: Callable[[], T | None], *, seconds: float = 30.0) -> T:
    """The first answer of `look` that is true; AssertionError naming `what` when time is up."""
    deadline = time.monotonic() + seconds
    while True:
        if found := look():
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"not seen within {seconds:.0f} s: {what}")
        time.sleep(0.1)


class Api:
    """A client of the HTTP API: keeps the session cookie and sends the right Origin."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._cookie = ""

    def call(self, method: str, path: str, body: object = None) -> Any:
        """The JSON answer, None when empty. Raises urllib.error.HTTPError on an error status."""
        answer = self.open(method, path, body)
        return json.loads(answer) if answer else None

    def open(self, method: str, path: str, body: object = None) -> bytes:
        headers = {"Origin": self.address, "Cookie": self._cookie}
        data = None
        if body is not None:
            data, headers["Content-Type"] = json.dumps(body).encode(), "application/json"
        request = urllib.request.Request(self.address + path, data, headers, method=method)
        with urllib.request.urlopen(request, timeout=60) as response:
            if cookie := response.headers.get("Set-Cookie"):
                self._cookie = cookie.split(";")[0]
            return bytes(response.read())

    def sign_in(self, name: str = ADMIN, password: str = PASSWORD) -> None:
        self.call("POST", "/api/session", {"name": name, "password": password})

    def states(self, camera_id: int) -> list[dict[str, Any]]:
        cameras = self.call("GET", "/api/cameras")["cameras"]
        found: list[dict[str, Any]] = next(c["states"] for c in cameras if c["id"] == camera_id)
        return found

    def recording(self, camera_id: int, role: str = "main") -> bool:
        return any(
            state["role"] == role and state["condition"] == "recording"
            for state in self.states(camera_id)
        )


class Product:
    """A running `vms run`. `api` is signed in as the administrator made at first start."""

    def __init__(self, process: subprocess.Popen[bytes], address: str, data_dir: Path) -> None:
        self.process = process
        self.address = address
        self.data_dir = data_dir
        self.api = Api(address)

    def add_camera(self, name: str, main_url: str, **fields: object) -> int:
        body = {"name": name, "main_url": main_url, "purposes": ["security"], **fields}
        return int(self.api.call("POST", "/api/cameras", body)["id"])

    def wait_recording(self, *camera_ids: int, role: str = "main") -> None:
        for camera_id in camera_ids:
            self._wait_recording(camera_id, role)

    def _wait_recording(self, camera_id: int, role: str) -> None:
        wait_for(f"camera {camera_id} recording", lambda: self.api.recording(camera_id, role))

    def main_objects(self, camera_id: int) -> Path:
        """Where the directory store keeps the objects of the camera's main stream."""
        cameras = self.api.call("GET", "/api/cameras")["cameras"]
        streams = next(camera["streams"] for camera in cameras if camera["id"] == camera_id)
        main = next(stream["id"] for stream in streams if stream["role"] == "main")
        return self.data_dir / "store" / str(camera_id) / str(main)

    def role_pid(self, role: str) -> int:
        """Process id of the child that runs `role`."""
        for pid in descendants(self.process.pid):
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            if role.encode() in words:
                return pid
        raise AssertionError(f"no process runs the role {role}")


def descendants(pid: int) -> list[int]:
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        children.setdefault(int(fields[1]), []).append(int(stat.parent.name))
    found, left = [], [pid]
    while left:
        below = children.get(left.pop(), [])
        found += below
        left += below
    return found


@contextmanager
def running(
    data_dir: Path, environment: Mapping[str, str] | None = None, *, port: int | None = None
) -> Iterator[Product]:
    """`vms run` until the block ends; then Ctrl-C, which must end it and all its children."""
    port = port or free_port()
    data_dir.mkdir(parents=True, exist_ok=True)
    settings = {
        "VMS_DATA_DIR": str(data_dir),
        "VMS_API__PORT": str(port),
        "VMS_RECORD__SEGMENT_SECONDS": "10",
        "VMS_RECORD__WORKERS": "1",
        **{f"VMS_OPS__{role}": "0" for role in ("API", "RECORD", "PLAY", "RETAIN", "WORKERS")},
        **(environment or {}),
    }
    with (data_dir / "output.log").open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "vms.cli", "run"],
            env=os.environ | settings,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        product = Product(process, f"http://127.0.0.1:{port}", data_dir)
        try:
            _begin(product)
            yield product
        finally:
            stop(process)


def _begin(product: Product) -> None:
    wait_for("the product ready", lambda: _ready(product), seconds=READY_SECONDS)
    if product.api.call("GET", "/api/site")["needs_setup"]:
        product.api.call("POST", "/api/setup", {"name": ADMIN, "password": PASSWORD})
    product.api.sign_in()


def _ready(product: Product) -> bool:
    if product.process.poll() is not None:
        said = (product.data_dir / "output.log").read_text()[-4000:]
        raise AssertionError(f"vms run ended with {product.process.returncode}:\n{said}")
    try:
        product.api.open("GET", "/readyz")
    except (urllib.error.URLError, ConnectionError):
        return False
    return True


def stop(process: subprocess.Popen[bytes]) -> None:
    """Ctrl-C, as a person stops it: exit code 0 and nothing left running."""
    below = descendants(process.pid)
    process.send_signal(signal.SIGINT)
    try:
        code = process.wait(STOP_SECONDS)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    left = [pid for pid in below if Path(f"/proc/{pid}").exists()]
    assert (code, left) == (0, []), f"exit code {code}, still running: {left}"
