"""Builders of RTP packets, the way cameras cut access units into them."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from recorder.rtp.depacketizer import Coded, Depacketizer
from recorder.rtp.packet import read_header


def packet(
    payload: bytes, *, sequence: int = 0, timestamp: int = 0, marker: bool = False, ssrc: int = 7
) -> bytes:
    second = 96 | (marker << 7)
    return struct.pack(">BBHII", 0x80, second, sequence & 0xFFFF, timestamp, ssrc) + payload


def fu_a(nal: bytes, size: int) -> list[bytes]:
    """H.264 fragmentation units of at most `size` payload bytes (RFC 6184 section 5.8)."""
    indicator, kind, rest = bytes(((nal[0] & 0xE0) | 28,)), nal[0] & 0x1F, nal[1:]
    pieces = [rest[at : at + size] for at in range(0, len(rest), size)]
    return [
        indicator
        + bytes((kind | (0x80 if n == 0 else 0) | (0x40 if n == len(pieces) - 1 else 0),))
        + piece
        for n, piece in enumerate(pieces)
    ]


def fu_h265(nal: bytes, size: int) -> list[bytes]:
    """H.265 fragmentation units (RFC 7798 section 4.4.3)."""
    kind, rest = (nal[0] >> 1) & 0x3F, nal[2:]
    header = bytes(((nal[0] & 0x81) | (49 << 1), nal[1]))
    pieces = [rest[at : at + size] for at in range(0, len(rest), size)]
    return [
        header
        + bytes((kind | (0x80 if n == 0 else 0) | (0x40 if n == len(pieces) - 1 else 0),))
        + piece
        for n, piece in enumerate(pieces)
    ]


def stap_a(nals: Iterable[bytes]) -> bytes:
    return b"\x18" + b"".join(len(nal).to_bytes(2, "big") + nal for nal in nals)


def ap_h265(nals: Iterable[bytes]) -> bytes:
    """An aggregation packet (RFC 7798 section 4.4.2)."""
    return b"\x60\x01" + b"".join(len(nal).to_bytes(2, "big") + nal for nal in nals)


@dataclass
class Sender:
    """Pushes payloads into a depacketizer as packets and keeps what came out."""

    depacketizer: Depacketizer
    sequence: int = 0

    def send(self, *payloads: bytes, timestamp: int, marker: bool = True) -> list[Coded]:
        """Payloads of one access unit; the marker, if any, is on the last."""
        for number, payload in enumerate(payloads):
            data = packet(
                payload,
                sequence=self.sequence,
                timestamp=timestamp,
                marker=marker and number == len(payloads) - 1,
            )
            self.sequence += 1
            header = read_header(data, 0, len(data))
            assert header is not None
            self.depacketizer.push(data, header.start, header.end, header.marker, timestamp)
        return self.taken()

    def taken(self) -> list[Coded]:
        units = list(self.depacketizer.ready)
        self.depacketizer.ready.clear()
        return units


def chopped(data: bytes, sizes: Iterable[int]) -> Iterator[bytes]:
    """`data` in pieces of these sizes, over and over."""
    position = 0
    while position < len(data):
        for size in sizes:
            if piece := data[position : position + size]:
                yield piece
            position += size
