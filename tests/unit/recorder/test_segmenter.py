from collections import Counter
from dataclasses import replace
from itertools import pairwise

from recorder.segmenter import Segmenter
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


def test_a_pause_of_some_seconds_stays_in_its_segment() -> None:
    (file,) = record(pictures(2) + shifted(gop(50), pts=8 * 90_000, micros=8 * SECOND))

    assert file.range.seconds == 11.0
    assert [one.duration for one in file.gops] == [SECOND, 9 * SECOND, SECOND]


def test_civil_time_that_jumps_against_media_time_opens_a_new_segment() -> None:
    files = record(pictures(2) + shifted(gop(50), micros=30 * SECOND))

    assert [one.range.seconds for one in files] == [2.0, 1.0]
    assert files[0].range.end == START + 2 * SECOND


def test_pictures_between_a_jump_and_the_next_key_picture_are_counted_as_skipped() -> None:
    segmenter = Segmenter(1, 7)
    broken = shifted(gop(25), pts=-9_000_000)
    steps = steps_of(gop(0) + broken[5:] + shifted(gop(50), pts=-9_000_000), segmenter)

    assert letters(steps) == "OASOAS"
    assert segmenter.skipped_units == 20


def test_a_long_group_is_cut_into_fragments_of_about_ten_seconds() -> None:
    (file,) = record(pictures(35, gop_pictures=10_000))

    assert [round(one.duration / SECOND) for one in file.gops] == [10, 10, 10, 5]
    assert [one.key_size > 0 for one in file.gops] == [True, False, False, False]


def test_a_large_group_is_cut_before_it_fills_memory() -> None:
    (file,) = record(pictures(2, gop_pictures=50, size=400_000))

    assert [one.size < 8 * 1024 * 1024 + 4096 for one in file.gops] == [True] * len(file.gops)
    assert len(file.gops) == 3


def test_a_segment_never_starts_within_a_group() -> None:
    files = record(pictures(100, gop_pictures=40 * 25), segment_seconds=20)

    assert all(file.gops[0].key_size > 0 for file in files)
    assert len(files) == 3


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
