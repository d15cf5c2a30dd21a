"""The gate of the city: pillars with a carved beam over the road, cars passing, people waiting."""

from __future__ import annotations

import numpy as np

from vms.demo.scenes.buildings import fence, house
from vms.demo.scenes.motion import Actor, Mover, Path, Pose
from vms.demo.scenes.nature import ground, hills, lamp, palm, sky, speckle, stripe, surface, tree
from vms.demo.scenes.paint import Canvas
from vms.demo.scenes.people import person
from vms.demo.scenes.scene import Scene
from vms.demo.scenes.solids import Face, box, paint, prism
from vms.demo.scenes.vehicles import car, motorbike, truck, van
from vms.demo.scenes.view import View

VIEW = View(height=5.0, tilt=4.0, focal=900)
STONE, GOLD, RED = (206, 200, 186), (222, 178, 70), (168, 44, 40)
GATE_AWAY = 26.0


def build(width: int, height: int) -> Scene:
    canvas = Canvas.of_picture(width, height)
    sky(canvas, VIEW.horizon, ((104, 158, 210), (222, 228, 226)), cover=0.7, seed=15)
    hills(canvas, VIEW.horizon + 3, 78, (76, 112, 88), seed=5)
    ground(VIEW, canvas, (98, 122, 72), rough=0.45)
    _road(canvas)
    _trees(canvas)
    _post(canvas)
    _beam(canvas)
    speckle(canvas)
    pillar = Actor(_pillar, 2.2, 7.6)
    pillars = [Mover(pillar, Path(((x, GATE_AWAY),)), 0) for x in (-8.3, 8.3)]
    return Scene(VIEW, canvas.picture(), [*pillars, *_traffic(), *_people()])


def _road(canvas: Canvas) -> None:
    surface(VIEW, canvas, [(-7, 3), (7, 3), (7, 320), (-7, 320)], (94, 93, 96))
    for side in (-1, 1):
        walk = [(side * 7, 3), (side * 10.5, 3), (side * 10.5, 120), (side * 7, 120)]
        surface(VIEW, canvas, walk, (176, 168, 152), size=0.3)
        stripe(VIEW, canvas, (side * 6.7, 4), (side * 6.7, 260), 0.14)
        stripe(VIEW, canvas, (side * 3.6, 5), (side * 3.6, 200), 0.12, dash=3)
    surface(VIEW, canvas, [(-0.7, 3), (0.7, 3), (0.7, 160), (-0.7, 160)], (82, 116, 62), rough=0.5)


def _trees(canvas: Canvas) -> None:
    for y in (150, 110, 80, 58, 42):
        for side in (-1, 1):
            foot = VIEW.spot(side * (13.5 + y % 7), y, 0)
            high = (7 + y % 4) * VIEW.metre(side * 13.5, y)
            if y % 3:
                tree(canvas, *foot, high, seed=y)
            else:
                palm(canvas, *foot, high, seed=y)
    for y in (90, 60, 38):
        lamp(VIEW, canvas, 0, y, 8.0)


def _post(canvas: Canvas) -> None:
    house(VIEW, canvas, (15.0, 21.0), (27, 32), 3.0, (222, 216, 200), roof=(58, 96, 132))
    fence(VIEW, canvas, [(10.5, 34), (10.5, 14)], 1.1, (200, 200, 196))
    fence(VIEW, canvas, [(-10.5, 34), (-10.5, 14)], 1.1, (200, 200, 196))


def _beam(canvas: Canvas) -> None:
    """A beam with golden carvings under a curved roof as on a longhouse; nothing hides it."""
    paint(VIEW, canvas, box((-11, 11), (25.2, 26.8), (7.2, 8.9), RED, top=STONE))
    for x in np.arange(-10, 10.1, 2.5):
        _carving(VIEW, canvas, float(x), 7.45)
    roof = [(-12.4, 24.4), (12.4, 24.4), (12.4, 27.6), (-12.4, 27.6)]
    paint(VIEW, canvas, prism(roof, 8.7, 10.7, (92, 66, 48), taper=0.32))
    for side in (-1, 1):
        horn = [(side * 12.4, 24.4, 8.7), (side * 13.6, 24.4, 11.2), (side * 10.9, 24.6, 9.7)]
        VIEW.paint(canvas, horn, GOLD)


def _pillar(view: View, canvas: Canvas, pose: Pose, step: int) -> None:
    for low, high, half in ((0, 1.2, 1.3), (1.2, 6.6, 1.0), (6.6, 7.2, 1.25)):
        side, deep = (pose.x - half, pose.x + half), (pose.y - half, pose.y + half)
        paint(view, canvas, box(side, deep, (low, high), STONE))
    for low in (1.9, 3.4, 4.9):
        _carving(view, canvas, pose.x, low)


def _carving(view: View, canvas: Canvas, x: float, low: float) -> None:
    y = GATE_AWAY - 1.52
    rhomb = [(x, y, low), (x + 0.55, y, low + 0.55), (x, y, low + 1.1), (x - 0.55, y, low + 0.55)]
    paint(view, canvas, [Face(np.array(rhomb), GOLD, lit=False)])


def _traffic() -> list[Mover]:
    away, towards = Path(((-2.2, 4.0), (-2.2, 260.0))), Path(((2.2, 260.0), (2.2, 4.0)))
    outer, outer_back = Path(((-5.2, 4.0), (-5.2, 260.0))), Path(((5.2, 260.0), (5.2, 4.0)))
    return [
        Mover(car((210, 212, 214)), away, 3, 0.05),
        Mover(car((60, 66, 74)), towards, 4, 0.3),
        Mover(truck((60, 110, 160)), outer, 2, 0.35),
        Mover(van((196, 150, 44)), towards, 4, 0.85),
        Mover(car((130, 26, 34)), outer_back, 3, 0.6),
        Mover(motorbike((24, 26, 30), (206, 206, 200), (40, 90, 160)), outer, 4, 0.75),
        Mover(motorbike((190, 40, 40), (70, 120, 90), (236, 236, 230)), outer_back, 4, 0.15),
    ]


def _people() -> list[Mover]:
    left, right = Path(((-10.0, 11.0), (-10.0, 48.0))), Path(((10.0, 46.0), (10.0, 10.0)))
    scarf = person((176, 84, 110), (90, 60, 80), hair=(230, 214, 206))
    return [
        Mover(scarf, left, 1, 0.05, rate=3),
        Mover(person((232, 232, 228), (44, 54, 92), hair=(190, 40, 40)), left, 1, 0.02, rate=3),
        Mover(person((70, 120, 150), bag=(120, 80, 50)), right, 1, 0.4, rate=3),
        Mover(person((86, 96, 72), (70, 76, 60)), Path(((13.6, 25.0),)), 0),
    ]
