"""A village on stilts above the sea: a wooden street between houses, boats in the channel."""

from __future__ import annotations

import numpy as np

from vms.demo.scenes.buildings import column, fence, house
from vms.demo.scenes.harbour import glitter
from vms.demo.scenes.motion import Mover, Path
from vms.demo.scenes.nature import hills, lamp, palm, sky, speckle, water
from vms.demo.scenes.paint import Canvas
from vms.demo.scenes.people import person
from vms.demo.scenes.scene import Scene
from vms.demo.scenes.solids import Tint, box, paint
from vms.demo.scenes.vehicles import boat, motorbike
from vms.demo.scenes.view import View

VIEW = View(height=6.5, tilt=8.0, focal=860)
DECK = 1.2
STREET = (1.0, 6.2)
WALLS: tuple[Tint, ...] = (
    (92, 150, 160),
    (216, 186, 120),
    (190, 110, 96),
    (150, 176, 130),
    (222, 214, 196),
)
ROOFS: tuple[Tint, ...] = ((132, 78, 60), (96, 104, 112), (150, 62, 54), (80, 110, 96))


def build(width: int, height: int) -> Scene:
    canvas = Canvas.of_picture(width, height)
    sky(canvas, VIEW.horizon, ((92, 154, 212), (220, 230, 228)), cover=0.65, seed=81)
    hills(canvas, VIEW.horizon + 2, 26, (70, 104, 92), seed=82)
    water(VIEW, canvas, (62, 108, 104), (160, 190, 188), seed=83)
    _far_bank(canvas)
    _houses(canvas)
    _street(canvas)
    speckle(canvas)
    return Scene(VIEW, canvas.picture(), _movers())


def _far_bank(canvas: Canvas) -> None:
    """The other side of the channel."""
    for index, y in enumerate((118, 98, 82, 68, 56)):
        x = (-34.0 - index * 0.5, -24.0 - index * 0.5)
        _piles(canvas, x, (y, y + 9))
        house(
            VIEW,
            canvas,
            x,
            (y, y + 9),
            3.2,
            WALLS[(index + 2) % 5],
            roof=ROOFS[index % 4],
            low=DECK,
        )
    for at in range(-150, 160, 13):
        palm(canvas, *VIEW.spot(at, 260 + at % 7), 34 + at % 11, seed=at)


def _houses(canvas: Canvas) -> None:
    for index in range(6, -1, -1):
        y = 13.0 + index * 11.5
        for x in ((8.2, 17.5), (-8.0, -0.6)):
            if x[0] < 0 and index < 4:
                continue  # leaves the view on the channel free
            _piles(canvas, x, (y, y + 9.5))
            tint, roof = WALLS[(index + (x[0] > 0) * 2) % 5], ROOFS[(index + (x[0] < 0)) % 4]
            house(VIEW, canvas, x, (y, y + 9.5), 3.0, tint, roof=roof, low=DECK)


def _piles(canvas: Canvas, x: tuple[float, float], y: tuple[float, float]) -> None:
    for far in (y[1], y[0]):
        for at in np.linspace(x[0], x[1], 5):
            paint(VIEW, canvas, column(float(at), far, (-0.6, DECK), 0.16, (96, 80, 64), sides=5))
    paint(
        VIEW,
        canvas,
        box(
            (x[0] - 0.5, x[1] + 0.5), (y[0] - 0.7, y[1] + 0.5), (DECK - 0.25, DECK), (136, 108, 80)
        ),
    )


def _street(canvas: Canvas) -> None:
    left, right = STREET
    for y in np.arange(6.0, 60.0, 4.0)[::-1]:
        paint(VIEW, canvas, column(left + 0.2, float(y), (-0.6, DECK), 0.18, (96, 80, 64), sides=5))
    paint(
        VIEW, canvas, box(STREET, (3, 130), (DECK - 0.35, DECK), (126, 98, 70), top=(176, 144, 106))
    )
    chance = np.random.default_rng(84)
    for y in np.arange(5.0, 60.0, 0.55):
        shade = 120 + 40 * chance.random()
        plank = [(left, y, DECK), (right, y, DECK), (right, y + 0.07, DECK), (left, y + 0.07, DECK)]
        VIEW.paint(canvas, plank, (shade * 0.8, shade * 0.64, shade * 0.48), 0.75)
    for rail, first in ((left, 4.0), (right, 4.0)):
        fence(VIEW, canvas, [(rail, 12.0), (rail, first)], 0.9, (230, 226, 214), gap=1.4, base=DECK)
    for y in (62.0, 38.0, 19.0):
        lamp(VIEW, canvas, right - 0.2, y, 6.0)


def _movers() -> list[Mover]:
    away, back = Path(((2.4, 6.0), (2.4, 100.0)), DECK), Path(((4.9, 100.0), (4.9, 6.0)), DECK)
    light = (232, 224, 214)
    klotok = boat((96, 66, 46), (200, 90, 70), length=8)
    return [
        Mover(person((220, 110, 90), (90, 60, 70), hair=light), away, 1, 0.1, rate=3),
        Mover(person((70, 110, 150)), away, 1, 0.07, rate=3),
        Mover(person((230, 226, 214), (70, 90, 110), bag=(60, 130, 90)), back, 1, 0.6, rate=3),
        Mover(person((240, 180, 60), tall=1.2), back, 1, 0.85, rate=6),
        Mover(motorbike((160, 40, 44), (70, 90, 130), (236, 236, 230)), away, 3, 0.3),
        Mover(motorbike((40, 60, 110), (200, 170, 120), (40, 44, 50)), back, 3, 0.75),
        Mover(klotok, Path(((-6.0, 12.0), (-15.0, 130.0))), 1, 0.2, rate=1),
        Mover(
            boat((60, 100, 140), (226, 216, 190), length=7),
            Path(((-19.0, 130.0), (-13.0, 16.0))),
            1,
            0.5,
            rate=1,
        ),
        Mover(boat((140, 60, 50), (220, 200, 120), length=7), Path(((-3.6, 27.0),)), 0, rate=1),
        *glitter((-16, 14), (-4, 50), 12),
    ]
