"""A market aisle: stalls under coloured tarpaulins, heaps of fruit and fish, many people."""

from __future__ import annotations

import numpy as np

from vms.demo.scenes.buildings import column, shophouse
from vms.demo.scenes.motion import Mover, Path
from vms.demo.scenes.nature import ground, sky, speckle, surface, tree
from vms.demo.scenes.paint import Canvas
from vms.demo.scenes.people import person
from vms.demo.scenes.scene import Scene
from vms.demo.scenes.solids import Face, Tint, box, paint
from vms.demo.scenes.vehicles import motorbike
from vms.demo.scenes.view import View

VIEW = View(height=4.6, tilt=9.0, focal=860)
TARPAULINS: tuple[Tint, ...] = (
    (46, 104, 178),
    (220, 120, 48),
    (58, 148, 96),
    (200, 56, 60),
    (236, 190, 70),
    (120, 84, 150),
)
GOODS: tuple[Tint, ...] = (
    (220, 60, 48),
    (240, 180, 50),
    (110, 170, 60),
    (232, 120, 40),
    (150, 60, 110),
    (190, 200, 206),
)
DEEP = 5.2


def build(width: int, height: int) -> Scene:
    canvas = Canvas.of_picture(width, height)
    sky(canvas, VIEW.horizon, ((126, 172, 214), (228, 232, 230)), cover=0.7, seed=71)
    ground(VIEW, canvas, (156, 146, 132), rough=0.3)
    _surroundings(canvas)
    surface(VIEW, canvas, [(-3.4, 2), (3.4, 2), (3.4, 90), (-3.4, 90)], (168, 158, 144), size=0.4)
    for row in range(8, -1, -1):
        for side in (-1, 1):
            _stall(canvas, side, 6.5 + row * (DEEP + 0.4), row * 2 + (side > 0))
    speckle(canvas)
    return Scene(VIEW, canvas.picture(), _people())


def _surroundings(canvas: Canvas) -> None:
    for x, tint, side in ((-34, (206, 190, 160), "right"), (20, (188, 196, 190), "left")):
        shophouse(VIEW, canvas, (x, x + 15), (26, 44), 10, tint, side)
        shophouse(VIEW, canvas, (x, x + 15), (9, 25), 9, tint, side, sign=(60, 110, 160))
    for x, y in ((-14, 62), (15, 66), (-4, 90), (6, 96)):
        tree(canvas, *VIEW.spot(x, y), 8 * VIEW.metre(x, y), seed=x)
    shophouse(VIEW, canvas, (-14, 16), (72, 84), 8, (214, 204, 180), "right")


def _stall(canvas: Canvas, side: int, y: float, number: int) -> None:
    """A table with boxes of goods, four poles, a sloping roof with a scalloped edge."""
    inner, outer = side * 3.6, side * 7.6
    x = min(inner, outer), max(inner, outer)
    paint(VIEW, canvas, box(x, (y + 0.4, y + DEEP - 0.4), (0, 0.85), (140, 106, 74)))
    _goods(canvas, side, y, number)
    for post in ((inner, y + DEEP), (outer, y + DEEP), (outer, y), (inner, y)):
        paint(VIEW, canvas, column(*post, (0, 2.5), 0.06, (124, 110, 96), sides=4))
    tint = TARPAULINS[number % len(TARPAULINS)]
    roof = [
        (inner - side * 0.5, y, 2.35),
        (inner - side * 0.5, y + DEEP, 2.35),
        (outer, y + DEEP, 3.1),
        (outer, y, 3.1),
    ]
    for part in range(6):
        shade = 1.0 if part % 2 else 0.86
        _strip(canvas, roof, part / 6, (part + 1) / 6, [one * shade for one in tint])
    front = [(*roof[0][:2], 2.0), (*roof[1][:2], 2.0), roof[1], roof[0]]
    VIEW.paint(canvas, front, [one * 0.78 for one in tint])
    gable = [(outer, y, 2.7), (inner - side * 0.5, y, 2.0), roof[0], roof[3]]
    VIEW.paint(canvas, gable, [one * 0.7 for one in tint])


def _strip(
    canvas: Canvas,
    roof: list[tuple[float, float, float]],
    start: float,
    end: float,
    tint: list[float],
) -> None:
    corners = np.array(roof)
    near, far = corners[[0, 3]], corners[[1, 2]]
    low, high = near + (far - near) * start, near + (far - near) * end
    VIEW.paint(canvas, [low[0], high[0], high[1], low[1]], tint)


def _goods(canvas: Canvas, side: int, y: float, number: int) -> None:
    chance = np.random.default_rng(number)
    for column_ in range(3):
        for row in range(4, -1, -1):
            x = side * (4.1 + column_ * 1.25)
            at = y + 0.8 + row * 0.9
            tint = GOODS[int(chance.integers(0, len(GOODS)))]
            crate = box((x - 0.5, x + 0.5), (at - 0.35, at + 0.35), (0.85, 1.02), (176, 140, 96))
            paint(VIEW, canvas, crate)
            m = VIEW.metre(x, at, 1.0)
            for _ in range(9):
                off = chance.uniform(-0.36, 0.36), chance.uniform(-0.26, 0.26)
                shade = 0.75 + 0.35 * chance.random()
                spot = VIEW.spot(x + off[0], at + off[1], 1.08)
                canvas.ellipse(*spot, 0.13 * m, 0.11 * m, [min(255, c * shade) for c in tint])
    lamp = Face(
        np.array(
            [
                (side * 5, y + 2, 2.2),
                (side * 5.2, y + 2, 2.2),
                (side * 5.2, y + 2, 2.0),
                (side * 5, y + 2, 2.0),
            ]
        ),
        (255, 240, 190),
        lit=False,
    )
    paint(VIEW, canvas, [lamp])


def _people() -> list[Mover]:
    light, dark, wood = (232, 224, 214), (30, 28, 30), (124, 84, 54)
    return [
        Mover(
            person((196, 90, 104), (110, 60, 80), hair=light, bag=(230, 230, 226)),
            Path(((-1.4, 5.0), (-1.1, 60.0))),
            1,
            0.05,
            rate=3,
        ),
        Mover(person((70, 120, 170), bag=wood), Path(((1.3, 58.0), (1.5, 5.0))), 1, 0.55, rate=3),
        Mover(
            person((222, 216, 204), (80, 84, 96), hair=dark),
            Path(((0.2, 5.0), (0.4, 60.0))),
            1,
            0.2,
            rate=3,
        ),
        Mover(
            person((86, 146, 110), (60, 80, 70), hair=(206, 196, 220), bag=(220, 80, 70)),
            Path(((-0.5, 60.0), (-0.4, 5.0))),
            1,
            0.3,
            rate=3,
        ),
        Mover(person((230, 170, 70), hair=dark), Path(((2.2, 60.0), (2.4, 5.0))), 1, 0.8, rate=3),
        Mover(
            person((150, 110, 170), (70, 60, 90), hair=light),
            Path(((-2.4, 5.0), (-2.2, 60.0))),
            1,
            0.62,
            rate=3,
        ),
        Mover(
            person((200, 60, 60), (50, 50, 54), tall=1.3),
            Path(((0.9, 5.0), (1.0, 60.0))),
            1,
            0.4,
            rate=6,
        ),
        Mover(
            motorbike((40, 44, 50), (90, 130, 180), (230, 60, 60)),
            Path(((0.0, 90.0), (0.3, 4.5))),
            2,
            0.1,
        ),
        *(
            Mover(person(GOODS[index]), Path(((side * 2.8, y),)), 0)
            for index, (side, y) in enumerate(((-1, 10.0), (1, 14.0), (-1, 22.0), (1, 27.0)))
        ),
    ]
