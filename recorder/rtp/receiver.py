"""One track's packets become access units with media time, its statistics receiver reports."""

from __future__ import annotations

from dataclasses import dataclass, field

from recorder.rtp.depacketizer import Coded, Depacketizer
from recorder.rtp.label import Label
from recorder.rtp.pace import Pace
from recorder.rtp.packet import PLAIN_HEADER, read_header
from recorder.rtp.replay import ReplayTime, read_replay
from recorder.rtp.rtcp import Reception, SenderReport, read_sender_report
from recorder.rtp.timeline import MediaClock

_LATE = 0x8000
_STRANGERS = 128
"""Packets in a row of another sender until it is the sender."""


@dataclass(slots=True)
class Tally:
    """What went wrong on a track, for reports and metrics. `broken`: packets that were no RTP."""

    lost: int = 0
    broken: int = 0


@dataclass(slots=True)
class TrackReceiver:
    """Feed it packets of one track in order of arrival; take access units from `take`. `replay`:
    the newest time a packet itself carried, until somebody takes it."""

    track: int
    depacketizer: Depacketizer
    clock: MediaClock
    tally: Tally = field(default_factory=Tally)
    pace: Pace | None = None
    """If given, units are left out once their media time is found to run at a wrong speed."""
    label: Label | None = None
    """If given, what finds out the true rate of the sound."""
    pictures: float = 0.0
    """Seconds of picture that have come, for the label; whoever takes says it."""
    report: SenderReport | None = None
    replay: ReplayTime | None = None
    _ssrc: int = 0
    packets: int = 0
    _expected: int = -1
    _cycles: int = 0
    _heard: tuple[int, int] = (0, 0)
    _strangers: int = 0
    _first: int = 0
    _reported: tuple[int, int] = (0, 0)
    _report_arrival: float = 0.0
    _transit: float | None = None
    _jitter: float = 0.0

    @property
    def remark(self) -> str:
        """What was found about the track that a person should know, in words; or nothing."""
        if self.pace is not None and self.pace.is_wrong:
            return "The sound runs at another speed than its label says: it is left out"
        return self.label.words if self.label is not None else ""

    @property
    def has_units(self) -> bool:
        return bool(self.depacketizer.ready)

    def push(self, data: bytes, start: int, end: int) -> None:
        """Take the RTP packet data[start:end]."""
        if end - start > 12 and data[start] == 0x80:
            _, second, sequence, timestamp, ssrc = PLAIN_HEADER.unpack_from(data, start)
            marker, start = second > 127, start + 12
        elif (header := read_header(data, start, end)) is not None:
            self.replay = read_replay(data, start, end) or self.replay
            marker, _, sequence, timestamp, ssrc, start, end = header
        else:
            self.tally.broken += 1
            return
        if sequence != self._expected:
            if not self._follow(sequence, ssrc):
                return
        elif sequence == 0:
            self._cycles += 1
        self._expected = (sequence + 1) & 0xFFFF
        self.packets += 1
        self.depacketizer.push(data, start, end, marker, timestamp)

    @property
    def expected(self) -> int:
        """The next sequence number; -1 before the first packet."""
        return self._expected

    def count(self, packets: int) -> None:
        """So many packets in sequence, 65,535 at most, were taken elsewhere."""
        if packets:
            first = self._expected
            self._expected = (first + packets) & 0xFFFF
            self._cycles += (first + packets - 1 >> 16) + (first == 0)
            self.packets += packets

    def take(self, arrival: float) -> list[tuple[int, Coded]]:
        """Finished access units with their media time; `arrival`: seconds of a monotonic clock."""
        ready = self.depacketizer.ready
        used = ready if self.label is None else self.label.take(ready, self.pictures)
        units = [(self.clock.ticks(coded.timestamp, arrival), coded) for coded in used]
        ready.clear()
        if self.pace is not None and units:
            self.pace.note(units[-1][1].timestamp, arrival)
            if self.pace.is_wrong:
                return []
        if units:
            self._note_jitter(units[-1][0], arrival)
        return units

    def note_report(self, data: bytes, start: int, end: int, arrival: float) -> SenderReport | None:
        """Take an RTCP packet; the sender report in it, if any, is kept and returned."""
        report = read_sender_report(data, start, end)
        if self.label is not None and self.label.scales():
            return None
        if report is not None:
            self.report, self._report_arrival = report, arrival
        return report

    def reception(self, now: float) -> Reception | None:
        """What to tell the camera; None before its first packet."""
        if self._expected < 0:
            return None
        highest = (self._cycles << 16) | ((self._expected - 1) & 0xFFFF)
        expected = highest - self._first + 1
        new_expected, new_lost = expected - self._reported[0], self.tally.lost - self._reported[1]
        self._reported = (expected, self.tally.lost)
        fraction = min(255, max(0, 256 * new_lost // new_expected)) if new_expected > 0 else 0
        last, delay = self._last_report(now)
        return Reception(
            self._ssrc,
            *(fraction, self.tally.lost, highest & 0xFFFF_FFFF, int(self._jitter), last, delay),
        )

    def _follow(self, sequence: int, ssrc: int) -> bool:
        """The sequence number is not the next one: whether this packet is still of use."""
        if self._expected < 0:
            self._first, self._ssrc = sequence, ssrc
            return True
        if ssrc != self._ssrc:
            return self._follow_stranger(sequence, ssrc)
        missing = (sequence - self._expected) & 0xFFFF
        if missing >= _LATE and missing > 0xFFFF - 100:
            return False  # repeated
        if missing < _LATE:
            self.tally.lost += missing
        if sequence < self._expected and missing < _LATE:
            self._cycles += 1
        self.depacketizer.lose()
        return True

    def _follow_stranger(self, sequence: int, ssrc: int) -> bool:
        """Another sender on our channel: live555 before 2017 goes on writing an old session into a
        new connection. It is passed over until ours is silent and it alone is heard."""
        if self._heard != (self.packets, ssrc):
            self._heard, self._strangers = (self.packets, ssrc), 0
        self._strangers += 1
        if self._strangers < _STRANGERS:
            return False
        self._first, self._ssrc, self._cycles = sequence, ssrc, 0
        self._reported = (0, self.tally.lost)
        self.depacketizer.lose()
        return True

    def _last_report(self, now: float) -> tuple[int, int]:
        if self.report is None:
            return 0, 0
        middle = (self.report.ntp >> 16) & 0xFFFF_FFFF
        return middle, int(65536 * (now - self._report_arrival)) & 0xFFFF_FFFF

    def _note_jitter(self, ticks: int, arrival: float) -> None:
        """RFC 3550 section 6.4.1, by access unit instead of by packet."""
        transit = arrival * self.clock.clock_rate - ticks
        if self._transit is not None:
            self._jitter += (abs(transit - self._transit) - self._jitter) / 16
        self._transit = transit
