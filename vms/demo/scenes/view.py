"""View: a pinhole camera above a flat world, in metres. Pure.

World: x to the right, y away from the camera, z up; the camera stands at (0, 0, height) and looks
along y, tilted down. Pictures are in units (see `paint`).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, radians, sin
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vms.demo.scenes.paint import UNITS_HIGH, UNITS_WIDE, Canvas, Colour

Floats = NDArray[np.floating[Any]]

NEAR = 0.5
"""Metres; what is nearer is cut off."""


@dataclass(frozen=True, slots=True)
class View:
    """`height` in metres, `tilt` in degrees below the horizon, `focal` in units."""

    height: float
    tilt: float
    focal: float = 900.0

    @property
    def horizon(self) -> float:
        """Units from the top."""
        return float(UNITS_HIGH / 2 - self.focal * np.tan(np.radians(self.tilt)))

    def project(self, points: ArrayLike) -> Floats:
        """(n, 3) metres to (n, 2) units. All points lie before the camera."""
        seen = self._turned(np.asarray(points, np.float64))
        return self._flat(seen)

    def metre(self, x: float, y: float, z: float = 0.0) -> float:
        """How many units a metre is long at this place."""
        tilt = radians(self.tilt)
        return self.focal / max(NEAR, y * cos(tilt) - (z - self.height) * sin(tilt))

    def spot(self, x: float, y: float, z: float = 0.0) -> tuple[float, float]:
        """One point in units, without the weight of arrays."""
        tilt, metre = radians(self.tilt), self.metre(x, y, z)
        up = y * sin(tilt) + (z - self.height) * cos(tilt)
        return UNITS_WIDE / 2 + x * metre, UNITS_HIGH / 2 - up * metre

    def outline(self, points: ArrayLike) -> Floats | None:
        """A convex polygon in the world as one in the picture; None when it is behind us."""
        seen = self._turned(np.asarray(points, np.float64))
        if seen[:, 2].min() >= NEAR:
            return self._flat(seen)
        kept = []
        for here, there in zip(seen, np.roll(seen, -1, axis=0), strict=True):
            if here[2] >= NEAR:
                kept.append(here)
            if (here[2] >= NEAR) != (there[2] >= NEAR):
                part = (NEAR - here[2]) / (there[2] - here[2])
                kept.append(here + part * (there - here))
        return self._flat(np.array(kept)) if len(kept) >= 3 else None

    def paint(self, canvas: Canvas, points: ArrayLike, colour: Colour, alpha: float = 1.0) -> None:
        """Paint a convex polygon of the world."""
        corners = self.outline(points)
        if corners is not None:
            canvas.polygon(corners, colour, alpha)

    def ground(self, canvas: Canvas) -> tuple[Floats, Floats, Floats]:
        """For every pixel: x and y of the ground there, and 1 below the horizon, 0 above."""
        x, y = canvas.grid()
        tilt = np.radians(self.tilt)
        across, down = (x - UNITS_WIDE / 2) / self.focal, (y - UNITS_HIGH / 2) / self.focal
        fall = np.sin(tilt) + down * np.cos(tilt)
        far = self.height / np.maximum(fall, 1e-3)
        away = far * (np.cos(tilt) - down * np.sin(tilt))
        below = np.clip((y - self.horizon) * canvas.scale + 0.5, 0, 1)
        shape = np.broadcast_shapes(x.shape, y.shape)
        ground_y = np.broadcast_to(away, shape).astype(np.float32)
        return (far * across).astype(np.float32), ground_y, np.broadcast_to(below, shape)

    def _turned(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        tilt = np.radians(self.tilt)
        x, y, z = points[:, 0], points[:, 1], points[:, 2] - self.height
        up, forward = y * np.sin(tilt) + z * np.cos(tilt), y * np.cos(tilt) - z * np.sin(tilt)
        return np.stack([x, up, forward], axis=1)

    def _flat(self, seen: NDArray[np.float64]) -> Floats:
        depth = np.maximum(seen[:, 2], NEAR)
        x = UNITS_WIDE / 2 + self.focal * seen[:, 0] / depth
        y = UNITS_HIGH / 2 - self.focal * seen[:, 1] / depth
        return np.stack([x, y], axis=1).astype(np.float32)
