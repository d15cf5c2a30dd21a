"""One recorder process from start to stop: `record` makes everything and owns every task.

What belongs here: what there is once in a process, and the order in which it comes and goes. Not:
which streams run (`recorder.fleet.following`). Design: docs/design/fleet.md.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable

from recorder import metrics
from recorder.config import RecordConfig
from recorder.disk import SpoolDisk
from recorder.feed import open_feed, tail_entry
from recorder.fleet.evidence import Evidence
from recorder.fleet.following import Fleet
from recorder.fleet.gate import Gate
from recorder.fleet.gauges import measure
from recorder.fleet.late import Late
from recorder.fleet.leases import Leases
from recorder.fleet.leftovers import Leftovers
from recorder.fleet.means import Means
from recorder.fleet.neighbours import Neighbours
from recorder.fleet.ownspool import own_spool
from recorder.fleet.resting import Rests
from recorder.fleet.roster import Roster
from recorder.fleet.session import Session, own_name
from recorder.gapbook import GapBook
from recorder.pinbook import PinBook
from recorder.rtsp.intake import open_intake
from recorder.runbook import RunBook
from recorder.spool import Spool
from recorder.uploader import Uploader
from storage.archive import Archive
from storage.index import Index
from vms.core.bus import Bus
from vms.core.clock import Clock
from vms.core.model import Segment
from vms.core.nodestate import NodeState
from vms.core.steady import SteadyClock
from vms.core.supervise import supervise

_DRAIN_SECONDS = 2.0


async def record(
    config: RecordConfig, index: Index, archive: Archive, bus: Bus, clock: Clock
) -> None:
    """Record until cancelled; then hand over to other recorders, if there are any, seal what is in
    hand and archive what a short while allows; the rest stays in the spool.

    Raises Conflict when another recorder uses the spool, Unavailable when it cannot be used.
    """
    node = NodeState("record", config.node, bus, clock)
    async with (
        own_spool(config, clock) as spool,
        open_feed(config.feed_host, spool, clock) as feed,
        open_intake() as intake,
    ):
        found = await spool.recover()
        steady = SteadyClock(clock)
        book = GapBook(index, node, steady)
        runs = RunBook(index.runs, config.node, steady, node)
        spool.on_drop(book.dropped)

        def index_answers() -> Awaitable[object]:
            return index.facts.get("ping")

        def uploader_of(of: Spool, found: Iterable[Segment]) -> Uploader:
            late = Late(archive, book, found)
            return Uploader(of, late, index_answers, node, clock, book)

        uploader = uploader_of(spool, found)
        pins = PinBook(index.cameras.pin, clock)
        name = own_name(config.node, config.spool)
        session = Session(name, config.capacity, bus, node, clock)
        means = Means(
            *(config, archive, bus, steady, spool, feed, book, runs),
            *(SpoolDisk(node), Gate(clock), intake, pins, session.awake),
        )
        leases = Leases(session, bus, config.spool)
        fleet = Fleet(means, Roster(index, node, clock, pins), session, leases, node)
        neighbours = Neighbours(name, spool, bus, tail_entry, fleet.earlier_holders)
        feed.elsewhere = neighbours
        try:
            async with neighbours.serve(), asyncio.TaskGroup() as tasks:
                jobs: dict[str, Callable[[], Awaitable[object]]] = {
                    "node state": node.run,
                    "civil time": lambda: steady.run(runs.host_changed),
                    "gap notes": book.run,
                    "run notes": runs.run,
                    "certificates": pins.run,
                    "uploads": uploader.run,
                    "store watch": uploader.watch,
                    "loop lag": lambda: metrics.measure_lag(clock),
                    "gauges": lambda: measure(means, session, leases, fleet.running, node),
                    "session": session.run,
                    "fleet": fleet.run,
                    "locks": Evidence(index, spool, steady).run,
                    "full store": Rests(index, fleet.running.cares, node, steady).run,
                }
                if config.left_spools is not None:
                    jobs["left spools"] = Leftovers(
                        *(config.left_spools, uploader_of, session, bus, clock),
                        config.spool_max_bytes,
                    ).run
                for job_name, job in jobs.items():
                    tasks.create_task(supervise(job_name, job, clock=clock))
                await _until_told_to_stop(fleet)
        finally:
            await session.end()
            await uploader.drain(_DRAIN_SECONDS)
            await book.drain(_DRAIN_SECONDS)
            await runs.drain(_DRAIN_SECONDS)


async def _until_told_to_stop(fleet: Fleet) -> None:
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        await fleet.leave()
        raise
