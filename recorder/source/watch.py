"""What ends a run although its connection stands: no pictures, or a step of our clock. Pure."""

from __future__ import annotations

from recorder.errors import CameraError
from recorder.rtp.reception import Reception
from vms.core.model import Cause
from vms.core.walltime import SECOND, WallTime

CLOCK_STEP_MICROS = SECOND
_CORRECTED_MICROS = 500
"""Less is not worth moving what was observed."""
QUIET_SECONDS = 2.0
"""A camera that closed its connection and sends no datagram for so long has ended the session."""


class LeftAlone:
    """A session whose connection the camera closed, while its datagrams may go on."""

    def __init__(self, size: int, now: float) -> None:
        self._size, self._heard = size, now

    def ended(self, size: int, now: float) -> bool:
        """`size`: bytes that have come by now, monotonic seconds."""
        if size != self._size:
            self._size, self._heard = size, now
        return now - self._heard > QUIET_SECONDS


def trouble(
    reception: Reception, started: float, now: float, wall: WallTime, stall_seconds: float
) -> CameraError | None:
    """Looked at once a second; `started`, `now`: monotonic seconds, `wall` what our clock says at
    `now`. What can be taken over without a new session is passed on to the reception: small
    corrections of our clock, and steps forward."""
    last = reception.last_picture
    silent = now - (started if last is None else last)
    if silent > stall_seconds:
        words = f"no picture for {silent:.0f} s although the camera is connected"
        return CameraError(Cause.STALLED, words)
    step = wall - reception.arrival_wall(now)
    if step < -CLOCK_STEP_MICROS:
        words = f"this server's clock was set back by {-step / SECOND:.0f} s: a new run begins"
        return CameraError(Cause.CLOCK_STEP, words)
    if step > CLOCK_STEP_MICROS:
        reception.follow(step, now)
    elif abs(step) > _CORRECTED_MICROS:
        reception.correct(step)
    return None
