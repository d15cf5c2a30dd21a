"""A port with a gas plant at dusk: towers, tanks and lamps, a flare, a tanker passing."""

from __future__ import annotations

import numpy as np

from vms.demo.scenes.buildings import column
from vms.demo.scenes.motion import Actor, Mover, Path, Pose
from vms.demo.scenes.nature import hills, sky, speckle, surface, water
from vms.demo.scenes.paint import Canvas
from vms.demo.scenes.scene import Scene
from vms.demo.scenes.solids import box, paint, prism
from vms.demo.scenes.vehicles import boat, ship
from vms.demo.scenes.view import View

VIEW = View(height=14.0, tilt=7.0, focal=900)
STEEL, DARK, LAMP = (104, 98, 112), (62, 58, 76), (255, 226, 160)
FLARE = (62.0, 232.0, 58.0)
STEPS = 6


def build(width: int, height: int) -> Scene:
    canvas = Canvas.of_picture(width, height)
    sky(
        canvas,
        VIEW.horizon,
        ((58, 62, 116), (250, 170, 106)),
        cloud=(236, 140, 120),
        cover=0.6,
        seed=30,
    )
    hills(canvas, VIEW.horizon + 2, 40, (84, 70, 96), seed=9)
    water(VIEW, canvas, (36, 48, 82), (214, 150, 124), seed=31)
    _glow(canvas)
    _land(canvas)
    _tanks(canvas)
    _towers(canvas)
    _jetty(canvas)
    _lamps(canvas)
    speckle(canvas, 6.0)
    return Scene(VIEW, canvas.picture(), _movers())


def _glow(canvas: Canvas) -> None:
    """The sun has just gone: light on the horizon and a path of it on the water."""
    canvas.ellipse(330, VIEW.horizon, 420, 110, (255, 206, 130), 0.55, soft=1.0)
    canvas.ellipse(330, 470, 110, 300, (255, 190, 130), 0.25, soft=1.0)


def _land(canvas: Canvas) -> None:
    shore = [(-20, 205), (190, 190), (400, 300), (-40, 320)]
    surface(VIEW, canvas, shore, (72, 64, 76), rough=0.3)
    paint(VIEW, canvas, prism([(-20, 204), (190, 189), (190, 191), (-20, 206)], 0, 1.6, DARK))


def _tanks(canvas: Canvas) -> None:
    for x, y, half, high in (
        (150, 262, 17, 15),
        (112, 256, 17, 15),
        (138, 226, 13, 12),
        (106, 222, 12, 12),
    ):
        tank = column(x, y, (1.5, high), half, (188, 176, 178), sides=20, top=(150, 140, 148))
        paint(VIEW, canvas, tank, ambient=0.5)
    for sphere in (6.0, 24.0):
        VIEW.paint(
            canvas, [(sphere + a, 234, z) for a, z in ((-1, 1), (1, 1), (1, 12), (-1, 12))], DARK
        )
        foot, metre = VIEW.spot(sphere, 234, 15), VIEW.metre(sphere, 234)
        canvas.ellipse(*foot, 8 * metre, 8 * metre, (196, 184, 186))
        canvas.ellipse(
            foot[0] - 2 * metre,
            foot[1] - 2 * metre,
            5 * metre,
            5 * metre,
            (236, 208, 190),
            0.7,
            soft=0.8,
        )


def _towers(canvas: Canvas) -> None:
    for x, y, half, high in (
        (78, 240, 2.6, 46),
        (86, 236, 2.0, 34),
        (47, 238, 3.0, 38),
        (40, 236, 1.6, 28),
        (94, 244, 2.4, 40),
        (70, 236, 1.4, 24),
    ):
        tower = column(x, y, (1, high), half, STEEL, sides=10, taper=0.05)
        paint(VIEW, canvas, tower, ambient=0.55)
        for up in np.arange(8, high, 7.0):
            ring = column(x, y, (up, up + 0.5), half + 1.0, DARK, sides=8)
            paint(VIEW, canvas, ring, ambient=0.8)
    for low in (4.0, 7.0, 10.0):
        paint(VIEW, canvas, box((38, 98), (232, 234), (low, low + 0.7), (120, 104, 110)))
    _flare_stack(canvas, *FLARE)


def _flare_stack(canvas: Canvas, x: float, y: float, high: float) -> None:
    paint(VIEW, canvas, column(x, y, (1, high), 0.8, (140, 118, 118), sides=6))
    for side in (-7, 7):
        canvas.line(VIEW.spot(x + side, y, 1), VIEW.spot(x, y, high * 0.9), 1.2, DARK)


def _jetty(canvas: Canvas) -> None:
    for x in range(-26, 84, 6):
        paint(VIEW, canvas, column(x, 92, (-1, 4), 0.5, DARK, sides=6))
    paint(VIEW, canvas, box((-28, 84), (89, 95), (4, 4.7), (96, 86, 92), top=(128, 112, 112)))
    for x in (-20, 12, 44, 76):
        canvas.line(VIEW.spot(x, 92, 4.7), VIEW.spot(x, 92, 12), 2.2, DARK)
    paint(VIEW, canvas, box((20, 23), (90, 93), (4.7, 22), (150, 88, 60)))
    canvas.line(VIEW.spot(21.5, 91, 21), VIEW.spot(4, 91, 16), 4.0, (150, 88, 60))
    canvas.line(VIEW.spot(21.5, 91, 21), VIEW.spot(27, 91, 18), 5.0, (120, 70, 54))


def _lamps(canvas: Canvas) -> None:
    chance = np.random.default_rng(77)
    for _ in range(95):
        x, y, z = chance.uniform(30, 175), 231.0, chance.uniform(2, 30) * chance.random() + 2
        _light(canvas, *VIEW.spot(x, y, z), 1.5)
    for x in (-20, 12, 44, 76):
        _light(canvas, *VIEW.spot(x, 92, 12), 4.0)


def _light(canvas: Canvas, x: float, y: float, size: float) -> None:
    canvas.ellipse(x, y, size * 4, size * 4, LAMP, 0.28, soft=1.0)
    canvas.ellipse(x, y, size, size, (255, 244, 214))


def _movers() -> list[Mover]:
    x, y, high = FLARE
    flame = Mover(Actor(_flame, 12.0, 14.0, steps=STEPS), Path(((x, y),), z=high), 0, rate=4)
    tanker = ship((92, 44, 50), length=110)
    tug = boat((60, 66, 90), (214, 190, 160), length=14)
    return [
        flame,
        Mover(tanker, Path(((-190.0, 170.0), (210.0, 160.0))), 1, 0.3),
        Mover(tug, Path(((70.0, 62.0), (-66.0, 74.0))), 1, 0.15, rate=1),
        Mover(
            boat((90, 60, 50), (70, 90, 110)), Path(((-50.0, 44.0), (46.0, 48.0))), 1, 0.7, rate=1
        ),
        Mover(Actor(_beacon, 2.0, 2.0, steps=2), Path(((-12.0, 78.0),)), 0, rate=1),
    ]


def _flame(view: View, canvas: Canvas, pose: Pose, step: int) -> None:
    x, y = view.spot(pose.x, pose.y, pose.z)
    m = view.metre(pose.x, pose.y, pose.z)
    lean = np.sin(step * 2 * np.pi / STEPS) * 1.6
    canvas.ellipse(x, y - 4 * m, 11 * m, 10 * m, (255, 150, 70), 0.45, soft=1.0)
    for part, tint in ((0.0, (250, 120, 40)), (0.35, (255, 190, 80)), (0.7, (255, 244, 200))):
        wide, tall = (1 - part) * 2.4 * m, (1 - 0.8 * part) * (6.5 + step % 2) * m
        canvas.polygon(
            [
                (x - wide * 0.4, y),
                (x - wide + lean * m * 0.4, y - tall * 0.5),
                (x + lean * m, y - tall),
                (x + wide + lean * m * 0.4, y - tall * 0.45),
                (x + wide * 0.4, y),
            ],
            tint,
            0.92,
        )


def _beacon(view: View, canvas: Canvas, pose: Pose, step: int) -> None:
    x, y = view.spot(pose.x, pose.y, 0)
    m = view.metre(pose.x, pose.y)
    canvas.ellipse(x, y, 1.1 * m, 0.5 * m, (150, 44, 44))
    canvas.polygon([(x - 0.6 * m, y), (x + 0.6 * m, y), (x, y - 1.5 * m)], (176, 52, 50))
    if step:
        canvas.ellipse(x, y - 1.5 * m, 0.9 * m, 0.9 * m, (255, 90, 80), 0.9, soft=0.8)
