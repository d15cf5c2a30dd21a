"""Scene: a still background and what moves over it. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from vms.core.walltime import WallTime
from vms.demo.picture import Picture
from vms.demo.scenes.motion import Mover, perform
from vms.demo.scenes.view import View


@dataclass(frozen=True, slots=True)
class Scene:
    """Built for one picture size; drawing it costs a copy and a few blits."""

    view: View
    background: Picture
    movers: list[Mover] = field(default_factory=list)

    def draw(self, picture: Picture, wall: WallTime) -> None:
        """Fill the picture, which has the size the scene was built for."""
        picture.paste(self.background)
        perform(self.view, picture, self.movers, wall)


Builder = Callable[[int, int], Scene]
"""Given width and height in pixels."""
