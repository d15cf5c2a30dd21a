"""How much faster than ours a camera's media clock runs: a fact to know, not to act on. Pure."""

from __future__ import annotations

from vms.core.walltime import MINUTE

SETTLED_MICROS = MINUTE
"""Until then the best arrival of the last minute is not yet one of a minute."""
ENOUGH_MICROS = 5 * MINUTE


class MediaRate:
    """`ppm`: parts per million, None until five minutes were seen without a leap."""

    def __init__(self) -> None:
        self.ppm: int | None = None
        self._begun: int | None = None
        self._first: tuple[int, int] | None = None

    def note(self, media: int, offset: int) -> None:
        """At this media time, µs, the best arrivals say that media time zero lay at `offset`."""
        if self._begun is None:
            self._begun = media
        if self._first is None:
            if media - self._begun >= SETTLED_MICROS:
                self._first = (media, offset)
            return
        passed = media - self._first[0]
        if passed >= ENOUGH_MICROS:
            self.ppm = round((self._first[1] - offset) * 1_000_000 / passed)

    def rebase(self, micros: int) -> None:
        """Our own clock was set by this much."""
        if self._first is not None:
            self._first = (self._first[0], self._first[1] + micros)

    def forget(self) -> None:
        """The media clock leapt: measure anew; what was found still stands."""
        self._begun = self._first = None
