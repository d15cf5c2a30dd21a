"""Canvas: smooth-edged convex polygons and ellipses, painted over one another. Pure numpy.

Everything is given in picture units: the picture is 1280 wide, whatever its size in pixels. Colours
are sRGB, 0 to 255. A canvas ends as a `Picture` (a background) or as a `Sprite`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vms.demo.picture import Picture
from vms.demo.scenes.sprite import Sprite

UNITS_WIDE, UNITS_HIGH = 1280, 720

Floats = NDArray[np.floating[Any]]
Colour = Sequence[float] | Floats
"""Three numbers, or an array that fits the canvas (height, width, 3)."""


class Canvas:
    """`scale`: pixels per unit. `left`, `top`: units at the canvas' corner."""

    def __init__(
        self, width: int, height: int, *, scale: float, left: float = 0.0, top: float = 0.0
    ) -> None:
        self.width, self.height = width, height
        self.scale, self.left, self.top = scale, left, top
        self._rgb = np.zeros((height, width, 3), np.float32)
        self._alpha = np.zeros((height, width, 1), np.float32)

    @classmethod
    def of_picture(cls, width: int, height: int) -> Canvas:
        return cls(width, height, scale=width / UNITS_WIDE)

    def grid(self) -> tuple[Floats, Floats]:
        """Units at the middle of every pixel: a row of x, a column of y."""
        return self._span(0, self.width, self.left), self._span(0, self.height, self.top)[:, None]

    def fill(self, colour: Colour, alpha: ArrayLike = 1.0) -> None:
        """The whole canvas; `alpha` may be an array of its size."""
        shape = np.asarray(alpha, np.float32)
        self._over(slice(None), slice(None), shape if shape.ndim else shape[None, None], colour)

    def polygon(self, corners: ArrayLike, colour: Colour, alpha: float = 1.0) -> None:
        """A convex polygon; a point outside has no effect, a flat one neither."""
        points = np.asarray(corners, np.float32)
        box = self._box(points.min(axis=0), points.max(axis=0))
        if box is None or len(points) < 3:
            return
        rows, columns, x, y = box
        cover = _inside(points * self.scale, x * self.scale, y * self.scale)
        self._over(rows, columns, cover if alpha == 1 else cover * np.float32(alpha), colour)

    def texture(self, corners: ArrayLike, tint: Callable[[Canvas], Floats]) -> None:
        """A convex polygon whose colours `tint` gives for a canvas that just covers it."""
        points = np.asarray(corners, np.float32)
        box = self._box(points.min(axis=0), points.max(axis=0))
        if box is None:
            return
        part = self._part(*box[:2])
        part.polygon(points, tint(part))

    def window(self, top: float, bottom: float) -> Canvas:
        """The part between two heights (units) as a canvas of its own; painting shows here."""
        first = int(max(0, np.floor((top - self.top) * self.scale)))
        end = int(min(self.height, np.ceil((bottom - self.top) * self.scale)))
        return self._part(slice(first, max(first + 1, end)), slice(0, self.width))

    def ellipse(
        self,
        x: float,
        y: float,
        across: float,
        down: float,
        colour: Colour,
        alpha: float = 1.0,
        *,
        soft: float = 0.0,
    ) -> None:
        """Around (x, y) with two radii; `soft` 1 fades from the middle outwards."""
        reach = np.array([across, down], np.float32)
        middle = np.array([x, y], np.float32)
        box = self._box(middle - reach, middle + reach)
        if box is None:
            return
        rows, columns, xs, ys = box
        far = np.sqrt(((xs - x) / max(across, 1e-3)) ** 2 + ((ys - y) / max(down, 1e-3)) ** 2)
        sharp = max(min(across, down) * self.scale, 1e-3)
        edge = sharp ** (1 - soft)
        self._over(
            rows, columns, np.clip((1 - far) * edge + 0.5 * (1 - soft), 0, 1) * alpha, colour
        )

    def line(
        self,
        start: Sequence[float],
        end: Sequence[float],
        thick: float,
        colour: Colour,
        alpha: float = 1.0,
    ) -> None:
        """A straight bar, `thick` units wide."""
        (ax, ay), (bx, by) = start, end
        length = float(np.hypot(bx - ax, by - ay)) or 1.0
        dx, dy = -(by - ay) / length * thick / 2, (bx - ax) / length * thick / 2
        corners = [(ax + dx, ay + dy), (bx + dx, by + dy), (bx - dx, by - dy), (ax - dx, ay - dy)]
        self.polygon(corners, colour, alpha)

    def picture(self) -> Picture:
        return Picture(*_yuv(self._rgb))

    def sprite(self) -> Sprite:
        """To be blitted with its top left corner at (`left`, `top`); sides must be even."""
        opaque = self._rgb / np.maximum(self._alpha, 1e-3)
        return Sprite.of(Picture(*_yuv(opaque)), self._alpha[:, :, 0])

    def _part(self, rows: slice, columns: slice) -> Canvas:
        wide, high = columns.stop - columns.start, rows.stop - rows.start
        left, top = self.left + columns.start / self.scale, self.top + rows.start / self.scale
        part = Canvas(0, 0, scale=self.scale, left=left, top=top)
        part.width, part.height = wide, high
        part._rgb, part._alpha = self._rgb[rows, columns], self._alpha[rows, columns]
        return part

    def _over(self, rows: slice, columns: slice, cover: Floats, colour: Colour) -> None:
        cover = cover[:, :, None]
        paint = np.asarray(colour, np.float32)
        if paint.ndim == 3:
            paint = paint[rows, columns]
        for under, over in ((self._rgb, paint), (self._alpha, np.float32(1))):
            part = under[rows, columns]
            part += (over - part) * cover

    def _box(self, least: Floats, most: Floats) -> tuple[slice, slice, Floats, Floats] | None:
        first = np.floor((least - (self.left, self.top)) * self.scale).astype(int) - 1
        last = np.ceil((most - (self.left, self.top)) * self.scale).astype(int) + 1
        x0, y0 = np.maximum(first, 0)
        x1, y1 = np.minimum(last, (self.width, self.height))
        if x0 >= x1 or y0 >= y1:
            return None
        xs, ys = self._span(x0, x1, self.left), self._span(y0, y1, self.top)[:, None]
        return slice(y0, y1), slice(x0, x1), xs, ys

    def _span(self, first: int, end: int, zero: float) -> Floats:
        return ((np.arange(first, end) + 0.5) / self.scale + zero).astype(np.float32)


def _inside(points: Floats, x: Floats, y: Floats) -> Floats:
    """How much of each pixel a convex polygon covers, by the distance to its nearest edge."""
    along = np.roll(points, -1, axis=0) - points
    lengths = np.hypot(along[:, 0], along[:, 1])
    edges = lengths > 1e-4
    points, along = points[edges], along[edges] / lengths[edges, None]
    if len(points) < 3:
        return np.zeros(np.broadcast_shapes(x.shape, y.shape), np.float32)
    ahead = np.roll(points, -1, axis=0)
    turn = np.sign(np.sum(points[:, 0] * ahead[:, 1] - ahead[:, 0] * points[:, 1]))
    right, down = -along[:, 1] * turn, along[:, 0] * turn
    shift = (0.5 - right * points[:, 0] - down * points[:, 1])[:, None, None]
    away = right[:, None, None] * x + (down[:, None, None] * y + shift)
    return np.asarray(np.clip(away.min(axis=0), 0, 1), np.float32)


def _yuv(rgb: Floats) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]:
    """ITU-R BT.709, video range, chroma averaged over 2×2."""
    red, green, blue = (rgb[:, :, index] / 255 for index in range(3))
    luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    wide = 128 + 224 * (blue - luma) / 1.8556
    narrow = 128 + 224 * (red - luma) / 1.5748
    return _octets(16 + 219 * luma), _octets(_halved(wide)), _octets(_halved(narrow))


def _halved(plane: Floats) -> Floats:
    half = plane[::2, ::2] + plane[1::2, ::2] + plane[::2, 1::2] + plane[1::2, 1::2]
    return np.asarray(half / 4, np.float32)


def _octets(plane: Floats) -> NDArray[np.uint8]:
    return np.clip(np.rint(plane), 16, 240).astype(np.uint8)
