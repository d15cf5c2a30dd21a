"""The true rate of G.711, which cameras label 8 kHz when it is 16 and the other way round. Pure.

Sound is held for its first second and measured against the pictures' clock, which counts with
90 kHz everywhere and comes in the same bursts. Then it goes on under the rate it has: before the
first segment is declared, so that no segment ever holds two.
"""

from __future__ import annotations

from dataclasses import replace

from recorder.rtp.depacketizer import Coded
from vms.core.media.access_unit import TrackFormat

MEASURED_SECONDS = 1.0
"""Of pictures; where they say that the label is wrong, another second has to say the same."""
_TWICE, _HALF = (1.5, 2.7), (0.37, 0.67)
_MOST_HELD = 2000
_OTHER = {8000: (16_000, _TWICE), 16_000: (8000, _HALF)}


class Label:
    """`words`: what was found, for people; empty while the label is right."""

    def __init__(self, used: TrackFormat) -> None:
        self.words = ""
        self._labelled = used.sample_rate
        self._used = used
        self._decided = used.sample_rate not in _OTHER
        self._held: list[Coded] = []
        self._wrong_before = False
        self._begun: float | None = None
        self._stamped = self._stamps = 0
        self._samples = 0
        self._scale = 0
        self._extended: int | None = None

    @property
    def waits(self) -> bool:
        """Whether sound is held until its rate is known."""
        return bool(self._held)

    def take(self, ready: list[Coded], pictures: float) -> list[Coded]:
        """Units in, units out: later, and under another rate where the label is wrong. `pictures`:
        seconds of picture that have come."""
        if self._decided:
            return [self._right(each) for each in ready] if self.words else ready
        for each in ready:
            self._measure(each, pictures)
        if self._begun is not None and pictures - self._begun >= MEASURED_SECONDS:
            self._judge(pictures - self._begun)
        if len(self._held) > _MOST_HELD:
            self._decided = True
        return self._release() if self._decided else []

    def scales(self) -> bool:
        """Whether RTP times are not those of the label: the camera's reports name others."""
        return bool(self._scale)

    def _measure(self, unit: Coded, pictures: float) -> None:
        self._held.append(unit)
        if self._begun is None:
            self._begin(unit, pictures)
            return
        step = _signed(unit.timestamp - self._stamped)
        self._stamps += step if 0 < step < self._labelled else 0
        self._stamped = unit.timestamp
        self._samples += len(unit.data) // max(1, self._used.channels)

    def _begin(self, unit: Coded, pictures: float) -> None:
        self._begun, self._stamped = pictures, unit.timestamp
        self._stamps = self._samples = 0

    def _judge(self, seconds: float) -> None:
        other, (low, high) = _OTHER[self._labelled]
        speed = self._labelled * seconds
        if not low < self._samples / speed < high or self._is_pausing(low, high):
            self._decided = True
            return
        if not self._wrong_before:
            self._wrong_before = True
            self._begin(self._held[-1], (self._begun or 0.0) + seconds)
            return
        self._decided = True
        self._used = replace(self._used, sample_rate=other)
        self._scale = other if low < self._stamps / speed < high else 0
        self.words = (
            f"The sound is labelled {self._labelled} Hz and is of {other} Hz: taken as that"
        )

    def _is_pausing(self, low: float, high: float) -> bool:
        """Fewer samples than time because silence is not sent: then those that are sent are as
        many as their times say."""
        steps = [
            (_signed(later.timestamp - one.timestamp), len(one.data) // max(1, self._used.channels))
            for one, later in zip(self._held, self._held[1:], strict=False)
        ]
        even = sum(step == samples for step, samples in steps)
        return low < 1 and even * 2 > len(steps) and self._stamps > self._samples * 1.2

    def _release(self) -> list[Coded]:
        held, self._held = self._held, []
        return [self._right(each) for each in held] if self.words else held

    def _right(self, unit: Coded) -> Coded:
        return unit._replace(timestamp=self._scaled(unit.timestamp), format=self._used)

    def _scaled(self, timestamp: int) -> int:
        """Ticks of the labelled rate, in which media time is counted, for ticks of the true one."""
        if not self._scale:
            return timestamp
        if self._extended is None:
            self._extended = timestamp
        self._extended += _signed(timestamp - self._extended)
        return self._extended * self._labelled // self._scale & 0xFFFF_FFFF


def _signed(step: int) -> int:
    return ((step + 0x8000_0000) & 0xFFFF_FFFF) - 0x8000_0000
