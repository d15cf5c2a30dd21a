"""Good input spoiled: the way bits, lines, lengths and whole pieces go wrong."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

TOKENS = (
    *(
        b"\0",
        b"\xff",
        b"$",
        b"$\0\0\x04",
        b"\r\n",
        b"\n",
        b"\r\n\r\n",
        b"\0\0\1",
        b"\0\0\0\1",
        b'"',
    ),
    *(b"=", b";", b",", b":", b"/", b"-1", b"0", b"65536", b"4294967296", b"99999999999999999999"),
    *(b"RTSP/1.0 200 OK\r\n", b"Content-Length: ", b"a=control:", b"a=fmtp:96 ", b"m=video 0 "),
    *(b"sprop-parameter-sets=", b"config=", b"interleaved=", b"\x7c\x85", b"\x62\x01\x93", b"%"),
    *(
        b"\xc3\x28",
        b"\xef\xbb\xbf",
        b" " * 300,
        b"A" * 3000,
        b"\xe2\x80\xa8",
        b"\t",
        b"rtsp://",
        b"@",
    ),
)
MOST_BYTES = 64 * 1024


def spoil(data: bytes, others: Sequence[bytes], chance: random.Random) -> bytes:
    """One to eight faults in `data`; `others` are there to be spliced in."""
    for _ in range(chance.choice((1, 1, 2, 3, 8))):
        data = chance.choice(_FAULTS)(data, others, chance)[:MOST_BYTES]
    return data


def _flip(data: bytes, _: Sequence[bytes], chance: random.Random) -> bytes:
    if not data:
        return b"\0"
    at = chance.randrange(len(data))
    return data[:at] + bytes((data[at] ^ 1 << chance.randrange(8),)) + data[at + 1 :]


def _byte(data: bytes, _: Sequence[bytes], chance: random.Random) -> bytes:
    at = chance.randrange(len(data) + 1)
    return data[:at] + bytes((chance.choice((0, 1, 0x7F, 0x80, 0xFF)),)) + data[at + 1 :]


def _cut(data: bytes, _: Sequence[bytes], chance: random.Random) -> bytes:
    one, other = sorted(chance.randrange(len(data) + 1) for _ in range(2))
    return data[:one] + data[other:]


def _end(data: bytes, _: Sequence[bytes], chance: random.Random) -> bytes:
    return data[: chance.randrange(len(data) + 1)]


def _repeat(data: bytes, _: Sequence[bytes], chance: random.Random) -> bytes:
    one, other = sorted(chance.randrange(len(data) + 1) for _ in range(2))
    return data[:other] + data[one:other] * chance.choice((1, 2, 50)) + data[other:]


def _insert(data: bytes, _: Sequence[bytes], chance: random.Random) -> bytes:
    at = chance.randrange(len(data) + 1)
    return data[:at] + chance.choice(TOKENS) + data[at:]


def _splice(data: bytes, others: Sequence[bytes], chance: random.Random) -> bytes:
    other = chance.choice(others)
    at, of = chance.randrange(len(data) + 1), chance.randrange(len(other) + 1)
    return data[:at] + other[of:]


def _swap_lines(data: bytes, _: Sequence[bytes], chance: random.Random) -> bytes:
    lines = data.split(b"\n")
    chance.shuffle(lines)
    return b"\n".join(lines)


def _random(data: bytes, _: Sequence[bytes], chance: random.Random) -> bytes:
    at = chance.randrange(len(data) + 1)
    return data[:at] + chance.randbytes(chance.randrange(64)) + data[at:]


_FAULTS: tuple[Callable[[bytes, Sequence[bytes], random.Random], bytes], ...] = (
    *(_flip, _flip, _byte, _byte, _cut, _end, _repeat, _insert, _insert, _splice, _random),
    _swap_lines,
)
