"""Finding the whole fragments of a segment that may be torn: what a crash left behind."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import BinaryIO

from vms.core.errors import Corrupt
from vms.core.media.fmp4.moof import Moof, read_moof
from vms.core.media.fmp4.parse import (
    Init,
    init_size,
    leading_track,
    media_zero,
    parse_init,
    rate_of,
)
from vms.core.walltime import SECOND, WallTime

_FRONT_BYTES = 1 << 16
_LARGEST_FRONT = 1 << 20
_LARGEST_HEAD = 1 << 24
_HEAD = struct.Struct(">I4s")


@dataclass(frozen=True, slots=True)
class Found:
    """One whole fragment: where it lies and its span of civil time by its own `prft`.

    `key_size` is 0 when it does not start with a random access point.
    """

    offset: int
    size: int
    start: WallTime
    end: WallTime
    key_size: int


@dataclass(frozen=True, slots=True)
class Scan:
    """`whole_size`: bytes up to the end of the last whole fragment; what lies behind is torn."""

    init: Init
    fragments: tuple[Found, ...]
    whole_size: int


def scan(source: BinaryIO) -> Scan:
    """Walk a segment from its front, reading heads only. Stops at the first fragment not whole.

    Raises Corrupt when the front itself cannot be read: such a file holds nothing of use.
    """
    init = _read_front(source)
    fragments: list[Found] = []
    position = init.size
    size = source.seek(0, 2)
    while (found := _fragment_at(source, position, size, init)) is not None:
        fragments.append(found)
        position += found.size
    return Scan(init, tuple(fragments), position)


def _read_front(source: BinaryIO) -> Init:
    wanted = _FRONT_BYTES
    while wanted <= _LARGEST_FRONT:
        source.seek(0)
        front = source.read(wanted)
        if init_size(front) is not None:
            return parse_init(front)
        if len(front) < wanted:
            break
        wanted *= 4
    raise Corrupt("segment cut short within its front")


def _fragment_at(source: BinaryIO, position: int, size: int, init: Init) -> Found | None:
    try:
        moof = read_moof(_read_head(source, position, size))
        if position + moof.data_end > size:
            return None
        return _describe(moof, position, init)
    except Corrupt:
        return None


def _read_head(source: BinaryIO, position: int, size: int) -> bytes:
    """prft, moof and mdat's header, without mdat's content. Raises Corrupt when not there."""
    end = position
    for kind in (b"prft", b"moof"):
        source.seek(end)
        head = source.read(8)
        if len(head) < 8 or head[4:] != kind:
            raise Corrupt("no fragment here", position=position)
        end += _HEAD.unpack(head)[0]
    if end - position > _LARGEST_HEAD or end + 8 > size:
        raise Corrupt("fragment head cut short", position=position)
    source.seek(position)
    return source.read(end + 8 - position)


def _describe(moof: Moof, offset: int, init: Init) -> Found:
    lead = next((t for t in moof.trafs if t.track == leading_track(init.formats)), None)
    if lead is None:
        raise Corrupt("fragment without its leading track", offset=offset)
    for traf in moof.trafs:
        if traf.data_offset + int(traf.sizes.sum()) > moof.data_end:
            raise Corrupt("samples reach past their fragment", offset=offset)
    zero, rate = media_zero(moof, init.formats), rate_of(lead.track, init.formats)
    first = int(lead.composed.min())
    last = max(int(lead.composed.max() + lead.durations[-1]), first + 1)
    start = WallTime(zero + (first * SECOND + rate // 2) // rate)
    end = WallTime(max(zero + (last * SECOND + rate // 2) // rate, start + 1))
    key_size = 0 if int(lead.flags[0]) & 0x1_0000 else int(lead.sizes[0])
    return Found(offset, moof.data_end, start, end, key_size)
