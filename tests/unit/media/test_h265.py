import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.units import encode_pictures
from vms.core.errors import Corrupt, Invalid
from vms.core.media import h265
from vms.core.media.access_unit import Codec

USED = encode_pictures(Codec.H265, count=1)[0].format
VPS, SPS, PPS = USED.parameter_sets
DAHUA_SPS = bytes.fromhex("420101016000000300b0000003000003007ba003c08010e58dae4932f4dc04040402")
"""As a camera sends it: 1920x1080, Main, level 4.1."""


def test_size_profile_and_level_of_a_camera_are_read() -> None:
    sps = h265.parse_sps(DAHUA_SPS)

    assert (sps.width, sps.height, sps.profile, sps.level) == (1920, 1080, 1, 123)


@pytest.mark.parametrize("size", [(128, 96), (322, 182), (200, 118)])
def test_the_conformance_window_of_a_real_encoder_is_undone(size: tuple[int, int]) -> None:
    used = encode_pictures(Codec.H265, count=1, size=size)[0].format

    assert (used.width, used.height) == size


@pytest.mark.parametrize("fps", [8, 25, 30])
def test_the_frame_rate_behind_all_reference_sets_is_read(fps: int) -> None:
    used = encode_pictures(Codec.H265, count=1, fps=fps, b_pictures=2)[0].format

    assert h265.sps_of(used).fps == pytest.approx(fps)


def test_bytes_behind_an_sps_do_no_harm() -> None:
    assert h265.parse_sps(SPS + b"\0\0\0\x55" * 4).width == 128


def test_a_format_needs_all_three_parameter_sets() -> None:
    with pytest.raises(Invalid):
        h265.track_format([SPS, PPS])


def test_a_format_orders_and_keeps_each_parameter_set_once() -> None:
    assert h265.track_format([PPS, SPS, VPS, SPS]).parameter_sets == (VPS, SPS, PPS)


def test_the_codec_string_follows_annex_e() -> None:
    used = h265.track_format([VPS, DAHUA_SPS, PPS])

    assert h265.codec_string(used) == "hvc1.1.6.L123.B0"


@pytest.mark.parametrize(("kind", "expected"), [(16, True), (19, True), (21, True), (1, False)])
def test_bla_idr_and_cra_are_random_access_points(kind: int, expected: bool) -> None:
    assert h265.is_random_access([b"\x40\x01", bytes((kind << 1, 1, 0x80))]) is expected


@given(st.binary(max_size=120))
def test_a_hostile_sps_is_corrupt_or_read_but_never_a_crash(data: bytes) -> None:
    with contextlib.suppress(Corrupt):
        h265.parse_sps(b"\x42\x01" + data)


@given(st.integers(0, 8 * len(DAHUA_SPS) - 1), st.integers(0, 8 * len(SPS) - 1))
def test_one_flipped_bit_is_corrupt_or_read_but_never_a_crash(first: int, second: int) -> None:
    for original, bit in ((DAHUA_SPS, first), (SPS, second)):
        flipped = bytearray(original)
        flipped[bit // 8] ^= 0x80 >> bit % 8
        with contextlib.suppress(Corrupt, Invalid):
            h265.codec_string(h265.track_format([VPS, bytes(flipped), PPS]))
