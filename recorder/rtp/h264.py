"""H.264 out of RTP (RFC 6184): single NAL units, STAP-A, FU-A, and what cameras make of them."""

from __future__ import annotations

from collections.abc import Iterable

from recorder.rtp.depacketizer import MOST_NALS_IN_PACKET, Coded, Pictures, split_few
from recorder.rtp.parameters import ParameterSets
from vms.core.media.access_unit import Codec

_STAP_A, _FU_A = 24, 28


class H264Depacketizer:
    def __init__(self, parameter_sets: Iterable[bytes] = ()) -> None:
        """`parameter_sets`: those of the session description, if any."""
        self._pictures = Pictures(Codec.H264, ParameterSets(Codec.H264, parameter_sets))
        self.ready: list[Coded] = self._pictures.ready

    @property
    def dropped(self) -> int:
        return self._pictures.dropped

    def lose(self) -> None:
        self._pictures.lose()

    @property
    def pictures(self) -> Pictures | None:
        return self._pictures

    def push(self, data: bytes, start: int, end: int, marker: bool, timestamp: int) -> None:
        pictures = self._pictures
        if (
            timestamp == pictures.timestamp
            and not marker
            and pictures.open_at >= 0
            and end - start > 2
            and data[start] & 0x1F == _FU_A
            and data[start + 1] < 0x40
            and len(pictures.parts) < pictures.room
        ):
            pictures.parts.append(data[start + 2 : end])  # the middle of a picture: most packets
            return
        pictures.at(timestamp)
        if end - start > 1:
            kind = data[start] & 0x1F
            if kind == _FU_A:
                self._fragment(data, start, end)
            elif kind == _STAP_A:
                self._aggregate(data, start + 1, end)
            elif kind:
                self._whole(data[start:end])
            else:
                self._annex_b(data[start:end])
        if marker:
            pictures.mark()

    def _whole(self, nal: bytes) -> None:
        kind = nal[0] & 0x1F
        if kind > 23:
            self._pictures.spoil()  # STAP-B, MTAP, FU-B: interleaved mode, which was not asked for
            return
        is_slice = 1 <= kind <= 5
        self._pictures.begin(nal[:1], is_slice, is_slice and len(nal) > 1 and nal[1] > 127)
        self._pictures.fill(nal[1:])
        self._pictures.close()

    def _fragment(self, data: bytes, start: int, end: int) -> None:
        """FU-A (section 5.8). An empty fragment or an inconsistent type byte is passed over."""
        if end - start < 3:
            return
        head = data[start + 1]
        if head & 0x80:
            kind = head & 0x1F
            is_slice = 1 <= kind <= 5
            header = bytes(((data[start] & 0xE0) | kind,))
            first = is_slice and data[start + 2] > 127
            if not self._pictures.goes_on(header, first):
                self._pictures.begin(header, is_slice, first)
        elif head & 0x40:
            self._pictures.only_ended()
        self._pictures.fill(data[start + 2 : end])
        if head & 0x40:
            self._pictures.close()

    def _aggregate(self, data: bytes, start: int, end: int) -> None:
        """STAP-A (section 5.7.1)."""
        for _ in range(MOST_NALS_IN_PACKET):
            if end - start <= 2:
                return
            size = (data[start] << 8) | data[start + 1]
            start += 2
            if not 0 < size <= end - start:
                break
            self._whole(data[start : start + size])
            start += size
        self._pictures.spoil()

    def _annex_b(self, data: bytes) -> None:
        """Start codes inside RTP, which the RFC forbids and some firmware sends."""
        nals = split_few(data)
        if not nals:
            self._pictures.spoil()
        for nal in nals:
            self._whole(nal)
