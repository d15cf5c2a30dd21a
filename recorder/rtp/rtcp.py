"""RTCP (RFC 3550 section 6): sender reports in, receiver reports out.

Cameras send SDES packets cut short and reports with an SSRC that is not theirs: what cannot be read
is passed over, never an error.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

_SENDER_INFO = struct.Struct(">IQI")
_SENDER_REPORT, _BYE = 200, 203


@dataclass(frozen=True, slots=True)
class SenderReport:
    """`ntp` (64 bits) and `timestamp` (RTP) name the same instant on the camera's clocks."""

    ssrc: int
    ntp: int
    timestamp: int


@dataclass(frozen=True, slots=True)
class Reception:
    """What a receiver report says of one source (RFC 3550 section 6.4.1)."""

    ssrc: int
    fraction_lost: int
    lost: int
    highest_sequence: int
    jitter: int
    last_report: int
    delay: int


def read_sender_report(data: bytes, start: int, end: int) -> SenderReport | None:
    """The first sender report in a compound packet; None when there is none that is whole."""
    while end - start >= 4 and data[start] >> 6 == 2:
        size = 4 * (1 + ((data[start + 2] << 8) | data[start + 3]))
        if data[start + 1] == _SENDER_REPORT and end - start >= 20:
            return SenderReport(*_SENDER_INFO.unpack_from(data, start + 4))
        start += size
    return None


def says_bye(data: bytes, start: int, end: int) -> bool:
    """Whether the sender ends the stream (RFC 3550 section 6.6)."""
    while end - start >= 4 and data[start] >> 6 == 2:
        if data[start + 1] == _BYE:
            return True
        start += 4 * (1 + ((data[start + 2] << 8) | data[start + 3]))
    return False


def receiver_report(own_ssrc: int, of: Reception) -> bytes:
    """A compound packet of one receiver report and an empty-named SDES (RFC 3550 section 6.1)."""
    report = struct.pack(
        ">BBHIIIIIII",
        *(0x81, 201, 7, own_ssrc, of.ssrc),
        (of.fraction_lost << 24) | (min(max(of.lost, 0), 0x7FFFFF)),
        *(of.highest_sequence, of.jitter, of.last_report, of.delay),
    )
    return report + struct.pack(">BBHIBBH", 0x81, 202, 2, own_ssrc, 1, 0, 0)
