"""Segments made up for tests: right in form, with any bytes as their object."""

from __future__ import annotations

import hashlib
from pathlib import Path

from vms.core.model import GopEntry, Segment, Stream
from vms.core.walltime import SECOND, TimeRange, WallTime

NINE = WallTime(1_795_424_400 * SECOND)
"""23 November 2026, 09:00 UTC."""


def content(sequence: int, size: int = 1000) -> bytes:
    return hashlib.shake_128(str(sequence).encode()).digest(size)


def segment(
    stream: Stream,
    sequence: int,
    *,
    at: float | None = None,
    seconds: float = 60.0,
    epoch: int = NINE,
    body: bytes | None = None,
) -> Segment:
    """Minute `sequence` of a run that began at nine, or from `at` seconds after nine on."""
    first = 60.0 * sequence if at is None else at
    start = WallTime(NINE + round(first * SECOND))
    body = content(sequence) if body is None else body
    micros = round(seconds * SECOND)
    return Segment(
        camera_id=stream.camera_id,
        stream_id=stream.id,
        epoch=epoch,
        sequence=sequence,
        range=TimeRange(start, WallTime(start + micros)),
        size=len(body),
        init_size=10,
        sha256=hashlib.sha256(body).digest(),
        prev_sha256=None,
        codec="avc1.64001f",
        width=1920,
        height=1080,
        gops=(GopEntry(0, micros, 10, max(0, len(body) - 10), 5),),
    )


def spooled(folder: Path, sequence: int) -> Path:
    """A file with the bytes of that segment, as the spool would hand it over."""
    path = folder / f"{sequence}.mp4"
    path.write_bytes(content(sequence))
    return path
