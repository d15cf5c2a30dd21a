"""The compact form of a segment's group table. Pure.

One byte of layout, then unsigned LEB128 numbers per group. Layout 1, the usual one, is for groups
that follow each other without a hole, in time and in bytes: (duration, size, key size), the first
offset before them. Layout 2 says the holes too: (step in time, duration, step in bytes, size, key
size), steps zigzag coded, so that any table can be kept. A minute of one-second groups is about
240 bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from vms.core.errors import Corrupt, Invalid
from vms.core.model import GopEntry

_PACKED, _STEPPED = 1, 2


def encode(gops: Sequence[GopEntry]) -> bytes:
    """The blob of a group table. Raises Invalid for a negative duration, size or key size."""
    if not all(gop.duration >= 0 and gop.size >= 0 and gop.key_size >= 0 for gop in gops):
        raise Invalid("a group of pictures has no negative duration or size")
    steps = _steps(gops)
    origin = steps[0] if steps else (0, 0)
    if origin[0] == 0 and origin[1] >= 0 and not any(a or b for a, b in steps[1:]):
        return _packed(gops, origin[1])
    return _stepped(gops, steps)


def decode(blob: bytes) -> tuple[GopEntry, ...]:
    """Inverse of `encode`. Raises Corrupt."""
    if not blob or blob[0] not in (_PACKED, _STEPPED):
        raise Corrupt("a group table of unknown layout", layout=blob[:1].hex())
    numbers = _numbers(blob)
    return _unpack(numbers) if blob[0] == _PACKED else _unstep(numbers)


def _steps(gops: Sequence[GopEntry]) -> list[tuple[int, int]]:
    """What lies between each group and the end of the one before: (µs, bytes)."""
    steps, time, place = [], 0, 0
    for gop in gops:
        steps.append((gop.start - time, gop.offset - place))
        time, place = gop.start + gop.duration, gop.offset + gop.size
    return steps


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
    gops, time, place = [], 0, numbers[0]
    triples = iter(numbers[1:])
    for duration, size, key_size in zip(triples, triples, triples, strict=True):
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
