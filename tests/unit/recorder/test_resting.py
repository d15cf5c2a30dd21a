"""Recording rests while the store is full of what must stay: what is kept, and its gap."""

from __future__ import annotations

from typing import Any, cast

import pytest

from recorder.disk import SpoolDisk
from recorder.fleet.resting import Rested, Rests
from recorder.gapbook import GapBook
from recorder.recording import Recording
from storage.full.stopped import FACT, HOLDS_MICROS, Stopped, say
from tests.fakes.bus import FakeBus
from tests.fakes.clock import HandClock
from tests.fakes.recording import FakeIndex, FakeSpool
from tests.fakes.units import START, pictures
from vms.core.errors import Unavailable
from vms.core.model import Camera, Cause, Stream, StreamRole
from vms.core.nodestate import NodeState
from vms.core.walltime import SECOND, WallTime

WORDS = "the store is full of locked video"
UNITS = pictures(40)


def at(seconds: float) -> WallTime:
    return WallTime(START + round(seconds * SECOND))


class Bench:
    """A recording that has taken ten seconds, with everything around it faked."""

    def __init__(self) -> None:
        self.clock, self.index, self.spool = HandClock(START), FakeIndex(), FakeSpool()
        node = NodeState("record", "here", FakeBus(), self.clock)
        stream = Stream(2, 1, StreamRole.MAIN, "rtsp://cam/")
        self.book = GapBook(cast(Any, self.index), node, self.clock)
        self.recording = Recording(stream, self.spool, self.book, SpoolDisk(node), 60.0)
        self.recording.begin_run()
        for unit in UNITS[:250]:
            self.recording.take((unit,))

    @property
    def kept(self) -> list[tuple[float, float]]:
        spans: list[tuple[float, float]] = []
        for fragment in self.spool.fragments:
            start, end = (fragment.start - START) / SECOND, (fragment.end - START) / SECOND
            if spans and spans[-1][1] == start:
                start = spans.pop()[0]
            spans.append((start, end))
        return spans

    async def gaps(self) -> list[tuple[str, float, float | None]]:
        await self.book.drain(1.0)
        return [
            (gap.cause.value, (gap.start - START) / SECOND, gap.end and (gap.end - START) / SECOND)
            for gap in sorted(self.index.gaps.rows, key=lambda gap: gap.start)
        ]


async def test_what_came_before_is_kept_and_the_rest_is_a_gap_with_its_cause() -> None:
    bench = Bench()
    rested = Rested(bench.recording, at(10), WORDS)
    for unit in UNITS[250:]:
        rested.take((unit,))
    assert bench.kept == [(0.0, 10.0)]
    assert await bench.gaps() == [("store-full", 10.0, None)]
    assert bench.index.gaps.rows[0].detail == WORDS
    assert rested.resting is Cause.STORE_FULL


async def test_it_goes_on_within_the_run_from_the_next_key_picture() -> None:
    bench = Bench()
    rested = Rested(bench.recording, at(10), WORDS)
    for unit in UNITS[250:510]:
        rested.take((unit,))
    awake = rested.wake(at(20.4))
    for unit in UNITS[510:]:
        awake.take((unit,))
    awake.end_run(at(40), Cause.CLOSED, "")
    assert bench.kept == [(0.0, 10.0), (21.0, 40.0)]
    assert await bench.gaps() == [("store-full", 10.0, 21.0), ("closed", 40.0, None)]


async def test_a_camera_lost_meanwhile_has_its_own_gap_afterwards() -> None:
    bench = Bench()
    rested = Rested(bench.recording, at(10), WORDS)
    rested.end_run(at(15), Cause.UNREACHABLE, "no route")
    rested.wake(at(20))
    assert await bench.gaps() == [("store-full", 10.0, 20.0), ("unreachable", 20.0, None)]


async def test_a_camera_that_came_back_meanwhile_is_recorded_at_once() -> None:
    bench = Bench()
    rested = Rested(bench.recording, at(10), WORDS)
    rested.end_run(at(11), Cause.CLOSED, "")
    rested.begin_run()
    awake = rested.wake(at(20))
    for unit in UNITS[500:]:
        awake.take((unit,))
    awake.end_run(at(40), Cause.CLOSED, "")
    assert bench.kept == [(0.0, 10.0), (20.0, 40.0)]


class FakeFacts:
    """Facts of an index that may be away."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}
        self.away = False

    async def get(self, key: str) -> str | None:
        if self.away:
            raise Unavailable("the index is away")
        return self.values.get(key)

    async def put(self, key: str, value: str) -> None:
        self.values[key] = value

    async def remove(self, key: str) -> None:
        self.values.pop(key, None)


class FakeCare:
    def __init__(self, camera_id: int) -> None:
        self.camera = Camera(camera_id, camera_id, f"Gate {camera_id}")
        self.words: str | None = None

    def rest(self, words: str | None) -> None:
        self.words = words


class Fleet:
    """Cameras 1 to 3 in the care of a recorder that listens."""

    def __init__(self) -> None:
        self.clock, self.facts = HandClock(START), FakeFacts()
        self.index: Any = type("Index", (), {"facts": self.facts})()
        self.cares = {10 + number: FakeCare(number) for number in (1, 2, 3)}
        self.node = NodeState("record", "here", FakeBus(), self.clock)
        self.rests = Rests(self.index, self.cares, self.node, self.clock)

    async def say(self, *cameras: int) -> None:
        await say(self.index, Stopped(frozenset(cameras), WORDS), self.clock.wall())

    async def resting(self) -> list[int]:
        await self.rests.look()
        told = [problem.code for problem in self.node.problems]
        found = [care.camera.id for care in self.cares.values() if care.words == WORDS]
        assert told == (["store-full"] if found else [])
        return found


async def test_a_recorder_obeys_and_says_so_as_a_problem_of_the_node() -> None:
    fleet = Fleet()
    assert await fleet.resting() == []
    await fleet.say(2, 3, 99)
    assert await fleet.resting() == [2, 3]
    await fleet.say(3)
    assert await fleet.resting() == [3]
    await fleet.say()
    assert await fleet.resting() == []


async def test_other_recorders_cameras_are_no_problem_of_this_one() -> None:
    fleet = Fleet()
    await fleet.say(99)
    assert await fleet.resting() == []


@pytest.mark.parametrize("away", [False, True])
async def test_a_word_that_nobody_repeats_ends_also_while_the_index_is_away(away: bool) -> None:
    fleet = Fleet()
    await fleet.say(1)
    assert await fleet.resting() == [1]
    fleet.facts.away = away
    await fleet.clock.advance(HOLDS_MICROS / SECOND - 1)
    assert await fleet.resting() == [1]
    await fleet.clock.advance(1)
    assert await fleet.resting() == []


async def test_words_that_make_no_sense_stop_nobody() -> None:
    fleet = Fleet()
    fleet.facts.values[FACT] = "nonsense"
    assert await fleet.resting() == []
