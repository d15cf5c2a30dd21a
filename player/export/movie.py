"""The front of a progressive clip: ftyp and moov with edit lists, laid out for mdat behind. Pure.

The edit list makes the clip exact: media before the first shown picture (the pre-roll from the key
picture) and behind the last one is there for the decoder and is not presented.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

from player.export.samples import Samples
from player.export.tables import Timing, tables, timing
from vms.core.media.fmp4.boxes import box, full_box
from vms.core.media.fmp4.init import MOVIE_TIMESCALE, movie_header, sample_tables, track_box
from vms.core.walltime import SECOND, WallTime

FTYP = box(b"ftyp", b"isom\0\0\2\0isomiso2iso6mp41")
_LARGE_MDAT = struct.Struct(">I4sQ")
_SHORTEST_PAUSE = MOVIE_TIMESCALE // 500
"""Ticks; two milliseconds are rounding, not a late start."""


def front(tracks: Sequence[Samples], start: WallTime, end: WallTime, payload: int) -> bytes:
    """ftyp, moov and mdat's header; `payload` bytes of samples follow it.

    `start`, `end`: wall times between which the clip is presented.
    """
    timed = [timing(samples) for samples in tracks]
    size = len(_moov(tracks, timed, start, end, 0))
    mdat_start = len(FTYP) + size + _LARGE_MDAT.size
    moov = _moov(tracks, timed, start, end, mdat_start)
    return FTYP + moov + _LARGE_MDAT.pack(1, b"mdat", payload + _LARGE_MDAT.size)


def _moov(
    tracks: Sequence[Samples],
    timed: Sequence[Timing],
    start: WallTime,
    end: WallTime,
    mdat_start: int,
) -> bytes:
    traks = []
    longest = 0
    for samples, times in zip(tracks, timed, strict=True):
        edits, duration = _edits(samples, times, start, end)
        longest = max(longest, duration)
        traks.append(_trak(samples, times, edits, duration, start, mdat_start))
    last = max(samples.track for samples in tracks)
    return box(b"moov", movie_header(start, longest, last + 1), *traks)


def _trak(
    samples: Samples, timed: Timing, edits: bytes, duration: int, start: WallTime, mdat_start: int
) -> bytes:
    used, *more = samples.formats
    return track_box(
        samples.track,
        used,
        sample_tables(used, tables(samples, timed, mdat_start), *more),
        created=start,
        movie_duration=duration,
        media_duration=timed.end,
        edits=edits,
    )


def _edits(samples: Samples, timed: Timing, start: WallTime, end: WallTime) -> tuple[bytes, int]:
    """The edts box and the duration it presents, in movie ticks.

    The first shown sample is presented at once, or, when it lies later than `start` (sound that
    begins behind the first picture), after an empty edit.
    """
    first, last = samples.shown
    pause = _movie_ticks(first - samples.ticks_of(start), samples.rate)
    entries = [(pause, -1)] if pause > _SHORTEST_PAUSE else []
    by_wall = samples.ticks_of(end) + samples.rate // 1000  # never less for rounding
    length = max(1, _movie_ticks(min(last + timed.usual, by_wall) - first, samples.rate))
    entries.append((length, first - timed.origin))
    packed = b"".join(struct.pack(">QqI", *entry, 0x10000) for entry in entries)
    elst = full_box(b"elst", 1, 0, struct.pack(">I", len(entries)), packed)
    return box(b"edts", elst), sum(duration for duration, _ in entries)


def _movie_ticks(ticks: int, rate: int) -> int:
    return (ticks * MOVIE_TIMESCALE + rate // 2) // rate


def end_of(samples: Samples, last: WallTime) -> WallTime:
    """Wall time until which the last shown sample, presented at `last`, usually lasts."""
    return WallTime(last + timing(samples).usual * SECOND // samples.rate)
