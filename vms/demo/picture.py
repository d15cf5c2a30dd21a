"""Picture: three planes of YUV 4:2:0 that scenes draw into and coders read. Pure numpy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Picture:
    """Video range (16–235), BT.709. The planes may be strided views of somebody else's memory."""

    y: Plane
    u: Plane
    v: Plane

    @classmethod
    def blank(cls, width: int, height: int) -> Picture:
        """A black picture. Width and height are even."""
        chroma = (height // 2, width // 2)
        return cls(
            np.full((height, width), 16, np.uint8),
            np.full(chroma, 128, np.uint8),
            np.full(chroma, 128, np.uint8),
        )

    @property
    def width(self) -> int:
        return int(self.y.shape[1])

    @property
    def height(self) -> int:
        return int(self.y.shape[0])

    def paste(self, other: Picture) -> None:
        """Become a copy of `other`, which has the same size."""
        np.copyto(self.y, other.y)
        np.copyto(self.u, other.u)
        np.copyto(self.v, other.v)
