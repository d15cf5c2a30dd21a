"""What watching a camera for some seconds says about it, in numbers and in words. Pure.

What the RTSP dialog found odd is told by `rtsp.dialog` and `rtsp.choice`; here it is what came.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median

from vms.core.errors import VmsError
from vms.core.media import h264, h265
from vms.core.media.access_unit import VIDEO, AccessUnit, Codec, TrackFormat
from vms.core.media.nal import split_length_prefixed
from vms.core.walltime import SECOND

MOST_BYTES = 64 * 1024 * 1024
"""Of pictures that are looked at; a probe ends when there are more."""
_HALF_HOUR = 1800 * SECOND


@dataclass(slots=True)
class Seen:
    """What came from the first key picture on; `early`: pictures before it."""

    pictures: list[AccessUnit] = field(default_factory=list)
    sound: TrackFormat | None = None
    size: int = 0
    early: int = 0

    def add(self, unit: AccessUnit) -> None:
        if unit.track != VIDEO:
            self.sound = unit.format
        elif self.pictures or unit.random_access:
            self.pictures.append(unit)
        else:
            self.early += 1
        if self.pictures:
            self.size += len(unit.data)

    @property
    def seconds(self) -> float:
        """Media time between the first and the last picture."""
        if len(self.pictures) < 2:
            return 0.0
        walls = [unit.wall for unit in self.pictures]
        return (max(walls) - min(walls)) / SECOND

    @property
    def fps(self) -> float:
        """By the usual distance of pictures as they are shown."""
        walls = sorted(unit.wall for unit in self.pictures)
        steps = [later - one for one, later in pairwise(walls) if later > one]
        return round(SECOND / median(steps), 2) if steps else 0.0

    @property
    def key_seconds(self) -> float:
        """Usual distance of key pictures; 0 when only one came."""
        keys = [unit.wall for unit in self.pictures if unit.random_access]
        return (keys[-1] - keys[0]) / SECOND / (len(keys) - 1) if len(keys) > 1 else 0.0


def advice(seen: Seen, offset: int | None, lost: int) -> list[str]:
    """What a person may want to know or to change, a sentence each; at least one picture was seen.

    `offset`: how far the camera's clock is ahead, µs, None: it does not say. `lost`: packets and
    pictures that did not arrive.
    """
    found = [
        _key_pictures(seen),
        _reordering(seen),
        _rate(seen),
        _slices(seen),
        _formats(seen),
        _clock(offset),
        f"{lost} packets or pictures were lost: look at the network" if lost else "",
    ]
    return [each for each in found if each]


def _key_pictures(seen: Seen) -> str:
    far = seen.key_seconds > 4.0 or (not seen.key_seconds and seen.seconds > 4.0)
    words = "Key pictures are far apart: set the key picture interval to 1 or 2 seconds"
    return f"{words}, and a smart codec (H.264+, H.265+) off" if far else ""


def _reordering(seen: Seen) -> str:
    back = any(later.pts < one.pts for one, later in pairwise(seen.pictures))
    return "Pictures are sent out of order (B-pictures), which delays live" if back else ""


def _rate(seen: Seen) -> str:
    """A rate in the stream that is not kept: shown, and never counted with."""
    said = _said_fps(seen.pictures[0].format)
    if not said or not seen.fps or 0.8 < seen.fps / said < 1.25:
        return ""
    return f"The stream says {said:g} pictures/s and has {seen.fps:.1f}; what it has counts"


def _said_fps(used: TrackFormat) -> float | None:
    try:
        if used.codec is Codec.H264:
            return h264.parse_sps(used.parameter_sets[0]).fps
        return h265.sps_of(used).fps
    except VmsError:
        return None


def _slices(seen: Seen) -> str:
    is_slice = h264.is_slice if seen.pictures[0].format.codec is Codec.H264 else h265.is_slice
    first = split_length_prefixed(seen.pictures[0].data)
    count = sum(map(is_slice, first))
    return f"Pictures come in {count} slices" if count > 1 else ""


def _formats(seen: Seen) -> str:
    formats = dict.fromkeys(unit.format for unit in seen.pictures)
    sizes = dict.fromkeys(f"{each.width}×{each.height}" for each in formats)
    return f"The picture changed while watching: {', '.join(sizes)}" if len(formats) > 1 else ""


def _clock(offset: int | None) -> str:
    if offset is None:
        return "Its clock is not known: no sender report came while watching, or it was never set"
    if abs(offset) <= 2 * SECOND:
        return ""
    ahead = "ahead" if offset > 0 else "behind"
    halves = round(offset / _HALF_HOUR)
    if halves and abs(offset - halves * _HALF_HOUR) < 60 * SECOND:
        words = "local time in the place of UTC? Check its time zone"
        return f"The camera's clock is {abs(halves) / 2:g} h {ahead}: {words}"
    return f"The camera's clock is {abs(offset) / SECOND:.0f} s {ahead}: set its NTP server"
