"""Expected against stored, for Prometheus: the newest day of every stream that is recorded.

`tally` is a task of whoever runs retention: it sees the index, and there is one of it in a site.
What a recorder still holds and has not archived yet counts as pending here, however long it takes:
video that waits for a store is not lost.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator

from storage.archive import Archive
from storage.completeness import Account, account
from storage.index import Index
from storage.metrics import DAY_SECONDS
from vms.core.clock import Clock
from vms.core.errors import Unavailable
from vms.core.walltime import DAY, SECOND, TimeRange, WallTime

log = logging.getLogger(__name__)

EVERY_SECONDS = 300.0


async def tally(index: Index, archive: Archive, clock: Clock) -> None:
    """Every few minutes, until cancelled. While the index is away the last numbers stand."""
    while True:
        try:
            await tally_once(index, archive, clock.wall())
        except Unavailable as error:
            log.debug("nothing tallied: %s", error)
        await clock.sleep(EVERY_SECONDS)


async def tally_once(index: Index, archive: Archive, now: WallTime) -> dict[int, Account]:
    """Set the gauges; what they were set from, by stream."""
    span = TimeRange(WallTime(now - DAY), now)
    accounts: dict[int, Account] = {}
    for camera in await index.cameras.list():
        for stream in (each for each in camera.streams if each.record):
            facts = await archive.facts(stream.id, span, now)
            accounts[stream.id] = account(span, facts, patience_micros=DAY)
    DAY_SECONDS.clear()
    for stream_id, counted in accounts.items():
        for state, cause, micros in _rows(counted):
            DAY_SECONDS.labels(str(stream_id), state, cause).set(micros / SECOND)
    return accounts


def _rows(counted: Account) -> Iterator[tuple[str, str, int]]:
    yield "stored", "", counted.stored
    yield "pending", "", counted.pending
    yield "unexplained", "", counted.unexplained
    for cause, micros in counted.excused.items():
        yield "excused", cause.value, micros
    for cause, micros in counted.missing.items():
        yield "missing", cause.value, micros
