"""Reading a segment's heads without its pictures: which ranges to ask for, what they say. Pure.

A walk is a generator: it yields (offset, size) and is sent those bytes (fewer at the object's end);
what it returns is what was found. So the same code reads a file in one thread and an object over
HTTP. It finds what `vms.core.media.fmp4.scan` finds; the usual fragment, with its sample tables as
this program writes them, is read by fixed offsets, everything else through `read_moof`.
"""

from __future__ import annotations

import struct
from collections.abc import Generator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from vms.core.errors import Corrupt
from vms.core.media.fmp4 import Found, Init, Scan, parse_init
from vms.core.media.fmp4.moof import Moof, read_moof
from vms.core.media.fmp4.parse import init_size, leading_track, media_zero, rate_of
from vms.core.walltime import SECOND, WallTime, from_ntp

Walk: TypeAlias = Generator[tuple[int, int], bytes, Scan]

_FRONT = 1 << 12
_LARGEST_FRONT = 1 << 20
_HEAD = 1 << 12
_LARGEST_HEAD = 1 << 24
_U32 = struct.Struct(">I")
_USUAL = struct.Struct(">I4sIIQQ I4s 16x I4s 8xIII 8xIQ I4sIIi")
"""prft (14496-12 8.16.5), moof, mfhd, the first traf with tfhd, tfdt and the front of its trun."""
_PRFT_BYTES, _TRUN_FRONT = 32, 20
_TABLE = _USUAL.size
_TRUN = _TABLE - _TRUN_FRONT
_TFHD_FLAGS = 0x02_0020
_NOT_SYNC = 0x1_0000
_FIRST_FLAGS, _FLAGS, _OFFSETS = 0x4, 0x400, 0x800
_NEEDED = 0x301
_MOST_SAMPLES = 1 << 20
_NEGATIVE = 1 << 31
"""What a negative number looks like where there is none: the thorough way judges it."""


def walk(size: int) -> Walk:
    """Walk an object of `size` bytes. Stops at the first fragment that is not whole.

    Raises Corrupt when its front cannot be read.
    """
    data = yield 0, min(_FRONT, size)
    while init_size(data) is None:
        if len(data) >= min(size, _LARGEST_FRONT):
            raise Corrupt("segment cut short within its front")
        data = yield 0, min(len(data) * 4, size)
    init = parse_init(data)
    position, ahead = init.size, data[init.size :]
    fragments: list[Found] = []
    while position < size:
        try:
            found = yield from _fragment(position, size, init, ahead)
        except Corrupt:
            break
        fragments.append(found)
        position, ahead = position + found.size, b""
    return Scan(init, tuple(fragments), position)


def _fragment(
    position: int, size: int, init: Init, head: bytes
) -> Generator[tuple[int, int], bytes, Found]:
    """One fragment; `head`: what is known of its bytes already. Raises Corrupt when not whole."""
    if _head_size(head) is None:
        head = yield position, min(_HEAD, size - position)
    wanted = _head_size(head)
    if wanted is None or wanted > min(size - position, _LARGEST_HEAD):
        raise Corrupt("fragment head cut short", position=position)
    if wanted > len(head):
        head = yield position, wanted
    found = _usual(head, wanted, position, init) or _thorough(read_moof(head), position, init)
    if position + found.size > size:
        raise Corrupt("fragment cut short", position=position)
    return found


def _head_size(head: bytes) -> int | None:
    """Bytes of prft, moof and the header of mdat; None when `head` is too short to tell. Raises
    Corrupt when they do not begin here."""
    if len(head) < 8:
        return None
    (prft,) = _U32.unpack_from(head, 0)
    if head[4:8] != b"prft" or prft < 8:
        raise Corrupt("no fragment here")
    if len(head) < prft + 8:
        return None
    (moof,) = _U32.unpack_from(head, prft)
    if head[prft + 4 : prft + 8] != b"moof" or moof < 8:
        raise Corrupt("no fragment here")
    return int(prft + moof) + 8


@dataclass(frozen=True, slots=True)
class _Lead:
    """The leading track's part of a fragment in ticks, and the size of its first sample if decoding
    can start there."""

    first: int
    last: int
    key_size: int


@dataclass(frozen=True, slots=True)
class _Trun:
    """`end`: where its table ends, counted from the fragment's start."""

    flags: int
    count: int
    default: int
    decode_time: int
    data_offset: int
    end: int


def _usual(head: bytes, wanted: int, position: int, init: Init) -> Found | None:
    """None when it is not laid out as this program does."""
    if wanted < _TABLE + 8 or head[wanted - 4 : wanted] != b"mdat":
        return None
    fields = _USUAL.unpack_from(head)
    prft_size, _, prft_flags, reference, ntp, media_time, _, _, _, traf = fields[:10]
    tfhd_flags, track, default, tfdt_flags, decode_time = fields[10:15]
    trun_size, trun, flags, count, data_offset = fields[15:]
    lead, size = leading_track(init.formats), wanted - 8 + _U32.unpack_from(head, wanted - 8)[0]
    layout = (prft_size, traf, trun, reference, track, tfhd_flags)
    versions = {prft_flags >> 24, tfdt_flags >> 24, flags >> 24}
    table = _Trun(flags, count, default, decode_time, data_offset, _TRUN + trun_size)
    if (
        layout != (_PRFT_BYTES, b"traf", b"trun", lead, lead, _TFHD_FLAGS)
        or versions != {1}
        or table.end > wanted - 8
        or (described := _lead(head, table, size)) is None
    ):
        return None
    rate = rate_of(lead, init.formats)
    zero = from_ntp(ntp) - (media_time * SECOND + rate // 2) // rate
    return _found(described, zero, rate, position, size)


def _lead(head: bytes, trun: _Trun, size: int) -> _Lead | None:
    """From the sample table: where the first sample begins and the last one ends."""
    at, flags, columns = _TABLE, trun.default, 2
    if trun.flags & _FIRST_FLAGS and len(head) >= at + 4:
        flags, at = _U32.unpack_from(head, at)[0], at + 4
    columns += bool(trun.flags & _FLAGS) + bool(trun.flags & _OFFSETS)
    whole = 0 < trun.count <= _MOST_SAMPLES and at + 4 * trun.count * columns <= trun.end
    if not whole or trun.flags & _NEEDED != _NEEDED:
        return None
    table = np.frombuffer(head, ">u4", trun.count * columns, at).reshape(trun.count, columns)
    ticks, octets = table.sum(axis=0, dtype=np.int64).tolist()[:2]
    past = _PRFT_BYTES + trun.data_offset + octets > size
    if past or trun.data_offset < 0 or ticks >= _NEGATIVE:
        return None
    first, last = trun.decode_time, trun.decode_time + ticks
    if trun.flags & _OFFSETS:
        durations = table[:, 0].astype(np.int64)
        begins = trun.decode_time + np.cumsum(durations) - durations
        composed = begins + table[:, -1].astype(np.uint32).view(np.int32)
        first, last = int(composed.min()), int(composed.max()) + int(durations[-1])
    if trun.flags & _FLAGS:
        flags = int(table[0, 2])
    return _Lead(first, last, 0 if flags & _NOT_SYNC else int(table[0, 1]))


def _found(lead: _Lead, zero: int, rate: int, position: int, size: int) -> Found:
    start = WallTime(zero + (lead.first * SECOND + rate // 2) // rate)
    last = max(lead.last, lead.first + 1)
    end = WallTime(max(zero + (last * SECOND + rate // 2) // rate, start + 1))
    return Found(position, size, start, end, lead.key_size)


def _thorough(moof: Moof, position: int, init: Init) -> Found:
    lead = next((each for each in moof.trafs if each.track == leading_track(init.formats)), None)
    if lead is None:
        raise Corrupt("fragment without its leading track", position=position)
    for traf in moof.trafs:
        if traf.data_offset + int(traf.sizes.sum()) > moof.data_end:
            raise Corrupt("samples reach past their fragment", position=position)
    rate = rate_of(lead.track, init.formats)
    last = int(lead.composed.max() + lead.durations[-1])
    key_size = 0 if int(lead.flags[0]) & _NOT_SYNC else int(lead.sizes[0])
    described = _Lead(int(lead.composed.min()), last, key_size)
    return _found(described, media_zero(moof, init.formats), rate, position, moof.data_end)
