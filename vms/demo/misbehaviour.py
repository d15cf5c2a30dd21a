"""The menu of misbehaviours, and how one camera behaves at the moment. Pure.

`docs/design/simulated-cameras.md` says for each what real cameras do it and what is expected of us.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from vms.core.errors import Invalid


class Misbehaviour(StrEnum):
    # at once, and over again with every call
    DROP = "drop"  # hang up on all clients; they may come back
    TIME_JUMP = "time-jump"  # RTP time jumps by `value` seconds (default 30)
    RESIZE = "resize"  # other SPS and picture size from the next picture on, and back the next time
    GAP = "gap"  # `value` packets (default 1) of the next pictures are never sent
    # until `behave`
    UNPLUGGED = "unplugged"  # hangs up, and again on every request
    DEAF = "deaf"  # the cable is cut: nothing is sent any more, not even a TCP end
    UNAUTHORIZED = "unauthorized"  # 401 whatever the password
    NOT_FOUND = "not-found"  # 404
    STALL = "stall"  # no video, but sender reports go on
    LOSS = "loss"  # one packet of `value` (default 50) is missing
    NO_REPORTS = "no-reports"  # no sender reports
    REPORT_OFFSET = "report-offset"  # the clock in sender reports is `value` seconds off (3600)
    WRONG_SSRC = "wrong-ssrc"  # packets carry another SSRC than announced and reported
    NO_MARKER = "no-marker"  # the marker bit is never set
    GARBAGE = "garbage"  # octets of no meaning between interleaved frames
    EARLY = "early"  # packets come before the answer to PLAY
    NO_TCP = "no-tcp"  # 461 to who asks for packets interleaved in the connection
    NO_UDP = "no-udp"  # 461 to who asks for datagrams
    SILENT_UDP = "silent-udp"  # datagrams are promised and never come: a firewall stands between
    SILENT_TCP = "silent-tcp"  # packets in the connection are promised and never come
    REFUSES_TCP = "refuses-tcp"  # who asks for packets in the connection gets status `value` (400)
    REFUSES_UDP = "refuses-udp"  # who asks for datagrams gets status `value` (400)
    LEAVES = "leaves"  # closes the connection after PLAY, and goes on sending datagrams
    SHUFFLE = "shuffle"  # datagrams overtake each other


ENDS_SESSIONS = frozenset(
    {
        Misbehaviour.DROP,
        Misbehaviour.UNPLUGGED,
        Misbehaviour.UNAUTHORIZED,
        Misbehaviour.NOT_FOUND,
    }
)
_MOMENTARY = frozenset(
    {Misbehaviour.DROP, Misbehaviour.TIME_JUMP, Misbehaviour.RESIZE, Misbehaviour.GAP}
)
_DEFAULTS = {
    Misbehaviour.TIME_JUMP: 30.0,
    Misbehaviour.GAP: 1.0,
    Misbehaviour.LOSS: 50.0,
    Misbehaviour.REPORT_OFFSET: 3600.0,
    Misbehaviour.REFUSES_TCP: 400.0,
    Misbehaviour.REFUSES_UDP: 400.0,
}


@dataclass(slots=True)
class Behaviour:
    """How one camera behaves. Its streams and sessions look here before every picture.

    `jump_micros` is the sum of all time jumps, `resizes` and `gaps` how many were asked for so far.
    `listeners` are called when sessions have to end.
    """

    values: dict[Misbehaviour, float] = field(default_factory=dict)
    jump_micros: int = 0
    resizes: int = 0
    gaps: int = 0
    hang_ups: list[Callable[[], None]] = field(default_factory=list)

    def misbehave(self, what: Misbehaviour, value: float | None = None) -> None:
        amount = _DEFAULTS.get(what, 1.0) if value is None else value
        if what is Misbehaviour.TIME_JUMP:
            self.jump_micros += round(amount * 1_000_000)
        elif what is Misbehaviour.RESIZE:
            self.resizes += 1
        elif what is Misbehaviour.GAP:
            self.gaps += round(amount)
        if what not in _MOMENTARY:
            self.values[what] = amount
        if what in ENDS_SESSIONS:
            self.hang_up()

    def behave(self) -> None:
        """End all that lasts. What jumped stays where it is."""
        self.values.clear()

    def hang_up(self) -> None:
        for end in tuple(self.hang_ups):
            end()

    def does(self, what: Misbehaviour) -> bool:
        return what in self.values

    def value(self, what: Misbehaviour) -> float:
        """The amount of something that the camera does now, else 0."""
        return self.values.get(what, 0.0)


def parse(text: str) -> Misbehaviour:
    """Raises Invalid, naming the menu, when there is no such misbehaviour."""
    try:
        return Misbehaviour(text)
    except ValueError as error:
        raise Invalid("no such misbehaviour", given=text, known=", ".join(Misbehaviour)) from error
