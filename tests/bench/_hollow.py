"""Segments of real size and layout that take no room, for who reads heads only.

Heads are as the recorder writes them, pictures are holes in sparse files.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from tests.fakes.units import H264, START
from vms.core.media.access_unit import VIDEO, AccessUnit
from vms.core.media.codec import codec_string
from vms.core.media.fmp4 import Identity, fragment, init_segment, track_run
from vms.core.model import GopEntry, Segment
from vms.core.walltime import SECOND, TimeRange, WallTime, to_ntp

FPS, TICKS = 25, 90_000
_NTP_AT = 16
"""In prft: behind its header, version and track."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Of every segment. `bits`: a second."""

    seconds: int = 60
    gop_seconds: int = 2
    bits: int = 4_000_000


def write_stream(
    root: Path, camera_id: int, stream_id: int, count: int, shape: Shape
) -> list[Segment]:
    """`count` segments of one run below `root`, a chain. Their hashes are made up, but that of the
    last one: only there anybody looks."""
    heads = list(_heads(shape))
    made: list[Segment] = []
    for sequence in range(count):
        start = WallTime(START + sequence * shape.seconds * SECOND)
        before = made[-1].sha256 if made else None
        identity = Identity(camera_id, stream_id, START, sequence, start, start, {VIDEO: 0}, before)
        segment = _write(root, identity, heads, shape)
        made.append(segment)
    last = root / made[-1].key
    with last.open("rb") as file:
        made[-1] = replace(made[-1], sha256=hashlib.file_digest(file, "sha256").digest())
    return made


def _heads(shape: Shape) -> Iterator[tuple[bytes, int, int]]:
    """Of each fragment: head, bytes of pictures, bytes of the first one."""
    pictures = shape.gop_seconds * FPS
    mean = shape.bits // 8 // FPS
    small, key = bytes(mean * 8 // 10), bytes(mean * (pictures - (pictures - 1) * 8 // 10))
    for number in range(shape.seconds // shape.gop_seconds):
        first = number * pictures
        units = [
            AccessUnit(
                VIDEO, n * TICKS // FPS, START, n == first, small if n > first else key, H264
            )
            for n in range(first, first + pictures)
        ]
        run = track_run(units, 0, following=(first + pictures) * TICKS // FPS)
        head, *samples = fragment(number + 1, [run], START)
        yield head, sum(map(len, samples)), len(key)


def _write(
    root: Path, identity: Identity, heads: list[tuple[bytes, int, int]], shape: Shape
) -> Segment:
    front, gops = init_segment({VIDEO: H264}, identity), []
    end = WallTime(identity.start + shape.seconds * SECOND)
    empty = Segment(
        *(identity.camera_id, identity.stream_id, identity.epoch, identity.sequence),
        *(TimeRange(identity.start, end), 0, len(front)),
        *(hashlib.sha256(identity.sequence.to_bytes(4, "big")).digest(), identity.prev_sha256),
        codec=codec_string(H264),
        width=H264.width,
        height=H264.height,
        gops=(),
    )
    path = root / empty.key
    path.parent.mkdir(parents=True, exist_ok=True)
    step = shape.gop_seconds * SECOND
    with path.open("wb") as file:
        file.write(front)
        for number, (head, payload, key_size) in enumerate(heads):
            ntp = struct.pack(">Q", to_ntp(WallTime(identity.start + number * step)))
            offset = file.tell()
            file.write(head[:_NTP_AT] + ntp + head[_NTP_AT + 8 :])
            file.seek(payload, 1)
            size = len(head) + payload
            gops.append(GopEntry(number * step, step, offset, size, key_size))
        file.truncate(file.tell())
        return replace(empty, size=file.tell(), gops=tuple(gops))
