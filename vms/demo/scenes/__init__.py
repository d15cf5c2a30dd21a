"""What the simulated cameras see: drawn places that move. Pure numpy, no files, no fonts.

A scene is a still background, made once for a picture size, and sprites that move over it as a
function of wall time. All motion repeats after a minute, so that a looped stream has no seam.
"""

from __future__ import annotations

from vms.demo.scenes import harbour, street
from vms.demo.scenes.scene import Builder, Scene

__all__ = ["SCENES", "Scene", "build"]

SCENES: dict[str, Builder] = {
    "harbour": harbour.build,
    "street": street.build,
}


def build(name: str, width: int, height: int) -> Scene:
    """The scene of this name for pictures of this size (even sides). Takes up to a second."""
    return SCENES.get(name, street.build)(width, height)
