"""Sky, hills, water, ground, trees: the parts of a background that nobody built. Pure."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from vms.demo.scenes.noise import Floats, fractal, noise
from vms.demo.scenes.paint import UNITS_HIGH, Canvas, Colour
from vms.demo.scenes.solids import Tint
from vms.demo.scenes.view import View

DAY_SKY = ((96, 150, 208), (206, 222, 232))
HAZE: Tint = (200, 214, 222)


def blend(one: Colour, other: Colour, part: ArrayLike) -> Floats:
    """Between two colours; `part` is an array of the canvas' size, 0 to 1."""
    weight = np.asarray(part, np.float32)[:, :, None]
    return np.asarray(
        np.asarray(one, np.float32) * (1 - weight) + np.asarray(other, np.float32) * weight,
        np.float32,
    )


def sky(
    canvas: Canvas,
    horizon: float,
    colours: tuple[Tint, Tint] = DAY_SKY,
    *,
    cloud: Tint = (250, 250, 250),
    cover: float = 0.5,
    seed: int = 1,
) -> None:
    """From the top of the picture to the horizon, with clouds (`cover` 0 to 1)."""
    canvas = canvas.window(0, horizon + 2)
    x, y = canvas.grid()
    down = np.clip(y / max(horizon, 1.0), 0, 1)
    canvas.fill(blend(colours[0], colours[1], np.broadcast_to(down, (canvas.height, canvas.width))))
    away = 1.15 - down
    heap = fractal((x - 640) / 260 / away + 9, 2.2 / away + np.zeros_like(x), 5, seed)
    thick = np.clip((heap - 0.72 + cover * 0.3) * 4, 0, 1) * np.clip(away * 1.6, 0, 1)
    canvas.fill(cloud, np.where(y < horizon, thick * 0.85, 0).astype(np.float32))


def hills(canvas: Canvas, base: float, height: float, colour: Tint, *, seed: int = 3) -> None:
    """A ridge of forest standing on the line `base` (units)."""
    canvas = canvas.window(base - 1.3 * height, base)
    x, y = canvas.grid()
    ridge = base - height * (0.25 + fractal(x / 210 + seed, np.float32(0.5) + 0 * x, 4, seed))
    shape = np.clip((y - ridge) * canvas.scale, 0, 1) * (y < base)
    rough = fractal(x / 9, y / 6, 3, seed)
    canvas.fill(blend(colour, [part * 0.72 for part in colour], rough), shape)


def ground(
    view: View,
    canvas: Canvas,
    colour: Tint,
    *,
    rough: float = 0.25,
    size: float = 1.5,
    haze: Tint = HAZE,
    sight: float = 220.0,
    seed: int = 7,
) -> None:
    """Everything below the horizon, mottled; fades into haze with distance."""
    canvas = canvas.window(view.horizon - 1, UNITS_HIGH)
    x, y, below = view.ground(canvas)
    canvas.fill(_faded(_mottled(colour, x, y, rough, size, seed), y, haze, sight), below)


def water(view: View, canvas: Canvas, near: Tint, far: Tint, *, seed: int = 11) -> None:
    """Everything below the horizon as water: ripples that stretch sideways, glare far away."""
    canvas = canvas.window(view.horizon - 1, UNITS_HIGH)
    x, y, below = view.ground(canvas)
    steady = np.maximum(y, 1)
    fade = np.clip(40 / steady, 0.12, 1)
    ripple = (fractal(x / 2.2, y / 0.9, 4, seed) - 0.5) * fade
    swell = fractal(x / 17, y / 7, 3, seed + 5) - 0.5
    tone = blend(near, far, np.clip((steady - 8) / 120, 0, 1) ** 0.6)
    canvas.fill(tone * (1 + 0.5 * ripple + 0.22 * swell)[:, :, None], below)


def surface(
    view: View,
    canvas: Canvas,
    corners: ArrayLike,
    colour: Tint,
    *,
    rough: float = 0.12,
    size: float = 0.6,
    seed: int = 5,
) -> None:
    """A flat convex piece of ground: a road, a pavement, a quay; corners are (x, y)."""
    points = np.asarray(corners, np.float64)
    outline = view.outline(np.column_stack([points, np.zeros(len(points))]))
    if outline is not None:
        canvas.texture(outline, lambda part: _ground_tint(view, part, colour, rough, size, seed))


def stripe(
    view: View,
    canvas: Canvas,
    start: tuple[float, float],
    end: tuple[float, float],
    wide: float,
    colour: Tint = (228, 226, 214),
    *,
    dash: float = 0.0,
    alpha: float = 0.85,
) -> None:
    """Paint on a road, broken into dashes of `dash` metres if that is given."""
    first, last = np.array(start, np.float64), np.array(end, np.float64)
    length = float(np.hypot(*(last - first)))
    along = (last - first) / length
    aside = np.array([-along[1], along[0]]) * wide / 2
    step = dash * 2 if dash else length
    for at in np.arange(0.0, length, step):
        one, two = first + along * at, first + along * min(length, at + (dash or length))
        ring = [one - aside, two - aside, two + aside, one + aside]
        view.paint(canvas, [(*point, 0.0) for point in ring], colour, alpha)


def tree(
    canvas: Canvas, x: float, y: float, high: float, *, colour: Tint = (58, 104, 52), seed: int = 0
) -> None:
    """A broad tree standing at (x, y) units, `high` units tall."""
    chance = np.random.default_rng(abs(seed + int(x) * 7 + int(y)))
    canvas.ellipse(x + high * 0.1, y, high * 0.34, high * 0.06, (14, 18, 16), 0.35)
    canvas.line((x, y), (x, y - high * 0.5), high * 0.07, (82, 64, 48))
    for _ in range(26):
        angle, far = chance.random() * 6.283, chance.random() ** 0.5
        left = x + np.cos(angle) * far * high * 0.3
        up = y - high * 0.66 + np.sin(angle) * far * high * 0.26
        light = 0.72 + 0.5 * (1 - (up - y + high) / (high * 0.7)) * chance.random() + 0.1
        size = high * (0.09 + 0.07 * chance.random())
        tint = [min(255.0, part * light) for part in colour]
        canvas.ellipse(left, up, size, size * 0.8, tint, 0.92)


def palm(canvas: Canvas, x: float, y: float, high: float, *, seed: int = 0) -> None:
    """A coconut palm standing at (x, y) units, leaning a little."""
    chance = np.random.default_rng(abs(seed + int(x) * 3))
    lean = high * 0.12 * (chance.random() - 0.3)
    for part in range(8):
        low, top = part / 8, (part + 1) / 8
        canvas.line(
            (x + lean * low**2, y - high * low),
            (x + lean * top**2, y - high * top),
            high * 0.035 * (1.2 - 0.5 * low),
            (104, 88, 68),
        )
    crown = (x + lean, y - high)
    for index in range(11):
        angle = 2 * np.pi * index / 11 + chance.random() * 0.4
        reach, droop = high * 0.36 * np.cos(angle), high * (0.16 - 0.2 * np.sin(angle))
        middle = (crown[0] + reach * 0.55, crown[1] - high * 0.1 * max(0.2, np.sin(angle)))
        tip = (crown[0] + reach, crown[1] + droop * 0.55)
        green = [part * (0.75 + 0.4 * chance.random()) for part in (66, 116, 52)]
        canvas.line(crown, middle, high * 0.05, green)
        canvas.line(middle, tip, high * 0.035, green)


def lamp(
    view: View,
    canvas: Canvas,
    x: float,
    y: float,
    high: float = 7.0,
    *,
    reach: float = 1.6,
) -> None:
    """A street lamp on the ground at (x, y) metres."""
    foot, head = view.project([(x, y, 0), (x, y, high)])
    metre = view.metre(x, y)
    canvas.line(foot, head, 0.13 * metre, (112, 116, 120))
    end = (head[0] + reach * metre, head[1] - 0.1 * metre)
    canvas.line(head, end, 0.09 * metre, (112, 116, 120))
    canvas.line(
        (end[0] - 0.3 * metre, end[1]),
        (end[0] + 0.3 * metre, end[1]),
        0.14 * metre,
        (226, 228, 220),
    )


def speckle(canvas: Canvas, strength: float = 5.0, seed: int = 2) -> None:
    """The grain of a sensor, fixed in place: it costs nothing after the key picture."""
    grain = np.random.default_rng(seed).normal(0, strength / 255, (canvas.height, canvas.width))
    canvas.fill((255, 255, 255), np.clip(grain, 0, 1).astype(np.float32))
    canvas.fill((0, 0, 0), np.clip(-grain, 0, 1).astype(np.float32))


def _ground_tint(
    view: View, canvas: Canvas, colour: Tint, rough: float, size: float, seed: int
) -> Floats:
    x, y, _ = view.ground(canvas)
    return _mottled(colour, x, y, rough, size, seed)


def _mottled(colour: Tint, x: Floats, y: Floats, rough: float, size: float, seed: int) -> Floats:
    """Coarse stains, and fine grain that fades with distance before it would flicker."""
    near = np.clip(14 / np.maximum(y, 1), 0, 1)
    coarse = fractal(x / (size * 4), y / (size * 4), 3, seed) - 0.5
    fine = (noise(x / size * 6, y / size * 6, seed + 9) - 0.5) * near
    tone = 1 + rough * (1.4 * coarse + fine)
    return np.asarray(np.asarray(colour, np.float32) * tone[:, :, None], np.float32)


def _faded(colour: Floats, y: Floats, haze: Tint, sight: float) -> Floats:
    return blend(colour, haze, 1 - np.exp(-np.clip(y, 0, 5000) / sight))
