"""Who should record what: the same answer everywhere, little moves, room is respected."""

from __future__ import annotations

import random
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from recorder.fleet.assignment import Load, Member, assign

CAMERAS = [Load(number, 2) for number in range(1, 401)]
FOUR = [Member(name) for name in ("a-0", "a-1", "b-0", "b-1")]


def test_everyone_computes_the_same_in_whatever_order_he_was_told() -> None:
    shuffled, others = CAMERAS[:], FOUR[:]
    random.Random(1).shuffle(shuffled)
    random.Random(2).shuffle(others)
    assert assign(shuffled, others) == assign(CAMERAS, FOUR)


def test_cameras_are_spread_evenly() -> None:
    counts = Counter(assign(CAMERAS, FOUR).values())
    assert set(counts) == {member.name for member in FOUR}
    assert max(counts.values()) < 1.3 * len(CAMERAS) / len(FOUR)


def test_a_recorder_that_goes_moves_only_its_own_cameras() -> None:
    before, after = assign(CAMERAS, FOUR), assign(CAMERAS, FOUR[1:])
    moved = {camera for camera in before if before[camera] != after[camera]}
    assert moved == {camera for camera, name in before.items() if name == FOUR[0].name}


def test_a_recorder_that_comes_takes_cameras_and_moves_no_other() -> None:
    before, after = assign(CAMERAS, FOUR), assign(CAMERAS, [*FOUR, Member("c-0")])
    moved = {camera: after[camera] for camera in before if before[camera] != after[camera]}
    assert set(moved.values()) == {"c-0"}
    assert len(moved) < len(CAMERAS) / 3


def test_a_new_camera_moves_no_other_even_where_room_is_short() -> None:
    tight = [Member(member.name, 100) for member in FOUR]
    before = assign(CAMERAS[:190], tight)
    after = assign([*CAMERAS[:190], Load(999, 2)], tight)
    assert {camera: after[camera] for camera in before} == before


def test_nobody_gets_more_than_he_takes() -> None:
    members = [Member("small", 10), Member("large", 1000)]
    wishes = assign(CAMERAS, members)
    assert 2 * Counter(wishes.values())["small"] == 10
    assert len(wishes) == len(CAMERAS)


def test_where_room_is_short_the_least_important_are_left_out() -> None:
    loads = [Load(number, 1, priority=number % 10) for number in range(100)]
    wishes = assign(loads, [Member("only", 30)])
    assert {load.priority for load in loads if load.camera_id in wishes} == {7, 8, 9}
    assert len(wishes) == 30


def test_without_recorders_nobody_records() -> None:
    assert assign(CAMERAS, []) == {}


@given(
    st.lists(st.tuples(st.integers(1, 4), st.integers(0, 9)), max_size=60),
    st.lists(st.integers(0, 20), max_size=6),
)
def test_room_is_never_exceeded_and_never_wasted(
    streams: list[tuple[int, int]], rooms: list[int]
) -> None:
    loads = [Load(number, count, rank) for number, (count, rank) in enumerate(streams)]
    members = [Member(f"m{number}", room) for number, room in enumerate(rooms)]
    wishes = assign(loads, members)
    used: Counter[str] = Counter()
    for load in loads:
        if load.camera_id in wishes:
            used[wishes[load.camera_id]] += load.streams
    for member in members:
        assert not member.capacity or used[member.name] <= member.capacity
    for load in loads:
        if load.camera_id not in wishes:
            assert all(m.capacity and used[m.name] + load.streams > m.capacity for m in members)
