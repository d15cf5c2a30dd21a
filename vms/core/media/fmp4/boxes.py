"""ISO base media boxes as bytes: making them and walking through them (ISO/IEC 14496-12 4.2)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from vms.core.errors import Corrupt
from vms.core.walltime import SECOND, WallTime

_HEAD = struct.Struct(">I4s")
_LARGE = struct.Struct(">Q")
_1904_TO_UNIX_SECONDS = 2_082_844_800

IDENTITY_UUID = bytes.fromhex("8a3cf4a5d0d74c1e9d5b6f0e4d4b5601")
"""User type of the box that holds a segment's identity."""

MATRIX = struct.pack(">9i", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)


@dataclass(frozen=True, slots=True)
class Box:
    """Where a box lies in its buffer: `start` of its header, `body` behind it, `end`."""

    kind: bytes
    start: int
    body: int
    end: int


def box(kind: bytes, *parts: bytes | bytearray) -> bytes:
    return _HEAD.pack(8 + sum(map(len, parts)), kind) + b"".join(parts)


def full_box(kind: bytes, version: int, flags: int, *parts: bytes) -> bytes:
    return box(kind, struct.pack(">I", (version << 24) | flags), *parts)


def iter_boxes(data: bytes, start: int = 0, end: int | None = None) -> Iterator[Box]:
    """The boxes that fill [start, end). Raises Corrupt when they do not fill it exactly."""
    end = len(data) if end is None else end
    while start < end:
        found = read_box(data, start, end)
        if found is None:
            raise Corrupt("a box is cut short", position=start)
        yield found
        start = found.end


def read_box(data: bytes, start: int, end: int) -> Box | None:
    """The box at `start`; None when it does not end by `end`. Raises Corrupt on a bad size."""
    if start + 8 > end:
        return None
    size, kind = _HEAD.unpack_from(data, start)
    body = start + 8
    if size == 1:
        if start + 16 > end:
            return None
        size, body = _LARGE.unpack_from(data, body)[0], start + 16
    if size < body - start:
        raise Corrupt("a box smaller than its header", position=start, size=size)
    return Box(kind, start, body, start + size) if start + size <= end else None


def children(data: bytes, parent: Box, skip: int = 0) -> dict[bytes, Box]:
    """The boxes in `parent` behind `skip` bytes of fields; of one kind the first counts."""
    found: dict[bytes, Box] = {}
    for child in iter_boxes(data, parent.body + skip, parent.end):
        found.setdefault(child.kind, child)
    return found


def child(data: bytes, parent: Box, *path: bytes) -> Box:
    """The box found by descending `path` from `parent`. Raises Corrupt when one is missing."""
    for kind in path:
        try:
            parent = children(data, parent)[kind]
        except KeyError as error:
            raise Corrupt("a box is missing", kind=kind.decode("latin1")) from error
    return parent


def unpack(fields: struct.Struct, data: bytes, position: int, end: int) -> tuple[int, ...]:
    """`fields` at `position`. Raises Corrupt when they reach past `end`."""
    if position + fields.size > end:
        raise Corrupt("box fields cut short", position=position)
    return fields.unpack_from(data, position)


def mp4_time(wall: WallTime) -> int:
    """Whole seconds since 1904-01-01 UTC, as creation times are written (8.2.2)."""
    return wall // SECOND + _1904_TO_UNIX_SECONDS
