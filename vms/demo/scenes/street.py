"""A straight street between shophouses, with cars, minibuses and many motorbikes."""

from __future__ import annotations

import itertools

import numpy as np

from vms.demo.scenes.buildings import shophouse
from vms.demo.scenes.motion import Mover, Path
from vms.demo.scenes.nature import ground, hills, lamp, sky, speckle, stripe, surface, tree
from vms.demo.scenes.paint import Canvas
from vms.demo.scenes.people import person
from vms.demo.scenes.scene import Scene
from vms.demo.scenes.solids import Tint
from vms.demo.scenes.vehicles import car, motorbike, truck, van
from vms.demo.scenes.view import View

VIEW = View(height=7.0, tilt=13.0, focal=820)
LEFT_ROW: tuple[tuple[float, Tint, Tint], ...] = (
    (9.5, (214, 196, 160), (186, 58, 48)),
    (8.0, (176, 196, 190), (40, 112, 92)),
    (10.5, (222, 214, 204), (206, 150, 40)),
    (8.5, (196, 164, 140), (48, 90, 150)),
    (9.5, (208, 210, 214), (180, 60, 90)),
)
RIGHT_ROW: tuple[tuple[float, Tint, Tint], ...] = (
    (8.0, (206, 208, 190), (44, 96, 160)),
    (10.0, (190, 150, 128), (200, 170, 60)),
    (8.5, (222, 218, 206), (170, 50, 44)),
    (9.0, (170, 184, 196), (60, 130, 80)),
)


def build(width: int, height: int) -> Scene:
    canvas = Canvas.of_picture(width, height)
    sky(canvas, VIEW.horizon, cover=0.55)
    hills(canvas, VIEW.horizon + 3, 60, (92, 116, 108))
    ground(VIEW, canvas, (148, 138, 122), rough=0.3)
    _roads(canvas)
    _houses(canvas)
    _furniture(canvas)
    speckle(canvas)
    return Scene(VIEW, canvas.picture(), _traffic() + _walkers())


def _roads(canvas: Canvas) -> None:
    for inner, outer in ((-8.2, -5.2), (5.2, 8.2)):
        pavement = [(inner, 4), (outer, 4), (outer, 160), (inner, 160)]
        surface(VIEW, canvas, pavement, (170, 164, 154), size=0.3)
    surface(VIEW, canvas, [(-5, 4), (5, 4), (5, 300), (-5, 300)], (88, 88, 92))
    surface(VIEW, canvas, [(4.9, 44), (60, 44), (60, 53), (4.9, 53)], (92, 91, 94))
    for x in (-4.7, 4.7):
        stripe(VIEW, canvas, (x, 5), (x, 43 if x > 0 else 200), 0.12)
    stripe(VIEW, canvas, (0, 17), (0, 200), 0.14, dash=3)
    for x in np.arange(-4.4, 4.5, 1.1):
        stripe(VIEW, canvas, (x, 12.5), (x, 15.5), 0.55)


def _houses(canvas: Canvas) -> None:
    for index in range(len(LEFT_ROW) - 1, -1, -1):
        high, wall, sign = LEFT_ROW[index]
        near = 13 + index * 15
        shophouse(VIEW, canvas, (-24, -9), (near, near + 14), high, wall, "right", sign=sign)
    for index in range(len(RIGHT_ROW) - 1, -1, -1):
        high, wall, sign = RIGHT_ROW[index]
        near = 17 + index * 13 + (12 if index > 1 else 0)
        shophouse(VIEW, canvas, (9, 25), (near, near + 12.5), high, wall, "left", sign=sign)


def _furniture(canvas: Canvas) -> None:
    for lit in (88, 64, 40, 20):
        lamp(VIEW, canvas, -5.6, lit)
    for x, y, high in ((7.0, 78.0, 7.0), (-7.2, 54.0, 6.0), (7.1, 32.0, 5.5), (-7.3, 27.0, 5.0)):
        tree(canvas, *VIEW.spot(x, y), high * VIEW.metre(x, y))
    poles = [(8.4, y, 7.6) for y in (110, 80, 50, 24, 8)]
    tops = VIEW.project(poles)
    for (x, y, z), top in zip(poles, tops, strict=True):
        foot = VIEW.spot(x, y, 0)
        canvas.line(foot, top, 0.2 * VIEW.metre(x, y, z / 2), (96, 92, 88))
    for one, two in itertools.pairwise(tops):
        for drop in (0, 7):
            canvas.line((one[0], one[1] + drop), (two[0], two[1] + drop), 1.3, (54, 54, 58), 0.8)


def _traffic() -> list[Mover]:
    away, towards = Path(((-2.4, 5.0), (-2.4, 190.0))), Path(((2.4, 190.0), (2.4, 5.0)))
    kerb_away, kerb_towards = Path(((-4.1, 5.0), (-4.1, 190.0))), Path(((4.1, 190.0), (4.1, 5.0)))
    turning = Path(((55.0, 46.5), (7.0, 46.5), (4.0, 44.5), (2.6, 41.0), (2.4, 5.0)))
    return [
        Mover(car((196, 198, 202)), away, 4, 0.0),
        Mover(van((46, 118, 86)), away, 4, 0.55),
        Mover(car((150, 34, 36)), towards, 4, 0.1),
        Mover(truck((206, 150, 40)), towards, 4, 0.42),
        Mover(car((40, 60, 104)), towards, 4, 0.74),
        Mover(car((232, 232, 228)), turning, 4, 0.35),
        Mover(motorbike((170, 30, 34), (60, 96, 150), (230, 230, 226)), kerb_away, 5, 0.15),
        Mover(motorbike((30, 36, 44), (190, 150, 60), (190, 40, 40)), kerb_away, 5, 0.7),
        Mover(motorbike((40, 80, 150), (90, 140, 96), (30, 32, 38)), kerb_towards, 5, 0.3),
        Mover(motorbike((210, 210, 212), (160, 70, 110), (240, 200, 60)), kerb_towards, 5, 0.85),
    ]


def _walkers() -> list[Mover]:
    left, right = Path(((-6.6, 14.0), (-6.6, 60.0))), Path(((6.6, 44.0), (6.6, 12.0)))
    crossing = Path(((-7.0, 14.0), (7.0, 14.0)))
    return [
        Mover(person((200, 90, 90), hair=(222, 210, 200)), left, 1, 0.1, rate=3),
        Mover(person((70, 110, 160)), right, 1, 0.45, rate=3),
        Mover(person((228, 226, 220), (90, 90, 96)), crossing, 3, 0.2, rate=3),
    ]
