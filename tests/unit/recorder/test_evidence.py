"""What an evidence lock touches is never dropped from a full spool."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from recorder.fleet.evidence import YOUNGEST_MICROS, Evidence
from recorder.spool.room import Room
from tests.fakes.clock import HandClock
from tests.fakes.segments import NINE, segment
from vms.core.errors import Unavailable
from vms.core.model import Stream, StreamRole
from vms.core.promises import Lock, LockSpan
from vms.core.walltime import MINUTE, SECOND, TimeRange, WallTime

GATE, YARD = (Stream(n, n, StreamRole.MAIN, "rtsp://cam/") for n in (1, 2))
HELD = [segment(YARD, number) for number in range(4)]


def minutes(start: float, end: float) -> TimeRange:
    return TimeRange(WallTime(NINE + round(start * MINUTE)), WallTime(NINE + round(end * MINUTE)))


def full() -> Room:
    """The gate matters more than the yard, whose four minutes fill the spool."""
    room = Room(4_000)
    room.rank(GATE.id, 9)
    room.rank(YARD.id, 1)
    return room


def test_locked_segments_stay_and_others_go_in_their_place() -> None:
    room = full()
    room.lock({YARD.camera_id: [minutes(0.5, 1.5)]})
    assert room.victims(GATE.id, 1_500, 4_000, HELD) == [HELD[2], HELD[3]]


def test_another_cameras_lock_keeps_nothing_here() -> None:
    room = full()
    room.lock({GATE.camera_id: [minutes(0, 4)]})
    assert room.victims(GATE.id, 500, 4_000, HELD) == [HELD[0]]


def test_when_all_is_locked_the_newcomer_is_refused_until_a_lock_ends() -> None:
    room = full()
    room.lock({YARD.camera_id: [minutes(0, 4)]})
    assert room.victims(GATE.id, 500, 4_000, HELD) == []
    assert not room.fits(GATE.id, 500, 4_000)
    room.lock({})
    assert room.victims(GATE.id, 500, 4_000, HELD) == [HELD[0]]


class FakeLocks:
    def __init__(self, *locks: Lock) -> None:
        self.locks, self.away = locks, False

    async def list(self, active_only: bool, now: WallTime) -> Sequence[Lock]:
        if self.away:
            raise Unavailable("the index is away")
        return [lock for lock in self.locks if lock.holds(now) or not active_only]


class FakeSpool:
    told: Mapping[int, Sequence[TimeRange]] | None = None

    def lock(self, spans: Mapping[int, Sequence[TimeRange]]) -> None:
        self.told = spans


def lock(number: int, *spans: LockSpan, expires: WallTime | None = None) -> Lock:
    return Lock(number, "1", "a case", spans, NINE, "ratna", expires)


async def test_the_spool_learns_what_is_locked_and_keeps_it_while_the_index_is_away() -> None:
    ends = WallTime(NINE + 10 * SECOND)
    old = TimeRange(WallTime(0), WallTime(NINE - YOUNGEST_MICROS))
    locks = FakeLocks(
        lock(1, LockSpan(2, minutes(0, 1)), LockSpan(3, minutes(5, 6))),
        lock(2, LockSpan(2, minutes(1, 2))),
        lock(3, LockSpan(4, minutes(0, 1)), expires=ends),
        lock(4, LockSpan(5, old)),
    )
    index: Any = type("Index", (), {"locks": locks})()
    clock, spool = HandClock(NINE), FakeSpool()
    evidence = Evidence(index, spool, clock)
    await evidence.look()
    lasting = {2: [minutes(0, 2)], 3: [minutes(5, 6)]}
    assert spool.told == lasting | {4: [minutes(0, 1)]}
    await clock.advance(10)
    locks.away = True
    await evidence.look()
    assert spool.told == lasting | {4: [minutes(0, 1)]}
    locks.away = False
    await evidence.look()
    assert spool.told == lasting
