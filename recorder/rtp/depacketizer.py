"""What a payload format's reader promises, and the assembly of pictures shared by H.264 and H.265.

A picture ends at the marker bit or when the timestamp changes, whichever comes first: some cameras
never set the marker, others set it on parameter sets or on every slice. NAL units without picture
data (parameter sets, SEI, delimiters) that stand alone join the next picture, so that nothing a
camera sent is dropped or reordered.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

from recorder.rtp.parameters import ParameterSets
from vms.core.media.access_unit import Codec, TrackFormat
from vms.core.media.codec import is_random_access
from vms.core.media.nal import split_annex_b

LARGEST_UNIT = 16 * 1024 * 1024
"""Bytes; an access unit beyond it is dropped as broken."""
_MOST_NALS = 1024
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

    def push(self, data: bytes, start: int, end: int, marker: bool, timestamp: int) -> None:
        """Take the payload data[start:end] of the next packet."""
        ...

    def lose(self) -> None:
        """Packets are missing before the next one."""
        ...


class Pictures:
    """Assembles NAL units into pictures. Codec modules open, fill and close NAL units on it."""

    def __init__(self, codec: Codec, parameters: ParameterSets) -> None:
        self.ready: list[Coded] = []
        self.dropped = 0
        self._codec = codec
        self._parameters = parameters
        self._parts: list[bytes] = []
        self._heads: list[bytes] = []
        self._open_at = -1
        self._size = 0
        self._has_slice = False
        self._damaged = False
        self._suspect = False
        self._timestamp: int | None = None
        self._emitted: int | None = None
        self._trust_marker = True

    def lose(self) -> None:
        if self._parts:
            self._damaged = True
        self._suspect = True

    def spoil(self) -> None:
        """Something unreadable came in the place of a NAL unit: this picture is not whole."""
        self._damaged = True

    def at(self, timestamp: int) -> None:
        """The next packet has this timestamp."""
        if timestamp != self._timestamp:
            if self._timestamp is not None:
                self._end_picture()
            self._timestamp = timestamp

    def begin(self, header: bytes, is_slice: bool, starts_picture: bool) -> None:
        """A NAL unit starts; `header` are its first one or two bytes."""
        if self._open_at >= 0:
            self.close()  # some cameras never set the end bit of a fragmented unit
        if self._suspect:
            self._damaged = self._damaged or (is_slice and not starts_picture)
            self._suspect = False
        if is_slice and not self._has_slice:
            self._check_marker(starts_picture)
        self._has_slice = self._has_slice or is_slice
        self._open_at = len(self._parts)
        self._parts.append(b"")
        self._parts.append(header)

    def fill(self, piece: bytes) -> None:
        """More bytes of the open NAL unit."""
        if self._open_at < 0:
            self._damaged = True
            return
        self._parts.append(piece)
        self._size += len(piece)
        if self._size > LARGEST_UNIT:
            self._overflow()

    def close(self) -> None:
        """The open NAL unit is complete."""
        at, self._open_at = self._open_at, -1
        if at < 0:
            return
        size = sum(map(len, self._parts[at + 1 :]))
        self._parts[at] = size.to_bytes(4, "big")
        if self._is_slice(self._parts[at + 1]):
            self._heads.append(b"".join(self._parts[at + 1 : at + 3])[:_HEAD])
        else:
            self._note(at)
        if len(self._heads) > _MOST_NALS:
            self._overflow()

    def mark(self) -> None:
        """The marker bit: the picture is complete, if there is one."""
        if self._open_at >= 0:
            self.close()
        if self._trust_marker and self._has_slice:
            self._end_picture()

    def _overflow(self) -> None:
        """More than any picture has: forget it, and what may still come of it."""
        self._damaged = True
        self._parts, self._heads = [], []
        self._size, self._open_at = 0, -1

    def _check_marker(self, starts_picture: bool) -> None:
        """A slice of a picture that was already handed out: its marker came too early."""
        if self._timestamp == self._emitted and not starts_picture and not self._damaged:
            self._trust_marker = False
            self._damaged = True

    def _end_picture(self) -> None:
        if self._open_at >= 0:
            self.close()
        if not self._has_slice and not self._damaged and self._size < LARGEST_UNIT // 16:
            return  # parameter sets or SEI alone: they belong to what follows
        used = self._parameters.format()
        if self._damaged or used is None or not self._has_slice:
            self.dropped += 1
        else:
            self._hand_out(used)
        self._parts, self._heads = [], []
        self._size, self._has_slice, self._damaged = 0, False, False

    def _hand_out(self, used: TrackFormat) -> None:
        assert self._timestamp is not None
        key = is_random_access(self._codec, self._heads)
        self.ready.append(Coded(self._timestamp, key, b"".join(self._parts), used))
        self._emitted = self._timestamp

    def _is_slice(self, header: bytes) -> bool:
        if self._codec is Codec.H264:
            return 1 <= header[0] & 0x1F <= 5
        return header[0] >> 1 & 0x3F < 32

    def _note(self, at: int) -> None:
        """A NAL unit without picture data: note parameter sets; cut units glued by start codes."""
        nal = b"".join(self._parts[at + 1 :])
        if b"\0\0\1" in nal:
            self._unglue(at, nal)
            return
        self._heads.append(nal)
        self._parameters.note(nal)

    def _unglue(self, at: int, nal: bytes) -> None:
        pieces = split_annex_b(b"\0\0\1" + nal)
        del self._parts[at:]
        for piece in pieces:
            self._parts += (len(piece).to_bytes(4, "big"), piece)
            self._heads.append(piece[:_HEAD] if self._is_slice(piece) else piece)
            self._has_slice = self._has_slice or self._is_slice(piece)
            self._parameters.note(piece)
