"""Noise that looks like stone, leaves, clouds and water, because it is smooth at several scales."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]

_SIDE = 256


def noise(x: Floats, y: Floats, seed: int = 0) -> Floats:
    """Value noise, 0 to 1, with one value per unit square and smooth between; broadcasts."""
    table = np.random.default_rng(seed).random((_SIDE, _SIDE), np.float32)
    column, row = np.floor(x), np.floor(y)
    fx, fy = _eased(x - column), _eased(y - row)
    c0, r0 = column.astype(np.int32) % _SIDE, row.astype(np.int32) % _SIDE
    c1, r1 = (c0 + 1) % _SIDE, (r0 + 1) % _SIDE
    upper = table[r0, c0] * (1 - fx) + table[r0, c1] * fx
    lower = table[r1, c0] * (1 - fx) + table[r1, c1] * fx
    return np.asarray(upper * (1 - fy) + lower * fy, np.float32)


def fractal(x: Floats, y: Floats, octaves: int = 4, seed: int = 0) -> Floats:
    """Noise at `octaves` scales, each twice as fine and half as strong; about 0 to 1."""
    total = np.zeros(np.broadcast_shapes(x.shape, y.shape), np.float32)
    for octave in range(octaves):
        fine = np.float32(2**octave)
        total += noise(x * fine, y * fine, seed + octave) / fine
    return np.asarray(total / (2 - 2 ** (1 - octaves)), np.float32)


def _eased(part: Floats) -> Floats:
    return np.asarray(part * part * (3 - 2 * part), np.float32)
