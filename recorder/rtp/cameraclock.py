"""The camera's own clock beside ours: read, judged, and its steps noticed. Changes no time. Pure.

Cameras say their time in sender reports, some in every picture (ONVIF). Seen: none at all, 1970 and
other clocks that were never set, local time instead of UTC, Unix seconds where NTP's belong, and
steps whenever their SNTP client wakes up.
"""

from __future__ import annotations

from vms.core.runs import CameraClock
from vms.core.walltime import DAY, SECOND, WallTime, from_ntp

STEP_MICROS = SECOND
_ERA = 1 << 32
_UNIX_IN_NTP = 2_208_988_800


def camera_wall(ntp: int, near: WallTime) -> WallTime | None:
    """The instant an NTP timestamp names, within a day of `near`; None for a clock never set.

    The era is the one that fits (the first ends in 2036, RFC 5905 section 6). Seconds since 1970
    in the place of those since 1900 are understood.
    """
    if ntp == 0:
        return None
    said = from_ntp(ntp)
    for seconds in (0, _ERA, _UNIX_IN_NTP):
        if abs(said + seconds * SECOND - near) <= DAY:
            return WallTime(said + seconds * SECOND)
    return None


class CameraWatch:
    """How far one camera's clock is ahead of ours, and by how much it was set."""

    def __init__(self) -> None:
        self.source = CameraClock.NONE
        self.offset: int | None = None

    def note(self, source: CameraClock, ntp: int, ours: WallTime) -> int | None:
        """It says `ntp` of an instant that is `ours` by our line. Returns the step, µs, if it was
        set since it said so last."""
        if self.source is CameraClock.ONVIF and source is CameraClock.SENDER_REPORT:
            return None  # the time of each picture says more
        said = camera_wall(ntp, ours)
        if said is None:
            return None
        before, self.offset = self.offset, said - ours
        changed, self.source = self.source is not source, source
        step = 0 if before is None or changed else self.offset - before
        return step if abs(step) >= STEP_MICROS else None

    def rebase(self, micros: int) -> None:
        """Our own line was set by this much: that is no step of the camera's."""
        if self.offset is not None:
            self.offset -= micros
