from dataclasses import replace

from player.export.selection import LARGEST_READ, gaps, pieces
from tests.fakes.recordings import record, shifted
from tests.fakes.units import START, gop, pictures
from vms.core.model import Segment
from vms.core.walltime import SECOND, TimeRange, WallTime


def span(start: float, end: float) -> TimeRange:
    return TimeRange(WallTime(START + int(start * SECOND)), WallTime(START + int(end * SECOND)))


def segments(seconds: float, **more: int) -> list[Segment]:
    recorded = record(pictures(seconds, **more), segment_seconds=10)
    return [one.segment for one in recorded]


def starts(found: list[Segment], wanted: TimeRange) -> list[float]:
    return [
        (piece.segment.range.start + entry.start - START) / SECOND
        for piece in pieces(found, wanted)
        for entry in piece.entries
    ]


def test_only_groups_that_overlap_the_span_are_read() -> None:
    assert starts(segments(30), span(3.5, 6.0)) == [3, 4, 5]


def test_a_span_over_two_segments_takes_from_both() -> None:
    found = segments(30)
    border = (found[0].range.end - START) / SECOND

    assert starts(found, span(border - 0.5, border + 0.5)) == [border - 1, border]


def test_the_rest_of_a_long_group_brings_its_key_picture_along() -> None:
    found = [one.segment for one in record(pictures(40, gop_pictures=10_000))]

    assert starts(found, span(25, 26)) == [0, 10, 20]


def test_neighbouring_groups_are_read_at_once_up_to_a_bound() -> None:
    found = [one.segment for one in record(pictures(30, size=40_000), segment_seconds=600)]
    listed = pieces(found, span(0, 30))

    assert len(listed) == 4
    assert all(piece.size <= LARGEST_READ for piece in listed)
    assert sum(piece.size for piece in listed) == found[0].size - found[0].init_size


def test_outside_of_what_is_recorded_nothing_is_read() -> None:
    assert pieces(segments(5), span(5, 9)) == []
    assert pieces([], span(0, 1)) == []


def test_gaps_are_what_the_span_has_beyond_the_recordings() -> None:
    later = shifted(gop(0, 50), micros=8 * SECOND)
    found = [one.segment for run in (pictures(3), later) for one in record(run)]

    assert gaps(found, span(-2, 12)) == [span(-2, 0), span(3, 8), span(10, 12)]
    assert gaps(found, span(0.5, 2.9)) == []


def test_a_pause_shorter_than_half_a_second_is_no_gap() -> None:
    one = segments(3)[0]
    later = replace(one, range=TimeRange(WallTime(one.range.end + 400_000), span(9, 10).end))

    assert gaps([one, later], span(0, 6)) == []
