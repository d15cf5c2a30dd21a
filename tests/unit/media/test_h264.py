import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.units import PPS, SPS, encode_pictures
from vms.core.errors import Corrupt, Invalid
from vms.core.media import h264
from vms.core.media.access_unit import Codec
from vms.core.media.nal import split_length_prefixed

IDR, SLICE_P, SLICE_I = b"\x65\x88\x80", b"\x41\x9a\x00", b"\x41\x88\x80"
RECOVERY_SEI = b"\x06\x06\x01\xc4\x80"


def test_size_profile_and_rate_of_a_baseline_sps() -> None:
    sps = h264.parse_sps(SPS)

    assert (sps.width, sps.height, sps.profile, sps.level) == (1280, 720, 66, 31)


@pytest.mark.parametrize("size", [(128, 96), (322, 182), (130, 98), (1920, 1080)])
def test_cropping_of_a_real_encoder_is_undone(size: tuple[int, int]) -> None:
    used = encode_pictures(count=1, size=size)[0].format

    assert (used.width, used.height) == size


@pytest.mark.parametrize("fps", [8, 25, 30])
def test_the_frame_rate_of_the_vui_is_read(fps: int) -> None:
    used = encode_pictures(count=1, fps=fps)[0].format

    assert h264.parse_sps(used.parameter_sets[0]).fps == pytest.approx(fps)


def test_the_height_of_interlaced_pictures_counts_both_fields() -> None:
    fields = encode_pictures(count=1, options=(("x264-params", "interlaced=1"),))[0].format

    assert (fields.width, fields.height) == (128, 96)


def test_bytes_behind_an_sps_do_no_harm() -> None:
    assert h264.parse_sps(SPS + b"\0\0\0\x55" * 4).width == 1280


def test_an_sps_cut_in_its_vui_still_tells_the_size() -> None:
    used = encode_pictures(count=1)[0].format
    sps = h264.parse_sps(used.parameter_sets[0][:-6])

    assert (sps.width, sps.height, sps.fps) == (128, 96, None)


@given(st.binary(max_size=80))
def test_a_hostile_sps_is_corrupt_or_read_but_never_a_crash(data: bytes) -> None:
    try:
        sps = h264.parse_sps(b"\x67" + data)
        assert 0 < sps.width <= h264.LARGEST_SIDE
    except Corrupt:
        pass


@given(st.integers(0, 8 * len(SPS) - 1))
def test_one_flipped_bit_is_corrupt_or_read_but_never_a_crash(bit: int) -> None:
    flipped = bytearray(SPS)
    flipped[bit // 8] ^= 0x80 >> bit % 8
    with contextlib.suppress(Corrupt, Invalid):
        h264.track_format([bytes(flipped), PPS])


def test_a_format_needs_both_parameter_sets() -> None:
    with pytest.raises(Invalid):
        h264.track_format([SPS])


def test_a_format_keeps_each_parameter_set_once_sps_first() -> None:
    assert h264.track_format([PPS, SPS, PPS, SPS]).parameter_sets == (SPS, PPS)


def test_the_codec_string_names_profile_constraints_and_level() -> None:
    assert h264.codec_string(h264.track_format([SPS, PPS])) == "avc1.42c01f"


def test_an_idr_is_a_random_access_point() -> None:
    assert h264.is_random_access([b"\x09\xf0", SPS, PPS, RECOVERY_SEI, IDR])


def test_a_predicted_picture_is_not() -> None:
    assert not h264.is_random_access([SLICE_P])
    assert not h264.is_random_access([SPS, PPS])
    assert not h264.is_random_access([])


def test_an_intra_picture_announced_by_a_recovery_point_is() -> None:
    assert h264.is_random_access([RECOVERY_SEI, SLICE_I, SLICE_I])


def test_an_intra_picture_without_it_or_with_predicted_slices_is_not() -> None:
    assert not h264.is_random_access([SLICE_I])
    assert not h264.is_random_access([RECOVERY_SEI, SLICE_I, SLICE_P])


def test_intra_refresh_of_a_real_encoder_is_found_by_open_groups() -> None:
    units = encode_pictures(count=30, gop_pictures=10, options=(("x264-params", "open-gop=1"),))

    assert [n for n, unit in enumerate(units) if unit.random_access] == [0, 10, 20]


def test_sei_messages_are_found_whatever_their_size() -> None:
    nal = b"\x06\x05\xff\x01" + bytes(256) + b"\x06\x01\xc4\x80"

    assert [(kind, len(data)) for kind, data in h264.sei_messages(nal)] == [(5, 256), (6, 1)]


@given(st.lists(st.binary(max_size=40), max_size=5))
def test_any_nal_units_have_an_answer(nals: list[bytes]) -> None:
    h264.is_random_access(nals)
    h264.is_random_access([b"\x06" + nal for nal in nals] + [b"\x41" + nal for nal in nals])


def test_only_the_first_picture_of_a_real_group_is_a_random_access_point() -> None:
    units = encode_pictures(Codec.H264, count=50, gop_pictures=25, b_pictures=2)
    found = [h264.is_random_access(split_length_prefixed(unit.data)) for unit in units]

    assert [n for n, is_one in enumerate(found) if is_one] == [0, 25]
