"""Age retention: what is older than its camera's days, or the site's, goes.

First a pure decision (`expired`), then the procedure (`sweep`): move rows to garbage in one
transaction, delete the objects, drop the garbage rows. A crash between any two steps is repaired
by the next sweep, which begins with the garbage that is left. A store that is unreachable, or not
ours, deletes nothing. Tasks: those of `retain`, in its TaskGroup.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from storage.archive import Archive
from storage.index import Index, Outline, Term
from storage.marker import agree
from storage.metrics import DELETED_BYTES, EXPIRED_SEGMENTS, SWEEP_SECONDS
from storage.objects.store import ObjectStore, WrongStore
from storage.tally import tally
from vms.core.bus import Bus
from vms.core.clock import Clock
from vms.core.errors import Unavailable
from vms.core.nodestate import NodeState
from vms.core.steady import HostChange, SteadyClock
from vms.core.supervise import supervise
from vms.core.walltime import DAY, SECOND, WallTime

log = logging.getLogger(__name__)

BATCH = 200
"""Segments moved by one transaction and deleted by one request."""


@dataclass(frozen=True, slots=True)
class RetainConfig:
    """`days`: of cameras that have none of their own. `interval_seconds`: between two sweeps."""

    days: int = 30
    interval_seconds: float = 60.0
    node: str = "local"


@dataclass(frozen=True, slots=True)
class Swept:
    """What one sweep did."""

    segments: int = 0
    size: int = 0
    cameras: int = 0


def horizon(term: Term, site_days: int, now: WallTime) -> WallTime:
    """The instant from which on a stream is kept."""
    days = site_days if term.retention_days is None else term.retention_days
    return WallTime(now - days * DAY)


def expired(outlines: Iterable[Outline], kept_from: WallTime) -> list[Outline]:
    """Those that ended before they are kept: a segment that straddles the horizon stays whole."""
    return [outline for outline in outlines if outline.range.end <= kept_from]


async def retain(
    config: RetainConfig, index: Index, store: ObjectStore, bus: Bus, clock: Clock
) -> None:
    """Sweep every `interval_seconds` and say how it goes, until cancelled."""
    state, steady = NodeState("retain", config.node, bus, clock), SteadyClock(clock)
    archive = Archive(index, store)

    async def sweeping() -> None:
        while True:
            await _sweep_and_tell(config, index, store, state, steady)
            await clock.sleep(config.interval_seconds)

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(supervise("node state", state.run, clock=clock))
        tasks.create_task(supervise("civil time", lambda: steady.run(_note_step), clock=clock))
        tasks.create_task(supervise("retention", sweeping, clock=clock))
        tasks.create_task(supervise("tally", lambda: tally(index, archive, clock), clock=clock))


async def sweep(
    index: Index, store: ObjectStore, *, site_days: int, now: WallTime, batch: int = BATCH
) -> Swept:
    """Delete what has expired, `batch` segments at a time.

    Raises WrongStore or Unavailable before anything else when the store is not ours or not there.
    Safe to repeat after any failure.
    """
    await agree(index, store)
    done = await _collect(index, store, batch)
    for term in await index.cameras.terms():
        kept_from = horizon(term, site_days, now)
        while await _expire(index, term, kept_from, batch):
            done = _sum(done, await _collect(index, store, batch))
        await index.gaps.forget(term.stream_id, kept_from)
        await index.runs.forget(term.stream_id, kept_from)
    await index.runs.forget(None, WallTime(now - site_days * DAY))
    return _sum(done, Swept(cameras=await index.cameras.forget_ended()))


def _note_step(change: HostChange) -> None:
    """A clock set ahead must not delete what is young: it has to prove right first."""
    log.warning("this server's clock: %s, %+.0f s", change.change, change.micros / SECOND)


async def _expire(index: Index, term: Term, kept_from: WallTime, batch: int) -> Sequence[Outline]:
    """Move one batch to garbage; what was moved."""
    gone = expired(await index.segments.oldest(term.stream_id, batch), kept_from)
    taken = await index.garbage.take(term.stream_id, gone) if gone else []
    EXPIRED_SEGMENTS.inc(len(taken))
    return taken


async def _collect(index: Index, store: ObjectStore, batch: int) -> Swept:
    """Delete the objects of everything in garbage, then forget it."""
    done = Swept()
    while outlines := await index.garbage.list(batch):
        await store.delete([outline.key for outline in outlines])
        await index.garbage.drop(outlines)
        size = sum(outline.size for outline in outlines)
        DELETED_BYTES.inc(size)
        done = _sum(done, Swept(len(outlines), size))
    return done


async def _sweep_and_tell(
    config: RetainConfig, index: Index, store: ObjectStore, state: NodeState, clock: Clock
) -> None:
    began = clock.monotonic()
    try:
        done = await sweep(index, store, site_days=config.days, now=clock.wall())
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


def _sum(one: Swept, other: Swept) -> Swept:
    return Swept(one.segments + other.segments, one.size + other.size, one.cameras + other.cameras)
