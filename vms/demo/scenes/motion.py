"""What moves: actors on paths, turned into sprites once and then only blitted. Pure.

An actor looks different from place to place (size, angle), so a path is cut into stages, each with
a sprite of its own, made when it is first needed; within a stage the sprite is only shifted. A
picture pays for one new sprite, unless there is not even a similar one.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import accumulate, pairwise
from math import atan2, cos, hypot, sin

import numpy as np

from vms.core.walltime import MINUTE, SECOND, WallTime
from vms.demo.picture import Picture
from vms.demo.scenes.paint import UNITS_WIDE, Canvas
from vms.demo.scenes.sprite import Sprite
from vms.demo.scenes.view import View

LARGEST_SPRITE = 900
"""Units; something larger is so near that it is left out."""
NEW_SPRITES = 1
"""A picture may cost this many; one takes about two milliseconds."""

_SAMPLES = 400


@dataclass(frozen=True, slots=True)
class Pose:
    """A place on the ground (or `z` metres above), and where it heads: radians, 0 along x."""

    x: float
    y: float
    heading: float = 0.0
    z: float = 0.0


@dataclass(frozen=True, slots=True)
class Path:
    """Straight pieces through points on the ground, at one speed."""

    points: tuple[tuple[float, float], ...]
    z: float = 0.0
    closed: bool = False

    def at(self, part: float) -> Pose:
        """Where one is after this part (0 to 1) of the way."""
        starts, legs = _legs(self)
        if not legs:
            return Pose(*self.points[0], 0.0, self.z)
        way = part * (starts[-1] + legs[-1].length)
        index = bisect_right(starts, way) - 1
        leg, gone = legs[index], way - starts[index]
        x, y = leg.x + gone * cos(leg.heading), leg.y + gone * sin(leg.heading)
        return Pose(x, y, leg.heading, self.z)


@dataclass(frozen=True, slots=True)
class _Leg:
    x: float
    y: float
    heading: float
    length: float


@lru_cache(maxsize=512)
def _legs(path: Path) -> tuple[list[float], list[_Leg]]:
    """The straight pieces of a path, and how far from its beginning each starts."""
    line = [*path.points, path.points[0]] if path.closed else path.points
    legs = [
        _Leg(ax, ay, atan2(by - ay, bx - ax), hypot(bx - ax, by - ay))
        for (ax, ay), (bx, by) in pairwise(line)
    ]
    return list(accumulate((leg.length for leg in legs[:-1]), initial=0.0)), legs


def ring(x: float, y: float, across: float, deep: float, *, corners: int = 48) -> Path:
    """Round and round, clockwise as one drives in Indonesia (on the left)."""
    turns = -2 * np.pi * np.arange(corners) / corners
    points = zip(
        (x + across * np.cos(turns)).tolist(), (y + deep * np.sin(turns)).tolist(), strict=True
    )
    return Path(tuple(points), closed=True)


Painter = Callable[[View, Canvas, Pose, int], None]
"""Paints an actor in its pose; the last argument is the step of its own movement (legs, flame)."""


@dataclass(frozen=True, slots=True)
class Actor:
    """`reach` and `tall` in metres: what it may cover to each side, and upwards. A `flat` actor
    looks the same from all sides."""

    paint: Painter
    reach: float
    tall: float
    steps: int = 1
    flat: bool = False


@dataclass(slots=True)
class Mover:
    """An actor on its path: `laps` ways a minute from `phase` on, `rate` steps a second.

    `laps` and `rate * 60 / actor.steps` are whole numbers, so that a minute has no seam.
    """

    actor: Actor
    path: Path
    laps: int = 1
    phase: float = 0.0
    rate: float = 0.0
    _sprites: dict[tuple[int, int], _Placed | None] = field(default_factory=dict)
    _stages: list[int] = field(default_factory=list)

    def pose(self, wall: WallTime) -> Pose:
        return self.path.at(self._part(wall))

    def blit(self, view: View, picture: Picture, wall: WallTime, may_make: bool) -> bool:
        """Show the actor where it is now; whether that took a new sprite."""
        if not self._stages:
            self._stages = _stages(view, self.actor, self.path, picture.width)
        part = self._part(wall)
        step = int(wall % MINUTE / SECOND * self.rate) % self.actor.steps
        key = (self._stages[int(part * _SAMPLES)], step)
        near = next((k for k in _like(key) if k in self._sprites), None)
        makes = near is None or (may_make and near != key)
        if makes:
            near, self._sprites[key] = key, self._make(view, key, picture.width)
        if near and (placed := self._sprites[near]):
            placed.blit(view, picture, self.path.at(part))
        return makes

    def _make(self, view: View, key: tuple[int, int], width: int) -> _Placed | None:
        stage, step = key
        first = self._stages.index(stage)
        middle = (first + self._stages.count(stage) / 2) / _SAMPLES
        return _place(self.actor, view, self.path.at(middle), step, width)

    def _part(self, wall: WallTime) -> float:
        return (wall % MINUTE / MINUTE * self.laps + self.phase) % 1.0


def perform(view: View, picture: Picture, movers: Sequence[Mover], wall: WallTime) -> None:
    """Blit all, far ones first."""
    left = NEW_SPRITES
    for mover in sorted(movers, key=lambda mover: -mover.pose(wall).y):
        left -= mover.blit(view, picture, wall, left > 0)


@dataclass(frozen=True, slots=True)
class _Placed:
    """A sprite, its corner and the point it stands on, in pixels."""

    sprite: Sprite
    left: int
    top: int
    foot: tuple[float, float]

    def blit(self, view: View, picture: Picture, pose: Pose) -> None:
        x, y = _foot(view, pose, picture.width)
        right, down = round(x - self.foot[0]), round(y - self.foot[1])
        self.sprite.blit(picture, self.left + right, self.top + down)


def _like(key: tuple[int, int]) -> Iterator[tuple[int, int]]:
    """The key, then those that look nearly the same."""
    stage, step = key
    for other in (stage, stage - 1, stage + 1, stage - 2, stage + 2):
        yield other, step


def _stages(view: View, actor: Actor, path: Path, width: int) -> list[int]:
    """For each sample of the way the number of its stage. A new one begins when the size has
    changed by a fourteenth and by more than three pixels, or when a solid actor has turned against
    our line of sight by six degrees.
    """
    poses = [path.at(sample / _SAMPLES) for sample in range(_SAMPLES)]
    metres = np.array([view.metre(pose.x, pose.y, pose.z) for pose in poses])
    pixels = metres * actor.tall * width / UNITS_WIDE
    sight = np.unwrap([pose.heading - np.arctan2(pose.x, max(pose.y, 1)) for pose in poses])
    relative = np.abs(np.diff(np.log(metres), prepend=np.log(metres[0]))) * 14
    absolute = np.abs(np.diff(pixels, prepend=pixels[0])) / 3
    turn = np.abs(np.diff(sight, prepend=sight[0])) * (0 if actor.flat else 9)
    return [int(stage) for stage in np.cumsum(np.minimum(relative, absolute) + turn)]


def _place(actor: Actor, view: View, pose: Pose, step: int, width: int) -> _Placed | None:
    scale = width / UNITS_WIDE
    x, y = view.spot(pose.x, pose.y, pose.z)
    metre = view.metre(pose.x, pose.y, pose.z)
    side, up, down = actor.reach * metre, actor.tall * metre + 4, actor.reach * metre * 0.8 + 4
    if pose.y < 1 or 2 * side > LARGEST_SPRITE or x + side < 0 or x - side > UNITS_WIDE:
        return None
    left, top = (2 * int(edge * scale / 2) for edge in (x - side, y - up))
    wide, high = (2 * int(size * scale / 2 + 1) for size in (2 * side, up + down))
    canvas = Canvas(wide, high, scale=scale, left=left / scale, top=top / scale)
    actor.paint(view, canvas, pose, step)
    return _Placed(canvas.sprite(), left, top, _foot(view, pose, width))


def _foot(view: View, pose: Pose, width: int) -> tuple[float, float]:
    x, y = view.spot(pose.x, pose.y, pose.z)
    return x * width / UNITS_WIDE, y * width / UNITS_WIDE
