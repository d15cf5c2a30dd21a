"""NAL units as bytes: cutting streams into them, joining them, removing emulation prevention.

Pure. What a NAL unit means stands in `h264` and `h265`; reading bits stands in `bits`.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable

from vms.core.errors import Corrupt

_START_CODE = re.compile(rb"\x00\x00\x01")
_LENGTH = struct.Struct(">I")


def split_annex_b(data: bytes) -> list[bytes]:
    """NAL units between start codes (ITU-T H.264 annex B), without zeros around them.

    What stands before the first start code is ignored; data without any start code is no NAL unit.
    """
    starts = [match.end() for match in _START_CODE.finditer(data)]
    ends = [*(start - 3 for start in starts[1:]), len(data)] if starts else []
    pieces = (data[start:end].rstrip(b"\0") for start, end in zip(starts, ends, strict=True))
    return [piece for piece in pieces if piece]


def split_length_prefixed(data: bytes) -> list[bytes]:
    """NAL units each behind its length in four bytes. Raises Corrupt when lengths do not add up."""
    nals: list[bytes] = []
    position, size = 0, len(data)
    while position < size:
        if position + 4 > size:
            raise Corrupt("NAL unit length cut short", position=position, size=size)
        end = position + 4 + _LENGTH.unpack_from(data, position)[0]
        if end > size:
            raise Corrupt("NAL unit reaches past its picture", position=position, size=size)
        nals.append(data[position + 4 : end])
        position = end
    return nals


def join_length_prefixed(nals: Iterable[bytes]) -> bytes:
    """Inverse of `split_length_prefixed`."""
    pieces: list[bytes] = []
    for nal in nals:
        pieces += (_LENGTH.pack(len(nal)), nal)
    return b"".join(pieces)


def join_annex_b(nals: Iterable[bytes]) -> bytes:
    """Each NAL unit behind a four-byte start code, as decoders and raw files take it."""
    return b"".join(b"\0\0\0\x01" + nal for nal in nals)


def unescape(nal: bytes) -> bytes:
    """The NAL unit without its emulation prevention bytes (H.264 7.4.1: 00 00 03 -> 00 00)."""
    if b"\0\0\x03" not in nal:
        return nal
    pieces: list[bytes] = []
    position = 0
    while (found := nal.find(b"\0\0\x03", position)) >= 0:
        pieces.append(nal[position : found + 2])
        position = found + 3
    pieces.append(nal[position:])
    return b"".join(pieces)
