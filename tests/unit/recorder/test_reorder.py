"""Datagrams that overtake each other, get lost or are repeated."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from recorder.rtp.reorder import MOST_HELD, MOST_HELD_BYTES, PATIENCE_SECONDS, Reorder


def packet(sequence: int, size: int = 20) -> bytes:
    return b"\x80\x60" + (sequence & 0xFFFF).to_bytes(2, "big") + bytes(size - 4)


class Taken:
    """What came out, as sequence numbers; None for what is no RTP."""

    def __init__(self) -> None:
        self.numbers: list[int | None] = []
        self.reorder = Reorder(self._take)

    def push(self, *sequences: int, now: float = 0.0) -> list[int | None]:
        for sequence in sequences:
            self.reorder.push(packet(sequence), now)
        return self.numbers

    def _take(self, data: bytes, start: int, end: int) -> None:
        assert (start, end) == (0, len(data))
        rtp = len(data) >= 12 and data[0] >> 6 == 2
        self.numbers.append(int.from_bytes(data[2:4], "big") if rtp else None)


def test_packets_in_order_go_through_at_once() -> None:
    assert Taken().push(5, 6, 7) == [5, 6, 7]


def test_packets_that_overtook_others_are_put_behind_them() -> None:
    taken = Taken()
    assert taken.push(1, 3, 4, 2, 5) == [1, 2, 3, 4, 5]
    assert (taken.reorder.late, taken.reorder.mended) == (0, 2)


def test_the_order_goes_on_over_the_wrap_of_numbers() -> None:
    assert Taken().push(65534, 0, 65535, 1) == [65534, 65535, 0, 1]


def test_a_packet_that_never_comes_is_waited_for_so_long_and_no_longer() -> None:
    taken = Taken()
    taken.push(1, 3)
    taken.reorder.release(PATIENCE_SECONDS / 2)
    assert taken.numbers == [1]
    taken.reorder.release(PATIENCE_SECONDS * 1.1)
    assert taken.push(4, 2, now=1.0) == [1, 3, 4]
    assert taken.reorder.late == 1


def test_the_next_packet_tells_that_the_wait_is_over() -> None:
    taken = Taken()
    taken.push(1, 3)
    assert taken.push(4, now=PATIENCE_SECONDS * 1.1) == [1, 3, 4]


def test_a_second_hole_has_a_wait_of_its_own() -> None:
    taken = Taken()
    taken.push(1, 3)
    taken.push(5, now=0.08)
    taken.push(2, now=0.09)
    assert taken.push(6, now=0.12) == [1, 2, 3]
    assert taken.push(4, now=0.13) == [1, 2, 3, 4, 5, 6]


def test_no_more_than_the_bound_is_held() -> None:
    taken = Taken()
    taken.push(1, *range(3, 3 + MOST_HELD))
    assert taken.numbers == [1]
    assert taken.push(3 + MOST_HELD) == [1, *range(3, 4 + MOST_HELD)]


def test_no_more_bytes_than_the_bound_are_held() -> None:
    taken = Taken()
    taken.push(1)
    for sequence in range(3, 4 + MOST_HELD_BYTES // 60_000):
        taken.reorder.push(packet(sequence, 60_000), 0.0)
    assert len(taken.numbers) > 1


def test_repeated_packets_come_once() -> None:
    taken = Taken()
    assert taken.push(1, 1, 3, 3, 2, 2, 4) == [1, 2, 3, 4]
    assert taken.reorder.late == 3


def test_a_camera_that_begins_anew_is_followed() -> None:
    assert Taken().push(100, 101, 30_000, 30_001) == [100, 101, 30_000, 30_001]
    assert Taken().push(30_000, 30_002, 5, 6) == [30_000, 30_002, 5, 6]


def test_what_is_no_rtp_goes_on_to_whoever_counts_it() -> None:
    taken = Taken()
    taken.reorder.push(b"garbage that is no RTP", 0.0)
    taken.reorder.push(b"\x80", 0.0)
    assert taken.numbers == [None, None]


@given(st.integers(0, 65535), st.integers(1, 300), st.integers(2, 40), st.integers())
def test_nothing_is_lost_that_comes_within_the_bound(
    first: int, count: int, reach: int, seed: int
) -> None:
    chance = random.Random(seed)
    sent = list(range(first, first + count))
    shuffled = sorted(sent[1:], key=lambda number: number + chance.random() * reach)
    out = Taken().push(first, *shuffled)
    assert out == [number & 0xFFFF for number in sent]


@given(st.lists(st.binary(max_size=40), max_size=200))
def test_any_datagrams_cost_no_more_than_the_bound(datagrams: list[bytes]) -> None:
    given_out: list[bytes] = []
    reorder = Reorder(lambda data, start, end: given_out.append(data[start:end]))
    for number, data in enumerate(datagrams):
        reorder.push(data, number * 0.001)
    reorder.release(1e9)
    reorder.release(2e9)
    assert len(given_out) <= len(datagrams)
