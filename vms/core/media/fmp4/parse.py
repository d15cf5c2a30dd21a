"""Reading back what `init` and `fragment` wrote: formats, identity, access units with wall time."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from vms.core.errors import Corrupt
from vms.core.media.access_unit import VIDEO, AccessUnit, TrackFormat
from vms.core.media.fmp4.boxes import IDENTITY_UUID, Box, iter_boxes
from vms.core.media.fmp4.identity import Identity, identity_from_json
from vms.core.media.fmp4.moof import Moof, Traf, read_moof
from vms.core.media.fmp4.read_entry import read_tracks
from vms.core.walltime import SECOND, WallTime

_NOT_SYNC_BIT = 0x1_0000


@dataclass(frozen=True, slots=True)
class Init:
    """What stands before the first fragment; `size` is its bytes, where the first fragment is."""

    formats: Mapping[int, TrackFormat]
    identity: Identity
    size: int


def parse_init(data: bytes) -> Init:
    """Read the front of a segment; what follows the identity box is ignored. Raises Corrupt."""
    formats: dict[int, TrackFormat] = {}
    for found in iter_boxes(data):
        if found.kind == b"moov":
            formats = read_tracks(data, found)
        elif _is_identity(data, found):
            identity = identity_from_json(data[found.body + 16 : found.end])
            _check(formats, identity)
            return Init(formats, identity, found.end)
    raise Corrupt("no identity in this segment", size=len(data))


def parse_fragment(data: bytes, init: Init, *, partial: bool = False) -> list[AccessUnit]:
    """The units of one fragment (`data`: prft, moof, mdat), leading track first, in decode order.

    pts are those of the recording run, wall times come from the fragment's `prft`. `partial`:
    `data` may end within mdat; units that are whole are given back (the key picture, when the read
    went that far). Raises Corrupt.
    """
    moof = read_moof(data)
    if not partial and moof.data_end > len(data):
        raise Corrupt("fragment cut short", size=len(data), wanted=moof.data_end)
    zero = media_zero(moof, init.formats)
    return [unit for traf in moof.trafs for unit in _units(data, moof, traf, init, zero)]


def media_zero(moof: Moof, formats: Mapping[int, TrackFormat]) -> WallTime:
    """Civil time of media time 0 as this fragment's `prft` tells it."""
    rate = rate_of(moof.reference_track, formats)
    return WallTime(moof.wall - (moof.media_time * SECOND + rate // 2) // rate)


def rate_of(track: int, formats: Mapping[int, TrackFormat]) -> int:
    """Ticks per second of a track. Raises Corrupt for one that the front does not declare."""
    if track not in formats:
        raise Corrupt("fragment of a track that is not declared", track=track)
    return formats[track].clock_rate


def _units(data: bytes, moof: Moof, traf: Traf, init: Init, zero: WallTime) -> Iterator[AccessUnit]:
    rate = rate_of(traf.track, init.formats)
    used, origin = init.formats[traf.track], init.identity.origins.get(traf.track, 0)
    ends = traf.data_offset + np.cumsum(traf.sizes)
    composed = traf.composed
    walls = zero + (composed * SECOND + rate // 2) // rate
    columns = (composed, walls, traf.flags, ends - traf.sizes, ends)
    for pts, wall, flags, start, end in zip(*(c.tolist() for c in columns), strict=True):
        if end > moof.data_end:
            raise Corrupt("a sample reaches past its fragment", end=end)
        if end > len(data):
            return
        random_access = not flags & _NOT_SYNC_BIT
        unit = data[start:end]
        yield AccessUnit(traf.track, pts + origin, WallTime(wall), random_access, unit, used)


def _is_identity(data: bytes, found: Box) -> bool:
    return found.kind == b"uuid" and data[found.body : found.body + 16] == IDENTITY_UUID


def _check(formats: Mapping[int, TrackFormat], identity: Identity) -> None:
    if not formats or not set(formats) <= set(identity.origins):
        raise Corrupt("segment without tracks, or without their origins", tracks=list(formats))


def leading_track(formats: Mapping[int, TrackFormat]) -> int:
    """Video where there is video, else the lowest track. Raises Corrupt when there is none."""
    if not formats:
        raise Corrupt("no tracks")
    return VIDEO if VIDEO in formats else min(formats)


def init_size(front: bytes) -> int | None:
    """Bytes up to and with the identity box; None when `front` does not reach there yet."""
    position = 0
    while position + 24 <= len(front):
        size = struct.unpack_from(">I", front, position)[0]
        if size < 8:
            raise Corrupt("a box smaller than its header", position=position)
        if front[position + 4 : position + 24] == b"uuid" + IDENTITY_UUID:
            return position + size if position + size <= len(front) else None
        position += size
    return None
