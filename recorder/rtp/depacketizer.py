"""What a payload format's reader promises, and the assembly of pictures shared by H.264 and H.265.

A picture ends at the marker bit or when the timestamp changes, whichever comes first: some cameras
never set the marker, others set it on parameter sets or on every slice. NAL units without picture
data (parameter sets, SEI, delimiters) that stand alone join the next picture, so that nothing a
camera sent is dropped or reordered.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from recorder.rtp.parameters import ParameterSets
from vms.core.media import h264, h265
from vms.core.media.access_unit import Codec, TrackFormat
from vms.core.media.entry import EntryPoints
from vms.core.media.nal import split_annex_b

LARGEST_UNIT = 16 * 1024 * 1024
"""Bytes; an access unit beyond it is dropped as broken."""
_MOST_NALS = 1024
MOST_NALS_IN_PACKET = 256
"""A packet that claims more is broken: taking one apart must cost little, whoever wrote it."""
_PARTS_UNTIL_WEIGHED = 256
_MOST_PARTS = 65_536
_HEAD = 64


class Coded(NamedTuple):
    """One access unit as it left its packets, with the RTP timestamp it carried."""

    timestamp: int
    random_access: bool
    data: bytes
    format: TrackFormat


class Depacketizer(Protocol):
    """`ready`: finished access units, taken (and cleared) by the caller. `dropped`: access units
    lost because packets were missing, broken or without parameter sets."""

    @property
    def ready(self) -> list[Coded]: ...

    @property
    def dropped(self) -> int: ...

    @property
    def pictures(self) -> Pictures | None:
        """Where whole pictures may be given, that were put together elsewhere; None: nowhere."""
        ...

    def push(self, data: bytes, start: int, end: int, marker: bool, timestamp: int) -> None:
        """Take the payload data[start:end] of the next packet."""
        ...

    def lose(self) -> None:
        """Packets are missing before the next one."""
        ...


def split_few(data: bytes) -> list[bytes]:
    """NAL units between start codes; none when there are more than a picture of a camera has."""
    few = data.count(b"\0\0\1") <= MOST_NALS_IN_PACKET
    return split_annex_b(data) if few else []


class Pictures:
    """Assembles NAL units into pictures. Codec modules open, fill and close NAL units on it.

    For the pieces in the middle of a long NAL unit, which are most of all packets, they may append
    to `parts` themselves while `timestamp` is that of the packet, `open_at` is not negative (a NAL
    unit is open) and there are fewer than `room` of them; `parts` is the same list for ever.
    """

    def __init__(self, codec: Codec, parameters: ParameterSets) -> None:
        self.ready: list[Coded] = []
        self.dropped = 0
        self._codec = codec
        self._entries = EntryPoints(codec)
        self._parameters = parameters
        self.parts: list[bytes] = []
        self.room = _PARTS_UNTIL_WEIGHED
        self._heads: list[bytes] = []
        self.open_at = -1
        self._size = 0
        self._has_slice = False
        self._damaged = False
        self._suspect = False
        self.timestamp: int | None = None
        self._emitted: int | None = None
        self._trust_marker = True
        self._all_start = False

    def lose(self) -> None:
        if self.parts:
            self._damaged = True
        self._suspect = True

    def spoil(self) -> None:
        """Something unreadable came in the place of a NAL unit: this picture is not whole."""
        self._damaged = True

    @property
    def hevc(self) -> bool:
        return self._codec is Codec.H265

    @property
    def is_clean(self) -> bool:
        """Whether the next packet begins a picture, with nothing open or in doubt."""
        doubt = self._suspect or self._damaged or self._all_start or not self._trust_marker
        return not self.parts and not doubt

    @property
    def emitted(self) -> int:
        """The RTP timestamp of the newest picture handed out; -1 before the first."""
        return -1 if self._emitted is None else self._emitted

    def pass_plain(self) -> bool:
        """Of the next picture it is known that it has only slices at which no decoding begins;
        whether that is all there is to know. If so, `hand_in` is to follow."""
        return self._entries.pass_plain()

    def look_at(self, nals: Sequence[tuple[bytes, bool]]) -> bool | None:
        """The next picture's NAL units (of a slice the beginning is enough) and whether each is a
        slice: whether decoding may begin there. None: it must be taken apart by its packets, and
        nothing has happened. Else `hand_in` is to follow."""
        others = [nal for nal, is_slice in nals if not is_slice]
        if any(b"\0\0\1" in nal and not self._is_whole_sei(nal) for nal in others):
            return None
        for nal in others:
            self._parameters.note(nal)
        if self._parameters.format() is None:
            return None
        return self._entries.note([nal for nal, _ in nals])

    def hand_in(self, timestamp: int, random_access: bool, data: bytes) -> None:
        """A whole picture in the place of its packets, while `is_clean`."""
        used = self._parameters.format()
        if used is None:
            self.dropped += 1
            return
        self.ready.append(Coded(timestamp, random_access, data, used))
        self.timestamp = self._emitted = timestamp

    def at(self, timestamp: int) -> None:
        """The next packet has this timestamp."""
        if timestamp != self.timestamp:
            if self.timestamp is not None:
                self._end_picture()
            self.timestamp = timestamp

    def begin(self, header: bytes, is_slice: bool, starts_picture: bool) -> None:
        """A NAL unit starts; `header` are its first one or two bytes."""
        if self.open_at >= 0:
            self.close()  # some cameras never set the end bit of a fragmented unit
        if self._suspect:
            self._damaged = self._damaged or (is_slice and not starts_picture)
            self._suspect = False
        if is_slice and not self._has_slice:
            self._check_marker(starts_picture)
        self._has_slice = self._has_slice or is_slice
        self.open_at = len(self.parts)
        self.parts.append(b"")
        self.parts.append(header)

    def goes_on(self, header: bytes, starts_picture: bool) -> bool:
        """Whether a fragment with a start bit is one more piece of the unit that is open, all the
        same: some cameras set it on every fragment. They are known by what cannot be, a picture
        with two beginnings; what was cut apart by then is dropped."""
        if self.open_at < 0 or self.parts[self.open_at + 1] != header:
            return False
        if starts_picture and not self._all_start:
            self._all_start = True
            self._damaged = True
        return self._all_start

    def only_ended(self) -> None:
        """A fragment with an end bit has no start bit: so this camera sets them as it should."""
        self._all_start = False

    def fill(self, piece: bytes) -> None:
        """More bytes of the open NAL unit."""
        if self.open_at < 0:
            self._damaged = True
            return
        self.parts.append(piece)
        if len(self.parts) > self.room:
            self._weigh()

    def close(self) -> None:
        """The open NAL unit is complete."""
        at, self.open_at = self.open_at, -1
        if at < 0:
            return
        size = sum(map(len, self.parts[at + 1 :]))
        self.parts[at] = size.to_bytes(4, "big")
        self._size += size
        if self._is_slice(self.parts[at + 1]) and self.parts[at + 1] != b"\0\0":
            self._heads.append(b"".join(self.parts[at + 1 : at + 3])[:_HEAD])
        else:
            self._note(at)
        if len(self._heads) > _MOST_NALS or self._size > LARGEST_UNIT:
            self._overflow()

    def mark(self) -> None:
        """The marker bit: the picture is complete, if there is one."""
        if self.open_at >= 0:
            self.close()
        if self._trust_marker and self._has_slice:
            self._end_picture()

    def _weigh(self) -> None:
        """Many pieces: give up what is larger than any picture, else make room for more."""
        if sum(map(len, self.parts)) > LARGEST_UNIT or len(self.parts) > _MOST_PARTS:
            self._overflow()
        else:
            self.room = len(self.parts) + _PARTS_UNTIL_WEIGHED

    def _overflow(self) -> None:
        """More than any picture has: forget it, and what may still come of it."""
        self._damaged = True
        self.parts.clear()
        self.room = _PARTS_UNTIL_WEIGHED
        self._heads = []
        self._size, self.open_at = 0, -1

    def _check_marker(self, starts_picture: bool) -> None:
        """A slice of a picture that was already handed out: its marker came too early."""
        if self.timestamp == self._emitted and not starts_picture and not self._damaged:
            self._trust_marker = False
            self._damaged = True

    def _end_picture(self) -> None:
        if self.open_at >= 0:
            self.close()
        if not self._has_slice and not self._damaged and self._size < LARGEST_UNIT // 16:
            return  # parameter sets or SEI alone: they belong to what follows
        used = self._parameters.format()
        if self._damaged or used is None or not self._has_slice:
            self.dropped += 1
        else:
            self._hand_out(used)
        self.parts.clear()
        self.room = _PARTS_UNTIL_WEIGHED
        self._heads = []
        self._size, self._has_slice, self._damaged = 0, False, False

    def _hand_out(self, used: TrackFormat) -> None:
        assert self.timestamp is not None
        key = self._entries.note(self._heads)
        self.ready.append(Coded(self.timestamp, key, b"".join(self.parts), used))
        self._emitted = self.timestamp

    def _is_slice(self, header: bytes) -> bool:
        if self._codec is Codec.H264:
            return 1 <= header[0] & 0x1F <= 5
        return header[0] >> 1 & 0x3F < 32

    def _note(self, at: int) -> None:
        """A NAL unit without picture data: note parameter sets; cut units glued by start codes."""
        nal = b"".join(self.parts[at + 1 :])
        if b"\0\0\1" in nal and not self._is_whole_sei(nal):
            self._unglue(at, nal)
            return
        self._heads.append(nal)
        self._parameters.note(nal)

    def _is_whole_sei(self, nal: bytes) -> bool:
        """Signatures without emulation prevention look like start codes now and then."""
        if self._codec is Codec.H264:
            return nal[0] & 0x1F == h264.NalType.SEI and h264.is_whole_sei(nal)
        kinds = (h265.NalType.SEI_PREFIX, h265.NalType.SEI_SUFFIX)
        return h265.nal_type(nal) in kinds and h264.is_whole_sei(nal, 2)

    def _unglue(self, at: int, nal: bytes) -> None:
        del self.parts[at:]
        pieces = split_few(b"\0\0\1" + nal)
        if not pieces:
            self.spoil()
        for piece in pieces:
            self.parts += (len(piece).to_bytes(4, "big"), piece)
            self._heads.append(piece[:_HEAD] if self._is_slice(piece) else piece)
            self._has_slice = self._has_slice or self._is_slice(piece)
            self._parameters.note(piece)
