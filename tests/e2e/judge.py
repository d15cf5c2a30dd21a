"""Independent judges of an exported file: ffprobe, and the time codes of its pictures."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import av

from vms.core.walltime import WallTime
from vms.demo import timecode


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


def judge_clip(path: Path, start: float, end: float, *, picture: float) -> None:
    """First and last picture are those of [start, end) ms, all between are there, none more."""
    stream = ffprobe(path, "-show_streams")["streams"][0]
    assert stream["codec_name"] == "h264"
    codes = picture_codes(path)
    assert start - picture <= codes[0] <= start + picture
    assert end - 2 * picture <= codes[-1] <= end
    assert len(codes) == round((end - start) / picture)
    assert float(stream["duration"]) * 1000 >= end - start - picture
