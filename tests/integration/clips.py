"""Clips made on the spot by ffmpeg, and what is in them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import av

from vms.core.media.nal import split_length_prefixed

SHARED_CLIPS = Path(__file__).parents[3] / "shared" / "clips"


def make_clip(
    path: Path,
    *,
    seconds: int = 3,
    codec: str = "libx264",
    b_pictures: int = 2,
    audio: bool = False,
) -> Path:
    """A moving test picture, 320×180, 25 a second, a key picture each second; AAC on request."""
    name = "x264-params" if codec == "libx264" else "x265-params"
    coding = f"keyint=25:min-keyint=25:scenecut=0:bframes={b_pictures}:log-level=none"
    command = ["ffmpeg", "-v", "error", "-y", "-f", "lavfi"]
    command += ["-i", f"testsrc2=size=320x180:rate=25:duration={seconds}"]
    if audio:
        command += ["-f", "lavfi", "-i", f"sine=frequency=440:sample_rate=16000:duration={seconds}"]
        command += ["-c:a", "aac", "-b:a", "32k"]
    command += ["-c:v", codec, "-preset", "ultrafast", "-pix_fmt", "yuv420p", f"-{name}", coding]
    subprocess.run([*command, str(path)], check=True)
    return path


def pictures_of(path: Path) -> list[list[bytes]]:
    """The NAL units of each picture of a file, in decode order."""
    with av.open(str(path)) as container:
        packets = [bytes(one) for one in container.demux(video=0) if one.size]
    return [split_length_prefixed(data) for data in packets]


def frames_of(path: Path) -> list[bytes]:
    """The audio frames of a file."""
    with av.open(str(path)) as container:
        return [bytes(one) for one in container.demux(audio=0) if one.size]
