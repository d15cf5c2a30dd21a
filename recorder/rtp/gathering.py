"""A track's pictures, taken whole out of what a camera sent, as far as they are as they should be.

What `gather` finds in one pass is handed to the track's receiver and depacketizer, as if its
packets had been pushed one by one; a property test holds both ways against each other. What is
unusual is left to that other way. Plain calls while reading, from one thread: tables are shared.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from recorder.rtp import gather as g
from recorder.rtp.depacketizer import Pictures
from recorder.rtp.receiver import TrackReceiver

LONGEST_WAIT = 512 * 1024
"""Bytes of an unfinished picture kept together; a longer one is taken by its packets."""
MOST_IN_VAIN = 100
"""Looked at so often in a row without a picture taken, a stream is not as it should be."""
_HEAD = 64

Sink = Callable[[bytes, int, int], None]
"""As in `recorder.rtsp.protocol`."""

_to = g.tables(4 * LONGEST_WAIT)


def gathering_of(channel: int, receiver: TrackReceiver) -> Gathering | None:
    """For the interleaved channel of a track; None where its format has no such pictures."""
    pictures = receiver.depacketizer.pictures
    return None if pictures is None else Gathering(channel, receiver, pictures)


class Gathering:
    """`ready`: whether it is worth asking now."""

    def __init__(self, channel: int, receiver: TrackReceiver, pictures: Pictures) -> None:
        self._channel, self._receiver, self._pictures = channel, receiver, pictures
        self._in_vain = 0

    @property
    def ready(self) -> bool:
        usual = self._in_vain < MOST_IN_VAIN and self._receiver.expected >= 0
        return usual and self._pictures.is_clean

    def take(
        self, data: g.Bytes, position: int, end: int, sinks: Mapping[int, Sink]
    ) -> tuple[int, bool]:
        """Take what can be of data[position:end], where a packet begins, while `ready`: how far,
        and whether the rest is to wait for what comes. Packets of others go to `sinks`."""
        begun, status = position, g.FULL
        while status == g.FULL:
            status, position = self._take(data, position, end, sinks)
        self._in_vain = self._in_vain + 1 if status == g.UNUSUAL and position == begun else 0
        return position, status == g.WAITS and end - position <= LONGEST_WAIT

    def _take(
        self, data: g.Bytes, position: int, end: int, sinks: Mapping[int, Sink]
    ) -> tuple[int, int]:
        """One pass: its status, and how far it took."""
        receiver, pictures = self._receiver, self._pictures
        track = g.Track(self._channel, pictures.hevc, receiver.expected, pictures.emitted)
        status, position, count, asides, packets = g.gather(data, position, end, track, _to)
        nal = 0
        for unit in _to.units[:count].tolist() if count else ():
            if not self._hand_in(unit, nal):
                status, position = g.UNUSUAL, unit[g.POSITION]
                packets, asides = unit[g.PACKETS], unit[g.ASIDES]
                break
            nal = unit[g.NALS_END]
        receiver.count(packets)
        for channel, start, stop in _to.asides[:asides].tolist() if asides else ():
            if (sink := sinks.get(channel)) is not None:
                sink(data[start:stop].tobytes(), 0, stop - start)
        return status, position

    def _hand_in(self, unit: list[int], nal: int) -> bool:
        """A picture whose NAL units are those from `nal` on; whether it could be."""
        pictures, random_access = self._pictures, False
        if not (unit[g.PLAIN] and pictures.pass_plain()):
            looked = pictures.look_at(_beginnings(nal, unit[g.NALS_END]))
            if looked is None:
                return False
            random_access = looked
        picture = _to.out[unit[g.OUT_START] : unit[g.OUT_END]].tobytes()
        pictures.hand_in(unit[g.TIMESTAMP], random_access, picture)
        return True


def _beginnings(first: int, end: int) -> list[tuple[bytes, bool]]:
    return [
        (_to.out[start : min(stop, start + _HEAD) if is_slice else stop].tobytes(), bool(is_slice))
        for start, stop, is_slice in _to.nals[first:end].tolist()
    ]
