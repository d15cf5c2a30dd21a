"""H.264 out of RTP, as the RFC says and as cameras do it."""

from __future__ import annotations

from recorder.rtp.h264 import H264Depacketizer
from tests.fakes.rtp import Sender, fu_a, stap_a
from tests.fakes.units import PPS, SPS
from vms.core.media.nal import join_length_prefixed, split_length_prefixed

IDR = b"\x65\x88" + bytes(range(1, 200)) * 20
SLICE = b"\x41\x9a" + bytes(range(1, 150)) * 4
LATER_SLICE = b"\x41\x42" + bytes(range(1, 90))  # first_mb_in_slice is not 0
SEI = b"\x06\x05\x04abcd\x80"
AUD = b"\x09\xf0"
OTHER_SPS = bytes.fromhex("6742c01fda01e0089f970110000003001000000303c0f1832a")


def described() -> Sender:
    return Sender(H264Depacketizer([SPS, PPS]))


def test_single_units_aggregates_and_fragments_make_one_picture_byte_for_byte() -> None:
    sender = described()
    (picture,) = sender.send(AUD, stap_a([SPS, PPS]), SEI, *fu_a(IDR, 700), timestamp=90)
    assert picture.data == join_length_prefixed([AUD, SPS, PPS, SEI, IDR])
    assert picture.random_access
    assert picture.timestamp == 90


def test_a_picture_that_is_no_idr_is_no_random_access_point() -> None:
    (picture,) = described().send(SLICE, timestamp=1)
    assert not picture.random_access


def test_without_any_marker_a_picture_ends_when_the_timestamp_changes() -> None:
    sender = described()
    assert sender.send(*fu_a(IDR, 500), timestamp=1, marker=False) == []
    (picture,) = sender.send(SLICE, timestamp=2, marker=False)
    assert split_length_prefixed(picture.data) == [IDR]


def test_a_marker_on_parameter_sets_does_not_end_a_picture() -> None:
    sender = described()
    assert sender.send(SPS, timestamp=1) == []
    assert sender.send(PPS, timestamp=1) == []
    (picture,) = sender.send(IDR, timestamp=1)
    assert split_length_prefixed(picture.data) == [SPS, PPS, IDR]


def test_an_sei_with_a_timestamp_of_its_own_joins_the_next_picture() -> None:
    sender = described()
    assert sender.send(SEI, timestamp=1) == []
    (picture,) = sender.send(SLICE, timestamp=2)
    assert split_length_prefixed(picture.data) == [SEI, SLICE]


def test_markers_on_every_slice_are_found_out_and_no_longer_believed() -> None:
    sender = described()
    sender.send(SLICE, timestamp=1)
    sender.send(LATER_SLICE, timestamp=1)  # the first picture came out without it: too late
    sender.send(SLICE, timestamp=2)
    sender.send(LATER_SLICE, timestamp=2)
    (picture,) = sender.send(SLICE, timestamp=3)
    assert split_length_prefixed(picture.data) == [SLICE, LATER_SLICE]
    assert sender.depacketizer.dropped == 1


def test_a_lost_packet_drops_its_picture_and_the_next_one_comes() -> None:
    sender = described()
    pieces = fu_a(IDR, 500)
    sender.send(*pieces[:2], timestamp=1, marker=False)
    sender.depacketizer.lose()
    assert sender.send(*pieces[3:], timestamp=1) == []
    assert len(sender.send(SLICE, timestamp=2)) == 1
    assert sender.depacketizer.dropped == 1


def test_packets_lost_between_pictures_do_not_harm_a_picture_that_starts_whole() -> None:
    sender = described()
    sender.send(SLICE, timestamp=1)
    sender.depacketizer.lose()
    assert len(sender.send(SLICE, timestamp=3)) == 1
    assert sender.depacketizer.dropped == 0


def test_joining_in_the_middle_of_a_fragmented_unit_waits_for_the_next_picture() -> None:
    sender = described()
    assert sender.send(*fu_a(IDR, 500)[2:], timestamp=1) == []
    assert len(sender.send(SLICE, timestamp=2)) == 1


def test_the_first_slice_of_a_picture_that_lost_its_head_is_not_taken_for_a_picture() -> None:
    sender = described()
    sender.depacketizer.lose()
    assert sender.send(LATER_SLICE, timestamp=1) == []


def test_repeated_parameter_sets_keep_the_same_format_object() -> None:
    sender = described()
    (first,) = sender.send(SPS, PPS, IDR, timestamp=1)
    (second,) = sender.send(SPS, PPS, IDR, timestamp=2)
    assert second.format is first.format


def test_another_sps_makes_another_format_from_its_picture_on() -> None:
    sender = described()
    (before,) = sender.send(SPS, PPS, IDR, timestamp=1)
    (after,) = sender.send(OTHER_SPS, PPS, IDR, timestamp=2)
    assert (before.format.width, before.format.height) == (1280, 720)
    assert (after.format.width, after.format.height) == (1920, 1080)


def test_without_parameter_sets_in_the_description_pictures_wait_for_those_in_band() -> None:
    sender = Sender(H264Depacketizer())
    assert sender.send(SLICE, timestamp=1) == []
    (picture,) = sender.send(SPS, PPS, IDR, timestamp=2)
    assert picture.format.parameter_sets == (SPS, PPS)


def test_parameter_sets_with_start_codes_in_the_description_are_read() -> None:
    sender = Sender(H264Depacketizer([b"\0\0\0\1" + SPS, b"\0\0\1" + PPS]))
    (picture,) = sender.send(IDR, timestamp=1)
    assert picture.format.parameter_sets == (SPS, PPS)


def test_start_codes_inside_a_packet_are_cut_at() -> None:
    (picture,) = described().send(
        b"\0\0\0\1" + SPS + b"\0\0\1" + PPS + b"\0\0\1" + IDR, timestamp=1
    )
    assert split_length_prefixed(picture.data) == [SPS, PPS, IDR]


def test_several_units_glued_into_one_fragmented_unit_are_cut_apart() -> None:
    glued = SPS + b"\0\0\0\1" + PPS + b"\0\0\0\1" + IDR
    (picture,) = described().send(*fu_a(glued, 900), timestamp=1)
    assert split_length_prefixed(picture.data) == [SPS, PPS, IDR]
    assert picture.random_access


def test_a_fragmented_unit_without_its_end_bit_ends_with_the_marker() -> None:
    pieces = fu_a(SLICE, 200)
    pieces[-1] = bytes((pieces[-1][0], pieces[-1][1] & ~0x40)) + pieces[-1][2:]
    (picture,) = described().send(*pieces, timestamp=1)
    assert split_length_prefixed(picture.data) == [SLICE]


def test_a_unit_fragmented_into_a_single_packet_and_empty_fragments_are_taken() -> None:
    (picture,) = described().send(*fu_a(SLICE, 10_000), b"\x5c\x41", timestamp=1)
    assert split_length_prefixed(picture.data) == [SLICE]


def test_a_picture_without_end_is_given_up_at_a_bound() -> None:
    sender = described()
    piece = bytes(60_000)
    first, *_ = fu_a(b"\x65" + piece, 59_999)
    sender.send(first, timestamp=1, marker=False)
    for _ in range(300):
        sender.send(b"\x7c\x05" + piece, timestamp=1, marker=False)
    assert sender.send(SLICE, timestamp=2) != []
    assert sender.depacketizer.dropped == 1
