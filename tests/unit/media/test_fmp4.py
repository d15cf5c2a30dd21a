import contextlib
import io
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.recordings import Recorded, record
from tests.fakes.units import (
    AAC,
    PCMA,
    START,
    encode_pictures,
    gop,
    interleave,
    pictures,
    sound,
    unit,
)
from vms.core.errors import Corrupt
from vms.core.media import audio
from vms.core.media.access_unit import AUDIO, VIDEO, AccessUnit, Codec, TrackFormat
from vms.core.media.fmp4 import (
    Identity,
    Init,
    fragment,
    init_segment,
    parse_fragment,
    parse_init,
    scan,
    track_run,
)
from vms.core.runs import CameraClock, ClockMapping

ONE = Identity(3, 7, 11, 2, START, START, {VIDEO: 0, AUDIO: 0}, b"\x07" * 32)
WITH_SOUND = interleave(pictures(6), [sound(n) for n in range(300)])


def one_file(units: list[AccessUnit]) -> Recorded:
    (file,) = record(units)
    return file


@pytest.mark.parametrize("codec", [Codec.H264, Codec.H265])
@pytest.mark.parametrize(
    "heard", [None, AAC, PCMA, audio.pcm_format(Codec.PCMU), audio.opus_format()]
)
def test_formats_and_identity_come_back_as_they_were(
    codec: Codec, heard: TrackFormat | None
) -> None:
    formats = {VIDEO: encode_pictures(codec, count=1)[0].format}
    if heard is not None:
        formats[AUDIO] = heard
    front = init_segment(formats, ONE)

    assert parse_init(front) == Init(formats, ONE, len(front))


def test_a_segment_says_when_it_cannot_know_its_predecessor() -> None:
    one = replace(ONE, prev_sure=False)
    front = init_segment({AUDIO: AAC}, one)
    assert parse_init(front).identity == one


def test_the_front_is_of_one_size_with_and_without_a_previous_hash() -> None:
    formats = {VIDEO: gop(0)[0].format}

    with_hash, without = (
        init_segment(formats, one) for one in (ONE, replace(ONE, prev_sha256=None))
    )
    assert len(with_hash) == len(without)


def test_a_sound_rate_beyond_sixteen_bits_comes_back() -> None:
    used = audio.aac_format(bytes.fromhex("1010"))  # 96 kHz
    front = init_segment({AUDIO: used}, ONE)

    assert parse_init(front).formats == {AUDIO: used}


def test_units_of_both_tracks_come_back_with_pts_and_wall_time() -> None:
    file = one_file(WITH_SOUND)
    units = file.units()

    for track in (VIDEO, AUDIO):
        assert [u for u in units if u.track == track] == [u for u in WITH_SOUND if u.track == track]


def test_reordered_pictures_come_back_in_decode_order() -> None:
    sent = encode_pictures(count=50, b_pictures=3)

    assert one_file(sent).units() == sent


def test_pictures_with_equal_times_keep_their_presentation_time() -> None:
    sent = [*gop(0, 3), unit(3, pts=2 * 3600), unit(4, pts=2 * 3600), unit(5)]
    back = one_file(sent).units()

    assert [u.pts for u in back] == [u.pts for u in sent]


def test_sample_data_is_handed_on_without_a_copy() -> None:
    units = gop(0, 5)
    buffers = fragment(1, [track_run(units, 0)], START)

    assert all(mine is theirs.data for mine, theirs in zip(buffers[1:], units, strict=True))


def test_a_read_that_ends_behind_the_key_picture_gives_the_key_picture() -> None:
    file = one_file(pictures(2))
    entry = file.gops[1]
    data = bytes(file.data)
    init = parse_init(data)
    cut = data[entry.offset : entry.offset + entry.size // 2]

    units = parse_fragment(cut, init, partial=True)

    assert units[0].random_access
    assert 0 < len(units) < 25
    with pytest.raises(Corrupt):
        parse_fragment(cut, init)


def test_a_scan_finds_what_the_segmenter_told() -> None:
    file = one_file(WITH_SOUND)
    found = scan(io.BytesIO(file.data))

    assert found.whole_size == len(file.data)
    assert [(one.offset, one.size, one.key_size) for one in found.fragments] == [
        (gop_.offset, gop_.size, gop_.key_size) for gop_ in file.gops
    ]
    assert [one.start - START for one in found.fragments] == [one.start for one in file.gops]
    assert found.fragments[-1].end == file.range.end


@pytest.mark.parametrize("missing", [1, 50, 3000])
def test_a_scan_of_a_torn_file_stops_at_the_last_whole_fragment(missing: int) -> None:
    file = one_file(WITH_SOUND)
    found = scan(io.BytesIO(file.data[:-missing]))

    assert len(found.fragments) == len(file.gops) - 1
    assert found.whole_size == file.gops[-1].offset


def test_a_scan_of_a_tail_of_zeros_stops_at_the_last_whole_fragment() -> None:
    file = one_file(WITH_SOUND)
    found = scan(io.BytesIO(file.data + bytes(4096)))

    assert found.whole_size == len(file.data)


@settings(max_examples=60)
@given(st.data())
def test_a_file_cut_anywhere_scans_to_whole_fragments_or_is_corrupt(data: st.DataObject) -> None:
    file = one_file(pictures(3))
    at = data.draw(st.integers(0, len(file.data)))
    try:
        found = scan(io.BytesIO(file.data[:at]))
    except Corrupt:
        assert at < file.init_size
    else:
        assert [one.offset for one in found.fragments] == [
            one.offset for one in file.gops if one.offset + one.size <= at
        ]


@settings(max_examples=300)
@given(st.data())
def test_changed_bytes_are_read_or_corrupt_but_never_a_crash(data: st.DataObject) -> None:
    file = one_file(WITH_SOUND[:120])
    first = file.gops[0]
    whole = bytearray(file.data[: first.offset + first.size])
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, min(len(whole), first.offset + 1200) - 1))
        whole[place] = data.draw(st.integers(0, 255))
    try:
        init = parse_init(bytes(whole))
        parse_fragment(bytes(whole[init.size :]), init)
    except Corrupt:
        pass
    with contextlib.suppress(Corrupt):
        scan(io.BytesIO(whole))


@given(st.binary(max_size=300))
def test_any_bytes_are_no_segment(data: bytes) -> None:
    with pytest.raises(Corrupt):
        parse_init(data)
    with pytest.raises(Corrupt):
        scan(io.BytesIO(data))


CLOCKS = ClockMapping(CameraClock.ONVIF, -30_000_000, 480, 1500, True)


@pytest.mark.parametrize("clocks", [CLOCKS, ClockMapping()])
def test_a_segment_says_by_which_clocks_its_time_was_found(clocks: ClockMapping) -> None:
    one = replace(ONE, mapping=clocks)
    front = init_segment({VIDEO: gop(0)[0].format}, one)
    assert parse_init(front).identity == one


def test_a_clock_that_a_later_version_knows_makes_no_segment_unreadable() -> None:
    one = replace(ONE, mapping=CLOCKS)
    front = init_segment({VIDEO: gop(0)[0].format}, one)
    later = front.replace(b'"camera":"onvif"', b'"camera":"pulsr"')
    assert later != front
    read = parse_init(later).identity.mapping
    assert read == replace(CLOCKS, camera_clock=CameraClock.NONE)
