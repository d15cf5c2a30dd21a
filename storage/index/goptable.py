"""The compact form of a segment's group table. Pure.

One byte of layout, then unsigned LEB128 numbers. Layouts 1 and 3 are for groups that follow each
other without a hole, in time and in bytes. Layout 1: the first offset, then per group (duration,
size, key size). Layout 3: how many groups, the first offset, then the durations, the sizes and the
key sizes, each as least value, bits a value, and what lies above the least in so many bits: sizes
of one camera are alike, so it is 6 bytes a group in place of 9. The shorter of the two is kept.
Layout 2 says the holes too: (step in time, duration, step in bytes, size, key size), steps zigzag
coded, so that any table can be kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from vms.core.errors import Corrupt, Invalid
from vms.core.model import GopEntry

_PACKED, _STEPPED, _COLUMNS = 1, 2, 3
_WIDEST, _MOST = 62, 1 << 16
"""Bits a value and groups in layout 3; more is nothing a camera makes, and is kept by layout 1."""


def encode(gops: Sequence[GopEntry]) -> bytes:
    """The blob of a group table. Raises Invalid for a negative duration, size or key size."""
    if not all(gop.duration >= 0 and gop.size >= 0 and gop.key_size >= 0 for gop in gops):
        raise Invalid("a group of pictures has no negative duration or size")
    steps = _steps(gops)
    origin = steps[0] if steps else (0, 0)
    if origin[0] == 0 and origin[1] >= 0 and not any(a or b for a, b in steps[1:]):
        return _shortest(gops, origin[1])
    return _stepped(gops, steps)


def decode(blob: bytes) -> tuple[GopEntry, ...]:
    """Inverse of `encode`. Raises Corrupt."""
    if not blob or blob[0] not in (_PACKED, _STEPPED, _COLUMNS):
        raise Corrupt("a group table of unknown layout", layout=blob[:1].hex())
    if blob[0] == _COLUMNS:
        return _split(blob)
    numbers = _numbers(blob)
    return _unpack(numbers) if blob[0] == _PACKED else _unstep(numbers)


def _steps(gops: Sequence[GopEntry]) -> list[tuple[int, int]]:
    """What lies between each group and the end of the one before: (µs, bytes)."""
    steps, time, place = [], 0, 0
    for gop in gops:
        steps.append((gop.start - time, gop.offset - place))
        time, place = gop.start + gop.duration, gop.offset + gop.size
    return steps


def _shortest(gops: Sequence[GopEntry], offset: int) -> bytes:
    packed = _packed(gops, offset)
    columns = [[g.duration for g in gops], [g.size for g in gops], [g.key_size for g in gops]]
    if not 0 < len(gops) <= _MOST or max(max(column) for column in columns) >> _WIDEST:
        return packed
    out = bytearray([_COLUMNS])
    _append(out, (len(gops), offset))
    for column in columns:
        _append_column(out, column)
    return min(packed, bytes(out), key=len)


def _append_column(out: bytearray, numbers: Sequence[int]) -> None:
    least = min(numbers)
    width = (max(numbers) - least).bit_length()
    _append(out, (least, width))
    above = np.array(numbers, dtype=np.int64) - least
    bits = (above[:, None] >> np.arange(width)) & 1
    out += np.packbits(bits.astype(np.uint8), bitorder="little").tobytes()


def _split(blob: bytes) -> tuple[GopEntry, ...]:
    (count, offset), at = _some(blob, 1, 2)
    if not 0 < count <= _MOST:
        raise Corrupt("a group table of too many groups", groups=count)
    columns = []
    for _ in range(3):
        (least, width), at = _some(blob, at, 2)
        size = (count * width + 7) // 8
        columns.append(_column(blob[at : at + size], count, least, width))
        at += size
    if at != len(blob):
        raise Corrupt("a group table is longer than its groups")
    return _followed(zip(*columns, strict=True), offset)


def _column(packed: bytes, count: int, least: int, width: int) -> list[int]:
    if width > _WIDEST or len(packed) * 8 < count * width or least >> _WIDEST:
        raise Corrupt("a group table ends within a group")
    if width == 0:
        return [least] * count
    bits = np.unpackbits(np.frombuffer(packed, np.uint8), count=count * width, bitorder="little")
    above = bits.reshape(count, width).astype(np.int64) @ (np.int64(1) << np.arange(width))
    values: list[int] = (above + least).tolist()
    return values


def _some(blob: bytes, at: int, count: int) -> tuple[list[int], int]:
    """The next `count` numbers from `at`, and where they end."""
    numbers: list[int] = []
    value = shift = 0
    while len(numbers) < count:
        if at >= len(blob):
            raise Corrupt("a group table ends within a number")
        value |= (blob[at] & 0x7F) << shift
        shift += 7
        if blob[at] < 0x80:
            numbers.append(value)
            value = shift = 0
        at += 1
    return numbers, at


def _packed(gops: Sequence[GopEntry], offset: int) -> bytes:
    out = bytearray([_PACKED])
    _append(out, (offset,))
    for gop in gops:
        _append(out, (gop.duration, gop.size, gop.key_size))
    return bytes(out)


def _stepped(gops: Sequence[GopEntry], steps: Sequence[tuple[int, int]]) -> bytes:
    out = bytearray([_STEPPED])
    for gop, (time, place) in zip(gops, steps, strict=True):
        _append(out, (_zigzag(time), gop.duration, _zigzag(place), gop.size, gop.key_size))
    return bytes(out)


def _append(out: bytearray, numbers: Iterable[int]) -> None:
    for number in numbers:
        while number > 0x7F:
            out.append(number & 0x7F | 0x80)
            number >>= 7
        out.append(number)


def _zigzag(number: int) -> int:
    return number * 2 if number >= 0 else -number * 2 - 1


def _unzigzag(number: int) -> int:
    return number // 2 if number % 2 == 0 else -(number // 2) - 1


def _numbers(blob: bytes) -> list[int]:
    numbers, value, shift = [], 0, 0
    for octet in memoryview(blob)[1:]:
        value |= (octet & 0x7F) << shift
        if octet < 0x80:
            numbers.append(value)
            value = shift = 0
        else:
            shift += 7
    if shift:
        raise Corrupt("a group table ends within a number")
    return numbers


def _unpack(numbers: list[int]) -> tuple[GopEntry, ...]:
    if len(numbers) % 3 != 1:
        raise Corrupt("a group table ends within a group")
    triples = iter(numbers[1:])
    return _followed(zip(triples, triples, triples, strict=True), numbers[0])


def _followed(triples: Iterable[tuple[int, ...]], offset: int) -> tuple[GopEntry, ...]:
    """Groups from (duration, size, key size), one behind the other."""
    gops, time, place = [], 0, offset
    for duration, size, key_size in triples:
        gops.append(GopEntry(time, duration, place, size, key_size))
        time, place = time + duration, place + size
    return tuple(gops)


def _unstep(numbers: list[int]) -> tuple[GopEntry, ...]:
    if len(numbers) % 5:
        raise Corrupt("a group table ends within a group")
    gops, time, place = [], 0, 0
    fives = iter(numbers)
    for step, duration, hole, size, key_size in zip(fives, fives, fives, fives, fives, strict=True):
        time, place = time + _unzigzag(step), place + _unzigzag(hole)
        gops.append(GopEntry(time, duration, place, size, key_size))
        time, place = time + duration, place + size
    return tuple(gops)
