"""When a picture is sent and what RTP time it gets. Pure: the caller brings the time.

RTP time is sending time: it follows the monotonic clock at 90 kHz, live or archive, and never steps
back. Recording time is a linear function of it, piece by piece; the browser gets each piece as a
`clock` message (docs/design/control.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from vms.core.walltime import SECOND, WallTime

RTP_RATE = 90_000
SQUEEZE = 45
"""RTP ticks between the pictures of a catch-up burst: 0.5 ms."""
_OLDEST = 60 * RTP_RATE
"""Ticks that live stamps may be away from sending time before they are anchored anew."""


@dataclass(frozen=True, slots=True)
class Piece:
    """`wall` is shown at `rtp` (not wrapped), and recording time runs `speed` times as fast as
    sending time. `due`: monotonic seconds of the same instant. `burst`: RTP time of the first of
    the pictures that are only decoded to reach this one."""

    rtp: int
    wall: WallTime
    due: float
    speed: float = 1.0
    burst: int | None = None

    def rtp_of(self, wall: WallTime) -> int:
        if self.speed == 1.0:
            return self.rtp + ((wall - self.wall) * 9 + 50) // 100
        return self.rtp + round((wall - self.wall) * 9 / (100 * self.speed))

    def due_at(self, wall: WallTime) -> float:
        return self.due + (wall - self.wall) / (SECOND * self.speed)

    def message(self, mode: str, seek: int | None = None) -> dict[str, Any]:
        """The `clock` message of this piece."""
        said: dict[str, Any] = {
            "ev": "clock",
            "rtp": self.rtp & 0xFFFF_FFFF,
            "wall": self.wall,
            "k": 100 * self.speed / 9,
            "mode": mode,
        }
        if seek is not None:
            said["seek"] = seek
        if self.burst is not None:
            said["burst"] = self.burst & 0xFFFF_FFFF
        return said


class Pacer:
    """The one RTP time line of a viewer. `origin`: its value at monotonic zero, any number."""

    def __init__(self, origin: int) -> None:
        self._origin = origin
        self._last: int | None = None

    @property
    def last(self) -> int | None:
        """The largest RTP time given out, None before the first."""
        return self._last

    def rtp_now(self, now: float) -> int:
        return self._origin + int(now * RTP_RATE)

    def used(self, rtp: int) -> int:
        """Note that a picture was stamped `rtp`; returns it as it goes on the wire."""
        if self._last is None or rtp > self._last:
            self._last = rtp
        return rtp & 0xFFFF_FFFF

    def catch_up(
        self, walls: Sequence[WallTime], now: float, *, speed: float = 1.0
    ) -> tuple[Piece, list[int]]:
        """Stamps for pictures (decode order) sent together so that the latest is shown now.

        They stand 0.5 ms apart in order of presentation, all after everything stamped before.
        """
        order = {wall: rank for rank, wall in enumerate(sorted(set(walls)))}
        span = (len(order) - 1) * SQUEEZE
        end = self.rtp_now(now)
        if self._last is not None:
            end = max(end, self._last + SQUEEZE + span)
        stamps = [end - span + order[wall] * SQUEEZE for wall in walls]
        burst = end - span if span else None
        return Piece(end, max(walls), now, speed, burst), stamps

    def begin_live(self, wall: WallTime, now: float, *, age_micros: int) -> Piece:
        """The first piece of a viewer who starts live: its stamps keep the pictures' own distances
        from `wall`, `age_micros` ago, on; a browser runs through such a past by itself."""
        age = max(0, min(age_micros, 30 * SECOND))
        return Piece(self.rtp_now(now) - age * 9 // 100, wall, now - age / SECOND)

    def goes_on(self, rtp: int, now: float) -> bool:
        """Whether a live stamp is near sending time and not far before what was already sent."""
        steps_back = self._last is not None and rtp < self._last - RTP_RATE
        return not steps_back and abs(rtp - self.rtp_now(now)) < _OLDEST

    def resume(self, wall: WallTime, now: float, *, speed: float) -> Piece:
        """Go on from the picture that stands, shown up to `now`."""
        rtp = self.rtp_now(now)
        if self._last is not None:
            rtp = max(rtp, self._last + 1)
        return Piece(rtp, wall, now, speed)
