"""One client playing one stream: RTP numbers, sender reports, the bound, the misbehaviours.

No task of its own: the source calls `deliver` for every access unit.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from vms.core.clock import Clock
from vms.core.media.access_unit import VIDEO
from vms.core.walltime import SECOND, WallTime
from vms.demo.misbehaviour import Behaviour, Misbehaviour
from vms.demo.outlet import Outlet
from vms.demo.rtcp import sender_report
from vms.demo.source import Burst

REPORT_MICROS = 2 * SECOND
_WRONG = 0x5A5A_5A5A
_GARBAGE = bytes(range(0x30, 0x3A)) * 3


@dataclass(slots=True)
class TrackState:
    """What one client is told about one track. `base`: RTP time of media time 0."""

    outlet: Outlet
    clock_rate: int
    control: str
    ssrc: int = field(default_factory=lambda: random.getrandbits(32))
    base: int = field(default_factory=lambda: random.getrandbits(32))
    sequence: int = field(default_factory=lambda: random.getrandbits(16))
    packets: int = 0
    octets: int = 0
    reported: WallTime | None = None

    def timestamp(self, media: int) -> int:
        return self.base + media * self.clock_rate // SECOND & 0xFFFF_FFFF


class Session:
    """Video begins with a key picture; when the client is slow it goes on with the next one."""

    def __init__(self, behaviour: Behaviour, clock: Clock) -> None:
        self.id = f"{random.getrandbits(63):016x}"
        self.tracks: dict[int, TrackState] = {}
        self.playing = False
        self.on_first: Callable[[], None] = lambda: None
        self._behaviour = behaviour
        self._clock = clock
        self._awaits_key = True
        self._gaps_made = behaviour.gaps
        self._counted = 0

    def play(self) -> None:
        self.playing, self._awaits_key = True, True

    def deliver(self, burst: Burst) -> None:
        track = self.tracks.get(burst.track)
        if not self.playing or track is None or self._is_silent(track):
            return
        media = burst.media + self._behaviour.jump_micros
        if self._takes(burst, track):
            self._send(track, burst, track.timestamp(media))
            self.on_first()
        self._report(track, burst.wall, media)

    def _is_silent(self, track: TrackState) -> bool:
        does = self._behaviour.does
        whole = track.outlet.takes_whole
        blocked = does(Misbehaviour.SILENT_TCP if whole else Misbehaviour.SILENT_UDP)
        return blocked or does(Misbehaviour.DEAF)

    def _takes(self, burst: Burst, track: TrackState) -> bool:
        if track.outlet.full:
            self._awaits_key = self._awaits_key or burst.track == VIDEO
            return False
        if burst.track != VIDEO:
            return True
        if self._behaviour.does(Misbehaviour.STALL):
            self._awaits_key = True
            return False
        self._awaits_key = self._awaits_key and not burst.key
        return not self._awaits_key

    def _send(self, track: TrackState, burst: Burst, timestamp: int) -> None:
        packets, does = burst.packets, self._behaviour.does
        ssrc = track.ssrc ^ (_WRONG if does(Misbehaviour.WRONG_SSRC) else 0)
        made = packets.patched(track.outlet.channel, track.sequence, timestamp, ssrc)
        if does(Misbehaviour.NO_MARKER):
            packets.unmark(made)
        if track.outlet.takes_whole and not self._mangles():
            track.outlet.send([made.data])
        else:
            track.outlet.send(self._mangled(packets.each(made), track.outlet))
        track.sequence = track.sequence + len(packets) & 0xFFFF
        track.packets += len(packets)
        track.octets += len(made) - 16 * len(packets)

    def _mangles(self) -> bool:
        does = self._behaviour.does
        lossy = does(Misbehaviour.LOSS) or self._gaps_made < self._behaviour.gaps
        return lossy or does(Misbehaviour.GARBAGE) or does(Misbehaviour.SHUFFLE)

    def _mangled(self, frames: list[memoryview], outlet: Outlet) -> Sequence[memoryview | bytes]:
        kept: list[memoryview | bytes] = [frame for frame in frames if not self._loses()]
        if self._behaviour.does(Misbehaviour.GARBAGE) and outlet.takes_whole:
            kept.append(_GARBAGE)
        if self._behaviour.does(Misbehaviour.SHUFFLE) and not outlet.takes_whole:
            for first in range(0, len(kept) - 1, 2):
                kept[first], kept[first + 1] = kept[first + 1], kept[first]
        return kept

    def _loses(self) -> bool:
        """Whether this packet is to be lost: a number of gaps asked for, or one of so many."""
        if self._gaps_made < self._behaviour.gaps:
            self._gaps_made += 1
            return True
        self._counted += 1
        every = self._behaviour.value(Misbehaviour.LOSS)
        return bool(every) and self._counted % max(2, round(every)) == 0

    def _report(self, track: TrackState, wall: WallTime, media: int) -> None:
        due = (
            track.reported is None
            or wall - track.reported >= REPORT_MICROS
            or wall < track.reported
        )
        if not due or self._behaviour.does(Misbehaviour.NO_REPORTS) or track.outlet.full:
            return
        track.reported = wall
        late = max(0, self._clock.wall() - wall)
        shown = wall + late + round(self._behaviour.value(Misbehaviour.REPORT_OFFSET) * SECOND)
        stamp = track.timestamp(media + late)
        track.outlet.report(
            sender_report(track.ssrc, WallTime(shown), stamp, track.packets, track.octets)
        )
