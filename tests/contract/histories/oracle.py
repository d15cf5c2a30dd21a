"""What must be left of an archive, said as simply as possible, whatever the way it is done.

It is told everything that exists and answers with what goes now. It knows no batches, days, rows or
transactions; the order of precedence is written out: lock, minimum, event, maximum, quota.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from vms.core.promises import Lock, RetentionPolicy
from vms.core.walltime import DAY, SECOND, TimeRange, WallTime


@dataclass(frozen=True, slots=True, order=True)
class Piece:
    """A segment. `goes_on`: its pictures need those of the one before in its stream."""

    start: WallTime
    stream_id: int
    end: WallTime
    size: int
    camera_id: int
    goes_on: bool
    sequence: int

    @property
    def range(self) -> TimeRange:
        return TimeRange(self.start, self.end)


@dataclass(frozen=True, slots=True)
class Rules:
    """What is said about one camera: its own word, its groups', the site's, the settings'."""

    camera: RetentionPolicy
    groups: Sequence[RetentionPolicy]
    site: RetentionPolicy
    settings_days: int

    def says(self, name: str) -> int | None:
        own: int | None = getattr(self.camera, name)
        if own is not None:
            return own
        said = [getattr(group, name) for group in self.groups]
        known = [value for value in said if value is not None]
        if known:
            return int(max(known))
        site: int | None = getattr(self.site, name)
        return self.settings_days if site is None and name == "max_days" else site


def locked(pieces: Iterable[Piece], locks: Iterable[Lock], now: WallTime) -> set[Piece]:
    """What locks keep: what they touch, and backwards what that needs to be decoded."""
    holding = [
        span
        for lock in locks
        if lock.released is None and (lock.expires is None or lock.expires > now)
        for span in lock.spans
    ]
    kept: set[Piece] = set()
    before: dict[int, Piece] = {}
    needs: dict[Piece, Piece] = {}
    for piece in sorted(pieces):
        if piece.goes_on and piece.stream_id in before:
            needs[piece] = before[piece.stream_id]
        before[piece.stream_id] = piece
        if any(
            span.camera_id == piece.camera_id and span.range.overlaps(piece.range)
            for span in holding
        ):
            kept.add(piece)
            while piece in needs and needs[piece] not in kept:
                piece = needs[piece]
                kept.add(piece)
    return kept


def going(
    pieces: Iterable[Piece],
    rules: Mapping[int, Rules],
    events: Mapping[int, Sequence[WallTime]],
    locks: Sequence[Lock],
    now: WallTime,
) -> set[Piece]:
    """What goes at `now`, of all cameras."""
    everything = sorted(pieces)
    kept = locked(everything, locks, now)
    gone: set[Piece] = set()
    for camera_id, said in rules.items():
        its = [piece for piece in everything if piece.camera_id == camera_id]
        minimum = said.says("min_days") or 0
        days = max(said.says("max_days") or 0, minimum)
        longer = max(days, said.says("event_days") or 0)
        told = events.get(camera_id, ()) if longer > days else ()  # else events count for nothing
        around = {piece for piece in its if _around(piece, told)}
        old = {
            piece for piece in its if piece.end <= now - (longer if piece in around else days) * DAY
        } - kept
        gone |= old
        quota = said.says("quota_bytes")
        if quota is not None:
            left = [piece for piece in its if piece not in old]
            gone |= _over(left, quota, around, kept, WallTime(now - minimum * DAY))
    return gone


def _over(
    left: Sequence[Piece], quota: int, around: set[Piece], kept: set[Piece], minimum: WallTime
) -> set[Piece]:
    """While the camera holds more than its quota: its oldest, around events last."""
    size, gone = sum(piece.size for piece in left), set()
    for piece in sorted(left, key=lambda one: (one in around, one)):
        if size > quota and piece.end <= minimum and piece not in kept:
            gone.add(piece)
            size -= piece.size
    return gone


def _around(piece: Piece, events: Iterable[WallTime]) -> bool:
    """Ten seconds before and thirty after, the usual of a stream."""
    return any(piece.start < at + 30 * SECOND and piece.end > at - 10 * SECOND for at in events)
