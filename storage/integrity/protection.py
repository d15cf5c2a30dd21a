"""What an index made anew cannot know: which video was evidence.

Locks lie in the index, not in the store. So everything that comes back is locked before it comes:
nothing of it is deleted until somebody who knows the cases has locked anew what must stay and
released these locks, as any other, with a reason.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from storage.index import Index
from storage.index.values import NewLock
from vms.core.promises import Lock, LockSpan
from vms.core.walltime import TimeRange, WallTime

CASE = "INDEX-REBUILD"
BY = "vms rebuild-index"
REASON = (
    "The index was made anew from the store: which of this video was locked is not known."
    " Lock anew what must stay, then release this lock."
)
_SPANS_A_LOCK = 1000


async def protect(index: Index, cameras: Mapping[int, TimeRange], now: WallTime) -> Sequence[Lock]:
    """Lock these times unless an earlier run has; the locks that were made now."""
    held = [lock for lock in await index.locks.list(True, now) if lock.case_number == CASE]
    kept = [span for lock in held for span in lock.spans]
    wanted = [
        LockSpan(camera_id, span)
        for camera_id, span in cameras.items()
        if not any(_covers(one, camera_id, span) for one in kept)
    ]
    batches = (wanted[at : at + _SPANS_A_LOCK] for at in range(0, len(wanted), _SPANS_A_LOCK))
    return [
        await index.locks.add(NewLock(CASE, REASON, tuple(batch), BY), now) for batch in batches
    ]


async def unprotect(index: Index, locks: Sequence[Lock], now: WallTime) -> None:
    """Nothing came back: the index knew it all, its locks included."""
    for lock in locks:
        await index.locks.ask_release(lock.id, BY, "nothing had to be put back", now)
        await index.locks.confirm_release(lock.id, BY, now, alone=True)


def _covers(one: LockSpan, camera_id: int, span: TimeRange) -> bool:
    return (
        one.camera_id == camera_id and one.range.start <= span.start and span.end <= one.range.end
    )
