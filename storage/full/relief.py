"""Making room in a full store: what may go, the oldest first, until there is enough.

Locked video and video younger than its camera's minimum never go; what lies around events only
when nothing else is left. Of one hour the least important camera's goes first. Owns no task.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from storage.index import Index, Outline
from storage.index.values import HourRow
from vms.core.walltime import WallTime

BEGINNING = WallTime(0)
WHY = "store full"
"""The rule, as garbage and receipts say it."""


class Remove(Protocol):
    """Takes segments out of the archive (`storage.retention.sweep.Collector`)."""

    async def these(self, stream_id: int, outlines: Sequence[Outline], why: str) -> int:
        """Remove those of one stream that are not locked; the bytes that were."""
        ...

    async def collect(self) -> None:
        """Return when the objects of all that was removed are gone from their stores."""
        ...


def _none(outline: Outline) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Removable:
    """What may go when room is needed. `kept_from`: by stream, from when on its video must stay.
    `priority`: by stream. `around_event`: whether a segment goes only when nothing else is left.
    `since`: what is older lies in another store."""

    kept_from: Mapping[int, WallTime]
    priority: Mapping[int, int]
    around_event: Callable[[Outline], bool] = _none
    since: WallTime = BEGINNING


async def make_room(
    index: Index, these: Removable, wanted: int, remove: Remove, now: WallTime
) -> int:
    """Remove the oldest that may go until `wanted` bytes did; how many bytes did go."""
    removed = await _pass(index, these, wanted, remove, now, these.around_event)
    if removed < wanted and these.around_event is not _none:
        removed += await _pass(index, these, wanted - removed, remove, now, _none)
    return removed


async def _pass(
    index: Index,
    these: Removable,
    wanted: int,
    remove: Remove,
    now: WallTime,
    spared: Callable[[Outline], bool],
) -> int:
    """Hour after hour, from the oldest on."""
    removed, since = 0, these.since
    while removed < wanted:
        hour = await index.weights.oldest_hour(these.kept_from, since, now)
        if not hour:
            break
        for row in sorted(hour, key=lambda one: (these.priority[one.stream_id], -one.stream_id)):
            free = await _free(index, these, row, now)
            going = _enough([one for one in free if not spared(one)], wanted - removed)
            removed += await remove.these(row.stream_id, going, WHY) if going else 0
        since = WallTime(hour[0].hour + 1)
    return removed


async def _free(index: Index, these: Removable, row: HourRow, now: WallTime) -> Sequence[Outline]:
    kept_from = these.kept_from[row.stream_id]
    return await index.weights.of_hour(row.stream_id, row.hour, kept_from, now)


def _enough(outlines: Sequence[Outline], wanted: int) -> Sequence[Outline]:
    """The first that make up for `wanted` bytes."""
    size = 0
    for count, outline in enumerate(outlines):
        if size >= wanted:
            return outlines[:count]
        size += outline.size
    return outlines
