"""Where decoding can begin, for cameras that do and do not send IDR pictures."""

from __future__ import annotations

import io
from collections.abc import Sequence

import av
import pytest

from tests.fakes.units import encode_pictures
from vms.core.media.access_unit import AccessUnit, Codec
from vms.core.media.entry import HINT_PATIENCE_PICTURES, PATIENCE_PICTURES, EntryPoints
from vms.core.media.nal import join_annex_b, split_length_prefixed

IDR, SLICE_I, SLICE_P = b"\x65\x88\x80", b"\x41\xb0\x80", b"\x41\x9a\x80"
"""First bytes: first_mb_in_slice 0, then slice types 7 (I), 2 (I), 5 (P)."""
RECOVERY = b"\x06\x06\x01\xc4\x80"


def entries(pictures: Sequence[Sequence[bytes]], codec: Codec = Codec.H264) -> list[int]:
    points = EntryPoints(codec)
    return [number for number, nals in enumerate(pictures) if points.note(nals)]


def test_where_there_are_idr_pictures_nothing_else_counts() -> None:
    group = [[IDR], [SLICE_P], [RECOVERY, SLICE_P], [SLICE_I]] + [[SLICE_P]] * 46
    assert entries(group * 10) == list(range(0, 500, 50))


def test_a_stream_joined_between_two_idr_pictures_waits_for_the_next() -> None:
    assert entries([[SLICE_P], [SLICE_I]] * 20 + [[IDR], [SLICE_P]]) == [40]


def test_recovery_points_count_when_no_idr_comes() -> None:
    found = entries(([[RECOVERY, SLICE_P]] + [[SLICE_P]] * 24) * 10)
    assert found[0] == PATIENCE_PICTURES
    assert found == list(range(PATIENCE_PICTURES, 250, 25))


def test_intra_pictures_that_nothing_announces_count_when_there_never_was_an_idr() -> None:
    found = entries(([[SLICE_I]] + [[SLICE_P]] * 24) * 10)
    assert found == list(range(PATIENCE_PICTURES, 250, 25))


def test_where_there_was_an_idr_a_plain_intra_picture_counts_only_after_a_minute() -> None:
    found = entries([[IDR], *([[SLICE_I]] + [[SLICE_P]] * 24) * 70])
    assert found[0] == 0
    assert HINT_PATIENCE_PICTURES <= found[1] < HINT_PATIENCE_PICTURES + 25


def test_an_idr_that_comes_back_ends_the_makeshift() -> None:
    tail = [[IDR]] + [[RECOVERY, SLICE_P]] * 50
    found = entries([[RECOVERY, SLICE_P]] * 110 + tail)
    assert found[-1] == 110


REFRESHED = {
    Codec.H264: ("x264-params", "intra-refresh=1"),
    Codec.H265: ("x265-params", "intra-refresh=1"),
}


@pytest.mark.parametrize("codec", REFRESHED)
def test_an_encoder_that_only_refreshes_can_be_joined_late(codec: Codec) -> None:
    units = encode_pictures(codec, count=200, gop_pictures=25, options=(REFRESHED[codec],))
    found = entries([split_length_prefixed(unit.data) for unit in units[10:]], codec)
    assert found
    assert found[0] >= PATIENCE_PICTURES - 1
    if codec is Codec.H264:  # ffmpeg begins H.265 at nothing but an IRAP picture
        assert decoded(units[10 + found[0] :]) > 40


def decoded(units: Sequence[AccessUnit]) -> int:
    """Pictures that ffmpeg gives out when it begins here."""
    sets = join_annex_b(units[0].format.parameter_sets)
    data = sets + b"".join(join_annex_b(split_length_prefixed(unit.data)) for unit in units)
    with av.open(io.BytesIO(data), "r", format="h264") as container:
        return sum(1 for _ in container.decode(video=0))
