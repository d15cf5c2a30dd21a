"""The front of a segment: ftyp, moov without samples, identity. Track boxes shared with clips."""

from __future__ import annotations

import struct
from collections.abc import Mapping

from vms.core.media.access_unit import TrackFormat
from vms.core.media.fmp4.boxes import MATRIX, box, full_box, mp4_time
from vms.core.media.fmp4.identity import Identity, identity_box
from vms.core.media.fmp4.sample_entry import sample_entry
from vms.core.walltime import WallTime

MOVIE_TIMESCALE = 90_000
_EMPTY_TABLES = b"".join(
    (
        full_box(b"stts", 0, 0, bytes(4)),
        full_box(b"stsc", 0, 0, bytes(4)),
        full_box(b"stsz", 0, 0, bytes(8)),
        full_box(b"stco", 0, 0, bytes(4)),
    )
)


def init_segment(formats: Mapping[int, TrackFormat], identity: Identity) -> bytes:
    """What stands before the first fragment; `formats` by track number.

    Raises Corrupt or Invalid when a format cannot be written.
    """
    tracks = (
        track_box(number, used, sample_tables(used, _EMPTY_TABLES), created=identity.zero)
        for number, used in sorted(formats.items())
    )
    extends = (full_box(b"trex", 0, 0, struct.pack(">5I", n, 1, 0, 0, 0)) for n in sorted(formats))
    moov = box(
        b"moov",
        movie_header(identity.zero, 0, max(formats) + 1),
        *tracks,
        box(b"mvex", *extends),
    )
    return box(b"ftyp", b"iso6\0\0\0\1iso6mp41") + moov + identity_box(identity)


def movie_header(created: WallTime, duration: int, next_track: int) -> bytes:
    """mvhd, version 1; `duration` in ticks of MOVIE_TIMESCALE."""
    at = mp4_time(created)
    times = struct.pack(">QQIQ", at, at, MOVIE_TIMESCALE, duration)
    tail = struct.pack(">24xI", next_track)
    return full_box(b"mvhd", 1, 0, times, struct.pack(">IH10x", 0x10000, 0x100), MATRIX, tail)


def sample_tables(used: TrackFormat, tables: bytes, *more: TrackFormat) -> bytes:
    """stbl: sample descriptions of `used` and of `more` formats, then the ready-made `tables`."""
    entries = [sample_entry(one) for one in (used, *more)]
    stsd = full_box(b"stsd", 0, 0, struct.pack(">I", len(entries)), *entries)
    return box(b"stbl", stsd, tables)


def track_box(
    number: int,
    used: TrackFormat,
    stbl: bytes,
    *,
    created: WallTime,
    movie_duration: int = 0,
    media_duration: int = 0,
    edits: bytes = b"",
) -> bytes:
    """trak around a sample table; `edits` is a whole `edts` box or nothing."""
    at = mp4_time(created)
    video = used.codec.is_video
    layout = struct.pack(">8xHHHxx", 0, 0 if video else 1, 0 if video else 0x100)
    size = struct.pack(">II", used.width << 16, used.height << 16)
    head = struct.pack(">QQI4xQ", at, at, number, movie_duration)
    tkhd = full_box(b"tkhd", 1, 7, head, layout, MATRIX, size)
    times = struct.pack(">QQIQHH", at, at, used.clock_rate, media_duration, 0x55C4, 0)
    mdhd = full_box(b"mdhd", 1, 0, times)
    return box(b"trak", tkhd, edits, box(b"mdia", mdhd, _handler(video), _minf(video, stbl)))


def _handler(video: bool) -> bytes:
    kind, name = (b"vide", b"VideoHandler\0") if video else (b"soun", b"SoundHandler\0")
    return full_box(b"hdlr", 0, 0, bytes(4), kind, bytes(12), name)


def _minf(video: bool, stbl: bytes) -> bytes:
    header = full_box(b"vmhd", 0, 1, bytes(8)) if video else full_box(b"smhd", 0, 0, bytes(4))
    here = full_box(b"dref", 0, 0, struct.pack(">I", 1), full_box(b"url ", 0, 1))
    return box(b"minf", header, box(b"dinf", here), stbl)
