"""Sprite: a small picture with transparency, put into a picture in some ten microseconds. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vms.demo.picture import Picture, Plane


@dataclass(frozen=True, slots=True)
class Layer:
    """One plane: what it adds (already weighted), how much of what is there goes, in 256ths."""

    adds: Plane
    goes: Plane

    def blend(self, plane: Plane, left: int, top: int) -> None:
        height, width = self.adds.shape
        x0, y0 = max(left, 0), max(top, 0)
        x1, y1 = min(left + width, plane.shape[1]), min(top + height, plane.shape[0])
        if x0 >= x1 or y0 >= y1:
            return
        rows, columns = slice(y0 - top, y1 - top), slice(x0 - left, x1 - left)
        under = plane[y0:y1, x0:x1]
        gone = np.multiply(under, self.goes[rows, columns], dtype=np.uint16)
        gone >>= 8
        under -= gone.astype(np.uint8)
        under += self.adds[rows, columns]


@dataclass(frozen=True, slots=True)
class Sprite:
    """What is clear all around is cut off; `column` and `row` (chroma samples) are what was cut
    off to the left and above."""

    y: Layer
    u: Layer
    v: Layer
    column: int = 0
    row: int = 0

    @classmethod
    def of(cls, picture: Picture, alpha: NDArray[np.floating[Any]]) -> Sprite:
        """Width and height are even; `alpha` is 0 to 1, of the picture's size."""
        half = (alpha[::2, ::2] + alpha[1::2, ::2] + alpha[::2, 1::2] + alpha[1::2, 1::2]) / 4
        top, bottom = _filled(half.max(axis=1, initial=0))
        left, right = _filled(half.max(axis=0, initial=0))
        small = slice(top, bottom), slice(left, right)
        large = slice(2 * top, 2 * bottom), slice(2 * left, 2 * right)
        return cls(
            _layer(picture.y[large], alpha[large]),
            _layer(picture.u[small], half[small]),
            _layer(picture.v[small], half[small]),
            left,
            top,
        )

    def blit(self, picture: Picture, left: int, top: int) -> None:
        """Put the top left corner at (left, top), rounded down to even pixels; it may stick out."""
        column, row = left // 2 + self.column, top // 2 + self.row
        self.y.blend(picture.y, 2 * column, 2 * row)
        self.u.blend(picture.u, column, row)
        self.v.blend(picture.v, column, row)


def _filled(most: NDArray[np.floating[Any]]) -> tuple[int, int]:
    """First and end of what is not clear."""
    places = np.flatnonzero(most > 0.004)
    return (int(places[0]), int(places[-1]) + 1) if len(places) else (0, 0)


def _layer(plane: Plane, alpha: NDArray[np.floating[Any]]) -> Layer:
    goes = np.rint(np.clip(alpha, 0, 1) * 255).astype(np.uint8)
    adds = plane.astype(np.uint16) * goes >> 8  # rounded down: the sum stays within an octet
    return Layer(adds.astype(np.uint8), goes)
