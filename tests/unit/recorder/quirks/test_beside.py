"""Quirks beside the list of 43: see the last table of docs/ref/quirks.md."""

from __future__ import annotations

import pytest

from recorder.rtp.h264 import H264Depacketizer
from recorder.rtp.h265 import H265Depacketizer
from recorder.rtsp.choice import choose
from recorder.rtsp.sdp import read_description
from recorder.rtsp.tracks import audio_receiver, video_receiver
from tests.fakes.rtp import Sender, fu_a, fu_h265, packet
from tests.fakes.units import PPS, SPS
from vms.core.media.nal import split_length_prefixed

IDR = b"\x65\x88" + bytes(range(1, 256)) * 8
SLICE = b"\x41\x9a" + bytes(range(1, 255)) * 6
LATER = b"\x41\x42" + bytes(range(1, 90)) * 5
SETS_265 = (
    bytes.fromhex("40010c01ffff01600000030090000003000003001eba0240"),
    bytes.fromhex(
        "42010101600000030090000003000003001ea010206165ba4a4c2e6808000003000800000300c840"
    ),
    bytes.fromhex("4401c073c189"),
)
IDR_265 = b"\x26\x01\xaf" + bytes(n * 37 % 251 + 1 for n in range(1500))
SLICE_265 = b"\x02\x01\xd0" + bytes(range(1, 200)) * 4


def starting(pieces: list[bytes], at: int = 1) -> list[bytes]:
    """The start bit on every fragment."""
    return [each[:at] + bytes((each[at] | 0x80,)) + each[at + 1 :] for each in pieces]


def test_fragments_that_all_carry_the_start_bit_are_one_unit_once_that_is_known() -> None:
    sender = Sender(H264Depacketizer((SPS, PPS)))
    lost = sender.send(*starting(fu_a(IDR, 100)), timestamp=0)
    assert lost == []
    assert sender.depacketizer.dropped == 1
    for number, unit in enumerate((IDR, SLICE, SLICE), 1):
        (picture,) = sender.send(*starting(fu_a(unit, 100)), timestamp=number)
        assert split_length_prefixed(picture.data) == [unit]


def test_the_same_of_h265() -> None:
    sender = Sender(H265Depacketizer(SETS_265))
    sender.send(*starting(fu_h265(IDR_265, 100), 2), timestamp=0)
    for number, unit in enumerate((IDR_265, SLICE_265), 1):
        (picture,) = sender.send(*starting(fu_h265(unit, 100), 2), timestamp=number)
        assert split_length_prefixed(picture.data) == [unit]


def test_slices_whose_fragments_never_end_are_not_taken_for_one() -> None:
    sender = Sender(H264Depacketizer((SPS, PPS)))
    endless = [
        each[:1] + bytes((each[1] & ~0x40,)) + each[2:]
        for unit in (SLICE, LATER, LATER)
        for each in fu_a(unit, 100)
    ]
    for timestamp in range(3):
        (picture,) = sender.send(*endless, timestamp=timestamp)
        assert split_length_prefixed(picture.data) == [SLICE, LATER, LATER]


def test_a_camera_that_begins_to_set_start_bits_well_is_believed_again() -> None:
    sender = Sender(H264Depacketizer((SPS, PPS)))
    sender.send(*starting(fu_a(IDR, 100)), timestamp=0)
    sender.send(*fu_a(SLICE, 100), timestamp=1)
    (picture,) = sender.send(*fu_a(SLICE, 100), *fu_a(LATER, 100), timestamp=2)
    assert split_length_prefixed(picture.data) == [SLICE, LATER]


def donl(nal: bytes, number: int) -> bytes:
    return nal[:2] + number.to_bytes(2, "big") + nal[2:]


def aggregate(nals: tuple[bytes, ...], number: int) -> bytes:
    """With the first unit's number, and the difference to the others (RFC 7798 4.4.2)."""
    body = b"".join(
        (number.to_bytes(2, "big") if not place else b"\0") + len(nal).to_bytes(2, "big") + nal
        for place, nal in enumerate(nals)
    )
    return b"\x60\x01" + body


def numbered_fragments(nal: bytes, number: int) -> list[bytes]:
    first, *rest = fu_h265(nal, 300)
    return [first[:3] + number.to_bytes(2, "big") + first[3:], *rest]


@pytest.mark.parametrize("before", [0, 65_534])
def test_h265_with_decoding_order_numbers_is_whole_without_them(before: int) -> None:
    sender = Sender(H265Depacketizer(numbered=True))
    first = [(before + each) & 0xFFFF for each in range(6)]
    (key,) = sender.send(
        aggregate(SETS_265, first[0]), *numbered_fragments(IDR_265, first[3]), timestamp=1
    )
    assert split_length_prefixed(key.data) == [*SETS_265, IDR_265]
    (picture,) = sender.send(donl(SLICE_265, first[4]), timestamp=2)
    assert split_length_prefixed(picture.data) == [SLICE_265]


def test_units_sent_out_of_decoding_order_cost_their_picture_and_say_so() -> None:
    sender = Sender(H265Depacketizer(SETS_265, numbered=True))
    assert len(sender.send(donl(SLICE_265, 9), timestamp=1)) == 1
    assert sender.send(donl(SLICE_265, 8), timestamp=2) == []
    assert sender.depacketizer.dropped == 1
    assert len(sender.send(donl(SLICE_265, 10), timestamp=3)) == 1


@pytest.mark.parametrize(("difference", "numbered"), [("0", False), ("2", True), ("", False)])
def test_the_description_says_whether_there_are_decoding_order_numbers(
    difference: str, numbered: bool
) -> None:
    body = (
        f"m=video 0 RTP/AVP 96\na=rtpmap:96 H265/90000\na=fmtp:96 sprop-max-don-diff={difference}"
    )
    receiver = video_receiver(read_description(body.encode()).media[0])
    sent = [*SETS_265, IDR_265]
    for number, nal in enumerate(sent):
        data = packet(
            donl(nal, number) if numbered else nal, sequence=number, marker=nal is IDR_265
        )
        receiver.push(data, 0, len(data))
    ((_, picture),) = receiver.take(0.0)
    assert split_length_prefixed(picture.data) == sent


LATM = "m=audio 0 RTP/AVP 97\na=rtpmap:97 MP4A-LATM/{rate}\na=fmtp:97 {parameters}\n"
PICTURE = "m=video 0 RTP/AVP 96\na=rtpmap:96 H264/90000\n"


@pytest.mark.parametrize(
    ("rate", "config", "sample_rate"),
    [(90_000, "400024203fc0", 44_100), (16_000, "40002810", 16_000), (8000, "40002B103FC0", 8000)],
)
def test_aac_as_latm_is_recorded_as_aac(rate: int, config: str, sample_rate: int) -> None:
    body = LATM.format(rate=rate, parameters=f"profile-level-id=1;cpresent=0;config={config}")
    receiver = audio_receiver(read_description(body.encode()).media[0])
    assert receiver is not None
    frames = [bytes(5), bytes(range(200)) * 4, bytes(255)]
    sent = [b"\x05" + frames[0], b"\xff" * 3 + b"\x23" + frames[1], b"\xff\0" + frames[2]]
    for number, payload in enumerate(sent):
        data = packet(payload, sequence=number, timestamp=number, marker=True)
        receiver.push(data, 0, len(data))
    taken = [coded for _, coded in receiver.take(0.0)]
    assert [each.data for each in taken] == frames
    assert {(each.format.sample_rate, each.format.clock_rate) for each in taken} == {
        (sample_rate, rate)
    }


def test_an_element_of_latm_over_several_packets_is_one_frame() -> None:
    body = LATM.format(rate=16_000, parameters="cpresent=0;config=40002810")
    receiver = audio_receiver(read_description(body.encode()).media[0])
    assert receiver is not None
    element = b"\xff\x2d" + bytes(range(150)) * 2
    pieces = [element[:100], element[100:], b"\x09cut off"]
    for number, (payload, timestamp) in enumerate(zip(pieces, (1, 1, 2), strict=True)):
        data = packet(payload, sequence=number, timestamp=timestamp, marker=number > 0)
        receiver.push(data, 0, len(data))
    assert [coded.data for _, coded in receiver.take(0.0)] == [element[2:]]
    assert receiver.depacketizer.dropped == 1


@pytest.mark.parametrize(
    "parameters",
    [
        "cpresent=1",
        "config=40002810",
        "cpresent=0",
        "cpresent=0;config=c0002810",
        "cpresent=0;config=4000",
    ],
)
def test_latm_that_is_not_described_outside_is_left_out_in_words(parameters: str) -> None:
    body = PICTURE + LATM.format(rate=16_000, parameters=parameters)
    choice = choose(read_description(body.encode()), audio=True)
    assert choice.sound is None
    assert "LATM" in choice.left_out[0]
    assert "choose AAC" in choice.left_out[0]
