"""The RTP header (RFC 3550 section 5.1), read in place."""

from __future__ import annotations

import struct
from typing import NamedTuple

PLAIN_HEADER = struct.Struct(">BBHII")
"""The twelve bytes that are the whole header when the first is 0x80, as it nearly always is."""
_EXTENSION = struct.Struct(">HH")


class Header(NamedTuple):
    """`start` and `end`: where the payload lies in the buffer the packet was read from."""

    marker: bool
    payload_type: int
    sequence: int
    timestamp: int
    ssrc: int
    start: int
    end: int


def read_header(data: bytes | memoryview, start: int, end: int) -> Header | None:
    """The header of the packet at data[start:end]; None when it is no RTP version 2 packet."""
    if end - start < 12:
        return None
    first, second, sequence, timestamp, ssrc = PLAIN_HEADER.unpack_from(data, start)
    if first >> 6 != 2:
        return None
    payload = start + 12
    if first & 0x3F:  # padding, extension, contributing sources: rare
        payload += 4 * (first & 0x0F)
        if first & 0x10:
            if payload + 4 > end:
                return None
            payload += 4 + 4 * _EXTENSION.unpack_from(data, payload)[1]
        if first & 0x20:
            end -= data[end - 1]
        if payload > end:
            return None
    return Header(second > 127, second & 0x7F, sequence, timestamp, ssrc, payload, end)
