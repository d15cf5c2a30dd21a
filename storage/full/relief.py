"""Making room in a full store: what may go, the oldest first, until there is enough.

Locked video and video younger than its camera's minimum never go; what lies around events only
when nothing else is left. Of one hour the least important camera's goes first. Owns no task.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from storage.index import Index, Outline
from storage.index.retention import Said
from storage.index.values import HourRow
from storage.retention.changes import effective_of
from storage.retention.plan import Windows, rule
from storage.retention.policy import USUAL
from vms.core.promises import RetentionPolicy
from vms.core.walltime import WallTime

BEGINNING = WallTime(0)
WHY = "store full"
"""The rule, as garbage and receipts say it."""


class Remove(Protocol):
    """Takes segments out of the archive (`storage.retention.going.Remove`)."""

    async def these(self, stream_id: int, outlines: Sequence[Outline], why: str) -> int: ...


@dataclass(frozen=True, slots=True)
class Removable:
    """What may go when room is needed. `kept_from`: by stream, from when on its video must stay.
    `priority`: by stream. `since`: what is older lies in another store."""

    kept_from: Mapping[int, WallTime]
    priority: Mapping[int, int]
    since: WallTime = BEGINNING


def removable(
    said: Said,
    now: WallTime,
    *,
    usual: RetentionPolicy = USUAL,
    since: WallTime = BEGINNING,
) -> Removable:
    """By each camera's policy at `now`."""
    kept_from: dict[int, WallTime] = {}
    priority: dict[int, int] = {}
    for standing in said.standings:
        minimum = rule(effective_of(said, standing, usual), now).quota_from
        for term in standing.streams:
            kept_from[term.stream_id] = minimum
            priority[term.stream_id] = standing.priority
    return Removable(kept_from, priority, since)


async def make_room(
    index: Index,
    these: Removable,
    wanted: int,
    remove: Remove,
    now: WallTime,
    windows: Mapping[int, Windows] | None = None,
) -> int:
    """Remove the oldest that may go until `wanted` bytes did; how many bytes did go.

    `windows`: the time around events, by stream; a stream without has none.
    """
    around = windows or {}

    def touched(outline: Outline) -> bool:
        return outline.stream_id in around and around[outline.stream_id].touch(outline.range)

    removed = await _pass(index, these, wanted, remove, now, touched)
    if removed < wanted and any(each.spans for each in around.values()):
        removed += await _pass(index, these, wanted - removed, remove, now, lambda _: False)
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
