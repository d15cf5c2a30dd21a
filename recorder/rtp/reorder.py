"""Packets that overtook each other on their way are put in order again, within a bound. Pure.

Only for datagrams: what comes over TCP comes in order. A packet that is missing is waited for until
the bound on time, number or bytes is reached; then those behind it go on, and whoever takes them
sees the hole in the sequence numbers and counts it.
"""

from __future__ import annotations

from collections.abc import Callable

MOST_HELD = 128
MOST_HELD_BYTES = 2 * 1024 * 1024
PATIENCE_SECONDS = 0.1
"""Longer than packets are late on a city's networks, shorter than a person notices."""
_FAR = 1000
"""Sequence numbers this far apart are another stream: the camera began anew."""


class Reorder:
    """For one track. `late`: packets that came when nobody waited any more, and repeated ones.
    `mended`: packets that had overtaken others and were put behind them."""

    def __init__(self, sink: Callable[[bytes, int, int], None]) -> None:
        self.late = 0
        self.mended = 0
        self._sink = sink
        self._next = -1
        self._held: dict[int, bytes] = {}
        self._held_bytes = 0
        self._since = 0.0

    def push(self, packet: bytes, now: float) -> None:
        """Take one datagram; `now`: monotonic seconds. What is no RTP goes on as it is: the
        receiver counts it."""
        if len(packet) < 12 or packet[0] >> 6 != 2:
            self._sink(packet, 0, len(packet))
            return
        sequence = (packet[2] << 8) | packet[3]
        ahead = (sequence - self._next) & 0xFFFF
        if self._next < 0 or ahead == 0:
            self._pass(sequence, packet, now)
        elif ahead < _FAR:
            self._hold(sequence, packet, now)
        elif ahead > 0xFFFF - _FAR:
            self.late += 1
        else:
            self._release_all(now)
            self._pass(sequence, packet, now)

    def release(self, now: float) -> None:
        """Give up what has been waited for too long."""
        if self._held and now - self._since > PATIENCE_SECONDS:
            self._give_up(now)

    def _pass(self, sequence: int, packet: bytes, now: float) -> None:
        self._sink(packet, 0, len(packet))
        self._next = (sequence + 1) & 0xFFFF
        if self._held:
            self._drain(now)

    def _hold(self, sequence: int, packet: bytes, now: float) -> None:
        if sequence in self._held:
            self.late += 1
            return
        if not self._held:
            self._since = now
        self._held[sequence] = packet
        self._held_bytes += len(packet)
        if len(self._held) > MOST_HELD or self._held_bytes > MOST_HELD_BYTES:
            self._give_up(now)
        else:
            self.release(now)

    def _give_up(self, now: float) -> None:
        """Go on behind the hole."""
        self._next = min(self._held, key=lambda sequence: (sequence - self._next) & 0xFFFF)
        self._drain(now)

    def _drain(self, now: float) -> None:
        """Hand on what is next among those held; the wait for the hole behind it begins now."""
        before = len(self._held)
        while (packet := self._held.pop(self._next, None)) is not None:
            self._held_bytes -= len(packet)
            self.mended += 1
            self._sink(packet, 0, len(packet))
            self._next = (self._next + 1) & 0xFFFF
        if len(self._held) != before:
            self._since = now

    def _release_all(self, now: float) -> None:
        while self._held:
            self._give_up(now)
