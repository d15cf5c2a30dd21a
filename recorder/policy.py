"""When a stream is kept: hours of the week in the site's zone, events and what lies around them.

Pure: a policy, times and events in; a cause for not keeping, or none, out. Nothing here knows
pictures (`prerecord`) or gaps (`keeping`). Design: docs/design/policy.md.
"""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import Final

from vms.core.model import Cause, Gap, Hours, RecordPolicy, RecordWhen
from vms.core.walltime import DAY, MINUTE, SECOND, TimeRange, WallTime

SOON_MINUTES: Final = 2
"""Before hours begin, the group of pictures that will cover their beginning is held."""
LONGEST_LAYOUT_DAYS: Final = 40
"""A time without a recorder is laid out over hours for its newest days; before that as a whole."""
_DAY_MINUTES: Final = 1440


class Calendar:
    """Hours of the week as a question: open at this time? No hours: always.

    Asked by the local minute, so that a change of the zone's offset (DST) needs no rule of its own:
    an hour that comes twice is open twice, one that is left out never.
    """

    def __init__(self, hours: tuple[Hours, ...], zone: tzinfo) -> None:
        self._hours, self._zone = hours, zone
        borders = {minute for each in hours for minute in (each.start_minute, each.end_minute)}
        self._borders = sorted(borders | {_DAY_MINUTES})
        self._minute, self._open = -1, False

    def open(self, wall: WallTime) -> bool:
        minute = wall // MINUTE
        if minute != self._minute:
            self._minute, self._open = minute, self._covers(minute)
        return self._open

    def soon(self, wall: WallTime) -> bool:
        """Whether it opens within the next minutes."""
        minute = wall // MINUTE
        return any(self._covers(minute + ahead) for ahead in range(1, SOON_MINUTES + 1))

    def parts(self, span: TimeRange) -> list[tuple[TimeRange, bool]]:
        """`span` cut where it opens and closes, oldest first, each with whether it is open."""
        parts: list[tuple[TimeRange, bool]] = []
        start, is_open = span.start, self.open(span.start)
        edge = self._border_after(span.start // MINUTE)
        while edge * MINUTE < span.end:
            if self._covers(edge) is not is_open:
                parts.append((TimeRange(start, WallTime(edge * MINUTE)), is_open))
                start, is_open = WallTime(edge * MINUTE), not is_open
            edge = self._border_after(edge)
        return [*parts, (TimeRange(start, span.end), is_open)]

    def _border_after(self, minute: int) -> int:
        """A later minute before which nothing opens or closes; the very next near a DST change."""
        local = self._local(minute)
        of_day = local.hour * 60 + local.minute
        ahead = minute + next(border for border in self._borders if border > of_day) - of_day
        return ahead if self._local(ahead).utcoffset() == local.utcoffset() else minute + 1

    def _covers(self, minute: int) -> bool:
        if not self._hours:
            return True
        local = self._local(minute)
        weekday, of_day = local.weekday(), local.hour * 60 + local.minute
        return any(
            each.weekday == weekday and each.start_minute <= of_day < each.end_minute
            for each in self._hours
        )

    def _local(self, minute: int) -> datetime:
        return datetime.fromtimestamp(minute * 60, self._zone)


class Rule:
    """One stream's policy, and the events it has heard."""

    def __init__(self, policy: RecordPolicy, zone: tzinfo) -> None:
        self.calendar = Calendar(policy.hours, zone)
        self._on_events = policy.when is RecordWhen.EVENTS
        self._before = policy.pre_seconds * SECOND if self._on_events else 0
        self._after = policy.post_seconds * SECOND
        self._until = WallTime(0)

    def event(self, at: WallTime) -> TimeRange | None:
        """Something happened: what is to be kept for it. None: outside the hours, or events make
        no difference to this stream."""
        if not self._on_events or not self.calendar.open(at):
            return None
        span = TimeRange(WallTime(at - self._before), WallTime(at + max(self._after, SECOND)))
        self._until = max(self._until, span.end)
        return span

    def refusal(self, wall: WallTime) -> Cause | None:
        """Why a picture of this time is not kept; None: it is."""
        if not self.calendar.open(wall):
            return Cause.SCHEDULE
        return Cause.NO_EVENT if self._on_events and wall >= self._until else None

    def held_from(self, wall: WallTime) -> WallTime | None:
        """Pictures not kept now, from when on they may still be wanted; None: none of them."""
        if self.calendar.open(wall):
            return WallTime(wall - self._before)
        return wall if self.calendar.soon(wall) else None


def laid_out(gap: Gap, now: WallTime, calendar: Calendar) -> list[Gap]:
    """An open gap, found by a recorder that just started, as what it must have been.

    A recorder that lives says within a minute when hours open or close and renews the gaps of a
    rest every few minutes, so what lasts beyond that was nobody recording: RECORDER_OFF within the
    hours (or the camera's own cause, if it had one), SCHEDULE outside. The last one lasts on.
    """
    resting = gap.cause in (Cause.SCHEDULE, Cause.NO_EVENT)
    inside = Cause.RECORDER_OFF if resting else gap.cause
    first = WallTime(max(gap.start, now - LONGEST_LAYOUT_DAYS * DAY))
    if now <= first:
        return []
    parts = calendar.parts(TimeRange(first, now))
    starts = [gap.start, *(span.start for span, _ in parts[1:])]
    return [
        Gap(gap.stream_id, start, None, inside if is_open else Cause.SCHEDULE)
        for start, (_, is_open) in zip(starts, parts, strict=True)
    ]
