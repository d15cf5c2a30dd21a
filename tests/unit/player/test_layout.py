"""Pictures laid out once, runs that fit one system call, and finding packets again."""

from __future__ import annotations

import struct

from player.webrtc.history import History, Sent
from player.webrtc.layout import MOST_IN_A_RUN, Picture, Shape, lay_out, playout_delay
from tests.fakes.units import unit

SHAPE = Shape(102, playout_delay(5), 16)


def test_a_template_holds_whole_rtp_packets_with_room_for_their_tags() -> None:
    payloads = [b"a" * 40, b"b" * 40, b"c" * 7]
    made = lay_out(payloads, SHAPE)
    for index, payload in enumerate(payloads):
        at, size = made.offsets[index], made.lengths[index]
        packet = made.data[at : at + size]
        assert packet[0] == 0x90  # version 2, extension
        assert packet[1] == (102 | 0x80 if index == 2 else 102)  # marker on the last one only
        assert packet[12:20] == SHAPE.extension
        assert packet[20:] == payload
        assert made.data[at + size : at + size + 16] == bytes(16)


def test_playout_delay_says_0_to_10_ms_in_units_of_10() -> None:
    profile, words, head = struct.unpack_from(">HHB", playout_delay(5))
    assert (profile, words, head) == (0xBEDE, 1, 0x52)
    assert int.from_bytes(playout_delay(5)[5:8], "big") == 0 << 12 | 1


def test_runs_hold_equal_packets_and_are_not_too_long() -> None:
    sizes = [30, *[40] * 25, 10, 50, 50, 60]
    made = lay_out([bytes(size) for size in sizes], SHAPE)
    assert [(run.first, run.last) for run in made.runs] == [
        (0, 1),
        (1, 1 + MOST_IN_A_RUN),
        (1 + MOST_IN_A_RUN, 27),
        (27, 29),
        (29, 30),
    ]
    assert made.runs[0].start == 0
    assert made.runs[-1].end == len(made.data)
    assert all(a.end == b.start for a, b in zip(made.runs, made.runs[1:], strict=False))


def test_viewers_of_one_shape_share_a_template() -> None:
    picture = Picture(unit(0, key=True, size=5000))
    assert picture.template(SHAPE) is picture.template(Shape(102, playout_delay(5), 16))
    assert picture.template(SHAPE) is not picture.template(Shape(103, b"", 10))


def test_a_broken_picture_is_left_out() -> None:
    whole = unit(0)
    broken = type(whole)(whole.track, whole.pts, whole.wall, False, b"\0\0\0\x09abc", whole.format)
    assert Picture(broken).template(SHAPE).lengths == ()


def sent(first: int, count: int) -> Sent:
    return Sent(first, count, first * 3600, Picture(unit(0)))


def test_a_sequence_number_leads_back_to_its_picture_across_the_wrap() -> None:
    history = History()
    for first in range(65_500, 65_600, 10):
        history.add(sent(first, 10))
    found = history.find(65_537 & 0xFFFF)
    assert found is not None
    assert (found[0].first, found[1]) == (65_530, 7)


def test_what_was_never_sent_or_is_long_gone_is_not_found() -> None:
    history = History(most_packets=100)
    for first in range(0, 5000, 10):
        history.add(sent(first, 10))
    assert history.find(4999) is not None
    assert history.find(4900) is not None
    assert history.find(4890) is None
    assert history.find(5000) is None
    assert History().find(7) is None


def test_pictures_without_packets_do_not_confuse_the_history() -> None:
    history = History()
    history.add(sent(10, 3))
    history.add(sent(13, 0))
    assert history.find(12) is not None
    assert history.find(13) is None
