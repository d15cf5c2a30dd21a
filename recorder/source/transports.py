"""Which transport is tried first, and which after it. Pure."""

from __future__ import annotations

from vms.core.model import Transport

KEPT_SECONDS = 3600.0
"""So long the transport that worked in the other's place is tried first."""
_ORDERS = {
    Transport.AUTO: (False, True),
    Transport.TCP: (False,),
    Transport.UDP: (True, False),
}


class Transports:
    """`secure`: over TLS there is TCP only, since RTP in datagrams would be in plain text."""

    def __init__(self, wanted: Transport, *, secure: bool) -> None:
        self._order = (False,) if secure else _ORDERS[wanted]
        self._kept: tuple[bool, float] | None = None

    def order(self, now: float) -> tuple[bool, ...]:
        """Whether over UDP, in the order to try; `now`: monotonic seconds."""
        if self._kept is not None and now - self._kept[1] < KEPT_SECONDS:
            return (self._kept[0], *(udp for udp in self._order if udp != self._kept[0]))
        self._kept = None
        return self._order

    def keep(self, udp: bool, now: float) -> None:
        """This one worked where the one before it in the order did not."""
        if self._kept is None or self._kept[0] != udp:
            self._kept = udp, now
