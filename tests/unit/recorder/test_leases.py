"""Sessions and leases on a hand-driven clock: who may record what, and when that ends."""

from __future__ import annotations

from pathlib import Path

import pytest

from recorder.fleet.leases import Lease, Leases, Taken
from recorder.fleet.session import BEAT_SECONDS, PROBLEM, TTL_SECONDS, Session, own_name
from tests.fakes.bus import FakeBus
from tests.fakes.clock import HandClock
from vms.core.errors import Conflict, Unavailable
from vms.core.nodestate import NodeState


class City:
    """Recorders on one bus. Nothing runs by itself: `pass_time` beats for those that live."""

    def __init__(self, folder: Path) -> None:
        self.clock = HandClock()
        self.bus = FakeBus(now=self.clock.monotonic)
        self.folder = folder
        self.living: list[Recorder] = []

    def recorder(self, name: str, capacity: int = 0) -> Recorder:
        found = Recorder(self, name, capacity)
        self.living.append(found)
        return found

    async def pass_time(self, seconds: float) -> None:
        for _ in range(round(seconds / BEAT_SECONDS)):
            await self.clock.advance(BEAT_SECONDS)
            for each in self.living:
                await each.session.beat()


class Recorder:
    def __init__(self, city: City, name: str, capacity: int) -> None:
        self.node = NodeState("record", name, city.bus, city.clock)
        self.session = Session(name, capacity, city.bus, self.node, city.clock)
        folder = city.folder / name
        folder.mkdir(exist_ok=True)
        self.leases = Leases(self.session, city.bus, folder)

    @property
    def problems(self) -> list[str]:
        return [problem.code for problem in self.node.problems]


@pytest.fixture
def city(tmp_path: Path) -> City:
    return City(tmp_path)


async def test_recorders_see_each_other_with_what_they_take(city: City) -> None:
    a, b = city.recorder("a", 100), city.recorder("b")
    await city.pass_time(2)
    for each in (a, b):
        found = [(member.name, member.capacity) for member in each.session.members]
        assert found == [("a", 100), ("b", 0)]


async def test_a_free_camera_is_had_at_once_and_by_one_only(city: City) -> None:
    a, b = city.recorder("a"), city.recorder("b")
    await city.pass_time(1)
    assert isinstance(await a.leases.claim(7), Lease)
    assert await b.leases.claim(7) == Taken(7, "a")
    assert (set(a.leases.held), set(b.leases.held)) == ({7}, set())


async def test_a_dead_recorders_camera_is_taken_under_a_later_term(city: City) -> None:
    a, b = city.recorder("a"), city.recorder("b")
    await city.pass_time(6)
    first = await a.leases.claim(7)
    assert isinstance(first, Lease)
    city.living.remove(a)
    await city.pass_time(TTL_SECONDS - 1)
    assert isinstance(await b.leases.claim(7), Taken)
    await city.pass_time(2)
    second = await b.leases.claim(7)
    assert isinstance(second, Lease)
    assert second.term > first.term
    assert second.before == ("a",)
    assert (first.orphan, second.orphan) == (False, True)


async def test_who_has_just_come_does_not_take_anybody_for_dead(city: City) -> None:
    a = city.recorder("a")
    await city.pass_time(1)
    await a.leases.claim(7)
    city.living.remove(a)
    await city.clock.advance(TTL_SECONDS + 1)
    b = city.recorder("b")
    await city.pass_time(1)
    assert await b.leases.claim(7) is None
    await city.pass_time(TTL_SECONDS)
    assert isinstance(await b.leases.claim(7), Lease)


async def test_after_an_outage_of_the_bus_everybody_still_has_what_he_had(city: City) -> None:
    a, b = city.recorder("a"), city.recorder("b")
    await city.pass_time(6)
    await a.leases.claim(7)
    city.bus.away = True
    await city.pass_time(20)
    assert (set(a.leases.held), a.problems) == ({7}, [PROBLEM])
    city.bus.away = False
    city.living = [b, a]  # b is back first, and does not find a
    await b.session.beat()
    assert await b.leases.claim(7) is None
    await city.pass_time(TTL_SECONDS + 1)
    assert a.session.lapses == 1
    assert await a.leases.verify() == []
    assert isinstance(await b.leases.claim(7), Taken)
    assert a.problems == []


async def test_who_was_frozen_learns_what_others_took(city: City) -> None:
    a, b = city.recorder("a"), city.recorder("b")
    await city.pass_time(6)
    await a.leases.claim(7)
    await a.leases.claim(8)
    city.living = [b]
    await city.pass_time(TTL_SECONDS + 2)
    await b.leases.claim(7)
    await a.session.beat()
    assert a.session.lapses == 1
    assert await a.leases.verify() == [7]
    assert set(a.leases.held) == {8}


async def test_a_restarted_recorder_has_its_cameras_again_at_once(city: City) -> None:
    a = city.recorder("a")
    await city.pass_time(1)
    first = await a.leases.claim(7)
    city.living.clear()
    again = city.recorder("a")
    await again.session.beat()
    second = await again.leases.claim(7)
    assert isinstance(first, Lease)
    assert isinstance(second, Lease)
    assert second.term > first.term


async def test_a_copy_of_a_spool_is_noticed(city: City) -> None:
    a = city.recorder("a")
    await city.pass_time(1)
    city.recorder("a")
    await city.pass_time(3)
    assert PROBLEM in a.problems


async def test_a_camera_is_given_and_accepted_by_name_only(city: City) -> None:
    a, b, c = (city.recorder(name) for name in "abc")
    await city.pass_time(1)
    await a.leases.claim(7)
    given = await a.leases.give(7, "b")
    assert await c.leases.accept(7) is None
    assert await b.leases.accept(7) == given
    assert a.leases.held == {}
    with pytest.raises(Conflict):
        await a.leases.give(7, "c")


async def test_one_who_leaves_is_no_member_and_still_lives(city: City) -> None:
    a, b = city.recorder("a"), city.recorder("b")
    await city.pass_time(1)
    await a.leases.claim(7)
    await a.session.leave()
    await b.session.beat()
    assert [member.name for member in b.session.members] == ["b"]
    assert await b.leases.claim(7) == Taken(7, "a")
    city.living.remove(a)
    await a.session.end()
    await b.session.beat()
    assert b.session.alive == {"b"}
    assert await b.leases.claim(7) is None  # b has just come: it waits what others say


async def test_a_released_camera_is_free_for_all(city: City) -> None:
    a, b = city.recorder("a"), city.recorder("b")
    await city.pass_time(1)
    await a.leases.claim(7)
    await a.leases.release(7)
    assert isinstance(await b.leases.claim(7), Lease)


async def test_what_was_held_is_known_at_a_start_without_a_bus(city: City) -> None:
    a = city.recorder("a")
    await city.pass_time(1)
    lease = await a.leases.claim(7)
    await a.leases.note()
    city.bus.away = True
    again = city.recorder("a")
    with pytest.raises(Unavailable):
        await again.leases.claim(7)
    again.leases.recall()
    assert list(again.leases.held.values()) == [lease]


async def test_a_torn_note_counts_for_nothing(city: City) -> None:
    a = city.recorder("a")
    (city.folder / "a" / "held").write_text("[[7, 3")
    a.leases.recall()
    assert a.leases.held == {}


def test_a_recorder_keeps_its_name_as_long_as_its_spool(tmp_path: Path) -> None:
    name = own_name("city1", tmp_path)
    assert own_name("city1", tmp_path) == name
    assert name.startswith("city1-")
    other = tmp_path / "other"
    other.mkdir()
    assert own_name("city1", other) != name


def test_a_spool_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(Unavailable):
        own_name("city1", tmp_path / "missing")
