"""`vms verify` and `vms rebuild-index` as an administrator calls them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from storage.index import open_index
from storage.objects import open_store
from tests.integration.vaults import Vault, rows, seconds
from vms.app import index_key
from vms.settings import Settings, load


class Machine:
    """The settings of a machine whose data lies in one folder, and its command line."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {"VMS_DATA_DIR": str(folder / "data")}

    @property
    def settings(self) -> Settings:
        return load(self.environment)

    def vms(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "vms.cli", *words],
            env=os.environ | self.environment,
            cwd=Path(__file__).parents[2],
            capture_output=True,
            text=True,
            timeout=60,
        )

    @asynccontextmanager
    async def vault(self) -> AsyncIterator[Vault]:
        settings = self.settings
        async with (
            open_index(settings.index_url.reveal(), key=index_key(settings)) as index,
            open_store(settings.store_url) as store,
        ):
            yield Vault(index, store, self.folder)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    made = Machine(tmp_path)
    done = made.vms("migrate", "--new-key")
    assert done.returncode == 0, done.stderr
    return made


async def test_a_good_archive_is_0_and_damage_is_1_with_a_line(machine: Machine) -> None:
    async with machine.vault() as vault:
        gate = await vault.add_camera("Gate")
        made = await vault.record(gate.streams[0], seconds(0, 11))
    good = machine.vms("verify", "--level", "chain", "--mbps", "1000")
    assert (good.returncode, good.stderr) == (0, "")
    size = sum(one.size for one in made)
    assert good.stdout == f"3 rows, 3 objects, {size} bytes looked at: nothing wrong\n"
    (machine.folder / "data" / "store" / made[1].key).unlink()
    bad = machine.vms("verify", "--camera", str(gate.number))
    assert bad.returncode == 1
    first, last = bad.stdout.splitlines()
    assert first.startswith(f"missing: camera {gate.id} stream {gate.streams[0].id} 2026-11-23T")
    assert made[1].key in first
    assert last.endswith("1 findings")
    async with machine.vault() as vault:
        assert await vault.index.damage.count() == 1


async def test_a_camera_that_nobody_has_is_said_in_words(machine: Machine) -> None:
    done = machine.vms("verify", "--camera", "77")
    assert (done.returncode, done.stderr) == (1, "vms: there is no camera 77\n")


async def test_a_lost_index_is_put_back_by_one_command(machine: Machine) -> None:
    async with machine.vault() as vault:
        gate = await vault.add_camera("Gate")
        await vault.record(gate.streams[0], seconds(0, 11))
        before = await rows(vault.index)
    for file in (machine.folder / "data").glob("index.db*"):
        file.unlink()
    (machine.folder / "data" / "key").unlink()
    assert "another index" in machine.vms("migrate", "--new-key").stderr
    done = machine.vms("rebuild-index")
    assert (done.returncode, done.stderr) == (0, "")
    assert "3 segments" in done.stdout
    assert "INDEX-REBUILD" in done.stdout
    async with machine.vault() as vault:
        assert await rows(vault.index) == before
    assert machine.vms("verify", "--level", "chain").returncode == 0
    assert machine.vms("migrate").returncode == 0
