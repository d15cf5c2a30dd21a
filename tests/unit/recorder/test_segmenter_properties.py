"""Whatever a camera sends: nothing is lost uncounted, nothing overlaps, everything reads back."""

from collections import Counter
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from recorder.segmenter import Segmenter
from tests.fakes.recordings import gathered, steps_of
from tests.fakes.units import AAC, H264, PCMA, START, sound, unit
from vms.core.media.access_unit import AUDIO, AccessUnit
from vms.core.media.audio import pcm_format
from vms.core.media.fmp4.identity import Needed, needed
from vms.core.walltime import SECOND, WallTime

STEPS = st.sampled_from(["key", "picture", "picture", "picture", "sound", "b", "same"])
JUMPS = st.sampled_from([0] * 30 + [-90_000 * 30, -90_000, 90_000 * 8, 90_000 * 30])
PAUSES = st.sampled_from([40_000] * 20 + [0, 1, 900_000, 3 * SECOND, 60 * SECOND])


@st.composite
def cameras(draw: st.DrawFn) -> list[AccessUnit]:
    """Civil time never goes back, as the recorder promises; media time does what it likes."""
    pts, wall, heard, units = 0, START, 0, []
    used = H264
    for number in range(draw(st.integers(1, 120))):
        kind, pause = draw(STEPS), draw(PAUSES)
        wall = WallTime(wall + pause)
        if kind == "sound":
            heard += draw(st.sampled_from([160, 160, 160, -500, 80_000]))
            rate = draw(st.sampled_from([PCMA] * 9 + [AAC, pcm_format(PCMA.codec, 16_000)]))
            frame = sound(number, used=rate)
            units.append(AccessUnit(AUDIO, heard, wall, True, frame.data, rate))
            continue
        pts += pause * 9 // 100 + draw(JUMPS)
        shown = pts - 3600 * 2 if kind == "b" else pts
        units.append(unit(number, key=kind == "key", pts=shown, wall=wall, used=used))
    return units


@settings(max_examples=300, deadline=None)
@given(cameras(), st.sampled_from([1.0, 5.0, 60.0]))
def test_whatever_comes_is_recorded_once_or_counted(
    sent: list[AccessUnit], segment_seconds: float
) -> None:
    segmenter = Segmenter(3, 7, segment_seconds=segment_seconds)
    files = gathered(steps_of(sent, segmenter))
    back = [one for file in files for one in file.units()]

    assert len(back) + segmenter.skipped_units == len(sent)
    assert not Counter(one.data for one in back) - Counter(one.data for one in sent)


@settings(max_examples=300, deadline=None)
@given(cameras(), st.sampled_from([1.0, 5.0, 60.0]))
def test_segments_and_their_fragments_follow_each_other_without_overlap(
    sent: list[AccessUnit], segment_seconds: float
) -> None:
    files = gathered(steps_of(sent, Segmenter(3, 7, segment_seconds=segment_seconds)))

    assert all(a.range.end <= b.range.start for a, b in pairwise(files))
    for file in files:
        assert file.gops[0].start == 0
        assert (file.gops[0].key_size > 0) is (file.identity.needs is None)
        assert all(gop.duration > 0 for gop in file.gops)
        assert all(a.start + a.duration == b.start for a, b in pairwise(file.gops))


@settings(max_examples=100, deadline=None)
@given(cameras(), st.sampled_from([1.0, 5.0, 60.0]))
def test_what_a_segment_needs_lies_in_an_earlier_one_that_has_a_key_picture(
    sent: list[AccessUnit], segment_seconds: float
) -> None:
    files = gathered(steps_of(sent, Segmenter(3, 7, segment_seconds=segment_seconds)))
    seen: dict[Needed, bool] = {}
    for file in files:
        if file.identity.needs is not None:
            assert seen[file.identity.needs]
        seen[needed(file.identity)] = any(gop.key_size for gop in file.gops)
