"""RTCP of a camera: sender reports with its name (RFC 3550 sections 6.4.1 and 6.5). Pure."""

from __future__ import annotations

import struct

from vms.core.walltime import WallTime, to_ntp

_REPORT = struct.Struct(">BBHIQIII")
_CNAME = b"camera@demo"


def sender_report(ssrc: int, wall: WallTime, timestamp: int, packets: int, octets: int) -> bytes:
    """A compound packet: sender report without reception blocks, then SDES with a CNAME."""
    ntp, counted = to_ntp(wall), (packets & 0xFFFF_FFFF, octets & 0xFFFF_FFFF)
    report = _REPORT.pack(0x80, 200, 6, ssrc, ntp, timestamp, *counted)
    item = struct.pack(">IBB", ssrc, 1, len(_CNAME)) + _CNAME + b"\0"
    item += b"\0" * (-len(item) % 4)
    return report + struct.pack(">BBH", 0x81, 202, len(item) // 4) + item
