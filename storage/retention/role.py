"""The role: sweeps again and again, and says how it goes. Tasks: those of `retain`, in its
TaskGroup."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace

from storage.archive import Archive
from storage.full.watch import FullWatch
from storage.holding import Holding
from storage.index import Index
from storage.integrity.scrub import OFF, Scrub, ScrubConfig
from storage.mending import mend_daily
from storage.metrics import SWEEP_SECONDS
from storage.moving import COLD, ColdTier, Mover
from storage.objects.store import ObjectStore, WrongStore
from storage.retention.outlook import Outlook
from storage.retention.policy import USUAL
from storage.retention.pressing import pressing
from storage.retention.settled import settled_days
from storage.retention.sweep import Memory, sweep
from storage.tally import tally
from vms.core.bus import Bus
from vms.core.clock import Clock
from vms.core.errors import Unavailable
from vms.core.nodestate import NodeState
from vms.core.steady import HostChange, SteadyClock
from vms.core.supervise import supervise
from vms.core.walltime import SECOND

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RetainConfig:
    """`days`: where neither site, group nor camera say any. `interval_seconds`: between two
    sweeps. `capacity_bytes`: what a store may hold that cannot tell (S3); None: not known.
    `scrub`: how the archive is read again in the background; without a word it is not."""

    days: int = 30
    interval_seconds: float = 60.0
    node: str = "local"
    capacity_bytes: int | None = None
    scrub: ScrubConfig = OFF


async def retain(
    config: RetainConfig,
    index: Index,
    store: ObjectStore,
    bus: Bus,
    clock: Clock,
    cold: ColdTier | None = None,
) -> None:
    """Sweep every `interval_seconds` and say how it goes, until cancelled. `cold`: where what is
    old moves to, if anywhere."""
    state, steady = NodeState("retain", config.node, bus, clock), SteadyClock(clock)
    archive, memory = Archive(index, store, cold.store if cold else None), Memory()
    tiers = {} if cold is None else {COLD: cold.store}

    usual = replace(USUAL, max_days=config.days)
    full = FullWatch(index, store, state, config.capacity_bytes)
    outlook = Outlook(index, store, state, usual, config.capacity_bytes)
    needed = pressing(
        *(index, {0: store, **tiers}, usual),
        moves_after_days=cold.config.after_days if cold else None,
    )

    async def sweeping() -> None:
        while True:
            await _sweep_and_tell(config, index, store, tiers, state, steady, memory)
            await _look_ahead(outlook, steady)
            await full.watch(config.interval_seconds, needed, steady)

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(supervise("node state", state.run, clock=clock))
        tasks.create_task(supervise("civil time", lambda: steady.run(_note_step), clock=clock))
        tasks.create_task(supervise("retention", sweeping, clock=clock))
        tasks.create_task(supervise("tally", lambda: tally(index, archive, clock), clock=clock))
        reading = Scrub(config.scrub, index, {0: store, **tiers}, state, steady)
        tasks.create_task(supervise("scrub", reading.run, clock=clock))
        tasks.create_task(supervise("mending", lambda: mend_daily(index, clock), clock=clock))
        holding = Holding(index, {0: store, **tiers})
        tasks.create_task(supervise("object lock", lambda: holding.run(steady), clock=clock))
        if cold is not None:
            mover = Mover(index, store, cold)
            tasks.create_task(supervise("tiers", lambda: mover.run(state, steady), clock=clock))


def _note_step(change: HostChange) -> None:
    """A clock set ahead must not delete what is young: it has to prove right first."""
    log.warning("this server's clock: %s, %+.0f s", change.change, change.micros / SECOND)


async def _sweep_and_tell(
    config: RetainConfig,
    index: Index,
    store: ObjectStore,
    tiers: Mapping[int, ObjectStore],
    state: NodeState,
    clock: Clock,
    memory: Memory,
) -> None:
    began = clock.monotonic()
    try:
        now = clock.wall()
        days = await settled_days(index, config.days, now)
        done = await sweep(index, store, site_days=days, now=now, tiers=tiers, memory=memory)
    except WrongStore as error:
        _only(state, "store-wrong", str(error))
        log.warning("retention deletes nothing: %s", error)
    except Unavailable as error:
        _only(state, await _who_is_away(index), str(error))
        log.warning("retention deletes nothing: %s", error)
    else:
        _only(state)
        SWEEP_SECONDS.set(clock.monotonic() - began)
        if done.segments or done.cameras:
            log.info("retention deleted %d segments, %d bytes", done.segments, done.size)


async def _look_ahead(outlook: Outlook, clock: Clock) -> None:
    """The sweep tells what is away; the last numbers stand."""
    try:
        await outlook.look(clock.wall())
    except Unavailable as error:
        log.debug("nobody knows how long the room lasts: %s", error)


async def _who_is_away(index: Index) -> str:
    try:
        await index.segments.any()
    except Unavailable:
        return "index-unreachable"
    return "store-unreachable"


def _only(state: NodeState, code: str = "", detail: str = "") -> None:
    for other in {"store-wrong", "store-unreachable", "index-unreachable"} - {code}:
        state.clear(other)
    if code:
        state.problem(code, detail)
