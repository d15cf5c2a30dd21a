"""The machine-readable time code in the top row of every simulated picture. Pure numpy.

Layout, as fractions of the picture's width so that it is found again at any scale: a block is
width/80 wide and high; 64 blocks stand in one row at the top edge, beginning at block 8. Black is
0, white is 1, most significant bit first:

    sync 8 bits (1011 0010) | milliseconds since 1970 UTC, 48 bits | CRC-8 of the 48 bits

`tests/data/timecode.js` reads the same layout in a browser. A looped camera writes milliseconds
within the minute (a value below 60,000); `unfold` makes a full time of it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from vms.core.walltime import MINUTE, WallTime

Luma = NDArray[np.uint8]

BLOCKS_PER_WIDTH = 80
FIRST_BLOCK = 8
BLOCKS = 64
SYNC = 0b1011_0010
BLACK, WHITE = 16, 235  # ITU-R BT.601/709 video range

_LEAST_CONTRAST = 48
_MICROS_PER_MS = 1000
_SYNC_BITS = np.unpackbits(np.array([SYNC], np.uint8)).astype(bool)


def crc8(data: bytes) -> int:
    """CRC-8, polynomial x⁸+x²+x+1, start value 0xFF."""
    crc = 0xFF
    for octet in data:
        crc ^= octet
        for _ in range(8):
            crc = (crc << 1) ^ (0x107 if crc & 0x80 else 0)
    return crc


def strip_height(width: int) -> int:
    """Rows of luma that the strip covers in a picture of this width."""
    return round(width / BLOCKS_PER_WIDTH)


def draw(luma: Luma, wall: WallTime) -> None:
    """Write the strip for `wall` (rounded to the millisecond) into the top rows of `luma`."""
    millis = (wall + _MICROS_PER_MS // 2) // _MICROS_PER_MS
    payload = millis.to_bytes(6, "big")
    octets = np.frombuffer(bytes((SYNC, *payload, crc8(payload))), np.uint8)
    width = luma.shape[1]
    luma[: strip_height(width)] = BLACK
    first, end = _edges(width)[0], _edges(width)[-1]
    row = np.repeat(np.unpackbits(octets), np.diff(_edges(width)))
    luma[: strip_height(width), first:end] = np.where(row, WHITE, BLACK)


def read(luma: NDArray[Any]) -> WallTime | None:
    """The time written in the picture; None when there is none or it cannot be trusted.

    `luma` is the whole picture (full or video range) at any scale from about 160 columns on.
    """
    block = luma.shape[1] / BLOCKS_PER_WIDTH
    if block < 1 or luma.shape[0] < block:
        return None
    levels = _levels(luma, block)
    head = levels[:8]
    white, black = head[_SYNC_BITS].mean(), head[~_SYNC_BITS].mean()
    if white - black < _LEAST_CONTRAST:
        return None
    octets = np.packbits(levels > (white + black) / 2).tobytes()
    payload = octets[1:7]
    if octets[0] != SYNC or octets[7] != crc8(payload):
        return None
    return WallTime(int.from_bytes(payload, "big") * _MICROS_PER_MS)


def unfold(written: WallTime, near: WallTime) -> WallTime:
    """The full time of a looped camera's time code: the one nearest to `near`. Full codes pass."""
    if written >= MINUTE:
        return written
    turns = round((near - written) / MINUTE)
    return WallTime(turns * MINUTE + written)


def _edges(width: int) -> NDArray[np.intp]:
    blocks = np.arange(FIRST_BLOCK, FIRST_BLOCK + BLOCKS + 1)
    return np.rint(blocks * width / BLOCKS_PER_WIDTH).astype(np.intp)


def _levels(luma: NDArray[Any], block: float) -> NDArray[np.float64]:
    """Mean of the middle of each block: its edges are blurred by scaling and compression."""
    top, bottom = _middle(0.0, block)
    rows = luma[top:bottom].mean(axis=0)
    spans = (_middle((FIRST_BLOCK + i) * block, block) for i in range(BLOCKS))
    return np.array([rows[start:end].mean() for start, end in spans])


def _middle(start: float, length: float) -> tuple[int, int]:
    first = int(start + length * 0.3)
    return first, max(first + 1, int(np.ceil(start + length * 0.7)))
