"""What a coming recorder holds, and where it goes on."""

from __future__ import annotations

import itertools

from recorder.fleet.warm import MOST_GROUPS, Left, Warm, digest, left_of, left_payload
from tests.fakes.units import START, gop
from vms.core.media.access_unit import AccessUnit
from vms.core.model import Cause
from vms.core.walltime import SECOND, WallTime


class Coming:
    def __init__(self) -> None:
        self.told: list[str] = []
        self.warm = Warm(lambda: self.told.append("warm"), self.told.append)
        self.warm.begin_run()

    def take(self, *groups: list[AccessUnit]) -> None:
        for unit in itertools.chain(*groups):
            self.warm.take((unit,))


def groups(count: int) -> list[list[AccessUnit]]:
    return [gop(25 * number, 25) for number in range(count)]


def test_it_is_warm_at_its_first_key_picture_and_says_so_once() -> None:
    coming = Coming()
    first, second = groups(2)
    coming.take(first[1:])
    assert coming.told == []
    coming.take(second, first)
    assert coming.told == ["warm"]


def test_it_goes_on_with_the_very_picture_whatever_the_clocks_say() -> None:
    coming = Coming()
    first, second, third = groups(3)
    coming.take(first, second, third[:5])
    left = Left(WallTime(second[0].wall - 9 * SECOND), b"", digest(second[0]))
    assert coming.warm.after(left) == [*second, *third[:5]]


def test_its_first_picture_is_not_earlier_than_the_others_end() -> None:
    coming = Coming()
    first, second = groups(2)
    coming.take(first, second)
    end = WallTime(second[0].wall + 4000)
    units = coming.warm.after(Left(end, b"", digest(second[0])))
    assert units[0].wall == end
    assert units[0].data == second[0].data
    assert units[1:] == second[1:]


def test_a_picture_that_has_not_come_yet_is_waited_for() -> None:
    coming = Coming()
    first, second = groups(2)
    coming.take(first)
    left = Left(WallTime(second[0].wall + 2 * SECOND), b"", digest(second[0]))
    assert coming.warm.after(left) == []
    coming.take(second)
    assert coming.warm.after(left)[1:] == second[1:]


def test_only_the_newest_groups_are_held() -> None:
    coming = Coming()
    listed = groups(MOST_GROUPS + 3)
    coming.take(*listed)
    units = coming.warm.after(Left())
    assert units == list(itertools.chain(*listed[-MOST_GROUPS:]))


def test_what_was_taken_out_is_not_held_twice() -> None:
    coming = Coming()
    coming.take(*groups(2))
    assert coming.warm.after(Left())
    assert coming.warm.after(Left()) == []


def test_a_camera_that_refuses_is_told_with_its_words() -> None:
    coming = Coming()
    coming.warm.end_run(START, Cause.CLOSED, "453 Not Enough Bandwidth")
    assert coming.told == ["453 Not Enough Bandwidth"]
    assert not coming.warm.running


def test_where_a_stream_was_left_travels_whole() -> None:
    for left in (Left(), Left(WallTime(5), b"\x01" * 32, b"\x02" * 32)):
        assert left_of(left_payload(left)) == left
