"""Random histories of an archive against a simple oracle: nothing locked is ever deleted, and what
is deleted is exactly what was predicted. On SQLite and PostgreSQL.

A history is one camera's. Here run fifty on each; `VMS_HISTORIES=10000` runs so many.
"""

from __future__ import annotations

import os
import random

import pytest

from storage.index import Index
from tests.contract.histories.world import World
from vms.core.walltime import DAY, HOUR

CAMERAS = 50
HISTORIES = int(os.environ.get("VMS_HISTORIES", "50"))
ROUNDS = 3


@pytest.mark.parametrize("seed", range(max(1, HISTORIES // CAMERAS)))
async def test_what_goes_is_what_was_predicted_and_never_locked(index: Index, seed: int) -> None:
    world = World(index, random.Random(seed))
    await world.begin(CAMERAS)
    for _ in range(ROUNDS):
        await world.pass_time(world.rng.randrange(HOUR, 3 * DAY))
        await world.film()
        for _ in range(CAMERAS):
            await world.happen()
        if world.rng.random() < 0.3:
            await world.step()
        if world.rng.random() < 0.3:
            await world.fill_up()
        await world.sweep()
    assert world.deleted, "a history in which nothing goes shows nothing"
