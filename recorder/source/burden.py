"""What one camera may cost: packets, access units and processor time, each by the second. Pure.

Ten times what any camera needs, and far below what would be felt by the others. A camera beyond it
is broken or means harm: its own session ends, and the pauses between attempts do the rest.
"""

from __future__ import annotations

MOST_PACKETS = 20_000
"""A second. 100 Mbit/s are 9,000 packets of the usual size."""
MOST_UNITS = 1_000
"""A second: 240 pictures and sound of 5 ms are 440."""
MOST_CPU = 0.5
"""Of a second: 100 Mbit/s take less than a tenth."""
WINDOW_SECONDS = 5.0
"""Over which all three are means: what was held up on the way comes at once."""
_BURST = 10.0
"""Seconds' worth of packets and of units that may come within one second."""


class Burden:
    """`most_packets`, `most_units`: counts so far beyond which a session ends at once."""

    def __init__(self, now: float) -> None:
        self.most_packets, self.most_units = int(MOST_PACKETS * _BURST), int(MOST_UNITS * _BURST)
        self._known = [(now, 0, 0, 0.0)]

    def note(self, now: float, packets: int, units: int, cpu: float) -> str:
        """Once a second, what it has cost so far; why that is too much, or nothing."""
        self.most_packets = packets + int(MOST_PACKETS * _BURST)
        self.most_units = units + int(MOST_UNITS * _BURST)
        self._known.append((now, packets, units, cpu))
        began = self._known[0]
        if (passed := now - began[0]) < WINDOW_SECONDS:
            return ""
        self._known.pop(0)
        return _too_much(
            (packets - began[1]) / passed, (units - began[2]) / passed, (cpu - began[3]) / passed
        )

    def at_once(self, packets: int, units: int) -> str:
        """Why what came since the last second is too much, or nothing."""
        if packets > self.most_packets:
            return f"the camera sent more than {MOST_PACKETS * _BURST:,.0f} packets at once"
        if units > self.most_units:
            return f"the camera sent more than {MOST_UNITS * _BURST:,.0f} pictures at once"
        return ""


def _too_much(packets: float, units: float, cpu: float) -> str:
    if packets > MOST_PACKETS:
        return f"the camera sends {packets:,.0f} packets a second, which no picture needs"
    if units > MOST_UNITS:
        return f"the camera sends {units:,.0f} pictures and sounds a second"
    if cpu > MOST_CPU:
        return f"reading this camera takes {cpu:.0%} of a processor"
    return ""
