"""Boxes, prisms and buildings in the world, lit by one sun. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import hypot

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vms.demo.scenes.paint import Canvas, Colour
from vms.demo.scenes.view import View

Points = NDArray[np.float64]
Tint = tuple[float, float, float]

SUN = np.array([-0.45, -0.55, 0.7]) / np.linalg.norm([-0.45, -0.55, 0.7])


@dataclass(frozen=True, slots=True)
class Face:
    """A convex polygon in the world; `lit` False keeps its colour as it is (lamps, glass)."""

    corners: Points
    colour: Tint
    lit: bool = True


def prism(
    base: ArrayLike,
    low: float,
    high: float,
    colour: Tint,
    *,
    taper: float = 0.0,
    top: Tint | None = None,
) -> list[Face]:
    """Walls and lid over a convex base [(x, y), …]; `taper` draws the upper edge in, 0 to 1."""
    ring = np.asarray(base, np.float64)
    middle = ring.mean(axis=0)
    upper = ring + (middle - ring) * taper
    bottom = np.column_stack([ring, np.full(len(ring), low)])
    lid = np.column_stack([upper, np.full(len(ring), high)])
    following = np.roll(np.arange(len(ring)), -1)
    walls = [
        Face(np.stack([bottom[a], bottom[b], lid[b], lid[a]]), colour)
        for a, b in enumerate(following)
    ]
    return [*walls, Face(lid, top or colour)]


def box(
    x: Sequence[float],
    y: Sequence[float],
    z: Sequence[float],
    colour: Tint,
    *,
    taper: float = 0.0,
    top: Tint | None = None,
) -> list[Face]:
    """Between two values on each axis."""
    base = [(x[0], y[0]), (x[1], y[0]), (x[1], y[1]), (x[0], y[1])]
    return prism(base, z[0], z[1], colour, taper=taper, top=top)


def placed(faces: Sequence[Face], x: float, y: float, heading: float, z: float = 0.0) -> list[Face]:
    """Turned by `heading` (radians, 0 is along x, counted anticlockwise), then moved."""
    cos, sin = np.cos(heading), np.sin(heading)
    turn = np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]])
    shift = np.array([x, y, z])
    return [Face(face.corners @ turn.T + shift, face.colour, face.lit) for face in faces]


def paint(view: View, canvas: Canvas, faces: Sequence[Face], *, ambient: float = 0.62) -> None:
    """Faces that look at us, far ones first."""
    eye = np.array([0.0, 0.0, view.height])
    shown = [face for face in faces if _looks_at(face, eye)]
    for face in sorted(shown, key=lambda face: -_distance(face, eye)):
        view.paint(canvas, face.corners, shade(face, ambient) if face.lit else face.colour)


def shade(face: Face, ambient: float) -> Colour:
    light = ambient + (1 - ambient) * max(0.0, float(_normal(face) @ SUN)) * 1.25
    return tuple(min(255.0, part * light) for part in face.colour)


def panes(
    wall: Points,
    rows: int,
    columns: int,
    colour: Tint,
    *,
    fill: Sequence[float] = (0.6, 0.6),
    base: float = 0.0,
) -> Iterator[Face]:
    """A grid of windows on a wall given by its corners (bottom left, bottom right, top right, top
    left); `fill` is how much of each cell is window, `base` the part of the height left free."""
    low_left, low_right, high_right, high_left = wall
    wide, high = fill
    for row in range(rows):
        for column in range(columns):
            spans = []
            for part, up in ((-wide, -high), (wide, -high), (wide, high), (-wide, high)):
                across = (column + 0.5 + part / 2) / columns
                above = base + (1 - base) * (row + 0.5 + up / 2) / rows
                low = low_left + (low_right - low_left) * across
                top = high_left + (high_right - high_left) * across
                spans.append(low + (top - low) * above)
            yield Face(np.stack(spans), colour, lit=False)


def _normal(face: Face) -> Points:
    a, b, c = face.corners[:3].tolist()
    px, py, pz = b[0] - a[0], b[1] - a[1], b[2] - a[2]
    qx, qy, qz = c[0] - a[0], c[1] - a[1], c[2] - a[2]
    across = py * qz - pz * qy, pz * qx - px * qz, px * qy - py * qx
    return np.array(across) / max(hypot(*across), 1e-9)


def _looks_at(face: Face, eye: Points) -> bool:
    return float(_normal(face) @ (eye - face.corners[0])) > 0


def _distance(face: Face, eye: Points) -> float:
    return float(np.linalg.norm(face.corners.mean(axis=0) - eye))
