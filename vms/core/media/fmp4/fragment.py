"""Writing one fragment: prft, moof with one traf per track, mdat. Sample data is never copied.

Decode times (docs/design/segments.md): RTP tells only presentation times. The pts of the
pictures, sorted, less a delay that is constant in a segment, are the decode times in decode order,
made strictly increasing; the composition offset is pts minus decode time, signed (trun version 1).
Without B-pictures delay and offsets are 0.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vms.core.errors import Invalid
from vms.core.media.access_unit import AccessUnit
from vms.core.media.fmp4.boxes import box, full_box
from vms.core.walltime import WallTime, to_ntp

SYNC = 0x0200_0000
"""Sample flags (8.8.3.1): depends on no other."""
NOT_SYNC = 0x0101_0000
"""Depends on others, is no sync sample."""

_ANY_UTC = 24  # prft flags (8.16.5): a UTC time in constant relation to the media
_DEFAULT_FLAGS_BASE_MOOF = 0x02_0020
_OFFSET, _FIRST_FLAGS, _DURATION, _SIZE, _FLAGS, _COMPOSITION = 0x1, 0x4, 0x100, 0x200, 0x400, 0x800
_LONGEST = 2**31 - 1
_DATA_OFFSET_AT = 8 + 20 + 20 + 16
"""Bytes of a traf before trun's data offset: own header, tfhd, tfdt, trun up to there."""

Ticks = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class TrackRun:
    """The samples of one track in one fragment, all times in ticks since the segment's zero.

    `times`: decode times, strictly increasing, one per unit; `composed`: presentation times;
    `end`: decode time at which the last sample ends.
    """

    track: int
    units: Sequence[AccessUnit]
    times: Ticks
    composed: Ticks
    end: int


def reordering(units: Sequence[AccessUnit]) -> int:
    """Ticks by which the latest picture comes behind its turn; 0 without B-pictures."""
    pts = np.fromiter((unit.pts for unit in units), np.int64, len(units))
    return int((np.sort(pts) - pts).max())


def track_run(
    units: Sequence[AccessUnit],
    origin: int,
    *,
    delay: int = 0,
    floor: int = 0,
    following: int | None = None,
) -> TrackRun:
    """Lay out `units` (one track, decode order, not empty) from `origin` (pts at time 0).

    `delay`: ticks that decoding goes before presentation. `floor`: ticks the track has already
    used, no decode time is less. `following`: pts of what comes next; None gives the last sample
    the usual duration.
    """
    composed = np.array([unit.pts for unit in units], np.int64) - origin
    steps = np.arange(len(units))
    ordered = composed - delay
    ordered.sort()
    np.maximum(ordered, floor, out=ordered)
    times = np.maximum.accumulate(ordered - steps) + steps
    last = int(times[-1])
    end = last + usual_ticks(times) if following is None else following - origin - delay
    return TrackRun(units[0].track, units, times, composed, max(end, last + 1))


def usual_ticks(times: Ticks) -> int:
    """The median distance of these times; 0 when there is none."""
    return int(np.median(np.diff(times))) if len(times) > 1 else 0


def fragment(number: int, runs: Sequence[TrackRun], wall: WallTime) -> list[bytes]:
    """Buffers that together are one whole fragment.

    `number`: moof sequence number, from 1. `wall`: civil time of the presentation of the first
    sample of the first run; it and that sample's media time go into the `prft` box. Raises Invalid
    on data that no fragment can hold.
    """
    samples = [unit.data for run in runs for unit in run.units]
    payload = sum(map(len, samples))
    if payload >= (1 << 31) or min(int(run.times[0]) for run in runs) < 0:
        raise Invalid("a fragment cannot hold this", payload=payload)
    head = full_box(b"mfhd", 0, 0, struct.pack(">I", number))
    tracks = [_traf(run) for run in runs]
    position = 8 + len(head) + sum(map(len, tracks)) + 8
    for run, traf in zip(runs, tracks, strict=True):
        struct.pack_into(">i", traf, _DATA_OFFSET_AT, position)
        position += sum(len(unit.data) for unit in run.units)
    moof = box(b"moof", head, *tracks)
    return [_prft(runs[0], wall) + moof + struct.pack(">I4s", 8 + payload, b"mdat"), *samples]


def _prft(run: TrackRun, wall: WallTime) -> bytes:
    fields = struct.pack(">IQQ", run.track, to_ntp(wall), max(0, int(run.composed[0])))
    return full_box(b"prft", 1, _ANY_UTC, fields)


def _traf(run: TrackRun) -> bytearray:
    """tfhd, tfdt, trun, its data offset still 0. Samples share the default flags but the first."""
    video = run.units[0].format.codec.is_video
    default = NOT_SYNC if video else SYNC
    tfhd = full_box(b"tfhd", 0, _DEFAULT_FLAGS_BASE_MOOF, struct.pack(">II", run.track, default))
    tfdt = full_box(b"tfdt", 1, 0, struct.pack(">Q", int(run.times[0])))
    return bytearray(box(b"traf", tfhd, tfdt, _trun(run, video)))


def _trun(run: TrackRun, video: bool) -> bytes:
    count = len(run.units)
    durations = np.empty(count, np.int64)
    np.subtract(run.times[1:], run.times[:-1], out=durations[:-1])
    durations[-1] = run.end - run.times[-1]
    columns = [durations, np.array([len(unit.data) for unit in run.units], np.int64)]
    flags, first = _OFFSET | _DURATION | _SIZE, b""
    sync = [unit.random_access for unit in run.units] if video else []
    if any(sync[1:]):
        flags |= _FLAGS
        columns.append(np.where(sync, SYNC, NOT_SYNC).astype(np.int64))
    elif sync and sync[0]:
        flags |= _FIRST_FLAGS
        first = struct.pack(">I", SYNC)
    offsets = run.composed - run.times
    if offsets.any():
        flags |= _COMPOSITION
        columns.append(offsets)
    table = np.array(columns).T
    if table.max() > _LONGEST or table.min() < -_LONGEST:
        raise Invalid("a sample's time or size does not fit its field", track=run.track)
    head = struct.pack(">Ii", count, 0)
    return full_box(b"trun", 1, flags, head, first, table.astype(">i4").tobytes())
