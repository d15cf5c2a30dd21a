"""Which packet had which sequence number, for retransmission (RFC 4585, RFC 4588). Pure.

Keeps whole pictures, shared with every other viewer: what one viewer costs is a few words.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

from player.webrtc.layout import Picture


@dataclass(frozen=True, slots=True)
class Sent:
    """A picture as one viewer got it: the unwrapped sequence number of its first packet, how many
    packets, its RTP time."""

    first: int
    count: int
    rtp: int
    picture: Picture


class History:
    """The newest `most_packets` packets sent, at least the last picture whole."""

    def __init__(self, *, most_packets: int = 4096) -> None:
        self._most = most_packets
        self._firsts: list[int] = []
        self._sent: list[Sent] = []
        self._gone = 0

    def add(self, sent: Sent) -> None:
        self._firsts.append(sent.first)
        self._sent.append(sent)
        newest = sent.first + sent.count
        while newest - self._firsts[self._gone] > self._most and self._gone < len(self._sent) - 1:
            self._gone += 1
        if self._gone > 64 and self._gone * 2 > len(self._sent):
            del self._firsts[: self._gone], self._sent[: self._gone]
            self._gone = 0

    def find(self, sequence: int) -> tuple[Sent, int] | None:
        """The picture and packet index last sent under the 16-bit `sequence`; None when forgotten
        or never sent."""
        if not self._sent:
            return None
        newest = self._sent[-1].first + self._sent[-1].count - 1
        wanted = newest - ((newest - sequence) & 0xFFFF)
        at = bisect_right(self._firsts, wanted, lo=self._gone) - 1
        if at < self._gone:
            return None
        sent = self._sent[at]
        index = wanted - sent.first
        return (sent, index) if index < sent.count else None
