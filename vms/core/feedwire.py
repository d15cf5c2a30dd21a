"""The feed's wire format: live access units and unarchived fragments, recorder to player, over TCP.

Pure. The client learns address and a single-use ticket over the bus (`feed.<stream>`), connects and
sends one Hello; the server answers with frames until either side closes.

    frame   = length u32 (of what follows) | kind u8 | payload
    HELLO   = JSON {"ticket": str, "verb": "live"} or
              {"ticket", "verb": "read", "epoch", "sequence", "offset", "size"}
    FORMAT  = id u8 | JSON TrackFormat (bytes as hex)     before the first unit that uses it
    UNIT    = track u8 | flags u8 (1 = random access) | format id u8 | pts i64 | wall i64 | data
    BYTES   = raw bytes, a piece of what "read" asked for
    END     = JSON {"error": str}                          why nothing more comes; "": all was sent
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from enum import IntEnum
from typing import Any

from vms.core.errors import Corrupt
from vms.core.media.access_unit import AccessUnit, Codec, TrackFormat
from vms.core.walltime import WallTime

LONGEST_FRAME = 32 * 1024 * 1024
"""Bytes; a longer frame is a broken or hostile peer."""

_HEAD = struct.Struct(">IB")
_UNIT = struct.Struct(">BBBqq")


class FrameKind(IntEnum):
    HELLO = 1
    FORMAT = 2
    UNIT = 3
    BYTES = 4
    END = 5


def frame(kind: FrameKind, payload: bytes) -> bytes:
    return _HEAD.pack(len(payload) + 1, kind) + payload


def json_frame(kind: FrameKind, value: dict[str, Any]) -> bytes:
    return frame(kind, json.dumps(value).encode())


class FeedWriter:
    """Turns access units into frames, sending each format once, before its first unit."""

    def __init__(self) -> None:
        self._ids: dict[TrackFormat, int] = {}

    def write(self, unit: AccessUnit) -> bytes:
        head = b""
        number = self._ids.get(unit.format)
        if number is None:
            number = self._ids[unit.format] = len(self._ids) % 256
            head = frame(FrameKind.FORMAT, bytes((number,)) + _format_json(unit.format))
        fields = _UNIT.pack(unit.track, unit.random_access, number, unit.pts, unit.wall)
        length = _HEAD.pack(1 + len(fields) + len(unit.data), FrameKind.UNIT)
        return b"".join((head, length, fields, unit.data))


class FrameReader:
    """Cuts a byte stream into frames. Feed it what arrived; it yields what is complete."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[FrameKind, bytes]]:
        """Raises Corrupt on a frame longer than LONGEST_FRAME or of unknown kind."""
        self._buffer += data
        start = 0
        while len(self._buffer) - start >= _HEAD.size:
            length, kind = _HEAD.unpack_from(self._buffer, start)
            if not 1 <= length <= LONGEST_FRAME:
                raise Corrupt("feed frame of impossible length", length=length)
            if len(self._buffer) - start < 4 + length:
                break
            payload = bytes(self._buffer[start + _HEAD.size : start + 4 + length])
            start += 4 + length
            try:
                yield FrameKind(kind), payload
            except ValueError as error:
                raise Corrupt("feed frame of unknown kind", kind=kind) from error
        del self._buffer[:start]


class UnitReader:
    """Turns FORMAT and UNIT payloads back into access units."""

    def __init__(self) -> None:
        self._formats: dict[int, TrackFormat] = {}

    def read(self, kind: FrameKind, payload: bytes) -> AccessUnit | None:
        """The unit of a UNIT frame; None for a FORMAT frame. Raises Corrupt on anything else."""
        if kind is FrameKind.FORMAT and payload:
            self._formats[payload[0]] = _format_from_json(payload[1:])
            return None
        if kind is not FrameKind.UNIT:
            raise Corrupt("feed frame out of place", kind=kind.name)
        try:
            track, flags, number, pts, wall = _UNIT.unpack_from(payload)
            used = self._formats[number]
        except (struct.error, KeyError) as error:
            raise Corrupt("feed unit cut short or without its format") from error
        return AccessUnit(track, pts, WallTime(wall), bool(flags & 1), payload[_UNIT.size :], used)


def _format_json(used: TrackFormat) -> bytes:
    return json.dumps(
        {
            "codec": used.codec,
            "clock_rate": used.clock_rate,
            "parameter_sets": [nal.hex() for nal in used.parameter_sets],
            "width": used.width,
            "height": used.height,
            "channels": used.channels,
            "sample_rate": used.sample_rate,
            "config": used.config.hex(),
        }
    ).encode()


def _format_from_json(data: bytes) -> TrackFormat:
    try:
        fields = json.loads(data)
        fields["codec"] = Codec(fields["codec"])
        fields["parameter_sets"] = tuple(bytes.fromhex(nal) for nal in fields["parameter_sets"])
        fields["config"] = bytes.fromhex(fields["config"])
        return TrackFormat(**fields)
    except (ValueError, KeyError, TypeError) as error:
        raise Corrupt("feed format cannot be read") from error
