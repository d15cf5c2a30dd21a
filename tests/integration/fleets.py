"""One of several recorders, in a process of its own, on a real bus.

python -m tests.integration.fleets FOLDER NAME URL_OF_THE_BUS

records its share of what FOLDER's index lists, into a spool of its own, until killed.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from dataclasses import replace
from pathlib import Path

from recorder.fleet import record
from tests.integration.recorders import open_site
from tests.servers.nats import NatsServer
from vms.core.bus import open_bus


async def _main(folder: Path, name: str, url: str) -> None:
    login = NatsServer(folder)
    async with (
        open_site(folder, migrated=True) as site,
        open_bus(url, user=login.user, password=login.password) as bus,
    ):
        own = folder / f"spool-{name}"

        def others() -> list[Path]:
            return [each for each in folder.glob("spool-*") if each != own]

        config = replace(site.config, node=name, spool=own, left_spools=others)
        await record(config, site.index, site.archive, bus, site.clock)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    asyncio.run(_main(Path(sys.argv[1]), sys.argv[2], sys.argv[3]))
