"""Encoded pictures, each with its time in it, so that a browser can tell which one it shows."""

from __future__ import annotations

from fractions import Fraction

from vms.core.media.access_unit import VIDEO, AccessUnit, Codec, TrackFormat
from vms.core.media.nal import join_length_prefixed
from vms.core.walltime import SECOND, WallTime
from vms.demo import timecode
from vms.demo.coding import VideoCoder, VideoSettings, format_of
from vms.demo.picture import Picture


def timed_clip(
    start: WallTime,
    seconds: float,
    *,
    fps: int = 25,
    gop_seconds: float = 2.0,
    size: tuple[int, int] = (640, 360),
    codec: Codec = Codec.H264,
) -> list[AccessUnit]:
    """Pictures from `start` on; each shows its own wall time as a time code."""
    settings = VideoSettings(codec, *size, Fraction(fps), gop_seconds, 1000)
    coder = VideoCoder(settings)
    blank = Picture.blank(*size)
    used: TrackFormat | None = None
    units: list[AccessUnit] = []
    for number in range(round(seconds * fps)):
        wall = WallTime(start + number * SECOND // fps)
        coder.canvas.paste(blank)
        coder.canvas.y[:] = 60 + number * 7 % 100
        timecode.draw(coder.canvas.y, wall)
        coded = coder.encode(key=number % settings.pictures_per_gop == 0)
        used = used or format_of(settings, coded.nals)
        data = join_length_prefixed(coded.nals)
        units.append(AccessUnit(VIDEO, number * 90_000 // fps, wall, coded.key, data, used))
    coder.close()
    return units
