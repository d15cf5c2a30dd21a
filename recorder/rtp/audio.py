"""Sound out of RTP: AAC (RFC 3640, mode AAC-hbr), G.711 (RFC 3551), Opus (RFC 7587)."""

from __future__ import annotations

from recorder.rtp.depacketizer import LARGEST_UNIT, Coded
from vms.core.media.access_unit import TrackFormat
from vms.core.media.audio import frame_ticks

_MOST_FRAMES_IN_PACKET = 128
"""A packet that claims more is broken: taking one apart must cost little, whoever wrote it."""


class _Sound:
    @property
    def pictures(self) -> None:
        return None


class WholeFrames(_Sound):
    """One packet is one frame: G.711 and Opus."""

    def __init__(self, used: TrackFormat) -> None:
        self.ready: list[Coded] = []
        self.dropped = 0
        self._format = used

    def lose(self) -> None:
        self.dropped += 1

    def push(self, data: bytes, start: int, end: int, marker: bool, timestamp: int) -> None:
        if end > start:
            self.ready.append(Coded(timestamp, True, data[start:end], self._format))


class AacFrames(_Sound):
    """AU headers, then frames, several to a packet or one over several packets (RFC 3640)."""

    def __init__(self, used: TrackFormat, size_bits: int = 13, index_bits: int = 3) -> None:
        """`size_bits`, `index_bits`: sizelength and indexlength (also indexdeltalength)."""
        self.ready: list[Coded] = []
        self.dropped = 0
        self._format = used
        self._ticks = frame_ticks(used, b"")
        self._size_bits, self._index_bits = size_bits, index_bits
        self._one_header = b"\0\x10" if (size_bits, index_bits) == (13, 3) else b"none"
        self._pieces: list[bytes] = []
        self._missing = 0

    def lose(self) -> None:
        self.dropped += 1
        self._pieces, self._missing = [], 0

    def push(self, data: bytes, start: int, end: int, marker: bool, timestamp: int) -> None:
        if (
            end - start > 4
            and data[start : start + 2] == self._one_header
            and not self._missing
            and ((data[start + 2] << 8) | data[start + 3]) >> 3 == end - start - 4
            and data[start + 4] != 0xFF  # else it may be ADTS
        ):  # one whole frame: nearly always
            self.ready.append(Coded(timestamp, True, data[start + 4 : end], self._format))
            return
        sizes, start = self._read_headers(data, start, end)
        if not sizes or start == end or sum(sizes) > LARGEST_UNIT:
            self.dropped += 1
        elif self._missing or (len(sizes) == 1 and sizes[0] > end - start):
            self._piece(data[start:end], sizes[0], timestamp)
        else:
            self._frames(data, start, end, sizes, timestamp)

    def _read_headers(self, data: bytes, start: int, end: int) -> tuple[list[int], int]:
        """Sizes of the frames and where the first begins; no sizes when the headers are broken."""
        width = self._size_bits + self._index_bits
        if end - start < 2:
            return [], start
        bits = (data[start] << 8) | data[start + 1]
        body = start + 2 + (bits + 7) // 8
        if body > end or not 0 < width <= bits <= width * _MOST_FRAMES_IN_PACKET:
            return [], start
        headers = int.from_bytes(data[start + 2 : body], "big") >> (-bits % 8)
        shifts = range(bits - width, -1, -width)
        mask = (1 << self._size_bits) - 1
        return [headers >> shift >> self._index_bits & mask for shift in shifts], body

    def _frames(self, data: bytes, start: int, end: int, sizes: list[int], timestamp: int) -> None:
        for number, size in enumerate(sizes):
            if size > end - start or not size:
                self.dropped += 1
                return
            at = (timestamp + number * self._ticks) & 0xFFFF_FFFF
            self.ready.append(Coded(at, True, _bare(data[start : start + size]), self._format))
            start += size

    def _piece(self, piece: bytes, size: int, timestamp: int) -> None:
        """Part of a frame that is longer than a packet; each packet repeats the whole size."""
        if not self._missing:
            self._missing = size
        self._pieces.append(piece)
        self._missing -= len(piece)
        if self._missing <= 0:
            frame = _bare(b"".join(self._pieces))
            self.ready.append(Coded(timestamp, True, frame, self._format))
            self._pieces, self._missing = [], 0


def _bare(frame: bytes) -> bytes:
    """The frame without an ADTS header (ISO/IEC 14496-3 1.A.2.2), which some cameras leave on: no
    frame of its own begins with twelve ones."""
    if len(frame) < 8 or frame[0] != 0xFF or frame[1] & 0xF6 != 0xF0:
        return frame
    return frame[7 if frame[1] & 1 else 9 :]


class LatmFrames(_Sound):
    """AAC as LATM (RFC 6416 section 6, ISO/IEC 14496-3 1.7.3) with its configuration in the
    description: a length in bytes of 255, then the frame, `frames` times a packet."""

    def __init__(self, used: TrackFormat, frames: int = 1) -> None:
        self.ready: list[Coded] = []
        self.dropped = 0
        self._format, self._frames = used, frames
        self._ticks = frame_ticks(used, b"")
        self._pieces: list[bytes] = []
        self._timestamp = 0

    def lose(self) -> None:
        self.dropped += 1
        self._pieces = []

    def push(self, data: bytes, start: int, end: int, marker: bool, timestamp: int) -> None:
        """The marker ends an element that is longer than a packet (section 6.1)."""
        if timestamp != self._timestamp:
            self._pieces, self._timestamp = [], timestamp
        self._pieces.append(data[start:end])
        whole = b"".join(self._pieces)
        if self._take(whole, timestamp) or len(whole) > LARGEST_UNIT:
            self._pieces = []
        elif marker:
            self.lose()

    def _take(self, element: bytes, timestamp: int) -> bool:
        """Whether the element was whole, and its frames are ready."""
        at, frames = 0, []
        for number in range(self._frames):
            size, at = _latm_size(element, at)
            if not size or at + size > len(element):
                return False
            when = (timestamp + number * self._ticks) & 0xFFFF_FFFF
            frames.append(Coded(when, True, element[at : at + size], self._format))
            at += size
        self.ready += frames
        return True


def _latm_size(element: bytes, at: int) -> tuple[int, int]:
    """PayloadLengthInfo at a position, and where the payload begins; 0 when it is cut off."""
    size = 0
    while at < len(element):
        size += element[at]
        at += 1
        if element[at - 1] != 255:
            return size, at
    return 0, at
