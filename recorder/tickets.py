"""Single-use tickets: who may open a feed, for ten seconds. Pure; asks the clock it is given."""

from __future__ import annotations

import secrets

from vms.core.clock import Clock
from vms.core.errors import Denied, Exhausted

TICKET_SECONDS = 10.0
MOST_TICKETS = 10_000


class Tickets:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._issued: dict[str, tuple[int, float]] = {}

    def issue(self, stream_id: int) -> str:
        """A new ticket for this stream. Raises Exhausted when too many are out."""
        now = self._clock.monotonic()
        if len(self._issued) >= MOST_TICKETS:
            self._issued = {key: held for key, held in self._issued.items() if held[1] > now}
        if len(self._issued) >= MOST_TICKETS:
            raise Exhausted("too many feeds are being opened at once")
        ticket = secrets.token_urlsafe(18)
        self._issued[ticket] = (stream_id, now + TICKET_SECONDS)
        return ticket

    def redeem(self, ticket: str) -> int:
        """The stream this ticket is for; it is used up. Raises Denied."""
        stream_id, expires = self._issued.pop(ticket, (0, float("-inf")))
        if self._clock.monotonic() > expires:
            raise Denied("this feed ticket was never issued, is used or has expired")
        return stream_id
