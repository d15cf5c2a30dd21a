"""Cars, trucks, motorbikes, boats, ships: small solids that head along x. Pure."""

from __future__ import annotations

import numpy as np

from vms.demo.scenes.motion import Actor, Pose
from vms.demo.scenes.paint import Canvas
from vms.demo.scenes.solids import Face, Tint, box, paint, placed, prism
from vms.demo.scenes.view import View

GLASS: Tint = (52, 62, 74)
TYRE: Tint = (28, 28, 30)
HEADLAMP: Tint = (255, 250, 225)
TAILLAMP: Tint = (200, 30, 28)


def car(colour: Tint) -> Actor:
    body = [
        *_wheels((-1.35, 1.35), 0.8, 0.33),
        *box((-2.1, 2.1), (-0.85, 0.85), (0.25, 0.85), colour, taper=0.04),
        *box((-1.7, 1.1), (-0.76, 0.76), (0.85, 1.45), GLASS, taper=0.2, top=colour),
        *_lamps(2.1, 0.62, 0.7),
    ]
    return _vehicle(body, 2.6, 1.6, (2.3, 1.0))


def van(colour: Tint) -> Actor:
    """The angkot, a city's minibus."""
    body = [
        *_wheels((-1.4, 1.4), 0.8, 0.35),
        *box((-2.1, 2.1), (-0.85, 0.85), (0.3, 1.15), colour, taper=0.02),
        *box((-2.05, 1.85), (-0.82, 0.82), (1.15, 1.85), GLASS, taper=0.07, top=colour),
        *_lamps(2.1, 0.6, 0.75),
    ]
    return _vehicle(body, 2.6, 2.0, (2.3, 1.0))


def truck(colour: Tint) -> Actor:
    body = [
        *_wheels((-2.6, -1.7, 2.4), 1.1, 0.5),
        *box((-3.6, 1.6), (-1.15, 1.15), (0.9, 2.8), (150, 146, 138), top=(172, 168, 160)),
        *box((1.8, 3.5), (-1.1, 1.1), (0.5, 1.5), colour),
        *box((1.85, 3.4), (-1.05, 1.05), (1.5, 2.4), GLASS, taper=0.08, top=colour),
        *_lamps(3.5, 0.85, 0.8),
    ]
    return _vehicle(body, 4.4, 3.0, (3.8, 1.4))


def motorbike(colour: Tint, shirt: Tint, helmet: Tint) -> Actor:
    body = [
        *_wheels((-0.62, 0.62), 0.05, 0.3),
        *box((-0.75, 0.7), (-0.17, 0.17), (0.3, 0.75), colour, taper=0.15),
        *box((-0.4, 0.15), (-0.28, 0.28), (0.62, 0.9), (44, 48, 66)),
        *box((-0.35, 0.05), (-0.25, 0.25), (0.85, 1.38), shirt, taper=0.12),
        *box((-0.28, 0.02), (-0.14, 0.14), (1.4, 1.68), helmet, taper=0.2),
        Face(_square(0.71, 0.0, 0.75, 0.1), HEADLAMP, lit=False),
        Face(_square(-0.76, 0.0, 0.62, -0.08), TAILLAMP, lit=False),
    ]
    return _vehicle(body, 1.2, 1.8, (0.95, 0.4))


def boat(hull: Tint, cabin: Tint, *, length: float = 9.0) -> Actor:
    """A klotok: wooden hull, roofed; leaves a wake."""
    half, beam = length / 2, length * 0.13
    body = [
        *_hull(half, beam, 0.0, 0.9, hull),
        *box((-half * 0.7, half * 0.3), (-beam * 0.7, beam * 0.7), (0.9, 1.9), cabin),
        *box((-half * 0.8, half * 0.4), (-beam * 0.85, beam * 0.85), (1.95, 2.1), (225, 222, 210)),
        *box((half * 0.6, half * 0.64), (-0.05, 0.05), (0.9, 3.2), (90, 70, 50)),
    ]

    def draw(view: View, canvas: Canvas, pose: Pose, step: int) -> None:
        _wake(view, canvas, pose, half, beam)
        paint(view, canvas, placed(body, pose.x, pose.y, pose.heading, 0.04 * (step % 2)))

    return Actor(draw, length * 1.1, 3.6, steps=2)


def ship(hull: Tint, *, length: float = 70.0) -> Actor:
    """A freighter with its house aft and boxes on deck."""
    half, beam = length / 2, length * 0.09
    boxes: list[Face] = []
    for index, tint in enumerate(((176, 70, 52), (64, 104, 148), (196, 160, 70), (86, 130, 96))):
        start = -half * 0.45 + index * half * 0.32
        boxes += box((start, start + half * 0.28), (-beam * 0.75, beam * 0.75), (5, 9.5), tint)
    house = box((-half * 0.85, -half * 0.55), (-beam * 0.8, beam * 0.8), (5, 15), (232, 230, 222))
    front = box((-half * 0.83, -half * 0.54), (-beam * 0.82, beam * 0.82), (13, 14), GLASS)
    body = [*_hull(half, beam, 0.0, 5.0, hull), *boxes, *house, *front]

    def draw(view: View, canvas: Canvas, pose: Pose, step: int) -> None:
        _wake(view, canvas, pose, half, beam)
        paint(view, canvas, placed(body, pose.x, pose.y, pose.heading))

    return Actor(draw, length * 0.62, 18.0)


def _vehicle(body: list[Face], reach: float, tall: float, shadow: tuple[float, float]) -> Actor:
    def draw(view: View, canvas: Canvas, pose: Pose, step: int) -> None:
        _shadow(view, canvas, pose, *shadow)
        paint(view, canvas, placed(body, pose.x, pose.y, pose.heading, pose.z))

    return Actor(draw, reach, tall)


def _shadow(view: View, canvas: Canvas, pose: Pose, half: float, side: float) -> None:
    ring = [(-half, -side), (half, -side), (half + 0.3, side + 0.3), (-half + 0.3, side + 0.3)]
    for grow, dark in ((1.12, 0.16), (1.0, 0.34)):
        flat = Face(np.array([(x * grow, y * grow, 0.01) for x, y in ring]), (12, 14, 20))
        corners = placed([flat], pose.x, pose.y, pose.heading, pose.z)[0].corners
        view.paint(canvas, corners, (12, 14, 20), dark)


def _wake(view: View, canvas: Canvas, pose: Pose, half: float, beam: float) -> None:
    for length, wide, strong in ((2.1, 1.6, 0.18), (1.6, 1.15, 0.3)):
        ring = [(half, 0.0), (-half * length, -beam * wide), (-half * length, beam * wide)]
        flat = Face(np.array([(x, y, 0.02) for x, y in ring]), (225, 236, 240))
        corners = placed([flat], pose.x, pose.y, pose.heading)[0].corners
        view.paint(canvas, corners, (225, 236, 240), strong)


def _hull(half: float, beam: float, low: float, high: float, colour: Tint) -> list[Face]:
    base = [
        (-half, -beam * 0.8),
        (half * 0.55, -beam),
        (half, 0.0),
        (half * 0.55, beam),
        (-half, beam * 0.8),
    ]
    deck = (colour[0] * 0.5 + 90, colour[1] * 0.5 + 80, colour[2] * 0.5 + 60)
    return prism(base, low, high, colour, taper=-0.06, top=deck)


def _wheels(along: tuple[float, ...], side: float, radius: float) -> list[Face]:
    turns = np.linspace(0, 2 * np.pi, 11)[:-1]
    faces = []
    for x in along:
        for y, order in ((-side - 0.06, 1), (side + 0.06, -1)):
            rim = np.column_stack(
                [x + radius * np.cos(turns), np.full(10, y), radius * (1 + np.sin(turns))]
            )
            faces.append(Face(rim[::order], TYRE, lit=False))
    return faces


def _lamps(end: float, side: float, high: float) -> list[Face]:
    faces = []
    for y in (-side, side):
        faces.append(Face(_square(end + 0.02, y, high, 0.14), HEADLAMP, lit=False))
        faces.append(Face(_square(-end - 0.02, y, high, -0.13), TAILLAMP, lit=False))
    return faces


def _square(x: float, y: float, z: float, half: float) -> np.ndarray:
    """Looks forwards when `half` is positive, backwards when negative."""
    up = abs(half)
    return np.array(
        [(x, y - half, z - up), (x, y + half, z - up), (x, y + half, z + up), (x, y - half, z + up)]
    )
