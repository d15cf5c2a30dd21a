"""Houses: blocks with windows, shop fronts, awnings, domes. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import hypot

import numpy as np

from vms.demo.scenes.paint import Canvas
from vms.demo.scenes.solids import Face, Points, Tint, box, paint, panes, prism
from vms.demo.scenes.view import View

WINDOW: Tint = (70, 86, 104)
SHUTTER: Tint = (150, 152, 150)
ROOF: Tint = (150, 74, 56)

Span = tuple[float, float]


def walls(x: Span, y: Span, z: Span) -> dict[str, Points]:
    """The walls one may see, corners as a viewer outside sees them: bottom left first."""
    low, high = z

    def wall(left: tuple[float, float], right: tuple[float, float]) -> Points:
        return np.array([(*left, low), (*right, low), (*right, high), (*left, high)])

    return {
        "front": wall((x[0], y[0]), (x[1], y[0])),
        "right": wall((x[1], y[0]), (x[1], y[1])),  # looks towards larger x
        "left": wall((x[0], y[1]), (x[0], y[0])),
    }


def shophouse(
    view: View,
    canvas: Canvas,
    x: Span,
    y: Span,
    high: float,
    colour: Tint,
    street: str,
    *,
    sign: Tint = (190, 60, 50),
) -> None:
    """A ruko: shop below, windows above, open to the `street` side ("left" or "right")."""
    body = box(x, y, (0, high), colour, top=(128, 122, 116))
    paint(view, canvas, body)
    for side in (street, "front"):
        shop, upper = walls(x, y, (0.1, 2.9))[side], walls(x, y, (3.4, high - 0.5))[side]
        bays = max(2, round(float(np.hypot(*(shop[1] - shop[0])[:2])) / 3.5))
        floors = max(1, round((high - 3.5) / 3))
        shutters = panes(shop, 1, bays, SHUTTER, fill=(0.82, 0.9)) if side == street else ()
        paint(view, canvas, [*shutters, *panes(upper, floors, bays, WINDOW, fill=(0.55, 0.5))])
    _awning(view, canvas, x, y, street, sign)


def _awning(view: View, canvas: Canvas, x: Span, y: Span, street: str, sign: Tint) -> None:
    edge, out = (x[1], 1.3) if street == "right" else (x[0], -1.3)
    near, far = y[0] + 0.3, y[1] - 0.3
    roof = np.array(
        [(edge, near, 3.2), (edge + out, near, 2.7), (edge + out, far, 2.7), (edge, far, 3.2)]
    )
    view.paint(canvas, roof, sign)
    face = np.array(
        [
            (edge + out, near, 2.7),
            (edge + out, far, 2.7),
            (edge + out, far, 2.45),
            (edge + out, near, 2.45),
        ]
    )
    view.paint(canvas, face, [part * 0.75 for part in sign])


def house(
    view: View,
    canvas: Canvas,
    x: Span,
    y: Span,
    high: float,
    colour: Tint,
    *,
    roof: Tint = ROOF,
    low: float = 0.0,
) -> None:
    """One storey under a hipped roof with eaves, door and windows to the front."""
    paint(view, canvas, box(x, y, (low, low + high), colour))
    front = walls(x, y, (low, low + high))["front"]
    paint(view, canvas, list(panes(front, 1, 4, WINDOW, fill=(0.5, 0.42), base=0.2)))
    eaves = [
        (x[0] - 0.6, y[0] - 0.6),
        (x[1] + 0.6, y[0] - 0.6),
        (x[1] + 0.6, y[1] + 0.6),
        (x[0] - 0.6, y[1] + 0.6),
    ]
    paint(view, canvas, prism(eaves, low + high, low + high * 1.75, roof, taper=0.82))


def dome(
    view: View,
    canvas: Canvas,
    x: float,
    y: float,
    z: float,
    radius: float,
    colour: Tint,
    *,
    bulge: float = 1.15,
) -> None:
    """An onion dome on (x, y, z), lit from the upper left, with a finial."""
    centre = view.spot(x, y, z)
    m = view.metre(x, y, z) * radius
    for part in np.linspace(0, 1, 14):
        tint = [min(255.0, shade * (0.62 + 0.62 * part)) for shade in colour]
        size = 1 - part * 0.86
        canvas.ellipse(
            centre[0] - 0.3 * m * part,
            centre[1] - 0.42 * m - 0.22 * m * part,
            m * size,
            m * bulge * size * 0.86,
            tint,
            0.5 if part else 1.0,
        )
    tip = [(-0.32, -1.28), (0.32, -1.28), (0.0, -1.9)]
    canvas.polygon([(centre[0] + a * m, centre[1] + b * m) for a, b in tip], colour)
    canvas.line(
        (centre[0], centre[1] - 1.8 * m),
        (centre[0], centre[1] - 2.35 * m),
        0.07 * m,
        (222, 190, 96),
    )


def column(
    x: float,
    y: float,
    z: Span,
    half: float,
    colour: Tint,
    *,
    sides: int = 8,
    taper: float = 0.0,
    top: Tint | None = None,
) -> list[Face]:
    """A round pillar, tank or tower."""
    turns = 2 * np.pi * np.arange(sides) / sides
    base = np.column_stack([x + half * np.cos(turns), y + half * np.sin(turns)])
    return prism(base, z[0], z[1], colour, taper=taper, top=top)


def fence(
    view: View,
    canvas: Canvas,
    points: Sequence[tuple[float, float]],
    high: float,
    colour: Tint,
    *,
    gap: float = 1.5,
    base: float = 0.0,
) -> None:
    """Posts and two rails along a line at height `base`."""
    for (ax, ay), (bx, by) in pairwise(points):
        count = max(1, int(hypot(bx - ax, by - ay) / gap))
        for index in range(count + 1):
            x, y = ax + (bx - ax) * index / count, ay + (by - ay) * index / count
            thick = 0.1 * view.metre(x, y, base)
            canvas.line(view.spot(x, y, base), view.spot(x, y, base + high), thick, colour)
        thick = 0.08 * view.metre((ax + bx) / 2, (ay + by) / 2, base)
        for up in (base + high * 0.55, base + high):
            canvas.line(view.spot(ax, ay, up), view.spot(bx, by, up), thick, colour)
