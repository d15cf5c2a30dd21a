"""Child processes are kept running, stopped in order, and killed when they do not listen."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.product import descendants, wait_for
from vms.core.clock import SystemClock
from vms.core.errors import Unavailable
from vms.machine.child import Child, kept

SLEEPS = "import time; open(r'{note}', 'a').write('x'); time.sleep(600)"
DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + SLEEPS


def child(note: Path, program: str = SLEEPS, **fields: object) -> Child:
    words = [sys.executable, "-c", program.format(note=note)]
    return Child("sleeper", words, {"PATH": os.environ["PATH"]}, **fields)  # type: ignore[arg-type]


BEFORE: set[int] = set()


@pytest.fixture(autouse=True)
def _others() -> None:
    """Servers that other tests share run below us, too."""
    BEFORE.clear()
    BEFORE.update(descendants(os.getpid()))


def children() -> list[int]:
    return [pid for pid in descendants(os.getpid()) if pid not in BEFORE]


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not true():
            await asyncio.sleep(0.02)


def starts(note: Path) -> int:
    return len(note.read_text()) if note.exists() else 0


async def test_a_child_that_ends_is_started_again_and_stops_with_its_block(tmp_path: Path) -> None:
    note = tmp_path / "note"
    async with kept(child(note), SystemClock()):
        await until(lambda: starts(note) == 1)
        (first,) = children()
        os.kill(first, signal.SIGKILL)
        await until(lambda: starts(note) == 2)
        (second,) = children()
    assert first != second
    assert children() == []


async def test_one_that_does_not_listen_is_killed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    note = tmp_path / "note"
    with caplog.at_level(logging.WARNING):
        async with kept(child(note, DEAF, stop_seconds=0.2), SystemClock()):
            await until(lambda: starts(note) == 1)
    assert children() == []
    assert "did not stop within" in caplog.text


async def test_one_that_is_not_ready_at_first_is_tried_again(tmp_path: Path) -> None:
    note = tmp_path / "note"

    tried: list[int] = []

    async def ready(process: asyncio.subprocess.Process) -> None:
        tried.append(process.pid)
        if len(tried) == 1:
            raise Unavailable("not this time")

    async with kept(child(note, ready=ready), SystemClock()):
        assert children() == tried[1:]


async def test_cancelled_before_it_is_ready_it_leaves_nothing(tmp_path: Path) -> None:
    note = tmp_path / "note"

    async def never(process: asyncio.subprocess.Process) -> None:
        await asyncio.Event().wait()

    async def hold() -> None:
        async with kept(child(note, ready=never), SystemClock()):
            raise AssertionError("it is not ready")

    holding = asyncio.create_task(hold())
    await until(lambda: starts(note) == 1)
    holding.cancel()
    with pytest.raises(asyncio.CancelledError):
        await holding
    assert children() == []


PARENT = """
import asyncio, sys
from pathlib import Path
from tests.integration.test_app_child import DEAF, child
from vms.cli import until_told
from vms.core.clock import SystemClock
from vms.machine.child import kept

async def hold():
    async with kept(child(Path(sys.argv[1]), DEAF, stop_seconds=300), SystemClock()):
        await asyncio.Event().wait()

asyncio.run(until_told(hold()))
"""


def test_a_second_ctrl_c_kills_what_does_not_stop(tmp_path: Path) -> None:
    note = tmp_path / "note"
    parent = subprocess.Popen([sys.executable, "-c", PARENT, str(note)], start_new_session=True)
    try:
        wait_for("its child", lambda: starts(note) == 1)
        below = descendants(parent.pid)
        parent.send_signal(signal.SIGINT)
        with pytest.raises(subprocess.TimeoutExpired):
            parent.wait(1)
        parent.send_signal(signal.SIGINT)
        assert parent.wait(10) == 1
        wait_for("the child gone", lambda: not any(Path(f"/proc/{pid}").exists() for pid in below))
    finally:
        parent.kill()
        parent.wait()
