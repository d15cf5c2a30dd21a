"""Sample tables of a progressive MP4, from arrays (ISO/IEC 14496-12 8.6, 8.7). Pure."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from player.export.samples import Samples
from vms.core.errors import Conflict
from vms.core.media.fmp4.boxes import full_box
from vms.core.media.fmp4.fragment import usual_ticks

_LONGEST = 2**31 - 1
Ticks = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Timing:
    """Times of a track's samples on its media timeline, whose first decode time is 0.

    `origin`: ticks (of Samples) at media time 0. `end`: decode time at which the last sample ends.
    `usual`: ticks a sample usually lasts.
    """

    times: Ticks
    composed: Ticks
    origin: int
    end: int
    usual: int


def timing(samples: Samples) -> Timing:
    """Decode times: presentation times sorted, a constant delay earlier, strictly increasing."""
    ticks = np.array(samples.ticks, np.int64)
    ordered = np.sort(ticks)
    origin = int(ordered[0] - (ordered - ticks).max())
    steps = np.arange(len(ticks))
    times = np.maximum.accumulate(ordered - ordered[0] - steps) + steps
    usual = usual_ticks(ordered) or samples.rate // 25
    return Timing(times, ticks - origin, origin, int(times[-1]) + usual, usual)


def tables(samples: Samples, timed: Timing, mdat_start: int) -> bytes:
    """stts, ctts, stss, stsc, stsz, co64 as needed; `mdat_start`: where mdat's content begins."""
    durations = np.diff(timed.times, append=timed.end)
    parts = [full_box(b"stts", 0, 0, _run_lengths(durations))]
    offsets = timed.composed - timed.times
    if offsets.any():
        parts.append(full_box(b"ctts", int(offsets.min() < 0), 0, _run_lengths(offsets)))
    sync = np.flatnonzero(np.array(samples.sync, np.uint8)) + 1
    if len(sync) < len(samples.sync):
        parts.append(full_box(b"stss", 0, 0, _table(sync)))
    sizes = np.array(samples.sizes, ">u4")
    parts += [
        full_box(b"stsc", 0, 0, _chunk_runs(samples.chunks)),
        full_box(b"stsz", 0, 0, struct.pack(">II", 0, len(sizes)), sizes.tobytes()),
        full_box(b"co64", 0, 0, _places(samples.chunks, mdat_start)),
    ]
    return b"".join(parts)


def _run_lengths(values: Ticks) -> bytes:
    """Entry count, then (how many, value) for each run of equal values."""
    starts = np.flatnonzero(np.diff(values, prepend=values[0] - 1))
    counts = np.diff(starts, append=len(values))
    if np.abs(values).max() > _LONGEST:
        raise Conflict("a pause of many hours does not fit one clip: make one before and one after")
    pairs = np.stack((counts, values[starts]), axis=1)
    return struct.pack(">I", len(pairs)) + pairs.astype(">i4").tobytes()


def _table(values: Ticks) -> bytes:
    return struct.pack(">I", len(values)) + values.astype(">u4").tobytes()


def _chunk_runs(chunks: Sequence[tuple[int, int, int]]) -> bytes:
    """stsc: an entry wherever samples per chunk or the description change."""
    entries: list[tuple[int, int, int]] = []
    for number, (_, count, description) in enumerate(chunks, 1):
        if not entries or entries[-1][1:] != (count, description):
            entries.append((number, count, description))
    packed = b"".join(struct.pack(">III", *entry) for entry in entries)
    return struct.pack(">I", len(entries)) + packed


def _places(chunks: Sequence[tuple[int, int, int]], mdat_start: int) -> bytes:
    offsets = np.array([offset for offset, _, _ in chunks], np.int64) + mdat_start
    return struct.pack(">I", len(offsets)) + offsets.astype(">u8").tobytes()
