"""People: flat figures that face us, with legs that walk. Pure."""

from __future__ import annotations

from vms.demo.scenes.motion import Actor, Pose
from vms.demo.scenes.paint import Canvas
from vms.demo.scenes.solids import Tint
from vms.demo.scenes.view import View

STRIDE = (0.15, -0.15)
"""Metres that one foot is before the other, at each step."""


def person(
    shirt: Tint,
    trousers: Tint = (48, 52, 70),
    *,
    skin: Tint = (150, 104, 74),
    hair: Tint = (30, 26, 26),
    tall: float = 1.68,
    bag: Tint | None = None,
) -> Actor:
    """Somebody walking; `hair` is also the colour of a headscarf or a cap."""

    def draw(view: View, canvas: Canvas, pose: Pose, step: int) -> None:
        x, y = view.spot(pose.x, pose.y, pose.z)
        m = view.metre(pose.x, pose.y, pose.z) * tall / 1.68
        swing = STRIDE[step % len(STRIDE)] * m
        canvas.ellipse(x + 0.12 * m, y, 0.42 * m, 0.12 * m, (12, 14, 20), 0.35)
        for side, forward in ((-1, swing), (1, -swing)):
            hip, foot = (x + side * 0.08 * m, y - 0.82 * m), (x + side * 0.09 * m + forward, y)
            canvas.line(hip, foot, 0.15 * m, trousers)
        dark = tuple(part * 0.82 for part in shirt)
        for side, forward in ((-1, -swing), (1, swing)):
            shoulder = (x + side * 0.22 * m, y - 1.32 * m)
            canvas.line(shoulder, (x + side * 0.25 * m + forward, y - 0.8 * m), 0.1 * m, dark)
        chest = [(-0.24, -1.42), (0.24, -1.42), (0.2, -0.76), (-0.2, -0.76)]
        canvas.polygon([(x + a * m, y + b * m) for a, b in chest], shirt)
        canvas.ellipse(x, y - 1.55 * m, 0.115 * m, 0.145 * m, skin)
        canvas.ellipse(x, y - 1.6 * m, 0.125 * m, 0.105 * m, hair)
        if bag:
            canvas.ellipse(x + 0.27 * m, y - 0.72 * m, 0.13 * m, 0.16 * m, bag)

    return Actor(draw, 0.75, 1.9, steps=len(STRIDE), flat=True)
