"""What this recorder's metrics and its node's state say about its share. A task of `process`."""

from __future__ import annotations

from collections import Counter

from recorder import metrics
from recorder.fleet.leases import Leases
from recorder.fleet.means import Means
from recorder.fleet.running import Running
from recorder.fleet.session import Session
from vms.core.model import StreamCondition
from vms.core.nodestate import NodeState

_EVERY_SECONDS = 2.0


async def measure(
    means: Means, session: Session, leases: Leases, running: Running, node: NodeState
) -> None:
    """Until cancelled, every two seconds."""
    while True:
        metrics.SPOOL_BYTES.set(means.spool.held_bytes)
        metrics.WATCHERS.set(means.feed.watchers)
        metrics.LEASES.set(len(leases.held))
        metrics.MEMBERS.set(len(session.members))
        counts = Counter(care.status.state.condition for care in running.cares.values())
        for condition in StreamCondition:
            metrics.STREAMS.labels(condition).set(counts[condition])
        node.note(streams=len(running.cares), spool_bytes=means.spool.held_bytes)
        await means.clock.sleep(_EVERY_SECONDS)
