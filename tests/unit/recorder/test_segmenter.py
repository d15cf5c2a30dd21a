from collections import Counter
from dataclasses import replace
from itertools import pairwise

from recorder.segmenter import Segmenter, epoch_of
from recorder.steps import AppendFragment, OpenSegment, SealSegment, Step
from tests.fakes.recordings import gathered, record, shifted, steps_of
from tests.fakes.units import (
    AAC,
    H264,
    PCMA,
    START,
    encode_pictures,
    gop,
    interleave,
    pictures,
    sound,
    unit,
)
from vms.core.media.access_unit import AUDIO, VIDEO, AccessUnit, Codec
from vms.core.media.fmp4 import parse_init
from vms.core.media.fmp4.identity import needed
from vms.core.walltime import MINUTE, SECOND, WallTime


def letters(steps: list[Step]) -> str:
    names = {OpenSegment: "O", AppendFragment: "A", SealSegment: "S"}
    return "".join(names[type(step)] for step in steps)


def payloads(units: list[AccessUnit], track: int = VIDEO) -> list[bytes]:
    return [one.data for one in units if one.track == track]


def test_each_group_of_pictures_becomes_one_fragment() -> None:
    assert letters(steps_of(pictures(3), Segmenter(1, 7))) == "OAAAS"


def test_a_fragment_comes_one_picture_after_the_next_key_picture() -> None:
    segmenter = Segmenter(1, 7)

    assert [letters(segmenter.push(one)) for one in pictures(1)] == [""] * 25
    assert letters(segmenter.push(unit(25, key=True))) == ""
    assert letters(segmenter.push(unit(26))) == "OA"


def test_nothing_is_recorded_before_the_first_key_picture() -> None:
    segmenter = Segmenter(1, 7)
    steps = steps_of([unit(n) for n in range(10)] + gop(10), segmenter)

    assert letters(steps) == "OAS"
    assert segmenter.skipped_units == 10
    (file,) = gathered(steps)
    assert file.range.start == START + 400_000


def test_the_epoch_is_the_first_pictures_time_and_sequences_count_from_zero() -> None:
    files = record(pictures(30), segment_seconds=10)

    assert {one.identity.epoch for one in files} == {START}
    assert [one.identity.sequence for one in files] == list(range(len(files)))


def test_segments_end_at_full_stretches_and_touch_without_overlap() -> None:
    files = record(pictures(400, gop_pictures=50))

    assert [one.range.seconds for one in files[1:-1]] == [60.0] * (len(files) - 2)
    assert all(a.range.end == b.range.start for a, b in pairwise(files))


def test_a_thousand_streams_seal_in_a_thousand_different_moments() -> None:
    def first_end(stream_id: int) -> int:
        return record(pictures(61, fps=1, gop_pictures=1), stream_id=stream_id)[0].range.end

    ends = [first_end(stream_id) - START for stream_id in range(1, 200)]
    by_tenth = Counter(end // (6 * SECOND) for end in ends)
    assert max(by_tenth.values()) < 40


def test_every_picture_is_in_exactly_one_fragment() -> None:
    sent = pictures(200, gop_pictures=33)
    files = record(sent, segment_seconds=20)

    assert payloads([one for file in files for one in file.units()]) == payloads(sent)


def test_pictures_of_an_open_group_shown_before_their_key_picture_stay_with_it() -> None:
    opened = (("x265-params", "open-gop=1"),)
    sent = encode_pictures(Codec.H265, count=90, gop_pictures=30, b_pictures=3, options=opened)
    files = record(sent, segment_seconds=1)
    earliest = [min(one.wall for one in file.units()) for file in files]

    assert [one for file in files for one in file.units()] == sent
    assert [file.range.start for file in files] == earliest
    assert all(a.range.end == b.range.start for a, b in pairwise(files))


def test_a_new_format_opens_a_new_segment() -> None:
    other = replace(H264, width=640, height=360)
    files = record(pictures(2) + [replace(one, format=other) for one in gop(50)])

    assert [(one.width, one.range.seconds) for one in files] == [(1280, 2.0), (640, 1.0)]


def test_a_format_that_changes_within_a_group_counts_from_the_next_key_picture() -> None:
    other = replace(H264, width=640, height=360)
    late = [replace(one, format=other) for one in gop(25)[10:] + gop(50)]
    files = record(gop(0) + gop(25)[:10] + late)

    assert [(one.width, one.range.seconds) for one in files] == [(1280, 2.0), (640, 1.0)]


def test_media_time_that_jumps_back_opens_a_new_segment() -> None:
    sent = pictures(2) + shifted(gop(50), pts=-5_000_000)
    files = record(sent)

    assert [one.range.seconds for one in files] == [2.0, 1.0]
    assert payloads([one for file in files for one in file.units()]) == payloads(sent)


def test_media_time_that_jumps_far_ahead_opens_a_new_segment() -> None:
    files = record(pictures(2) + shifted(gop(50), pts=11 * 90_000, micros=11 * SECOND))

    assert [one.range.seconds for one in files] == [2.0, 1.0]
    assert files[1].range.start - files[0].range.end == 11 * SECOND


def test_a_pause_is_time_without_pictures_and_not_a_long_picture() -> None:
    files = record(pictures(2) + shifted(gop(50), pts=8 * 90_000, micros=8 * SECOND))

    assert [one.range.seconds for one in files] == [2.0, 1.0]
    assert files[1].range.start - files[0].range.end == 8 * SECOND


def test_a_picture_that_is_two_seconds_late_is_no_pause() -> None:
    (file,) = record(pictures(2) + shifted(gop(50), pts=2 * 90_000, micros=2 * SECOND))

    assert [one.duration for one in file.gops] == [SECOND, 3 * SECOND, SECOND]


def test_a_camera_of_one_picture_every_four_seconds_makes_no_pauses() -> None:
    (file,) = record([unit(n, key=n % 3 == 0, fps=0.25) for n in range(9)])

    assert file.range.seconds == 36.0


def test_civil_time_that_jumps_against_media_time_opens_a_new_segment() -> None:
    files = record(pictures(2) + shifted(gop(50), micros=30 * SECOND))

    assert [one.range.seconds for one in files] == [2.0, 1.0]
    assert files[0].range.end == START + 2 * SECOND


def test_pictures_behind_a_jump_are_kept_in_a_segment_that_names_the_one_it_needs() -> None:
    sent = gop(0) + shifted(gop(25), pts=-9_000_000)[5:] + shifted(gop(50), pts=-9_000_000)
    first, second = record(sent)

    assert payloads(first.units() + second.units()) == payloads(sent)
    assert first.identity.needs is None
    assert second.identity.needs == needed(first.identity)
    assert [one.key_size > 0 for one in second.gops] == [False, True]


def test_a_camera_whose_time_is_nonsense_does_not_make_a_segment_of_every_picture() -> None:
    mad = [replace(one, pts=one.pts + one.pts % 7 * 9_000_000) for one in gop(25)]
    segmenter = Segmenter(1, 7)
    steps = steps_of(gop(0) + mad + gop(50), segmenter)

    assert letters(steps).count("O") <= 4
    assert segmenter.skipped_units > 10


def test_a_long_group_is_cut_into_fragments_of_about_ten_seconds() -> None:
    (file,) = record(pictures(35, gop_pictures=10_000))

    assert [round(one.duration / SECOND) for one in file.gops] == [10, 10, 10, 5]
    assert [one.key_size > 0 for one in file.gops] == [True, False, False, False]


def test_a_large_group_is_cut_before_it_fills_memory() -> None:
    (file,) = record(pictures(2, gop_pictures=50, size=400_000))

    assert [one.size < 8 * 1024 * 1024 + 4096 for one in file.gops] == [True] * len(file.gops)
    assert len(file.gops) == 3


def test_a_segment_waits_for_a_key_picture_as_long_again_as_it_is_to_be() -> None:
    files = record(pictures(100, gop_pictures=38 * 25), segment_seconds=20)

    assert all(file.gops[0].key_size > 0 for file in files)
    assert [file.identity.needs for file in files] == [None] * 3


def test_a_group_of_minutes_is_cut_and_each_part_names_the_segment_with_its_key_picture() -> None:
    sent = pictures(300, gop_pictures=250 * 5, fps=5)
    files = record(sent)

    assert max(one.range.seconds for one in files) <= 130
    first = needed(files[0].identity)
    assert [one.identity.needs for one in files] == [None, first, first]
    assert [one.gops[0].key_size > 0 for one in files] == [True, False, False]
    assert payloads([one for file in files for one in file.units()]) == payloads(sent)
    assert all(a.range.end == b.range.start for a, b in pairwise(files))


def test_a_camera_with_one_key_picture_in_all_its_life_has_segments_that_end() -> None:
    files = record([unit(n, key=n == 0, fps=5) for n in range(5 * 1800)])

    assert len(files) >= 15
    assert max(one.range.seconds for one in files) <= 130
    assert {one.identity.needs for one in files[1:]} == {needed(files[0].identity)}


def test_what_a_segment_needs_is_read_back_from_its_front() -> None:
    files = record(pictures(300, gop_pictures=250 * 5, fps=5))

    fronts = [parse_init(bytes(one.data)).identity for one in files]
    assert [one.needs for one in fronts] == [one.identity.needs for one in files]


def test_writers_with_other_terms_never_share_an_epoch() -> None:
    epochs = {epoch_of(START, term) for term in range(1024)}

    assert len(epochs) == 1024
    assert all(abs(epoch - START) < 1024 for epoch in epochs)
    assert epoch_of(START, 1024 + 5) == epoch_of(START, 5)


def test_an_epoch_is_greater_than_the_run_before_also_when_the_clock_was_set_back() -> None:
    before = epoch_of(WallTime(START + 60 * SECOND), 5)
    after = epoch_of(START, 5, before)

    assert after > before
    assert (before % 1024, after % 1024) == (5, 5)


def test_key_pictures_only_share_fragments_of_half_a_second() -> None:
    sent = [unit(n, key=True) for n in range(50)]
    (file,) = record(sent)

    assert [one.duration for one in file.gops] == [520_000] * 3 + [440_000]
    assert all(one.random_access for one in file.units())


def test_sound_lies_beside_the_pictures_of_its_time() -> None:
    (file,) = record(interleave(pictures(4), [sound(n) for n in range(200)]))
    units = file.units()

    assert payloads(units, AUDIO) == payloads([sound(n) for n in range(200)], AUDIO)
    assert [one.wall for one in units if one.track == AUDIO] == [sound(n).wall for n in range(200)]


def test_sound_that_arrives_after_the_next_key_picture_still_finds_its_group() -> None:
    late = sorted(
        [*pictures(3), *(sound(n) for n in range(150))],
        key=lambda one: one.wall + (100_000 if one.track == AUDIO else 0),
    )
    segmenter = Segmenter(1, 7)
    steps = steps_of(late, segmenter)
    (file,) = gathered(steps)
    first = file.gops[0]

    assert len(file.gops) == 3
    assert segmenter.skipped_units == 0
    assert sum(one.wall < START + first.duration for one in file.units()) == 25 + 50


def test_sound_that_begins_later_opens_a_segment_that_has_it() -> None:
    heard = [sound(n) for n in range(100, 200)]
    files = record(interleave(pictures(4), heard))

    assert [len(payloads(one.units(), AUDIO)) for one in files] == [0, 100]
    assert files[1].range.start == START + 2 * SECOND


def test_another_kind_of_sound_waits_for_the_next_group_and_opens_a_segment() -> None:
    first = [sound(n) for n in range(75)]
    second = [sound(n, used=AAC) for n in range(24, 48)]
    files = record(interleave(pictures(3), first, second))

    assert [{one.format for one in file.units()} - {H264} for file in files] == [{PCMA}, {AAC}]
    assert len(payloads(files[1].units(), AUDIO)) == 24


def test_a_stream_of_sound_only_is_cut_every_two_seconds() -> None:
    files = record([sound(n) for n in range(500)], video=False, segment_seconds=4)

    assert {one.duration for file in files[1:-1] for one in file.gops} == {2 * SECOND}
    assert sum(len(payloads(file.units(), AUDIO)) for file in files) == 500


def test_the_last_picture_of_a_run_lasts_as_long_as_is_usual() -> None:
    (file,) = record(pictures(2, fps=12.5))

    assert file.range.end == START + 2 * SECOND


def test_a_single_picture_is_recorded_too() -> None:
    (file,) = record([unit(0, key=True)])

    assert file.range.seconds == 0.04


def test_a_refused_segment_is_left_and_the_next_group_opens_another() -> None:
    segmenter = Segmenter(1, 7)
    steps = [step for one in pictures(2) for step in segmenter.push(one)]
    segmenter.reopen()
    steps += [step for one in pictures(5)[50:] for step in segmenter.push(one)]

    opened = [step.identity.sequence for step in steps if isinstance(step, OpenSegment)]
    assert opened == [0, 1]


def test_after_a_refusal_in_a_long_group_nothing_opens_before_its_next_key_picture() -> None:
    segmenter = Segmenter(1, 7)
    steps = [step for one in pictures(12, gop_pictures=750) for step in segmenter.push(one)]
    assert letters(steps) == "OA"
    segmenter.reopen()

    later = [step for one in pictures(32, gop_pictures=750)[300:] for step in segmenter.push(one)]
    assert letters(later) == ""
    assert segmenter.skipped_units > 0


def test_nothing_at_all_gives_no_steps() -> None:
    assert Segmenter(1, 7).flush() == []


def test_the_wall_time_of_each_fragment_comes_from_its_own_pictures() -> None:
    """A clock corrected by 400 ppm: media and civil time part, the index follows civil time."""
    slewed = [
        replace(one, wall=WallTime(START + round((one.wall - START) * 1.0004)))
        for one in pictures(60, gop_pictures=50)
    ]
    (file,) = [one for one in record(slewed, segment_seconds=300) if len(one.gops) > 20][:1]
    keys = [one.wall for one in slewed if one.random_access]

    assert [file.range.start + one.start for one in file.gops] == keys
    assert (
        max(abs(a.wall - b.wall) for a, b in zip(file.units(), slewed, strict=True))
        <= 0.0004 * 2 * SECOND + 1
    )
    assert file.range.seconds < MINUTE
