"""Sound out of RTP."""

from __future__ import annotations

from recorder.rtp.audio import AacFrames, WholeFrames
from tests.fakes.rtp import Sender
from tests.fakes.units import AAC, PCMA


def headers(*sizes: int) -> bytes:
    bits = (16 * len(sizes)).to_bytes(2, "big")
    return bits + b"".join((size << 3).to_bytes(2, "big") for size in sizes)


def test_a_packet_of_g711_is_a_frame() -> None:
    (frame,) = Sender(WholeFrames(PCMA)).send(b"\xd5" * 160, timestamp=5)
    assert (frame.timestamp, frame.data, frame.random_access) == (5, b"\xd5" * 160, True)


def test_several_aac_frames_in_a_packet_follow_each_other_by_1024_samples() -> None:
    frames = Sender(AacFrames(AAC)).send(headers(3, 4) + b"abc" + b"defg", timestamp=100)
    assert [(frame.timestamp, frame.data) for frame in frames] == [(100, b"abc"), (1124, b"defg")]


def test_timestamps_of_aac_frames_wrap() -> None:
    frames = Sender(AacFrames(AAC)).send(headers(1, 1) + b"ab", timestamp=0xFFFF_FFFF)
    assert [frame.timestamp for frame in frames] == [0xFFFF_FFFF, 1023]


def test_an_aac_frame_over_several_packets_is_put_together() -> None:
    sender = Sender(AacFrames(AAC))
    whole = bytes(range(250)) * 8
    payloads = [headers(len(whole)) + whole[at : at + 900] for at in range(0, len(whole), 900)]
    (frame,) = sender.send(*payloads, timestamp=7)
    assert frame.data == whole


def test_broken_headers_are_counted_and_passed_over() -> None:
    sender = Sender(AacFrames(AAC))
    for payload in (b"", b"\x00", b"\xff\xff\x00", headers(), headers(2, 9) + b"ab", b"\0\x10"):
        sender.send(payload, timestamp=1)
    assert sender.depacketizer.dropped >= 5
    assert len(sender.send(headers(2) + b"ab", timestamp=2)) == 1
