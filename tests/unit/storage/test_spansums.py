"""Spans joined and cut, hours summed: against counting single instants."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from storage.index.spansums import cut, hours_of, joined
from storage.index.values import HourRow
from vms.core.walltime import HOUR, MINUTE, TimeRange, WallTime

spans = st.lists(
    st.builds(
        lambda start, size: TimeRange(start, start + size), st.integers(0, 60), st.integers(1, 9)
    )
)


def instants(some: list[TimeRange]) -> set[int]:
    return {at for span in some for at in range(span.start, span.end)}


def apart(some: list[TimeRange]) -> bool:
    """In order, neither overlapping nor touching."""
    return all(one.end < other.start for one, other in pairwise(some))


@given(spans, spans)
def test_joined_is_the_union_without_neighbours(
    one: list[TimeRange], more: list[TimeRange]
) -> None:
    found = joined(one, more)
    assert instants(found) == instants(one) | instants(more)
    assert apart(found)


@given(spans, spans)
def test_cut_is_the_difference(one: list[TimeRange], gone: list[TimeRange]) -> None:
    found = cut(joined(one, []), gone)
    assert instants(found) == instants(one) - instants(gone)
    assert apart(found)


@given(spans, spans)
def test_what_was_joined_is_cut_out_again(one: list[TimeRange], more: list[TimeRange]) -> None:
    new = cut(joined(more, []), one)
    assert cut(joined(one, new), new) == joined(one, [])


def test_a_segment_counts_in_the_hour_it_starts_in() -> None:
    def piece(stream: int, start: int, minutes: int, size: int) -> tuple[int, TimeRange, int]:
        return stream, TimeRange(WallTime(start), WallTime(start + minutes * MINUTE)), size

    pieces = [
        piece(2, HOUR, 1, 7),
        piece(1, HOUR - MINUTE, 2, 10),
        piece(1, 5 * MINUTE, 1, 20),
        piece(1, HOUR + 1, 1, 30),
    ]
    assert hours_of(pieces) == [
        HourRow(1, WallTime(0), 3 * MINUTE, 30),
        HourRow(1, WallTime(HOUR), MINUTE, 30),
        HourRow(2, WallTime(HOUR), MINUTE, 7),
    ]
