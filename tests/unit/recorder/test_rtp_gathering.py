"""Pictures taken whole are what their packets make one by one, whatever is wrong with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from recorder.rtp.depacketizer import Coded
from recorder.rtp.gathering import LONGEST_WAIT, gathering_of
from recorder.rtp.h264 import H264Depacketizer
from recorder.rtp.h265 import H265Depacketizer
from recorder.rtp.receiver import TrackReceiver
from recorder.rtp.timeline import MediaClock
from recorder.rtsp.protocol import Stream
from tests.fakes.rtp import ap_h265, chopped, fu_a, fu_h265, packet, stap_a
from tests.fakes.units import H264, encode_pictures
from vms.core.media.access_unit import VIDEO, Codec

PICTURE = {Codec.H264: b"\x65\x88", Codec.H265: b"\x26\x01\x80"}
LATER = {Codec.H264: b"\x41\x9a", Codec.H265: b"\x02\x01\xd0"}
SEI = {Codec.H264: b"\x06", Codec.H265: b"\x4e\x01"}
FORMAT = {
    Codec.H264: H264,
    Codec.H265: encode_pictures(Codec.H265, count=1, gop_pictures=1)[0].format,
}


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to one packet on the way."""

    at: int
    what: str


def receiver(codec: Codec) -> TrackReceiver:
    made = H264Depacketizer if codec is Codec.H264 else H265Depacketizer
    return TrackReceiver(VIDEO, made(FORMAT[codec].parameter_sets), MediaClock(90_000))


def units_of(codec: Codec, number: int, size: int, sort: str) -> list[bytes]:
    """A picture's NAL units."""
    key, later = PICTURE[codec], LATER[codec]
    body = bytes((n * 7 + number) & 0xFF for n in range(size))
    if sort == "key":
        return [*FORMAT[codec].parameter_sets, SEI[codec] + b"\x05\x01\xff\x80", key + body]
    if sort == "slices":
        return [later + body, later + body[: size // 2]]
    if sort == "glued":
        return [SEI[codec] + b"\x05\x01\xff\x80\0\0\1" + later + body, later + body]
    return [later + body] if sort == "plain" else [later + body, b"\0" * 4]


def payloads(codec: Codec, nals: list[bytes], long: int, *, together: bool) -> list[bytes]:
    """What carries them: aggregated where they are short, in fragments where they are long."""
    cut, join = (fu_a, stap_a) if codec is Codec.H264 else (fu_h265, ap_h265)
    short = [nal for nal in nals if len(nal) <= long] if together else []
    found = [join(short)] if short else []
    for nal in nals:
        if nal not in short:
            found += [nal] if len(nal) <= long else cut(nal, long)
    return found


@dataclass(frozen=True, slots=True)
class Shot:
    """A picture as a camera sends it."""

    size: int
    sort: str = "key"
    together: bool = False
    aside: bytes = b""
    marker: bool = True


def sent(
    codec: Codec, shots: list[Shot], first: int = 0, faults: Sequence[Fault] = (), long: int = 40
) -> bytes:
    """Pictures in fragments `long` bytes each on channel 0, `aside` in their middle."""
    packets: list[bytes] = []
    asides: dict[int, bytes] = {}
    for number, shot in enumerate(shots):
        pieces = payloads(
            codec, units_of(codec, number, shot.size, shot.sort), long, together=shot.together
        )
        asides[len(packets) + len(pieces) // 2] = shot.aside
        for at, piece in enumerate(pieces):
            packets.append(
                packet(
                    piece,
                    sequence=first + len(packets),
                    timestamp=(number * 3600) & 0xFFFF_FFFF,
                    marker=shot.marker and at == len(pieces) - 1,
                )
            )
    arriving = [[data] for data in packets]
    for fault in faults:
        at = fault.at % len(packets)
        arriving[at] = spoilt(packets[at], fault.what)
    frames = []
    for number, got in enumerate(arriving):
        frames += [asides.get(number, b""), *(interleaved(0, data) for data in got)]
    return b"".join(frames)


def interleaved(channel: int, data: bytes) -> bytes:
    return b"$" + bytes((channel,)) + len(data).to_bytes(2, "big") + data


def spoilt(data: bytes, what: str) -> list[bytes]:
    """What arrives in the place of this packet."""
    changed = bytearray(data)
    if what == "lost":
        return []
    if what == "twice":
        return [data, data]
    if what == "other sender":
        changed[8:12] = b"\0\0\0\x09"
    elif what == "marker":
        changed[1] |= 0x80
    elif what == "timestamp":
        changed[7] ^= 0x55
    elif what == "extension":
        changed[0] |= 0x10
    elif what == "fragment":
        changed[13:15] = b"\xff\xff"
    return [bytes(changed)]


def taken(
    track: TrackReceiver, pieces: Sequence[bytes], *, whole: bool
) -> tuple[list[Coded], list[bytes], int]:
    """Pictures, packets of another channel, messages."""
    heard: list[bytes] = []
    stream = Stream({0: track.push, 2: lambda data, start, end: heard.append(data[start:end])})
    stream.whole = gathering_of(0, track) if whole else None
    units: list[Coded] = []
    messages = 0
    for piece in [*pieces, b""]:
        stream.whole = stream.whole if piece else None  # what waited for its end is taken as it is
        if whole and piece:  # as a wire does: what was left stands in front of it
            buffer = np.frombuffer(stream.rest + piece, np.uint8)
            messages += len(stream.receive_in(buffer, len(buffer)))
        else:
            messages += len(stream.receive(piece))
        units += track.depacketizer.ready
        track.depacketizer.ready.clear()
    return units, heard, messages


FAULTS = some.builds(
    Fault,
    some.integers(0, 500),
    some.sampled_from(
        ["lost", "twice", "other sender", "marker", "timestamp", "extension", "fragment"]
    ),
)


SHOTS = some.builds(
    Shot,
    some.integers(1, 3000),
    some.sampled_from(["plain", "plain", "key", "slices", "glued", "odd"]),
    some.booleans(),
    some.sampled_from(
        [
            b"",
            interleaved(2, packet(b"sound that is no tiny packet", sequence=1)),
            interleaved(9, packet(b"on a channel of nobody at all", sequence=1)),
            b"RTSP/1.0 200 OK\r\nCSeq: 3\r\n\r\n",
            b"garbage",
        ]
    ),
    some.sampled_from([True, True, True, False]),
)


@settings(deadline=None)
@given(
    some.sampled_from([Codec.H264, Codec.H265]),
    some.lists(SHOTS, min_size=1, max_size=8),
    some.sampled_from([0, 1, 65_500, 65_535]),
    some.sampled_from([4, 40, 700]),
    some.lists(FAULTS, max_size=4),
    some.lists(some.integers(1, 2000), min_size=1, max_size=6),
)
def test_taking_pictures_whole_changes_nothing(
    codec: Codec,
    shots: list[Shot],
    first: int,
    long: int,
    faults: list[Fault],
    cuts: list[int],
) -> None:
    pieces = list(chopped(sent(codec, shots, first, faults, long), cuts))
    one, other = receiver(codec), receiver(codec)
    assert taken(one, pieces, whole=True) == taken(other, pieces, whole=False)
    assert one.depacketizer.dropped == other.depacketizer.dropped
    assert astuple(one.tally) == astuple(other.tally)
    assert one.packets == other.packets
    assert one.reception(1.0) == other.reception(1.0)


@pytest.mark.parametrize("codec", [Codec.H264, Codec.H265])
def test_pictures_without_a_clean_entry_are_found_to_be_entries_as_ever(codec: Codec) -> None:
    shots = [Shot(100, "plain" if n % 60 else "key") for n in range(50)]
    shots += [Shot(100, "plain") for _ in range(150)]
    one, other = receiver(codec), receiver(codec)
    data = sent(codec, shots)
    assert taken(one, [data], whole=True) == taken(other, [data], whole=False)


@pytest.mark.parametrize("codec", [Codec.H264, Codec.H265])
def test_usual_pictures_cost_no_call_a_packet(codec: Codec) -> None:
    track, calls = receiver(codec), 0

    def push(data: bytes, start: int, end: int) -> None:
        nonlocal calls
        calls += 1
        track.push(data, start, end)

    stream = Stream({0: push})
    stream.whole = gathering_of(0, track)
    stream.receive(sent(codec, [Shot(100), *(Shot(8000, "plain") for _ in range(9))], 65_500))
    stream.receive(sent(codec, [Shot(9000, "key")], track.expected))
    assert len(track.depacketizer.ready) == 11
    assert track.packets > 2000
    assert calls < 12


def test_a_picture_that_never_ends_is_not_kept_for_ever() -> None:
    track = receiver(Codec.H264)
    stream = Stream({0: track.push})
    stream.whole = gathering_of(0, track)
    shots = [Shot(100), Shot(2 * LONGEST_WAIT, "plain")]
    begun = len(sent(Codec.H264, shots[:1]))
    data = sent(Codec.H264, shots, long=40)
    stream.receive(data[:begun])
    endless = data[begun:]
    before = track.packets
    stream.receive(endless[: LONGEST_WAIT // 2])
    assert track.packets == before
    stream.receive(endless[LONGEST_WAIT // 2 : -100])
    assert track.packets > before
