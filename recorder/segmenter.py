"""One run of one stream into segments: what to open, append and seal, as values. Pure.

A segment starts at a random access point; it ends before one, at the next full stretch of
`segment_seconds` of civil time (shifted by stream, so that a thousand streams do not seal in the
same second), when a format changes, or where time breaks. When none has come for another stretch,
it ends without: the next one starts within the group and names the segment that it needs (`needs`
in its identity). Design: docs/design/segments.md.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from recorder.groups import Group, Grouping
from recorder.steps import AppendFragment, OpenSegment, SealSegment, Step
from vms.core.media.access_unit import AccessUnit, TrackFormat
from vms.core.media.fmp4.fragment import TrackRun, fragment, reordering, track_run
from vms.core.media.fmp4.identity import Identity, Needed, needed
from vms.core.runs import ClockMapping
from vms.core.walltime import SECOND, WallTime

_GOLDEN = 0.618_033_988_749_895
"""Multiples of it, modulo 1, spread evenly however many there are."""
TERMS = 1024
"""The low ten bits of an epoch are the writer's term, so that two writers never share a key."""


def epoch_of(start: WallTime, term: int, after: int = 0) -> int:
    """The epoch of a run whose first picture is shown at `start`, written under lease `term`.

    Greater than `after`, the epoch of the stream's run before: a clock set back makes no key twice.
    """
    epoch = start - start % TERMS + term % TERMS
    return epoch if epoch > after else epoch + ((after - epoch) // TERMS + 1) * TERMS


@dataclass(slots=True)
class _Segment:
    """The open segment. `boundary`: where it may end; `floors`: ticks each track has used; `delay`:
    ticks by which pictures are decoded before they are shown."""

    identity: Identity
    formats: dict[int, TrackFormat]
    delay: int
    boundary: int
    fragments: int = 0
    floors: dict[int, int] = field(default_factory=dict)


class Segmenter:
    """Push the units of one run; do the steps it returns, in order.

    Steps come one or a few units late, because an end is known only from what follows. `video`
    False: a stream of sound only. `term` and `after` make the run's epoch: see `epoch_of`. `until`:
    where what is recorded ends; a first group that begins up to a second before starts there.
    `mapping`: asked at each segment's beginning how its clocks stand.
    """

    def __init__(
        self,
        camera_id: int,
        stream_id: int,
        *,
        video: bool = True,
        segment_seconds: float = 60.0,
        term: int = 0,
        after: int = 0,
        until: WallTime | None = None,
        mapping: Callable[[], ClockMapping] | None = None,
    ) -> None:
        self._camera_id, self._stream_id = camera_id, stream_id
        self._term, self._after, self._mapping = term, after, mapping
        self._length = max(1, int(segment_seconds * SECOND))
        self._phase = int(stream_id * _GOLDEN % 1.0 * self._length)
        self._grouping = Grouping(video=video, floor=until or WallTime(0))
        self._epoch: int | None = None
        self._sequence = 0
        self._open: _Segment | None = None
        self._key: Needed | None = None  # where the newest random access point lies
        self._skipped = 0

    @property
    def skipped_units(self) -> int:
        """Units no decoder could use: before the first random access point, or cut off from it."""
        return self._skipped + self._grouping.skipped_units

    def push(self, unit: AccessUnit) -> list[Step]:
        """Take one unit, video in decode order; return what is to be done now, often nothing."""
        groups = self._grouping.push(unit)
        return self._place_all(groups) if groups else []

    def flush(self, limit: WallTime | None = None) -> list[Step]:
        """The run ended: append what is left, its last unit with the usual duration but not beyond
        `limit`, and seal."""
        return self._place_all(self._grouping.finish(limit)) + self._seal()

    def reopen(self) -> None:
        """The open segment is gone (the spool refused it): the next group opens another, but not
        before a random access point, since what it would need is not kept."""
        self._open = self._key = None

    def _place_all(self, groups: list[Group]) -> list[Step]:
        return [step for group in groups for step in self._place(group)]

    def _place(self, group: Group) -> list[Step]:
        steps: list[Step] = []
        if self._open is not None and self._must_cut(self._open, group):
            steps += self._seal()
        if self._open is None and self._key is None and group.continues:
            self._skipped += len(group.lead) + len(group.sound)
            return steps
        if self._open is None:
            self._open = self._begin(group)
            steps.append(OpenSegment(self._open.identity, self._open.formats))
        if not group.continues:
            self._key = needed(self._open.identity)
        steps.append(self._append(self._open, group))
        return steps

    def _must_cut(self, segment: _Segment, group: Group) -> bool:
        changed = any(segment.formats.get(n) != used for n, used in _formats(group).items())
        patience = self._length if group.continues else 0
        return group.cut or changed or group.start >= segment.boundary + patience

    def _seal(self) -> list[Step]:
        if self._open is None:
            return []
        self._open = None
        return [SealSegment(self._stream_id)]

    def _begin(self, group: Group) -> _Segment:
        if self._epoch is None:
            self._epoch = epoch_of(group.start, self._term, self._after)
        delay = reordering(group.lead)
        identity = self._identify(group, delay)
        boundary = group.start - (group.start + self._phase) % self._length + self._length
        self._sequence += 1
        return _Segment(identity, _formats(group), delay, boundary)

    def _identify(self, group: Group, delay: int) -> Identity:
        firsts = [min(group.lead, key=lambda unit: unit.pts), *group.sound[:1]]
        earliest = min(unit.wall for unit in firsts)
        zero = WallTime(earliest - -(-delay * SECOND // group.lead[0].format.clock_rate))
        return Identity(
            self._camera_id,
            self._stream_id,
            self._epoch or 0,
            self._sequence,
            start=group.start,
            zero=zero,
            origins={unit.track: _origin(unit, zero) for unit in firsts},
            needs=self._key if group.continues else None,
            mapping=self._mapping() if self._mapping is not None else None,
        )

    def _append(self, segment: _Segment, group: Group) -> AppendFragment:
        segment.fragments += 1
        runs = [_run(segment, group.lead, group.following, segment.delay)]
        if group.sound:
            runs.append(_run(segment, group.sound, group.sound_following))
        return AppendFragment(
            self._stream_id,
            group.start,
            group.end,
            0 if group.continues else len(group.lead[0].data),
            fragment(segment.fragments, runs, group.lead[0].wall),
        )


def _formats(group: Group) -> dict[int, TrackFormat]:
    return {unit.track: unit.format for unit in (group.lead[0], *group.sound[:1])}


def _origin(unit: AccessUnit, zero: WallTime) -> int:
    """The track's pts at `zero`."""
    return unit.pts - ((unit.wall - zero) * unit.format.clock_rate + SECOND // 2) // SECOND


def _run(
    segment: _Segment, units: Sequence[AccessUnit], following: int, delay: int = 0
) -> TrackRun:
    track = units[0].track
    origin, floor = segment.identity.origins[track], segment.floors.get(track, 0)
    run = track_run(units, origin, delay=delay, floor=floor, following=following)
    segment.floors[track] = int(run.times[-1]) + 1
    return run
