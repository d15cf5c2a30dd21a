"""What a change of a policy would delete, before it is made. Changes nothing. Owns no task.

It goes the way of the sweep, segment by segment, for a camera with a quota, events or locks. For
any other the hours that go whole are added up instead: a city's month is 43 million segments.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from storage.index import Index, Outline
from storage.index.retention import Said, Standing
from storage.retention.changes import Wanted, concerned, effective_of, with_policy
from storage.retention.going import days, remove_aged, remove_over_quota
from storage.retention.plan import rule
from storage.retention.policy import USUAL, checked
from storage.retention.sweep import held, judged_by
from vms.core.promises import RetentionPolicy
from vms.core.walltime import WallTime


@dataclass(frozen=True, slots=True)
class WouldGo:
    """Of one camera. `oldest`, `newest`: start and end of it; None: nothing goes."""

    camera_id: int
    segments: int = 0
    size: int = 0
    oldest: WallTime | None = None
    newest: WallTime | None = None
    locked_segments: int = 0
    locked_size: int = 0


@dataclass(frozen=True, slots=True)
class DryRun:
    """What the next sweep deletes under the policy as wanted, beyond what it deletes anyway. Of
    the locked: what would go, and stays. `cameras`: those that lose something."""

    cameras: tuple[WouldGo, ...]

    @property
    def segments(self) -> int:
        return sum(each.segments for each in self.cameras)

    @property
    def size(self) -> int:
        return sum(each.size for each in self.cameras)

    @property
    def locked_size(self) -> int:
        return sum(each.locked_size for each in self.cameras)

    @property
    def oldest(self) -> WallTime | None:
        return min((each.oldest for each in self.cameras if each.oldest is not None), default=None)

    @property
    def newest(self) -> WallTime | None:
        return max((each.newest for each in self.cameras if each.newest is not None), default=None)


async def dry_run(
    index: Index, wanted: Wanted, now: WallTime, *, usual: RetentionPolicy = USUAL
) -> DryRun:
    """As if `wanted` counted at `now`, without its delay. Raises Invalid for a policy that cannot
    be kept."""
    before = await index.retention.said()
    after = with_policy(before, wanted.scope, wanted.owner_id, checked(wanted.policy))
    found = [
        await _camera(index, before, after, standing, now, usual)
        for standing in concerned(before, wanted.scope, wanted.owner_id)
    ]
    return DryRun(tuple(each for each in found if each.segments or each.locked_segments))


async def _camera(
    index: Index,
    before: Said,
    after: Said,
    standing: Standing,
    now: WallTime,
    usual: RetentionPolicy,
) -> WouldGo:
    number = before.standings.index(standing)
    anyway = await going_of(index, before, standing, now, usual)
    then = await going_of(index, after, after.standings[number], now, usual)
    return then.beyond(anyway, standing.camera_id)


@dataclass(slots=True)
class Going:
    """A `Remove` that removes nothing: it asks the locks, and remembers."""

    index: Index
    now: WallTime
    free: dict[tuple[int, int], Outline] = field(default_factory=dict)
    locked: dict[tuple[int, int], Outline] = field(default_factory=dict)

    async def these(self, stream_id: int, outlines: Sequence[Outline], why: str) -> int:
        new = [each for each in outlines if (stream_id, each.range.start) not in self.free]
        kept = await self.index.retention.kept(stream_id, new, self.now)
        size = 0
        for each in new:
            stays = each.range.start in kept
            (self.locked if stays else self.free)[stream_id, each.range.start] = each
            size += 0 if stays else each.size
        return size

    async def until(self, stream_id: int, horizon: WallTime, why: str) -> int:
        oldest, size = await self.index.segments.oldest(stream_id, 1), 0
        start = oldest[0].range.start if oldest else horizon
        async for day in days(self.index, stream_id, start, horizon):
            old = [each for each in day if each.range.end <= horizon]
            size += await self.these(stream_id, old, why)
        return size

    def beyond(self, other: Going, camera_id: int) -> WouldGo:
        """What is here and not there."""
        free = [each for key, each in self.free.items() if key not in other.free]
        locked = [each for key, each in self.locked.items() if key not in other.locked]
        return WouldGo(
            camera_id=camera_id,
            segments=len(free),
            size=sum(each.size for each in free),
            oldest=min((each.range.start for each in free), default=None),
            newest=max((each.range.end for each in free), default=None),
            locked_segments=len(locked),
            locked_size=sum(each.size for each in locked),
        )


async def going_of(
    index: Index, said: Said, standing: Standing, now: WallTime, usual: RetentionPolicy = USUAL
) -> Going:
    """What the next sweep takes of one camera."""
    going = Going(index, now)
    used = await index.segments.used()
    of = await judged_by(index, standing, rule(effective_of(said, standing, usual), now), True)
    removed = await remove_aged(index, of, used, going)
    await remove_over_quota(index, of, held(standing, used) - sum(removed.values()), going)
    return going
