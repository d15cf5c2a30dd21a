"""Reading a fragment's head: prft and moof, sample tables as arrays (ISO/IEC 14496-12 8.8)."""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vms.core.errors import Corrupt
from vms.core.media.fmp4.boxes import Box, iter_boxes, read_box, unpack
from vms.core.walltime import WallTime, from_ntp

Ticks = npt.NDArray[np.int64]

_PRFT = struct.Struct(">IIQQ")
_TFHD = struct.Struct(">III")
_TFDT = struct.Struct(">IQ")
_TRUN = struct.Struct(">IIi")
_U32 = struct.Struct(">I")
_EXPECTED_TFHD = 0x02_0020
_MOST_SAMPLES = 1 << 20
_LATEST = 1 << 40


@dataclass(frozen=True, slots=True)
class Traf:
    """One track's samples: arrays of one length. `data_offset` counts from the fragment's start."""

    track: int
    decode_time: int
    data_offset: int
    durations: Ticks
    sizes: Ticks
    flags: Ticks
    offsets: Ticks

    @property
    def times(self) -> Ticks:
        """Decode times in ticks since the segment's zero."""
        return self.decode_time + np.cumsum(self.durations) - self.durations

    @property
    def composed(self) -> Ticks:
        """Presentation times in ticks since the segment's zero."""
        return self.times + self.offsets


@dataclass(frozen=True, slots=True)
class Moof:
    """A fragment's head. `wall` is civil time at `media_time` of `reference_track` (prft).

    `data_start`, `data_end`: where mdat's content lies, from the fragment's start.
    """

    reference_track: int
    wall: WallTime
    media_time: int
    number: int
    trafs: tuple[Traf, ...]
    data_start: int
    data_end: int


def read_moof(data: bytes, start: int = 0) -> Moof:
    """Read prft, moof and the header of mdat at `start`; mdat may reach past `data`.

    Raises Corrupt when one is missing or senseless, or when `data` ends before mdat's header does.
    """
    prft = _expect(data, start, b"prft")
    moof = _expect(data, prft.end, b"moof")
    (size,) = unpack(_U32, data, moof.end, len(data) - 4)
    if data[moof.end + 4 : moof.end + 8] != b"mdat" or size < 8:
        raise Corrupt("no mdat behind moof", position=moof.end)
    version, track, ntp, media_time = unpack(_PRFT, data, prft.body, prft.end)
    if version >> 24 != 1 or media_time >= _LATEST:
        raise Corrupt("prft not of this recorder's make", version=version >> 24)
    number, trafs = 0, []
    for found in iter_boxes(data, moof.body, moof.end):
        if found.kind == b"mfhd":
            number = unpack(_U32, data, found.body + 4, found.end)[0]
        elif found.kind == b"traf":
            trafs.append(_read_traf(data, found, moof.start - start))
    if not trafs:
        raise Corrupt("moof without tracks", position=moof.start)
    body = moof.end - start + 8
    end = body + size - 8
    return Moof(track, from_ntp(ntp), media_time, number, tuple(trafs), body, end)


def _expect(data: bytes, position: int, kind: bytes) -> Box:
    found = read_box(data, position, len(data))
    if found is None or found.kind != kind:
        raise Corrupt("a fragment's box is missing", kind=kind.decode(), position=position)
    return found


def _read_traf(data: bytes, traf: Box, moof_start: int) -> Traf:
    """One tfhd, tfdt and trun, as written here; anything else is Corrupt."""
    boxes = {found.kind: found for found in iter_boxes(data, traf.body, traf.end)}
    try:
        tfhd, tfdt, trun = boxes[b"tfhd"], boxes[b"tfdt"], boxes[b"trun"]
    except KeyError as error:
        raise Corrupt("traf without its boxes", position=traf.start) from error
    flags, track, default = unpack(_TFHD, data, tfhd.body, tfhd.end)
    version, decode_time = unpack(_TFDT, data, tfdt.body, tfdt.end)
    if flags != _EXPECTED_TFHD or version >> 24 != 1 or decode_time >= _LATEST:
        raise Corrupt("traf not of this recorder's make", flags=flags, decode_time=decode_time)
    return _read_trun(data, trun, track, default, decode_time, moof_start)


def _read_trun(
    data: bytes, trun: Box, track: int, default: int, decode_time: int, moof_start: int
) -> Traf:
    flags, count, offset = unpack(_TRUN, data, trun.body, trun.end)
    position = trun.body + _TRUN.size
    names = [name for bit, name in _COLUMNS if flags & bit]
    first = None
    if flags & 0x4:
        first = unpack(_U32, data, position, trun.end)[0]
        position += 4
    if not flags & 0x1 or not 0 < count <= _MOST_SAMPLES or names[:2] != ["durations", "sizes"]:
        raise Corrupt("trun not of this recorder's make", flags=flags, count=count)
    if position + 4 * count * len(names) > trun.end:
        raise Corrupt("sample table cut short", position=position)
    table = np.frombuffer(data, ">i4", count * len(names), position).reshape(count, len(names))
    columns = {name: table[:, at].astype(np.int64) for at, name in enumerate(names)}
    sample_flags = columns.get("flags", np.full(count, default, np.int64))
    if first is not None:
        sample_flags[0] = first
    durations, sizes = columns["durations"], columns["sizes"]
    if min(durations.min(), sizes.min(), offset) < 0:
        raise Corrupt("negative duration, size or offset in a sample table", track=track)
    offsets = columns.get("offsets", np.zeros(count, np.int64))
    return Traf(track, decode_time, moof_start + offset, durations, sizes, sample_flags, offsets)


_COLUMNS = ((0x100, "durations"), (0x200, "sizes"), (0x400, "flags"), (0x800, "offsets"))
