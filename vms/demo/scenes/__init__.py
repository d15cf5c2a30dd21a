"""What the simulated cameras see: drawn places that move. Pure numpy, no files, no fonts.

A scene is a still background, made once for a picture size, and sprites that move over it as a
function of wall time. All motion repeats after a minute, so that a looped stream has no seam.
"""

from __future__ import annotations

from vms.core.errors import NotFound
from vms.demo.picture import Picture
from vms.demo.scenes import gate, harbour, market, mosque, refinery, roundabout, street, village
from vms.demo.scenes.scene import Builder, Scene

__all__ = ["SCENES", "Scene", "blank", "build"]

SCENES: dict[str, Builder] = {
    "gate": gate.build,
    "harbour": harbour.build,
    "market": market.build,
    "mosque": mosque.build,
    "refinery": refinery.build,
    "roundabout": roundabout.build,
    "street": street.build,
    "village": village.build,
}


def blank(width: int, height: int) -> Scene:
    """An even grey: what a camera sees before its place is built. Costs nothing."""
    background = Picture.blank(width, height)
    background.y[:] = 90
    return Scene(street.VIEW, background)


def build(name: str, width: int, height: int) -> Scene:
    """The scene of this name for pictures of this size (even sides). Takes up to a second.

    Raises NotFound when no scene has this name.
    """
    if name not in SCENES:
        raise NotFound("no such scene", name=name, known=", ".join(SCENES))
    return SCENES[name](width, height)
