"""H.265 out of RTP (RFC 7798): single NAL units, aggregation and fragmentation units.

Decoding order numbers (sprop-max-don-diff above 0) are taken off and looked at: units that are sent
in another order than they are decoded in are not put back into it; their picture is dropped.
"""

from __future__ import annotations

from collections.abc import Iterable

from recorder.rtp.depacketizer import MOST_NALS_IN_PACKET, Coded, Pictures, split_few
from recorder.rtp.parameters import ParameterSets
from vms.core.media.access_unit import Codec

_AGGREGATION, _FRAGMENTATION = 48, 49


class H265Depacketizer:
    def __init__(self, parameter_sets: Iterable[bytes] = (), *, numbered: bool = False) -> None:
        """`parameter_sets`: those of the session description, if any. `numbered`: decoding order
        numbers are among the bytes (DONL, DOND: sections 4.4.1 to 4.4.3)."""
        self._numbered = numbered
        self._number: int | None = None
        self._pictures = Pictures(Codec.H265, ParameterSets(Codec.H265, parameter_sets))
        self.ready: list[Coded] = self._pictures.ready

    @property
    def dropped(self) -> int:
        return self._pictures.dropped

    def lose(self) -> None:
        self._pictures.lose()

    @property
    def pictures(self) -> Pictures | None:
        return None if self._numbered else self._pictures

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
            elif self._numbered:
                self._count(int.from_bytes(data[start + 2 : start + 4], "big"))
                self._whole(data[start : start + 2] + data[start + 4 : end])
            elif data[start : start + 3] in (b"\0\0\1", b"\0\0\0"):
                self._annex_b(data[start:end])
            else:
                self._whole(data[start:end])
        if marker:
            pictures.mark()

    def _whole(self, nal: bytes) -> None:
        kind = (nal[0] >> 1) & 0x3F
        if kind > 47 or len(nal) < 3:
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
            if self._numbered:
                self._count(int.from_bytes(data[start + 3 : start + 5], "big"))
                start += 2
            first = kind < 32 and data[start + 3 : start + 4] > b"\x7f"
            if not self._pictures.goes_on(header, first):
                self._pictures.begin(header, kind < 32, first)
        elif head & 0x40:
            self._pictures.only_ended()
        self._pictures.fill(data[start + 3 : end])
        if head & 0x40:
            self._pictures.close()

    def _aggregate(self, data: bytes, start: int, end: int) -> None:
        """Section 4.4.2."""
        for place in range(MOST_NALS_IN_PACKET):
            if end - start <= 2:
                return
            if self._numbered:
                start += self._count_in(data, start, first=not place)
            size = (data[start] << 8) | data[start + 1]
            start += 2
            if not 2 < size <= end - start:
                break
            self._whole(data[start : start + size])
            start += size
        self._pictures.spoil()

    def _count_in(self, data: bytes, start: int, *, first: bool) -> int:
        """Read the number before a unit of an aggregate: how long it is. The first one is written
        out, the others say by how much more than one they are further (section 4.4.2)."""
        if first:
            self._count(int.from_bytes(data[start : start + 2], "big"))
            return 2
        self._count(((self._number or 0) + data[start] + 1) & 0xFFFF)
        return 1

    def _count(self, number: int) -> None:
        """The next unit has this decoding order number (modulo 2^16: section 4.4.1)."""
        last, self._number = self._number, number
        if last is not None and (number - last) & 0xFFFF >= 0x8000:
            self._pictures.spoil()

    def _annex_b(self, data: bytes) -> None:
        nals = split_few(data)
        if not nals:
            self._pictures.spoil()
        for nal in nals:
            if len(nal) > 2:
                self._whole(nal)
