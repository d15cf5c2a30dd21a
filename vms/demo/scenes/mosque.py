"""A white mosque with turquoise domes on stilts above the sea, a causeway, small boats."""

from __future__ import annotations

import numpy as np

from vms.demo.scenes.buildings import column, dome, fence
from vms.demo.scenes.harbour import glitter
from vms.demo.scenes.motion import Mover, Path
from vms.demo.scenes.nature import hills, sky, speckle, water
from vms.demo.scenes.paint import Canvas
from vms.demo.scenes.people import person
from vms.demo.scenes.scene import Scene
from vms.demo.scenes.solids import Face, box, paint
from vms.demo.scenes.vehicles import boat
from vms.demo.scenes.view import View

VIEW = View(height=8.0, tilt=3.0, focal=900)
WHITE, TURQUOISE, GOLD, SHADE = (240, 238, 228), (54, 160, 164), (214, 176, 84), (92, 110, 128)
DECK = 2.6


def build(width: int, height: int) -> Scene:
    canvas = Canvas.of_picture(width, height)
    sky(
        canvas,
        VIEW.horizon,
        ((110, 164, 214), (246, 226, 204)),
        cloud=(255, 246, 236),
        cover=0.75,
        seed=44,
    )
    hills(canvas, VIEW.horizon + 2, 30, (104, 130, 138), seed=18)
    water(VIEW, canvas, (50, 108, 118), (196, 210, 208), seed=45)
    _reflection(canvas)
    _platform(canvas)
    _prayer_hall(canvas)
    _causeway(canvas)
    speckle(canvas)
    return Scene(VIEW, canvas.picture(), _movers())


def _reflection(canvas: Canvas) -> None:
    canvas.ellipse(660, 470, 330, 70, (224, 222, 212), 0.35, soft=0.8)
    canvas.ellipse(660, 500, 120, 90, (96, 176, 180), 0.3, soft=0.9)


def _platform(canvas: Canvas) -> None:
    for x in range(-22, 28, 5):
        paint(VIEW, canvas, column(x, 60.5, (-0.5, DECK), 0.5, (150, 146, 140), sides=6))
    platform = box((-25, 29), (60, 98), (DECK - 0.8, DECK), (196, 190, 178), top=(216, 208, 192))
    paint(VIEW, canvas, platform)


def _prayer_hall(canvas: Canvas) -> None:
    for x, y in ((-21.0, 92.0), (25.0, 92.0)):
        _minaret(canvas, x, y, 31)
    paint(VIEW, canvas, box((-15, 19), (70, 94), (DECK, 12), WHITE))
    paint(VIEW, canvas, box((-15.6, 19.6), (69.4, 94.6), (12, 13), TURQUOISE, top=WHITE))
    _arches(canvas, -14.4, 18.4, 69.98, 9, 7.6)
    for x in (-11.0, 15.0):
        dome(VIEW, canvas, x, 74, 13.6, 2.6, TURQUOISE)
    paint(VIEW, canvas, column(2, 82, (13, 16.4), 7.6, WHITE, sides=16))
    dome(VIEW, canvas, 2, 82, 16.8, 7.6, TURQUOISE, bulge=1.05)
    paint(VIEW, canvas, box((-4, 8), (63, 70), (DECK, 8.2), WHITE, top=TURQUOISE))
    _arches(canvas, -3.6, 7.6, 62.98, 3, 6.6)
    for x, y in ((-22.0, 63.0), (26.0, 63.0)):
        _minaret(canvas, x, y, 25)


def _arches(canvas: Canvas, first: float, last: float, y: float, count: int, high: float) -> None:
    """Pointed openings in a row, dark with a golden rim."""
    step = (last - first) / count
    for index in range(count):
        x = first + (index + 0.5) * step
        for grow, tint in ((1.16, GOLD), (1.0, SHADE)):
            half, top = step * 0.34 * grow, DECK + (high - DECK) * (0.9 + 0.1 * grow)
            shape = [
                (x - half, y, DECK + 0.3),
                (x + half, y, DECK + 0.3),
                (x + half, y, DECK + (top - DECK) * 0.68),
                (x, y, top),
                (x - half, y, DECK + (top - DECK) * 0.68),
            ]
            paint(VIEW, canvas, [Face(np.array(shape), tint, lit=False)])


def _minaret(canvas: Canvas, x: float, y: float, high: float) -> None:
    paint(VIEW, canvas, column(x, y, (DECK, high * 0.6), 1.5, WHITE, taper=0.12))
    paint(VIEW, canvas, column(x, y, (high * 0.6, high * 0.63), 2.3, TURQUOISE))
    paint(VIEW, canvas, column(x, y, (high * 0.63, high * 0.86), 1.15, WHITE, taper=0.1))
    paint(VIEW, canvas, column(x, y, (high * 0.86, high * 0.88), 1.8, TURQUOISE))
    dome(VIEW, canvas, x, y, high * 0.9, 1.15, TURQUOISE)


def _causeway(canvas: Canvas) -> None:
    """From the lower left to the platform, on piles."""
    left, right = [(-13.0, 9.0), (-4.0, 60.0)], [(-8.0, 9.0), (0.5, 60.0)]
    for part in np.linspace(1, 0, 9):
        x, y = -8.0 + 8.5 * part, 9 + 51 * part
        paint(VIEW, canvas, column(x, y, (-0.5, DECK), 0.3, (140, 136, 130), sides=6))
    deck = [(*left[0], DECK), (*right[0], DECK), (*right[1], DECK), (*left[1], DECK)]
    VIEW.paint(canvas, deck, (204, 190, 166))
    edge = [(*right[0], DECK), (*right[1], DECK), (*right[1], DECK - 0.6), (*right[0], DECK - 0.6)]
    VIEW.paint(canvas, edge, (150, 142, 130))
    for part in np.linspace(0, 1, 26):
        y = 9 + 51 * float(part)
        ends = (-13.0 + 9.0 * float(part), y, DECK), (-8.0 + 8.5 * float(part), y, DECK)
        thick = 0.06 * VIEW.metre(*ends[0])
        canvas.line(VIEW.spot(*ends[0]), VIEW.spot(*ends[1]), thick, (150, 134, 112), 0.7)
    for line in (left, right):
        fence(VIEW, canvas, line, 1.0, (236, 234, 226), gap=3.0, base=DECK)


def _movers() -> list[Mover]:
    there, back = (
        Path(((-11.4, 11.0), (-2.6, 60.0)), DECK),
        Path(((-0.8, 60.0), (-9.4, 11.0)), DECK),
    )
    plaza = Path(((-18.0, 61.5), (22.0, 61.5)), DECK)
    white, scarf = person((236, 236, 230), (226, 224, 216)), (232, 226, 220)
    return [
        Mover(white, there, 1, 0.1, rate=3),
        Mover(person((70, 130, 120), (60, 90, 90), hair=scarf), there, 1, 0.06, rate=3),
        Mover(person((80, 90, 140), hair=(24, 24, 26)), back, 1, 0.5, rate=3),
        Mover(person((196, 110, 120), (120, 70, 90), hair=scarf), plaza, 1, 0.3, rate=3),
        Mover(white, plaza, 1, 0.7, rate=3),
        Mover(
            boat((150, 60, 50), (230, 210, 120)),
            Path(((60.0, 38.0), (2.0, 30.0), (14.0, 12.0))),
            1,
            0.2,
            rate=1,
        ),
        Mover(
            boat((50, 90, 150), (220, 220, 210), length=7),
            Path(((70.0, 52.0), (8.0, 44.0), (60.0, 26.0))),
            1,
            0.65,
            rate=1,
        ),
        Mover(
            boat((90, 110, 70), (200, 170, 120)),
            Path(((-120.0, 150.0), (120.0, 140.0))),
            1,
            0.4,
            rate=1,
        ),
        *glitter((4, 14), (40, 54)),
    ]
