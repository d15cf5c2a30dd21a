"""Scene: a place a camera looks at. Pure."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from vms.core.walltime import MINUTE, WallTime
from vms.demo.picture import Picture


class Scene(Protocol):
    def draw(self, picture: Picture, wall: WallTime) -> None:
        """Fill the picture, which has the size the scene was built for."""
        ...


class Plain:
    """Grey ground and a white square that walks from left to right five times a minute."""

    def __init__(self, width: int, height: int) -> None:
        self._ground = Picture.blank(width, height)
        self._ground.y[:] = np.linspace(60, 180, height)[:, None]

    def draw(self, picture: Picture, wall: WallTime) -> None:
        picture.paste(self._ground)
        side, middle = picture.width // 12, picture.height // 2
        left = int(wall % MINUTE / MINUTE * 5 % 1 * picture.width * 0.9)
        picture.y[middle : middle + side, left : left + side] = 220


SCENES = ("plain",)


def build(name: str, width: int, height: int) -> Scene:
    return Plain(width, height)
