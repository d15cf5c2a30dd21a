"""What a change of a policy would delete, before it is made. Changes nothing. Owns no task.

It goes the way of the sweep, segment by segment, for a camera with a quota, events or locks. For
any other the hours that go whole are added up instead: a city's month is 43 million segments.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from storage.index import Index, Outline, Used
from storage.index.standings import Said, Standing
from storage.retention.changes import Wanted, concerned, effective_of, with_policy
from storage.retention.going import days, remove_aged, remove_over_quota
from storage.retention.plan import Rule, rule
from storage.retention.policy import USUAL, checked
from storage.retention.sums import WouldGo, least, most, stream_between, would_go
from storage.retention.sweep import EVER, held, judged_by
from vms.core.promises import RetentionPolicy
from vms.core.walltime import TimeRange, WallTime


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
        return least(*(each.oldest for each in self.cameras))

    @property
    def newest(self) -> WallTime | None:
        return most(*(each.newest for each in self.cameras))


async def dry_run(
    index: Index, wanted: Wanted, now: WallTime, *, usual: RetentionPolicy = USUAL
) -> DryRun:
    """As if `wanted` counted at `now`, without its delay. Raises Invalid for a policy that cannot
    be kept."""
    before = await index.retention.said()
    after = with_policy(before, wanted.scope, wanted.owner_id, checked(wanted.policy))
    asked = _Asked(
        index,
        now,
        await index.segments.used(),
        await index.events.cameras(TimeRange(EVER, now)),
        frozenset(await index.retention.locked_sizes(now)),
    )
    theirs = {each.camera_id: each for each in after.standings}
    found = []
    for standing in concerned(before, wanted.scope, wanted.owner_id):
        policy = effective_of(before, standing, usual)
        then = effective_of(after, theirs[standing.camera_id], usual)
        found.append(await _camera(asked, standing, rule(policy, now), rule(then, now)))
    return DryRun(tuple(each for each in found if each.segments or each.locked_segments))


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is the same for all cameras. `events`, `locked`: cameras that have some."""

    index: Index
    now: WallTime
    used: Mapping[int, Used]
    events: AbstractSet[int]
    locked: AbstractSet[int]


async def _camera(asked: _Asked, standing: Standing, before: Rule, after: Rule) -> WouldGo:
    if _by_age_alone(asked, standing, before) and _by_age_alone(asked, standing, after):
        return await _between(asked, standing, before.kept_from, after.kept_from)
    anyway = await _going(asked, standing, before)
    return (await _going(asked, standing, after)).beyond(anyway, standing.camera_id)


def _by_age_alone(asked: _Asked, standing: Standing, this: Rule) -> bool:
    longer = this.events_from < this.kept_from and standing.camera_id in asked.events
    return this.quota_bytes is None and not longer and standing.camera_id not in asked.locked


async def _between(asked: _Asked, standing: Standing, before: WallTime, after: WallTime) -> WouldGo:
    """Segments that end after `before` and not after `after`."""
    total = WouldGo(standing.camera_id)
    for term in standing.streams:
        held = asked.used.get(term.stream_id)
        if held is None or held.oldest >= after:
            continue
        start = max(before, held.oldest)
        total += await stream_between(asked.index, standing.camera_id, term.stream_id, start, after)
    return total


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
        async for day in days(self.index, [stream_id], start, horizon):
            old = [each for each in day if each.range.end <= horizon]
            size += await self.these(stream_id, old, why)
        return size

    def beyond(self, other: Going, camera_id: int) -> WouldGo:
        """What is here and not there."""
        free = [each for key, each in self.free.items() if key not in other.free]
        locked = [each for key, each in self.locked.items() if key not in other.locked]
        return would_go(camera_id, free, locked)


async def going_of(
    index: Index, said: Said, standing: Standing, now: WallTime, usual: RetentionPolicy = USUAL
) -> Going:
    """What the next sweep takes of one camera, segment by segment."""
    asked = _Asked(
        index, now, await index.segments.used(), {standing.camera_id}, {standing.camera_id}
    )
    return await _going(asked, standing, rule(effective_of(said, standing, usual), now))


async def _going(asked: _Asked, standing: Standing, this: Rule) -> Going:
    going, used = Going(asked.index, asked.now), asked.used
    events = standing.camera_id in asked.events
    of = await judged_by(asked.index, standing, this, events)
    removed = await remove_aged(asked.index, of, used, going)
    size = held(standing, used) - sum(removed.values())
    await remove_over_quota(asked.index, of, size, going)
    return going
