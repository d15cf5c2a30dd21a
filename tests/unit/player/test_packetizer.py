"""H.264 pictures into RTP payloads and back, bit by bit."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from player.webrtc.packetizer import packetize, payloads, with_parameter_sets
from tests.fakes.units import PPS, SPS, encode_pictures, unit
from vms.core.media.nal import join_length_prefixed, split_length_prefixed

LARGEST = 100
NALS = st.lists(
    st.builds(
        lambda kind, importance, body: bytes((importance << 5 | kind,)) + body,
        st.integers(1, 23),
        st.integers(0, 3),
        st.binary(max_size=400),
    ),
    min_size=1,
    max_size=8,
)


def depacketize(packed: list[bytes]) -> list[bytes]:
    """RFC 6184 read the other way, written from its text alone."""
    nals: list[bytes] = []
    for payload in packed:
        kind = payload[0] & 31
        if kind == 24:
            at = 1
            while at < len(payload):
                size = payload[at] << 8 | payload[at + 1]
                nals.append(payload[at + 2 : at + 2 + size])
                at += 2 + size
        elif kind == 28:
            head = payload[1]
            if head & 0x80:
                nals.append(bytes((payload[0] & 0xE0 | head & 31,)))
            nals[-1] += payload[2:]
        else:
            nals.append(payload)
    return nals


@given(NALS)
def test_every_nal_comes_back_bit_for_bit_and_in_order(nals: list[bytes]) -> None:
    assert depacketize(payloads(nals, largest=LARGEST)) == nals


@given(NALS)
def test_no_payload_is_larger_than_allowed(nals: list[bytes]) -> None:
    assert all(0 < len(one) <= LARGEST for one in payloads(nals, largest=LARGEST))


@given(st.integers(101, 5000))
def test_fragments_are_equal_and_only_the_last_may_be_shorter(size: int) -> None:
    packed = payloads([b"\x65" + bytes(size - 1)], largest=LARGEST)
    sizes = [len(one) for one in packed]
    assert len(set(sizes[:-1])) == 1
    assert sizes[-1] <= sizes[0]
    assert packed[0][1] & 0xC0 == 0x80
    assert packed[-1][1] & 0xC0 == 0x40
    assert all(one[1] & 0xC0 == 0 for one in packed[1:-1])


def test_parameter_sets_travel_in_one_packet_of_their_own() -> None:
    slice_ = b"\x65" + bytes(50)
    first, second = payloads([SPS, PPS, slice_], largest=LARGEST)
    assert first[0] & 31 == 24
    assert second == slice_


def test_a_random_access_point_gets_the_parameter_sets_it_lacks() -> None:
    key = unit(0, key=True)
    assert depacketize(packetize(key))[:2] == [SPS, PPS]
    assert depacketize(packetize(unit(1)))[0][0] & 31 == 1


def test_parameter_sets_in_band_stay_as_they_are() -> None:
    other_sps = SPS[:-1] + b"\x55"
    nals = [b"\x09\x10", other_sps, b"\x65abc"]
    assert with_parameter_sets(nals, [SPS, PPS]) == [b"\x09\x10", PPS, other_sps, b"\x65abc"]


def test_encoded_pictures_survive_the_way_through_rtp() -> None:
    for one in encode_pictures(count=30, size=(320, 240)):
        back = join_length_prefixed(depacketize(packetize(one)))
        assert back.endswith(one.data)
        kinds = [nal[0] & 31 for nal in split_length_prefixed(back)]
        assert not one.random_access or {7, 8, 5} <= set(kinds)
