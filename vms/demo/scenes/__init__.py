"""What the simulated cameras see: drawn places that move. Pure numpy, no files, no fonts.

A scene is a still background, made once for a picture size, and sprites that move over it as a
function of wall time. All motion repeats after a minute, so that a looped stream has no seam.
"""

from __future__ import annotations

from vms.demo.scenes.scene import SCENES, Scene, build

__all__ = ["SCENES", "Scene", "build"]
