"""The parameter sets in force on a video track, and the TrackFormat they make.

The same TrackFormat object is handed out while nothing changes: cameras repeat their parameter sets
before every key picture, and only a different value may cut a segment.
"""

from __future__ import annotations

from collections.abc import Iterable

from vms.core.errors import VmsError
from vms.core.media import h264, h265
from vms.core.media.access_unit import Codec, TrackFormat
from vms.core.media.bits import BitReader
from vms.core.media.codec import video_format
from vms.core.media.nal import split_annex_b, unescape

_MOST_SETS = 64
_LONGEST_SET = 16 * 1024


class ParameterSets:
    def __init__(self, codec: Codec, initial: Iterable[bytes] = ()) -> None:
        """`initial`: from the session description; may be empty, broken or Annex B."""
        self._codec = codec
        self._sets: dict[tuple[int, int], bytes] = {}
        self._described: set[tuple[int, int]] = set()
        self._format: TrackFormat | None = None
        self._stale = False
        for nal in initial:
            for piece in split_annex_b(b"\0\0\1" + nal):
                self.note(piece)
        self._described = set(self._sets)

    def note(self, nal: bytes) -> None:
        """A NAL unit went by; if it is a parameter set that is new, the format will be another.

        Zeros behind it are no difference: some firmware sends now more of them, now less.
        """
        key = self._key(nal)
        if key is None or len(nal) > _LONGEST_SET:
            return
        nal = nal.rstrip(b"\0")
        self._replace_described(key)
        if self._sets.get(key) == nal or (key not in self._sets and len(self._sets) >= _MOST_SETS):
            return
        self._sets[key] = nal
        self._stale = True

    def _replace_described(self, key: tuple[int, int]) -> None:
        """What comes with the pictures is in force: a described set of that kind under another
        identifier would be read in its place."""
        for other in [each for each in self._described if each[0] == key[0] and each != key]:
            self._described.discard(other)
            self._stale = self._sets.pop(other, None) is not None or self._stale
        self._described.discard(key)

    def format(self) -> TrackFormat | None:
        """The format in force; None while parameter sets are missing or cannot be read."""
        if self._stale:
            self._stale = False
            self._renew()
        return self._format

    def _renew(self) -> None:
        try:
            found = video_format(self._codec, self._sets.values())
        except VmsError:
            return
        if found != self._format:
            self._format = found

    def _key(self, nal: bytes) -> tuple[int, int] | None:
        try:
            if self._codec is Codec.H264:
                return _h264_key(nal)
            return _h265_key(nal)
        except VmsError:
            return None


def _h264_key(nal: bytes) -> tuple[int, int] | None:
    if not h264.is_parameter_set(nal):
        return None
    kind = h264.nal_type(nal)
    bits = BitReader(unescape(nal[:32])[1:])
    if kind == h264.NalType.SPS:
        bits.skip(24)  # profile, constraints, level
    return kind, bits.ue()


def _h265_key(nal: bytes) -> tuple[int, int] | None:
    """VPS and SPS by kind alone (cameras send one), PPS by its identifier."""
    if not h265.is_parameter_set(nal):
        return None
    kind = h265.nal_type(nal)
    return kind, BitReader(unescape(nal[:32])[2:]).ue() if kind == h265.NalType.PPS else 0
