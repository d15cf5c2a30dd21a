"""Cutting one stream's access units into groups: what becomes one fragment each. Pure.

A group starts at a random access point of the leading track (video, or audio where there is no
video). It is closed one or a few units late, when it is known where the next one begins: leading
pictures (B before a CRA) and sound that arrives late still find their place. Where time breaks or
pauses, a group ends as well, and what follows goes on without a random access point: bytes are
kept and marked, not thrown away for want of a key picture. Where segments end is decided in
`segmenter`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

from vms.core.media.access_unit import VIDEO, AccessUnit
from vms.core.media.audio import frame_ticks
from vms.core.walltime import SECOND, WallTime

LONGEST_SECONDS = 10.0
"""A group of pictures longer than this goes on in another fragment."""
LARGEST_BYTES = 8 * 1024 * 1024
SHORTEST_VIDEO_SECONDS = 0.5
"""Random access points nearer than this share a fragment (intra-only cameras)."""
SHORTEST_AUDIO_SECONDS = 2.0
PAUSE_SECONDS = 3.0
"""No picture for longer than this, and than PAUSE_PICTURES usual distances, is time without
pictures: the last one does not last until the next, a hole lies between them."""
PAUSE_PICTURES = 4
FORWARD_JUMP_SECONDS = 10.0
BREAK_APART_MICROS = 10 * SECOND
"""Breaks nearer to each other than this wait for a random access point: a camera whose time is
nonsense must not make a segment of every picture."""
BACKWARD_JUMP_SECONDS = 2.0
"""Pictures in decode order go back by their reordering, surely less than this."""
WALL_JUMP_MICROS = SECOND
LATE_SOUND_MICROS = SECOND // 2
"""How long a finished group waits for sound that belongs to it."""
MOST_HELD = 4096
"""Audio frames kept while they wait for a new segment; when full the oldest goes, counted."""
_DEFAULT_TICKS_PER_SECOND = 25
_NEVER = WallTime(0)


@dataclass(slots=True)
class _Open:
    """A group being gathered. `start` is fixed once the group before it is closed; after a jump it
    is not before `floor`, where the group before ended."""

    cut: bool
    lead: list[AccessUnit]
    floor: WallTime
    sound: list[AccessUnit] = field(default_factory=list)
    size: int = 0
    top: int = 0  # highest pts of lead
    start: WallTime | None = None

    def add(self, unit: AccessUnit) -> None:
        self.lead.append(unit)
        self.size += len(unit.data)
        self.top = max(self.top, unit.pts)

    @property
    def earliest(self) -> WallTime:
        if self.start is not None:
            return self.start
        earliest = min(unit.wall for unit in self.lead)
        stepped_back = self.floor - earliest > WALL_JUMP_MICROS
        return earliest if stepped_back else max(earliest, self.floor)

    def is_past(self, following: _Open) -> bool:
        """Whether all of it lies before the floor: it was recorded before."""
        begins = following.lead[0].random_access
        behind = self.floor - min(unit.wall for unit in following.lead)
        return begins and 0 <= behind <= WALL_JUMP_MICROS

    @property
    def settled(self) -> bool:
        """Whether leading pictures are over: one shown after the first has arrived."""
        return self.top > self.lead[0].pts


@dataclass(frozen=True, slots=True)
class Group:
    """A finished group. `lead` in decode order; `sound` may be empty.

    `cut`: must open a new segment. `start`, `end`: span of civil time; `following`: pts of the
    leading track at `end`. `sound_following`: pts at which the last frame of `sound` ends.
    """

    cut: bool
    lead: tuple[AccessUnit, ...]
    sound: tuple[AccessUnit, ...]
    start: WallTime
    end: WallTime
    following: int
    sound_following: int

    @property
    def continues(self) -> bool:
        """Whether it starts without a random access point: the rest of a long group."""
        return not self.lead[0].random_access


class Grouping:
    """Feed it the units of one stream as they come; it gives back groups as they finish."""

    def __init__(self, *, video: bool = True, floor: WallTime = _NEVER) -> None:
        """`floor`: where what is recorded ends. The first group does not start before it, if it
        would by at most a second; what lies before it as a whole is passed over."""
        self.skipped_units = 0
        self._video = video
        self._shortest = SHORTEST_VIDEO_SECONDS if video else SHORTEST_AUDIO_SECONDS
        self._current: _Open | None = None
        self._closing: _Open | None = None
        self._held: list[AccessUnit] = []
        self._last_sound: AccessUnit | None = None
        self._usual = 0
        self._distance = 0.0  # seconds between the last two pictures
        self._floor = self._until = floor
        self._broken_at = _NEVER

    def push(self, unit: AccessUnit) -> list[Group]:
        if self._video and unit.track != VIDEO:
            self._push_sound(unit)
            return self._settle() if self._closing is not None else []
        return self._push_lead(unit)

    def finish(self, limit: WallTime | None = None) -> list[Group]:
        """The run ended: finish everything, nothing of it beyond `limit`. Sound still held for a
        next group is skipped."""
        self.skipped_units += len(self._held)
        self._held = []
        return self._flush(limit)

    def _flush(self, limit: WallTime | None = None) -> list[Group]:
        """Finish everything: the last unit gets the usual duration, but not beyond `limit`."""
        groups = self._settle(force=True)
        if self._current is not None:
            groups.append(self._finish_last(self._current, limit))
            self._current = None
        return groups

    def _push_lead(self, unit: AccessUnit) -> list[Group]:
        current, groups = self._current, []
        broken = current is not None and self._breaks(current, unit)
        if current is not None and broken:
            groups = self._flush(limit=unit.wall if unit.wall >= current.earliest else None)
            self._floor = groups[-1].end
            current = None
        if current is None:
            self._start_over(unit, goes_on=broken)
        elif self._ends(current, unit):
            groups = self._settle(force=True)
            self._closing = current
            self._begin(unit, cut=unit.random_access and unit.format != current.lead[0].format)
        else:
            current.add(unit)
        return groups + self._settle() if self._closing is not None else groups

    def _breaks(self, current: _Open, unit: AccessUnit) -> bool:
        """Whether time broke, or paused, between the last picture and this."""
        last, usual = current.lead[-1], self._distance
        seconds = (unit.pts - last.pts) / unit.format.clock_rate
        self._distance = seconds if seconds > 0 else usual
        return _jumps(current, unit) or (
            bool(usual) and seconds > max(PAUSE_SECONDS, PAUSE_PICTURES * usual)
        )

    def _start_over(self, unit: AccessUnit, *, goes_on: bool) -> None:
        """Begin at a random access point, or (`goes_on`) right behind a break. Anything else cannot
        be decoded, also not with what is recorded, and is skipped."""
        if unit.random_access or (goes_on and self._is_rare(unit.wall)):
            self._begin(unit, cut=True, floor=self._floor)
        else:
            self.skipped_units += 1

    def _is_rare(self, wall: WallTime) -> bool:
        before, self._broken_at = self._broken_at, wall
        return abs(wall - before) >= BREAK_APART_MICROS

    def _begin(self, unit: AccessUnit, *, cut: bool, floor: WallTime = _NEVER) -> None:
        self._current = _Open(cut, [], floor, top=unit.pts)
        self._current.add(unit)
        if self._held:
            self._current.cut = True
            self._current.sound, self._held = self._held, []

    def _ends(self, current: _Open, unit: AccessUnit) -> bool:
        seconds = (unit.pts - current.lead[0].pts) / unit.format.clock_rate
        if unit.random_access:
            return seconds >= self._shortest or unit.format != current.lead[0].format
        large = current.size + len(unit.data) > LARGEST_BYTES
        return unit.pts > current.top and (large or seconds >= LONGEST_SECONDS)

    def _push_sound(self, unit: AccessUnit) -> None:
        current, last = self._current, self._last_sound
        self._last_sound = unit
        if current is None:
            self.skipped_units += 1
        elif self._held or (last is not None and _breaks(last, unit)):
            self._hold(unit)
        elif self._closing is not None and unit.wall < current.earliest:
            self._closing.sound.append(unit)
        else:
            current.sound.append(unit)

    def _hold(self, unit: AccessUnit) -> None:
        if len(self._held) >= MOST_HELD:
            del self._held[0]
            self.skipped_units += 1
        self._held.append(unit)

    def _settle(self, *, force: bool = False) -> list[Group]:
        """Close the group that waits, if it is known where it ends."""
        closing, current = self._closing, self._current
        if closing is None or current is None:
            return []
        if not force and not (current.settled and self._sound_is_complete(closing, current)):
            return []
        self._closing = None
        if closing.floor == self._until and closing.is_past(current):
            current.floor = closing.floor
            return []
        current.start = max(current.earliest, WallTime(closing.earliest + 1))
        following = min(unit.pts for unit in current.lead)
        after = current.sound[0] if current.sound and not current.cut else None
        return [self._finish(closing, current.start, following, after)]

    def _sound_is_complete(self, closing: _Open, current: _Open) -> bool:
        if not closing.sound and not current.sound:
            return True
        last = self._last_sound
        arrived = last is not None and last.wall >= current.earliest
        return arrived or current.lead[-1].wall - current.earliest >= LATE_SOUND_MICROS

    def _finish_last(self, group: _Open, limit: WallTime | None) -> Group:
        ticks = _usual_ticks(group) or self._usual
        rate = group.lead[0].format.clock_rate
        ticks = ticks or rate // _DEFAULT_TICKS_PER_SECOND
        last = max(group.lead, key=lambda unit: unit.pts)
        end = WallTime(last.wall + ticks * SECOND // rate)
        end = end if limit is None else min(end, limit)
        return self._finish(group, max(end, WallTime(group.earliest + 1)), last.pts + ticks, None)

    def _finish(
        self, group: _Open, end: WallTime, following: int, after: AccessUnit | None
    ) -> Group:
        self._usual = _usual_ticks(group) or self._usual
        sound_following = _sound_end(group.sound, after) if group.sound else 0
        lead, sound = tuple(group.lead), tuple(group.sound)
        return Group(group.cut, lead, sound, group.earliest, end, following, sound_following)


def _jumps(current: _Open, unit: AccessUnit) -> bool:
    """Whether time broke between the last unit and this: nothing may span such a point."""
    last = current.lead[-1]
    if unit.random_access and unit.pts < current.top:
        return True
    seconds = (unit.pts - last.pts) / unit.format.clock_rate
    if not -BACKWARD_JUMP_SECONDS <= seconds <= FORWARD_JUMP_SECONDS:
        return True
    return abs(unit.wall - last.wall - seconds * SECOND) > WALL_JUMP_MICROS


def _breaks(last: AccessUnit, unit: AccessUnit) -> bool:
    """Whether sound cannot go on in the same segment: other format, time back, or off the wall."""
    same = unit.format is last.format or unit.format == last.format
    if not same or unit.pts <= last.pts:
        return True
    micros = (unit.pts - last.pts) * SECOND / unit.format.clock_rate
    return abs(unit.wall - last.wall - micros) > WALL_JUMP_MICROS


def _usual_ticks(group: _Open) -> int:
    """The median distance of its pictures; 0 when there is only one."""
    pts = sorted(unit.pts for unit in group.lead)
    steps = sorted(after - before for before, after in pairwise(pts))
    return steps[len(steps) // 2] if steps else 0


def _sound_end(sound: list[AccessUnit], after: AccessUnit | None) -> int:
    """Where the last frame ends: at the next if that follows closely, else by its own length."""
    last = sound[-1]
    own = frame_ticks(last.format, last.data) or last.format.clock_rate // 50
    if after is not None and 0 < after.pts - last.pts <= 2 * own:
        return after.pts
    return last.pts + own
