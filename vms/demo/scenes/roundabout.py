"""A roundabout from a high mast: a green island with a monument, traffic circling clockwise."""

from __future__ import annotations

import numpy as np

from vms.demo.scenes.buildings import column, house, shophouse
from vms.demo.scenes.motion import Actor, Mover, Path, Pose, ring
from vms.demo.scenes.nature import ground, hills, lamp, sky, speckle, stripe, surface, tree
from vms.demo.scenes.paint import Canvas
from vms.demo.scenes.people import person
from vms.demo.scenes.scene import Scene
from vms.demo.scenes.solids import paint
from vms.demo.scenes.vehicles import car, motorbike, truck, van
from vms.demo.scenes.view import View

VIEW = View(height=17.0, tilt=19.0, focal=860)
X, Y, OUTER, INNER = 0.0, 44.0, 19.0, 10.0
ASPHALT = (90, 90, 94)
GOLD, MARBLE = (218, 178, 78), (226, 222, 212)


def build(width: int, height: int) -> Scene:
    canvas = Canvas.of_picture(width, height)
    sky(canvas, VIEW.horizon, cover=0.4, seed=61)
    hills(canvas, VIEW.horizon + 2, 36, (92, 120, 108), seed=62)
    ground(VIEW, canvas, (112, 128, 84), rough=0.45)
    _roads(canvas)
    _town(canvas)
    _island(canvas)
    speckle(canvas)
    monument = Mover(Actor(_monument, 3.5, 15.0), Path(((X, Y),)), 0)
    return Scene(VIEW, canvas.picture(), [monument, *_traffic(), *_people()])


def _roads(canvas: Canvas) -> None:
    for grow, tint in ((1.14, (172, 164, 150)), (1.0, ASPHALT)):
        side = 5.5 if grow == 1.0 else 8.0
        surface(VIEW, canvas, [(-side, 2), (side, 2), (side, 300), (-side, 300)], tint)
        surface(
            VIEW, canvas, [(-90, Y - side), (90, Y - side), (90, Y + side), (-90, Y + side)], tint
        )
        surface(VIEW, canvas, _circle(OUTER * grow), tint)
    for start, end in (
        ((0, 4), (0, 22)),
        ((0, 66), (0, 200)),
        ((-80, Y), (-22, Y)),
        ((22, Y), (80, Y)),
    ):
        stripe(VIEW, canvas, start, end, 0.16, dash=2.5)
    middle = (OUTER + INNER) / 2
    dots = _circle(middle, 40)
    for one, two in zip(dots[::2], dots[1::2], strict=True):
        stripe(VIEW, canvas, one, two, 0.15)
    for x in np.arange(-5.0, 5.1, 1.25):
        stripe(VIEW, canvas, (x, 18.5), (x, 21.5), 0.6)


def _island(canvas: Canvas) -> None:
    surface(VIEW, canvas, _circle(INNER), (206, 200, 186))
    surface(VIEW, canvas, _circle(INNER - 0.5), (84, 138, 66), rough=0.4)
    chance = np.random.default_rng(63)
    for angle in np.linspace(0, 2 * np.pi, 60):
        for far, tint in ((8.6, (206, 70, 90)), (7.6, (236, 196, 70))):
            x, y = X + far * np.cos(angle), Y + far * np.sin(angle)
            m = VIEW.metre(x, y)
            grow = 0.4 + 0.3 * chance.random()
            canvas.ellipse(*VIEW.spot(x, y, 0.2), 0.55 * m * grow, 0.4 * m * grow, tint)
    surface(VIEW, canvas, _circle(5.2), (200, 188, 170))
    surface(VIEW, canvas, _circle(4.4), (92, 164, 186), rough=0.3)


def _monument(view: View, canvas: Canvas, pose: Pose, step: int) -> None:
    paint(view, canvas, column(X, Y, (0, 1.0), 3.0, MARBLE, sides=12, top=(240, 236, 226)))
    paint(view, canvas, column(X, Y, (1.0, 2.4), 2.0, (176, 60, 52), sides=12, top=MARBLE))
    paint(view, canvas, column(X, Y, (2.4, 11.0), 1.1, MARBLE, sides=6, taper=0.55))
    m, (x, y) = view.metre(X, Y, 11.0), view.spot(X, Y, 11.8)
    canvas.ellipse(x, y, 0.95 * m, 0.95 * m, GOLD)
    canvas.ellipse(x - 0.25 * m, y - 0.3 * m, 0.4 * m, 0.4 * m, (255, 236, 170), 0.8, soft=0.8)


def _town(canvas: Canvas) -> None:
    for x, tint in (
        (-62, (208, 190, 160)),
        (-44, (176, 192, 196)),
        (30, (214, 200, 176)),
        (50, (190, 160, 140)),
    ):
        house(VIEW, canvas, (x, x + 13), (86, 98), 4.5, tint)
    shophouse(VIEW, canvas, (-28, -12), (76, 92), 9, (216, 208, 192), "right", sign=(50, 110, 170))
    shophouse(VIEW, canvas, (12, 26), (78, 92), 8, (200, 170, 150), "left", sign=(200, 160, 50))
    for x, y in (
        (-40, 66),
        (-30, 70),
        (34, 64),
        (44, 70),
        (26, 68),
        (-52, 72),
        (-22, 18),
        (-27, 24),
        (24, 20),
        (29, 25),
        (-34, 28),
        (36, 29),
    ):
        tree(canvas, *VIEW.spot(x, y), (5.5 + x % 3) * VIEW.metre(x, y), seed=x)
    for left, away in ((-8.5, 68), (8.5, 68), (-21.5, 33), (20, 32)):
        lamp(VIEW, canvas, left, away, 8.0)


def _traffic() -> list[Mover]:
    inner, outer = ring(X, Y, 12.4, 12.4), ring(X, Y, 16.2, 16.2)
    enter = Path(
        (
            (-2.6, 7.0),
            (-2.8, 24.0),
            (-8.5, 30.2),
            (-15.0, 37.4),
            (-16.2, 44.0),
            (-13.0, 53.6),
            (-7.0, 58.6),
            (-2.8, 66.0),
            (-2.8, 180.0),
        )
    )
    across = Path(((88.0, 41.2), (20.0, 41.2), (15.4, 39.0), (9.0, 30.6), (2.6, 24.0), (2.6, 7.0)))
    leave = Path(((2.8, 190.0), (2.8, 66.0), (8.8, 57.6), (15.0, 50.0), (22.0, 46.8), (90.0, 46.8)))
    return [
        Mover(car((214, 216, 218)), inner, 4, 0.0),
        Mover(car((172, 40, 40)), inner, 4, 0.36),
        Mover(van((60, 130, 90)), inner, 4, 0.7),
        Mover(truck((220, 160, 50)), outer, 3, 0.2),
        Mover(car((52, 74, 120)), enter, 3, 0.1),
        Mover(car((236, 236, 232)), across, 3, 0.5),
        Mover(van((70, 120, 180)), leave, 3, 0.75),
        Mover(motorbike((30, 30, 34), (210, 120, 60), (240, 240, 236)), enter, 4, 0.6),
        Mover(motorbike((190, 30, 40), (80, 110, 160), (40, 40, 46)), outer, 4, 0.65),
        Mover(motorbike((60, 90, 160), (220, 220, 214), (200, 50, 50)), across, 4, 0.05),
    ]


def _people() -> list[Mover]:
    crossing = Path(((-8.0, 20.0), (8.0, 20.0)))
    return [
        Mover(person((226, 120, 110), hair=(228, 216, 206)), crossing, 3, 0.4, rate=3),
        Mover(person((90, 140, 120)), Path(((7.0, 14.0), (7.0, 24.0))), 2, 0.2, rate=3),
    ]


def _circle(radius: float, corners: int = 40) -> list[tuple[float, float]]:
    turns = 2 * np.pi * np.arange(corners) / corners
    return [(X + radius * float(np.cos(t)), Y + radius * float(np.sin(t))) for t in turns]
