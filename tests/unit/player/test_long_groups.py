"""Groups of pictures longer than a segment: seeking into them and cutting clips out of them."""

from __future__ import annotations

from player.export.selection import pieces
from player.footage import Footage
from player.reader import Reader
from tests.fakes.bus import FakeBus
from tests.fakes.footage import FakeArchive, segments_of
from tests.fakes.units import START, pictures, unit
from vms.core.media.access_unit import AccessUnit
from vms.core.walltime import SECOND, TimeRange, WallTime

SENT = [unit(n, key=n % 1500 == 0, fps=5) for n in range(5 * 400)]
"""Key pictures at 0 and 300 s."""


def at(seconds: float) -> WallTime:
    return WallTime(START + round(seconds * SECOND))


def reader(sent: list[AccessUnit]) -> Reader:
    archive = FakeArchive()
    archive.keep(segments_of(sent))
    return Reader(Footage(archive, FakeBus()), 64 * 1024 * 1024)


async def group_at(seconds: float) -> list[AccessUnit]:
    using = reader(SENT)
    place = await using.find(1, at(seconds))
    assert place is not None
    return await using.group(place)


async def test_a_picture_far_behind_its_key_picture_comes_with_all_it_needs() -> None:
    units = await group_at(200)

    assert units[0].random_access
    assert units[0].pts == 0
    assert [one.pts for one in units] == [one.pts for one in SENT[: len(units)]]
    assert units[-1].wall >= at(200)


async def test_the_next_key_picture_needs_nothing_before_it() -> None:
    units = await group_at(301)

    assert units[0].pts == 300 * 90_000


async def test_playing_goes_on_from_segment_to_segment_within_a_group() -> None:
    using = reader(SENT)
    place = await using.find(1, at(0))
    seen: list[AccessUnit] = []
    while place is not None:
        seen += await using.units(place)
        place = await using.next(1, place)
    assert [one.pts for one in seen] == [one.pts for one in SENT]


async def test_what_is_needed_and_not_there_any_more_is_done_without() -> None:
    archive = FakeArchive()
    archive.keep(segments_of(SENT)[1:])
    using = Reader(Footage(archive, FakeBus()), 64 * 1024 * 1024)
    place = await using.find(1, at(200))
    assert place is not None
    assert (await using.group(place))[-1].wall >= at(200)


def test_a_clip_begins_at_the_key_picture_in_an_earlier_segment() -> None:
    made = [segment for segment, _ in segments_of(SENT)]
    chosen = pieces(made, TimeRange(at(200), at(205)))

    assert chosen[0].entries[0].key_size > 0
    assert chosen[0].segment == made[0]
    assert chosen[-1].entries[-1].key_size == 0
    fragments = [entry for piece in chosen for entry in piece.entries]
    assert sum(entry.duration for entry in fragments) >= 200 * SECOND


def test_a_clip_of_ordinary_groups_takes_nothing_before_them() -> None:
    made = [segment for segment, _ in segments_of(pictures(200))]
    (chosen,) = pieces(made, TimeRange(at(100.5), at(101.5)))

    assert [entry.duration for entry in chosen.entries] == [SECOND, SECOND]
