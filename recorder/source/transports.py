"""Which transport an attempt uses, and which one the next. Pure."""

from __future__ import annotations

from recorder.errors import TransportRefused
from vms.core.model import Transport

KEPT_SECONDS = 3600.0
"""So long the transport that worked in the other's place is tried first."""
_ORDERS = {
    Transport.AUTO: (False, True),
    Transport.TCP: (False,),
    Transport.UDP: (True, False),
}


class Transports:
    """One transport an attempt; `refused` says whether another is left for the next one.

    `secure`: over TLS there is TCP only, since RTP in datagrams would be in plain text.
    """

    def __init__(self, wanted: Transport, *, secure: bool) -> None:
        self._order = (False,) if secure else _ORDERS[wanted]
        self._kept: tuple[bool, float] | None = None
        self._first: bool | None = None
        self._left: list[bool] = []
        self._refusals: list[TransportRefused] = []

    @property
    def instead_of(self) -> str:
        """Why the one before was refused; empty when this attempt is the first of its round."""
        return self._refusals[0].message if self._refusals else ""

    def next(self, now: float) -> bool:
        """Whether this attempt goes over UDP; `now`: monotonic seconds."""
        if not self._left:
            self._refusals = []
            self._left = list(self._round(now))
        return self._left.pop(0)

    def refused(self, refusal: TransportRefused) -> TransportRefused:
        """What to raise: this refusal, to be followed by another attempt; or what was said to all
        of them, with the first one's cause."""
        self._refusals.append(refusal)
        words = "; ".join(dict.fromkeys(each.message for each in self._refusals))
        first, again = self._refusals[0], bool(self._left)
        return TransportRefused(words, first.cause, again=again, **refusal.context)

    def over(self, udp: bool | None, now: float) -> None:
        """The round has ended: `udp` works, or (None) an attempt failed for what another transport
        would not change."""
        if udp is not None and self._refusals and (self._kept is None or self._kept[0] != udp):
            self._kept = udp, now
        self._left, self._refusals = [], []

    def silent(self, udp: bool) -> None:
        """A session over this one was agreed and not a packet came: the next round begins with the
        other, if there is one, and keeps it if it works."""
        if (not udp) in self._order:
            self._first = not udp

    def _round(self, now: float) -> tuple[bool, ...]:
        if self._kept is not None and now - self._kept[1] >= KEPT_SECONDS:
            self._kept = None
        first = self._first if self._first is not None else self._kept and self._kept[0]
        if first is None:
            return self._order
        if self._first is not None:
            self._kept, self._first = None, None
            words = "not a packet came over the other transport"
            self._refusals = [TransportRefused(words)]
        return (first, *(udp for udp in self._order if udp != first))
