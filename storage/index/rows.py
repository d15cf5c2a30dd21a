"""Rows of the archive's tables as values, and back."""

from __future__ import annotations

from typing import Any

from storage.index.goptable import decode, encode
from storage.index.schema import segments
from storage.index.values import Outline
from vms.core.model import Segment
from vms.core.walltime import TimeRange

OUTLINE = (
    segments.c.camera_id,
    segments.c.stream_id,
    segments.c.epoch,
    segments.c.sequence,
    segments.c.start_us,
    segments.c.end_us,
    segments.c.size_bytes,
    segments.c.tier,
    segments.c.sha256,
)
"""The columns of a segment that `outline` reads."""


def segment_row(segment: Segment) -> dict[str, Any]:
    return {
        "stream_id": segment.stream_id,
        "start_us": segment.range.start,
        "end_us": segment.range.end,
        "camera_id": segment.camera_id,
        "epoch": segment.epoch,
        "sequence": segment.sequence,
        "size_bytes": segment.size,
        "init_bytes": segment.init_size,
        "sha256": segment.sha256,
        "prev_sha256": segment.prev_sha256,
        "codec": segment.codec,
        "width": segment.width,
        "height": segment.height,
        "gops": encode(segment.gops),
        "tier": segment.tier,
    }


def segment_of(row: Any) -> Segment:
    """Raises Corrupt for a group table that cannot be read."""
    return Segment(
        camera_id=row.camera_id,
        stream_id=row.stream_id,
        epoch=row.epoch,
        sequence=row.sequence,
        range=TimeRange(row.start_us, row.end_us),
        size=row.size_bytes,
        init_size=row.init_bytes,
        sha256=row.sha256,
        prev_sha256=row.prev_sha256,
        codec=row.codec,
        width=row.width,
        height=row.height,
        gops=decode(row.gops),
        tier=row.tier,
    )


def outline_of(row: Any, why: str = "") -> Outline:
    return Outline(
        camera_id=row.camera_id,
        stream_id=row.stream_id,
        epoch=row.epoch,
        sequence=row.sequence,
        range=TimeRange(row.start_us, row.end_us),
        size=row.size_bytes,
        tier=row.tier,
        sha256=row.sha256,
        why=why,
    )


def garbage_row(outline: Outline, why: str) -> dict[str, Any]:
    return {
        "stream_id": outline.stream_id,
        "start_us": outline.range.start,
        "epoch": outline.epoch,
        "sequence": outline.sequence,
        "camera_id": outline.camera_id,
        "end_us": outline.range.end,
        "size_bytes": outline.size,
        "sha256": outline.sha256,
        "tier": outline.tier,
        "why": why,
    }
