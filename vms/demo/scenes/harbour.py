"""A passenger harbour: a quay with bollards, a moored ferry, wooden boats on glittering water."""

from __future__ import annotations

import numpy as np

from vms.demo.scenes.buildings import fence, house
from vms.demo.scenes.motion import Actor, Mover, Path, Pose
from vms.demo.scenes.nature import hills, lamp, palm, sky, speckle, surface, water
from vms.demo.scenes.paint import Canvas
from vms.demo.scenes.people import person
from vms.demo.scenes.scene import Scene
from vms.demo.scenes.solids import box, paint, panes, prism
from vms.demo.scenes.vehicles import boat, ship
from vms.demo.scenes.view import View

VIEW = View(height=9.0, tilt=10.0, focal=860)
WHITE = (236, 236, 230)


def build(width: int, height: int) -> Scene:
    canvas = Canvas.of_picture(width, height)
    sky(canvas, VIEW.horizon, ((88, 148, 206), (214, 228, 232)), cover=0.6, seed=4)
    hills(canvas, VIEW.horizon + 2, 46, (84, 116, 116), seed=8)
    hills(canvas, VIEW.horizon + 4, 22, (56, 92, 74), seed=21)
    water(VIEW, canvas, (44, 104, 112), (150, 190, 200))
    _far_shore(canvas)
    _quay(canvas)
    _ferry(canvas)
    speckle(canvas)
    return Scene(VIEW, canvas.picture(), _boats() + _people() + glitter((6, 26), (40, 90)))


def _far_shore(canvas: Canvas) -> None:
    for x, tint in (
        (-95, (196, 186, 160)),
        (-70, (176, 150, 130)),
        (60, (204, 200, 190)),
        (84, (150, 168, 170)),
        (110, (206, 190, 150)),
    ):
        house(VIEW, canvas, (x, x + 14), (210, 222), 5, tint, low=1.5)
    for x in range(-130, 150, 23):
        foot = VIEW.spot(x + 4, 205, 1)
        palm(canvas, float(foot[0]), float(foot[1]), 42 + x % 9, seed=x)


def _quay(canvas: Canvas) -> None:
    edge = [(-40, 3), (40, 3), (40, 16.5), (-40, 16.5)]
    paint(VIEW, canvas, box((-60, 60), (15.8, 16.5), (-1.0, 0.0), (120, 112, 100)))
    surface(VIEW, canvas, edge, (174, 166, 150), rough=0.2, size=0.5)
    surface(VIEW, canvas, [(-40, 15.9), (40, 15.9), (40, 16.5), (-40, 16.5)], (206, 178, 70))
    for y in np.arange(4.0, 16.0, 2.0):
        VIEW.paint(
            canvas,
            [(-40, y, 0), (40, y, 0), (40, y + 0.05, 0), (-40, y + 0.05, 0)],
            (120, 112, 100),
            0.6,
        )
    for x in range(-20, 21, 5):
        paint(VIEW, canvas, box((x, x + 0.5), (15.2, 15.7), (0, 0.6), (54, 56, 60), taper=-0.2))
    for lit in (-16.0, 4.0, 17.0):
        lamp(VIEW, canvas, lit, 15.5, 6.0)
    fence(VIEW, canvas, [(-16, 9), (-10, 9)], 1.0, (206, 206, 200))


def _ferry(canvas: Canvas) -> None:
    """Moored behind the quay, its bow to the right."""
    hull = [(-34, 22), (-4, 21), (4, 25), (-4, 29), (-34, 28)]
    paint(VIEW, canvas, prism(hull, 0, 1.0, (120, 40, 40), taper=-0.01))
    paint(VIEW, canvas, prism(hull, 1.0, 3.6, (40, 84, 140), taper=-0.04, top=(190, 180, 160)))
    for low, x0, x1 in ((3.6, -32.0, -8.0), (6.0, -30.0, -11.0), (8.2, -16.0, -12.0)):
        span = (x0, x1), (22.3, 27.7), (low, low + 2.3)
        paint(VIEW, canvas, box(*span, WHITE))
        front = np.array(
            [
                (x0, 22.3, low + 0.5),
                (x1, 22.3, low + 0.5),
                (x1, 22.3, low + 2.1),
                (x0, 22.3, low + 2.1),
            ]
        )
        paint(VIEW, canvas, list(panes(front, 1, int(x1 - x0) // 2 + 1, (46, 66, 88))))
    paint(VIEW, canvas, box((-25, -22), (24, 26), (8.2, 11.0), (196, 60, 48), taper=0.1))


def _boats() -> list[Mover]:
    klotok = boat((120, 72, 44), (70, 130, 150))
    blue = boat((50, 96, 150), (226, 220, 200), length=11)
    green = boat((60, 120, 80), (214, 190, 120), length=8)
    return [
        Mover(
            klotok, Path(((52.0, 32.0), (20.0, 40.0), (10.0, 80.0), (4.0, 190.0))), 1, 0.1, rate=1
        ),
        Mover(blue, Path(((-70.0, 66.0), (75.0, 58.0))), 1, 0.55, rate=1),
        Mover(green, Path(((60.0, 95.0), (-64.0, 88.0))), 1, 0.8, rate=1),
        Mover(klotok, Path(((16.0, 200.0), (26.0, 24.0))), 1, 0.3, rate=1),
        Mover(ship((46, 54, 70)), Path(((-190.0, 190.0), (190.0, 185.0))), 1, 0.35),
    ]


def _people() -> list[Mover]:
    along, back = Path(((-15.0, 12.5), (16.0, 13.0))), Path(((17.0, 10.5), (-16.0, 11.5)))
    waiting = Path(((6.5, 14.6),))
    return [
        Mover(person((206, 120, 60), bag=(60, 60, 70)), along, 1, 0.3, rate=3),
        Mover(person((90, 120, 170), hair=(206, 196, 190)), back, 1, 0.6, rate=3),
        Mover(person((232, 228, 220), (70, 80, 110)), back, 1, 0.55, rate=3),
        Mover(person((60, 130, 110)), waiting, 0),
    ]


def glitter(near: tuple[float, float], far: tuple[float, float], count: int = 16) -> list[Mover]:
    """Light on the water between two corners (x, y): soft streaks that come and go."""
    places = np.random.default_rng(12).uniform(near, far, (count, 2)).tolist()
    streak = Actor(_streak, 3.0, 0.6, steps=6)
    return [
        Mover(streak, Path(((x, y),)), 0, rate=2 + index % 3) for index, (x, y) in enumerate(places)
    ]


def _streak(view: View, canvas: Canvas, pose: Pose, step: int) -> None:
    x, y = view.spot(pose.x, pose.y, 0)
    metre = view.metre(pose.x, pose.y)
    strong = (0.0, 0.2, 0.45, 0.6, 0.4, 0.15)[step]
    canvas.ellipse(x, y, 2.4 * metre, 0.16 * metre, (250, 250, 240), strong, soft=0.8)
