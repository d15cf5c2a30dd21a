"""One access unit as RTP packets, made once and patched for each client. Pure numpy.

Payload formats: RFC 6184 (H.264), RFC 7798 (H.265), RFC 3640 (AAC), RFC 3551 (G.711). The packets
lie in one buffer, each behind its interleaved head (RFC 2326 section 10.12), so that a TCP client
gets a whole access unit in one write.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vms.core.media.access_unit import Codec

LONGEST_PAYLOAD = 1400
"""Octets after the RTP header; with all headers still below an Ethernet frame."""

PAYLOAD_TYPES = {
    Codec.H264: 96,
    Codec.H265: 96,
    Codec.AAC: 97,
    Codec.OPUS: 98,
    Codec.PCMA: 8,
    Codec.PCMU: 0,
}

FRAME_HEAD = 4
RTP_HEAD = 12

_HEADS = struct.Struct(">cBHBBHII")
# Where channel, sequence, timestamp and SSRC stand, counted from the interleaved head's "$".
_PATCHED = np.array([1, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15])
_MARKER_OCTET = 5


@dataclass(frozen=True, slots=True)
class Packets:
    """`offsets[i]` is where the i-th packet's interleaved head begins in `template`."""

    template: NDArray[np.uint8]
    offsets: NDArray[np.intp]

    def __len__(self) -> int:
        return len(self.offsets)

    def patched(self, channel: int, sequence: int, timestamp: int, ssrc: int) -> NDArray[np.uint8]:
        """A copy for one client, whose first packet has `sequence`."""
        fields = np.empty((len(self), len(_PATCHED)), np.uint8)
        numbers = (sequence + np.arange(len(self))) & 0xFFFF
        fields[:, 0] = channel
        fields[:, 1] = numbers >> 8
        fields[:, 2] = numbers & 0xFF
        fields[:, 3:] = np.frombuffer(struct.pack(">II", timestamp, ssrc), np.uint8)
        made = self.template.copy()
        made[self.offsets[:, None] + _PATCHED] = fields
        return made

    def unmark(self, made: NDArray[np.uint8]) -> None:
        """Clear the marker bits in what `patched` gave."""
        made[self.offsets + _MARKER_OCTET] &= 0x7F

    def each(self, made: NDArray[np.uint8]) -> list[memoryview]:
        """The packets in what `patched` gave, each with its interleaved head."""
        ends = [*self.offsets[1:].tolist(), len(made)]
        view = made.data
        return [view[start:end] for start, end in zip(self.offsets.tolist(), ends, strict=True)]


def video_packets(codec: Codec, nals: Sequence[bytes]) -> Packets:
    """A coded picture; the marker bit stands on its last packet."""
    fragments = _h264 if codec is Codec.H264 else _h265
    payloads = [payload for nal in nals for payload in fragments(nal)]
    marks = [False] * (len(payloads) - 1) + [True]
    return _assemble(PAYLOAD_TYPES[codec], payloads, marks)


def audio_packets(codec: Codec, frame: bytes) -> Packets:
    """One audio frame, which must fit into one packet."""
    if codec is Codec.AAC:  # AAC-hbr: one AU header of 13 bits size, 3 bits index
        frame = struct.pack(">HH", 16, len(frame) << 3) + frame
    return _assemble(PAYLOAD_TYPES[codec], [frame], [codec is Codec.AAC])


def _h264(nal: bytes) -> Iterator[bytes]:
    """Single NAL unit packet, or FU-A (RFC 6184 sections 5.6 and 5.8)."""
    if len(nal) <= LONGEST_PAYLOAD:
        yield nal
        return
    indicator, kind = (nal[0] & 0xE0) | 28, nal[0] & 0x1F
    for start, end, piece in _pieces(nal[1:], LONGEST_PAYLOAD - 2):
        yield bytes((indicator, start << 7 | end << 6 | kind)) + piece


def _h265(nal: bytes) -> Iterator[bytes]:
    """Single NAL unit packet, or FU (RFC 7798 sections 4.4.1 and 4.4.3)."""
    if len(nal) <= LONGEST_PAYLOAD:
        yield nal
        return
    first, kind = (nal[0] & 0x81) | 49 << 1, nal[0] >> 1 & 0x3F
    for start, end, piece in _pieces(nal[2:], LONGEST_PAYLOAD - 3):
        yield bytes((first, nal[1], start << 7 | end << 6 | kind)) + piece


def _pieces(data: bytes, longest: int) -> Iterator[tuple[bool, bool, bytes]]:
    for at in range(0, len(data), longest):
        yield at == 0, at + longest >= len(data), data[at : at + longest]


def _assemble(payload_type: int, payloads: list[bytes], marks: list[bool]) -> Packets:
    parts: list[bytes] = []
    offsets, at = [], 0
    for payload, mark in zip(payloads, marks, strict=True):
        size = RTP_HEAD + len(payload)
        second = mark << 7 | payload_type
        parts += (_HEADS.pack(b"$", 0, size, 0x80, second, 0, 0, 0), payload)
        offsets.append(at)
        at += FRAME_HEAD + size
    return Packets(np.frombuffer(b"".join(parts), np.uint8), np.array(offsets, np.intp))
