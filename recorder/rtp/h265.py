"""H.265 out of RTP (RFC 7798): single NAL units, aggregation and fragmentation units.

Decoding order numbers (sprop-max-don-diff above 0) are not read: no camera has been met that sends
them.
"""

from __future__ import annotations

from collections.abc import Iterable

from recorder.rtp.depacketizer import MOST_NALS_IN_PACKET, Coded, Pictures, split_few
from recorder.rtp.parameters import ParameterSets
from vms.core.media.access_unit import Codec

_AGGREGATION, _FRAGMENTATION = 48, 49


class H265Depacketizer:
    def __init__(self, parameter_sets: Iterable[bytes] = ()) -> None:
        """`parameter_sets`: those of the session description, if any."""
        self._pictures = Pictures(Codec.H265, ParameterSets(Codec.H265, parameter_sets))
        self.ready: list[Coded] = self._pictures.ready

    @property
    def dropped(self) -> int:
        return self._pictures.dropped

    def lose(self) -> None:
        self._pictures.lose()

    @property
    def pieces(self) -> list[bytes]:
        return self._pictures.parts

    def middle(self, data: bytes, start: int, timestamp: int) -> int:
        pictures = self._pictures
        if (
            timestamp != pictures.timestamp
            or pictures.open_at < 0
            or len(pictures.parts) >= pictures.room
        ):
            return 0
        return 3 if data[start] >> 1 & 0x3F == _FRAGMENTATION and data[start + 2] < 0x40 else 0

    def push(self, data: bytes, start: int, end: int, marker: bool, timestamp: int) -> None:
        pictures = self._pictures
        if (
            timestamp == pictures.timestamp
            and not marker
            and pictures.open_at >= 0
            and end - start > 3
            and (data[start] >> 1) & 0x3F == _FRAGMENTATION
            and data[start + 2] < 0x40
            and len(pictures.parts) < pictures.room
        ):
            pictures.parts.append(data[start + 3 : end])  # the middle of a picture: most packets
            return
        pictures.at(timestamp)
        if end - start > 2:
            kind = (data[start] >> 1) & 0x3F
            if kind == _FRAGMENTATION:
                self._fragment(data, start, end)
            elif kind == _AGGREGATION:
                self._aggregate(data, start + 2, end)
            elif data[start : start + 3] in (b"\0\0\1", b"\0\0\0"):
                self._annex_b(data[start:end])
            else:
                self._whole(data[start:end])
        if marker:
            pictures.mark()

    def _whole(self, nal: bytes) -> None:
        kind = (nal[0] >> 1) & 0x3F
        if kind > 47:
            self._pictures.spoil()
            return
        is_slice = kind < 32
        self._pictures.begin(nal[:2], is_slice, is_slice and len(nal) > 2 and nal[2] > 127)
        self._pictures.fill(nal[2:])
        self._pictures.close()

    def _fragment(self, data: bytes, start: int, end: int) -> None:
        """Section 4.4.3. The NAL header is rebuilt from the payload header and the FU type."""
        if end - start < 4:
            return
        head = data[start + 2]
        if head & 0x80:
            kind = head & 0x3F
            header = bytes(((data[start] & 0x81) | (kind << 1), data[start + 1]))
            self._pictures.begin(header, kind < 32, kind < 32 and data[start + 3] > 127)
        self._pictures.fill(data[start + 3 : end])
        if head & 0x40:
            self._pictures.close()

    def _aggregate(self, data: bytes, start: int, end: int) -> None:
        """Section 4.4.2."""
        for _ in range(MOST_NALS_IN_PACKET):
            if end - start <= 2:
                return
            size = (data[start] << 8) | data[start + 1]
            start += 2
            if not 2 < size <= end - start:
                break
            self._whole(data[start : start + size])
            start += size
        self._pictures.spoil()

    def _annex_b(self, data: bytes) -> None:
        nals = split_few(data)
        if not nals:
            self._pictures.spoil()
        for nal in nals:
            if len(nal) > 2:
                self._whole(nal)
