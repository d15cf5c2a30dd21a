"""What a camera burns into its picture: clock for people, its name, time code. Pure numpy."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import numpy as np

from vms.core.walltime import MINUTE, SECOND, WallTime
from vms.demo import timecode
from vms.demo.font import rasterise
from vms.demo.picture import Picture, Plane

WITA = timezone(timedelta(hours=8), "WITA")
"""The zone of Bontang (Asia/Makassar): UTC+8, no summer time."""

_INK, _OUTLINE = 235, 17


def burn(picture: Picture, name: str, wall: WallTime, *, looped: bool = False) -> None:
    """Write time code, clock and camera name into `picture`.

    A looped picture is shown again every minute: only its seconds are true, so its clock shows no
    more than those and its time code is the time within the minute.
    """
    scale = max(1, round(picture.height / 200))
    margin = 4 * scale
    top = timecode.strip_height(picture.width) + margin
    clock = rasterise(_clock(wall, looped), scale, ink=_INK, outline=_OUTLINE)
    label = rasterise(name, scale, ink=_INK, outline=_OUTLINE)
    _stamp(picture, clock, margin, top)
    bottom, right = picture.height - margin, picture.width - margin
    _stamp(picture, label, right - label.shape[1], bottom - label.shape[0])
    timecode.draw(picture.y, WallTime(wall % MINUTE) if looped else wall)
    strip = timecode.strip_height(picture.width) // 2
    picture.u[:strip] = picture.v[:strip] = 128


def _clock(wall: WallTime, looped: bool) -> str:
    moment = datetime.fromtimestamp(wall // SECOND, UTC).astimezone(WITA)
    millis = wall % SECOND // 1000
    shape = "--:--:%S" if looped else "%Y-%m-%d %H:%M:%S"
    return f"{moment.strftime(shape)}.{millis:03d} WITA"


def _stamp(picture: Picture, text: Plane, left: int, top: int) -> None:
    left, top = max(0, left) & ~1, max(0, top) & ~1
    under = picture.y[top : top + text.shape[0], left : left + text.shape[1]]
    text = text[: under.shape[0], : under.shape[1]]
    np.copyto(under, text, where=text > 0)
    half = text[::2, ::2] > 0
    for plane in (picture.u, picture.v):
        chroma = plane[top // 2 : top // 2 + half.shape[0], left // 2 : left // 2 + half.shape[1]]
        np.copyto(chroma, 128, where=half[: chroma.shape[0], : chroma.shape[1]])
