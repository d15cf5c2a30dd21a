"""Access units as containers hold them, whole already, into the form that the house uses. Pure.

They take the place of depacketizers: each "packet" is one access unit.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from recorder.rtp.depacketizer import LARGEST_UNIT, Coded
from recorder.rtp.parameters import ParameterSets
from vms.core.errors import VmsError
from vms.core.media.access_unit import Codec, TrackFormat
from vms.core.media.audio import aac_format
from vms.core.media.codec import is_random_access
from vms.core.media.nal import join_length_prefixed, split_annex_b

_HEAD = 64
_RATES = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350)


class _Whole:
    """Nothing comes in packets here: see Depacketizer.pictures."""

    @property
    def pictures(self) -> None:
        return None


class WholePictures(_Whole):
    """H.264 or H.265 behind start codes (`length_size` 0) or behind lengths of so many bytes."""

    def __init__(self, codec: Codec, parameter_sets: Iterable[bytes], length_size: int) -> None:
        self.ready: list[Coded] = []
        self.dropped = 0
        self._codec, self._length_size = codec, length_size
        self._parameters = ParameterSets(codec, parameter_sets)
        self._before: list[bytes] = []

    def note(self, parameter_sets: Iterable[bytes]) -> None:
        """The container tells of other parameter sets."""
        for nal in parameter_sets:
            self._parameters.note(nal)

    def lose(self) -> None:
        self.dropped += 1

    def push(self, data: bytes, start: int, end: int, marker: bool, timestamp: int) -> None:
        nals = cut(data[start:end], self._length_size)
        for nal in nals:
            if not self._is_slice(nal):
                self._parameters.note(nal)
        if not any(map(self._is_slice, nals)):  # SEI or parameter sets alone: of what follows
            self._before = (self._before + nals)[-64:]
            return
        nals, self._before = self._before + nals, []
        used = self._parameters.format()
        if used is None or end - start > LARGEST_UNIT:
            self.dropped += 1
            return
        heads = [nal[:_HEAD] if self._is_slice(nal) else nal for nal in nals]
        key = is_random_access(self._codec, heads)
        self.ready.append(Coded(timestamp, key, join_length_prefixed(nals), used))

    def _is_slice(self, nal: bytes) -> bool:
        if self._codec is Codec.H264:
            return 1 <= nal[0] & 0x1F <= 5
        return nal[0] >> 1 & 0x3F < 32


class AdtsFrames(_Whole):
    """AAC, raw or behind ADTS headers (ISO/IEC 14496-3, 1.A.2), which are taken off; they say
    when the format changes."""

    def __init__(self, used: TrackFormat) -> None:
        self.ready: list[Coded] = []
        self.dropped = 0
        self._format = used

    def lose(self) -> None:
        self.dropped += 1

    def push(self, data: bytes, start: int, end: int, marker: bool, timestamp: int) -> None:
        frame = data[start:end]
        if len(frame) > 7 and frame[0] == 0xFF and frame[1] & 0xF6 == 0xF0:
            self._note(adts_config(frame))
            frame = frame[7 if frame[1] & 1 else 9 :]
        if frame:
            self.ready.append(Coded(timestamp, True, frame, self._format))

    def _note(self, config: bytes) -> None:
        if config == self._format.config or not config:
            return
        self._format = replace(aac_format(config), clock_rate=self._format.clock_rate)


def cut(data: bytes, length_size: int) -> list[bytes]:
    """NAL units behind start codes (0) or lengths; what is cut short is left out."""
    if not length_size:
        return split_annex_b(data)
    nals: list[bytes] = []
    position = 0
    while position + length_size < len(data):
        size = int.from_bytes(data[position : position + length_size], "big")
        position += length_size
        if 0 < size <= len(data) - position:
            nals.append(data[position : position + size])
        position += size
    return nals


def stored_sets(codec: Codec, extradata: bytes) -> tuple[list[bytes], int]:
    """Parameter sets in a container's head, and the size of lengths in its pictures (0: start
    codes): avcC, hvcC (ISO/IEC 14496-15 sections 5.3.3, 8.3.3) or as in the stream itself."""
    if not extradata or extradata[0] != 1:
        return split_annex_b(extradata), 0
    try:
        return _read_avcc(extradata) if codec is Codec.H264 else _read_hvcc(extradata)
    except IndexError:
        return [], 4


def _read_avcc(data: bytes) -> tuple[list[bytes], int]:
    position, sets = 5, list[bytes]()
    for mask in (0x1F, 0xFF):
        count = data[position] & mask
        position = _read_sets(data, position + 1, count, sets)
        if position >= len(data):
            break
    return sets, (data[4] & 3) + 1


def _read_hvcc(data: bytes) -> tuple[list[bytes], int]:
    position, sets = 23, list[bytes]()
    for _ in range(data[22]):
        count = int.from_bytes(data[position + 1 : position + 3], "big")
        position = _read_sets(data, position + 3, count, sets)
    return sets, (data[21] & 3) + 1


def _read_sets(data: bytes, position: int, count: int, sets: list[bytes]) -> int:
    for _ in range(min(count, 64)):
        size = int.from_bytes(data[position : position + 2], "big")
        sets.append(data[position + 2 : position + 2 + size])
        position += 2 + size
    return position


def adts_config(frame: bytes) -> bytes:
    """The AudioSpecificConfig that an ADTS header amounts to; empty when it is broken."""
    kind, index = (frame[2] >> 6) + 1, frame[2] >> 2 & 15
    channels = (frame[2] & 1) << 2 | frame[3] >> 6
    if index >= len(_RATES):
        return b""
    return (kind << 11 | index << 7 | channels << 3).to_bytes(2, "big")


def plain_aac(rate: int, channels: int) -> TrackFormat | None:
    """AAC-LC as a container without a configuration describes it; None when it is impossible."""
    if rate not in _RATES:
        return None
    try:
        return aac_format((2 << 11 | _RATES.index(rate) << 7 | channels << 3).to_bytes(2, "big"))
    except (VmsError, OverflowError):
        return None
