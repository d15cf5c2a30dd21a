"""When cameras are tried: back-off, turns of a subnet, a second between two attempts."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest

from recorder.fleet.gate import (
    SUBNET_BURST,
    SUBNET_PER_SECOND,
    Door,
    Gate,
    TokenBucket,
    subnet_of,
)
from recorder.pauses import PASSWORD_PAUSE_SECONDS, Pauses
from tests.fakes.clock import HandClock, settle
from vms.core.model import Cause


def test_pauses_double_up_to_fifteen_seconds_and_start_over_after_a_good_run() -> None:
    pauses = Pauses()
    waits = [pauses.after(Cause.UNREACHABLE, 0.0) for _ in range(8)]
    for wait, least in zip(waits, (1, 2, 4, 8, 15, 15, 15, 15), strict=True):
        assert least <= wait <= 1.4 * least
    assert pauses.after(Cause.CLOSED, 60.0) < 1.5


def test_cameras_that_were_lost_together_come_back_apart() -> None:
    waits = {round(Pauses().after(Cause.CLOSED, 60.0), 6) for _ in range(50)}
    assert len(waits) > 40


def test_a_refused_password_is_tried_again_after_half_an_hour_at_the_earliest() -> None:
    pauses = Pauses()
    for _ in range(5):
        assert pauses.after(Cause.BAD_PASSWORD, 0.0) >= PASSWORD_PAUSE_SECONDS == 1800


@pytest.mark.parametrize("cause", [Cause.CONNECTING, Cause.CLOCK_STEP])
def test_our_own_clocks_step_costs_no_pause(cause: Cause) -> None:
    assert Pauses().after(cause, 100.0) == 0.0


def test_a_bucket_gives_its_burst_at_once_and_then_one_turn_after_the_other() -> None:
    bucket = TokenBucket(10.0, 3)
    waits = [bucket.reserve(100.0) for _ in range(6)]
    assert waits == pytest.approx([0, 0, 0, 0.1, 0.2, 0.3])
    assert bucket.reserve(200.0) == 0.0


@pytest.mark.parametrize(
    ("url", "subnet"),
    [
        ("rtsp://10.1.2.3:554/main", "10.1.2.0/24"),
        ("rtsp://[2001:db8:1:2::9]/main", "2001:db8:1:2::/64"),
        ("rtsp://[::ffff:10.1.2.3]/main", "10.1.2.0/24"),
        ("rtsp://[::1]/", "::/64"),
        ("rtsp://gate.example/main", "gate.example"),
        ("/footage/clip.mp4", ""),
        ("rtsp://[broken/", ""),
    ],
)
def test_a_camera_belongs_to_the_subnet_of_its_address(url: str, subnet: str) -> None:
    assert subnet_of(url) == subnet


class Attempts:
    """Tries that wait at the gate, and when each got through."""

    def __init__(self) -> None:
        self.clock = HandClock()
        self.gate = Gate(self.clock)
        self.at: list[float] = []

    async def one(
        self, camera_id: int, url: str = "rtsp://10.0.0.1/", *, orphan: bool = False
    ) -> None:
        async with self.gate.door(camera_id, url, orphan=orphan):
            self.at.append(self.clock.monotonic() - 1000.0)


async def test_no_camera_sees_two_attempts_within_a_second_from_all_its_streams() -> None:
    attempts = Attempts()
    async with asyncio.TaskGroup() as tasks:
        for _ in range(5):
            tasks.create_task(attempts.one(7))
        for _ in range(10):
            await attempts.clock.advance(1.0)
    assert len(attempts.at) == 5
    assert all(after - before >= 1.0 for before, after in pairwise(attempts.at))


async def test_three_hundred_cameras_of_one_subnet_take_turns() -> None:
    attempts = Attempts()
    async with asyncio.TaskGroup() as tasks:
        for number in range(300):
            tasks.create_task(attempts.one(number))
        await attempts.clock.advance(30.0)
    for second in range(10):
        seen = sum(second <= at < second + 1 for at in attempts.at)
        assert seen <= SUBNET_PER_SECOND + SUBNET_BURST * (second == 0) + 1
    assert max(attempts.at) < 10


async def test_a_dead_recorders_cameras_in_one_subnet_are_all_tried_within_two_seconds() -> None:
    attempts = Attempts()
    async with asyncio.TaskGroup() as tasks:
        for number in range(250):
            tasks.create_task(attempts.one(number, orphan=True))
        await attempts.clock.advance(30.0)
    assert len(attempts.at) == 250
    assert max(attempts.at) <= 2.0


async def test_after_its_first_attempt_an_orphan_waits_like_all_others() -> None:
    attempts = Attempts()
    doors = [attempts.gate.door(n, "rtsp://10.0.0.1/", orphan=True) for n in range(200)]

    async def twice(door: Door) -> None:
        for _ in range(2):
            async with door:
                attempts.at.append(attempts.clock.monotonic() - 1000.0)

    async with asyncio.TaskGroup() as tasks:
        for door in doors:
            tasks.create_task(twice(door))
        await attempts.clock.advance(30.0)
    assert len(attempts.at) == 400
    assert max(attempts.at) >= (200 - SUBNET_BURST) / SUBNET_PER_SECOND - 0.1


async def test_subnets_do_not_wait_for_each_other() -> None:
    attempts = Attempts()
    async with asyncio.TaskGroup() as tasks:
        for number in range(200):
            tasks.create_task(attempts.one(number))
        await settle()
        tasks.create_task(attempts.one(999, "rtsp://10.9.9.9/"))
        await settle()
        assert len(attempts.at) == SUBNET_BURST + 1
        await attempts.clock.advance(30.0)


async def test_the_turns_of_a_subnet_are_shared_among_recorders() -> None:
    attempts = Attempts()
    attempts.gate.members = 4
    async with asyncio.TaskGroup() as tasks:
        for number in range(100):
            tasks.create_task(attempts.one(number))
        await attempts.clock.advance(0.9)
        assert len(attempts.at) <= (SUBNET_BURST + SUBNET_PER_SECOND) / 4
        await attempts.clock.advance(30.0)
    assert len(attempts.at) == 100


async def test_who_leaves_the_queue_holds_no_place() -> None:
    attempts = Attempts()
    waiting = [asyncio.create_task(attempts.one(1)) for _ in range(3)]
    await settle()
    for task in waiting[1:]:
        task.cancel()
    await settle()
    late = asyncio.create_task(attempts.one(1))
    await attempts.clock.advance(1.1)
    assert late.done()
