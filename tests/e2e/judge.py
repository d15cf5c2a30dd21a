"""Independent judges of an exported file: ffprobe, and the time codes of its pictures."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import av

from vms.core.walltime import WallTime
from vms.demo import timecode

SLACK = 80.0
"""Milliseconds between the time burnt into a picture and its time in the index: its way here."""


def ffprobe(path: Path, *sections: str) -> dict[str, Any]:
    command = ["ffprobe", "-v", "error", "-of", "json", *sections, str(path)]
    return dict(json.loads(subprocess.run(command, check=True, capture_output=True).stdout))


def picture_codes(path: Path) -> list[float]:
    """Time codes, ms UTC, of the pictures a player shows: those before the edit list are not."""
    codes: list[WallTime | None] = []
    with av.open(str(path)) as container:
        for picture in container.decode(video=0):
            if picture.pts is not None and picture.pts >= 0:
                plane = picture.reformat(format="gray").to_ndarray()
                codes.append(timecode.read(plane))
    assert None not in codes, "a picture without readable time code"
    return [code / 1000 for code in codes if code is not None]


def archived_codes(folder: Path, start: float, end: float) -> list[float] | None:
    """Time codes of the pictures in a stream's objects around [start, end) ms, in order; None until
    the archive reaches behind `end`."""
    begins = {int(path.name.split("-")[0]) / 1000: path for path in folder.rglob("*.mp4")}
    before = max((begin for begin in begins if begin < start), default=0.0)
    codes = [
        code
        for begin in sorted(begins)
        if before <= begin <= end
        for code in picture_codes(begins[begin])
    ]
    return codes if codes and codes[-1] > end + SLACK else None


def judge_clip(path: Path, kept: list[float], start: float, end: float) -> None:
    """The file shows just the archived pictures (`kept`) of [start, end) ms: none missing, none
    more. A camera on a busy machine may leave pictures out; the file may not."""
    stream = ffprobe(path, "-show_streams")["streams"][0]
    assert stream["codec_name"] == "h264"
    codes = picture_codes(path)
    first, behind = kept.index(codes[0]), kept.index(codes[-1]) + 1
    assert codes == kept[first:behind]
    assert kept[first - 1] < start + SLACK
    assert codes[0] > start - SLACK
    assert codes[-1] < end + SLACK
    assert kept[behind] > end - SLACK
    assert abs(float(stream["duration"]) * 1000 - (end - start)) < 2 * SLACK
