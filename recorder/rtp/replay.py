"""The RTP header extension of ONVIF replay: when a picture was taken, by the camera's own clock.

ONVIF Streaming Specification, section "RTP header extension": profile 0xABAC, at least three words:
64 bits of NTP time, then the bits C (clean point), E (end of a contiguous section), D
(discontinuity) and T (last of the recording), reserved bits, and the low byte of the CSeq of the
PLAY it answers. Recordings of a camera's own disk carry it; some cameras send it live as well.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

_PROFILE = 0xABAC
_EXTENSION = struct.Struct(">HHQBB")
_WORDS = 3


class ReplayTime(NamedTuple):
    """`ntp` (64 bits): when the access unit with RTP `timestamp` was taken."""

    ntp: int
    timestamp: int
    clean: bool
    ends_section: bool
    discontinuity: bool
    terminal: bool
    cseq: int


def read_replay(data: bytes | memoryview, start: int, end: int) -> ReplayTime | None:
    """The extension of the RTP packet data[start:end]; None when it has none, or not this one.

    Other makers' words behind the three (JPEG headers) are passed over.
    """
    if end - start < 12 or data[start] >> 4 & 0xD != 0x9:  # version 2 with an extension
        return None
    at = start + 12 + 4 * (data[start] & 0x0F)
    if at + 4 + 4 * _WORDS > end:
        return None
    profile, words, ntp, flags, cseq = _EXTENSION.unpack_from(data, at)
    if profile != _PROFILE or words < _WORDS or at + 4 + 4 * words > end:
        return None
    clean, ends, broken, last = (bool(flags & bit) for bit in (0x80, 0x40, 0x20, 0x10))
    timestamp = int.from_bytes(data[start + 4 : start + 8], "big")
    return ReplayTime(ntp, timestamp, clean, ends, broken, last, cseq)
