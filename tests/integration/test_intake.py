"""Reading many sockets in few turns of the loop."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager

import pytest

from recorder.rtsp.intake import LONGEST_SECONDS, REST_SECONDS, ROUND, Intake, open_intake

ROUND_SECONDS = ROUND * REST_SECONDS


class Reader:
    """One end of a pair of sockets; `reads` is what each read found."""

    def __init__(self, ours: socket.socket, theirs: socket.socket) -> None:
        self.ours, self.theirs = ours, theirs
        self.reads: list[bytes] = []
        self.heard = asyncio.Event()

    def read(self) -> None:
        try:
            self.reads.append(self.ours.recv(65536))
        except BlockingIOError:
            return
        self.heard.set()

    async def hears(self, data: bytes) -> float:
        """Send, wait until it was read: the seconds that took."""
        loop = asyncio.get_running_loop()
        self.heard.clear()
        began = loop.time()
        self.theirs.send(data)
        async with asyncio.timeout(10):
            await self.heard.wait()
        return loop.time() - began


@contextmanager
def pair() -> Iterator[Reader]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        yield Reader(ours, theirs)


@asynccontextmanager
async def readers(count: int) -> AsyncIterator[tuple[Intake, list[Reader]]]:
    async with open_intake() as intake:
        with ExitStack() as opened:
            made = [opened.enter_context(pair()) for _ in range(count)]
            for each in made:
                intake.add(each.ours, each.read)
            try:
                yield intake, made
            finally:
                for each in made:
                    intake.remove(each.ours)


async def test_calm_ones_are_read_in_rounds_and_find_several_pictures_at_once() -> None:
    async with readers(1) as (intake, (camera,)):
        assert intake.calm(camera.ours, True)
        await camera.hears(b"first")
        for _ in range(30):
            camera.theirs.send(b"p")
            await asyncio.sleep(ROUND_SECONDS / 10)
        await camera.hears(b"last")
    assert b"".join(camera.reads) == b"first" + b"p" * 30 + b"last"
    assert len(camera.reads) < 20


async def test_everyone_has_a_turn_whatever_way_it_is_read() -> None:
    async with readers(12) as (intake, cameras):
        for each in cameras[:9]:
            intake.calm(each.ours, True)
        for _ in range(3):
            await asyncio.gather(*(each.hears(b"x") for each in cameras))
    assert all(b"".join(each.reads) == b"xxx" for each in cameras)


async def test_back_to_prompt_and_out_of_the_set() -> None:
    async with readers(2) as (intake, (one, other)):
        assert intake.calm(one.ours, True)
        assert not intake.calm(one.ours, True)
        await one.hears(b"in rounds")
        assert intake.calm(one.ours, False)
        await one.hears(b"promptly")
        intake.remove(one.ours)
        assert not intake.calm(one.ours, True)
        one.theirs.send(b"nobody reads")
        await other.hears(b"the other goes on")
        await other.hears(b"and on")
    assert one.reads == [b"in rounds", b"promptly"]


async def test_a_long_turn_lets_others_work_in_between() -> None:
    loop = asyncio.get_running_loop()
    async with readers(20) as (intake, cameras):
        gate = asyncio.Event()
        order: list[str] = []

        def slow(camera: Reader) -> None:
            camera.read()
            order.append("read")
            until = loop.time() + 2 * LONGEST_SECONDS
            while loop.time() < until:
                loop.call_soon(lambda: None)

        for each in cameras:
            intake.add(each.ours, lambda each=each: slow(each))  # type: ignore[misc]
            each.theirs.send(b"x")

        def other() -> None:
            order.append("other")
            if order.count("read") < len(cameras):
                loop.call_soon(other)
            else:
                gate.set()

        loop.call_soon(other)
        async with asyncio.timeout(20):
            await gate.wait()
    between = "".join(word[0] for word in order)
    assert "rr" not in between.strip("o")


async def test_one_that_leaves_while_it_is_due_is_not_read() -> None:
    async with readers(2) as (intake, cameras):
        left: list[Reader] = []

        def read(camera: Reader) -> None:
            camera.read()
            other = cameras[1 - cameras.index(camera)]
            intake.remove(other.ours)
            left.append(other)

        for each in cameras:
            intake.add(each.ours, lambda each=each: read(each))  # type: ignore[misc]
            each.theirs.send(b"x")
        await asyncio.sleep(5 * REST_SECONDS)
        assert len(left) == 1
        assert left[0].reads == []


@pytest.mark.parametrize("calm", [False, True])
async def test_a_set_that_was_empty_for_a_while_begins_again(calm: bool) -> None:
    async with readers(1) as (intake, (camera,)):
        intake.remove(camera.ours)
        await asyncio.sleep(3 * REST_SECONDS)
        intake.add(camera.ours, camera.read)
        intake.calm(camera.ours, calm)
        await camera.hears(b"x")
        intake.calm(camera.ours, not calm)
        await camera.hears(b"y")
    assert b"".join(camera.reads) == b"xy"


async def test_one_that_calms_down_while_it_is_read_makes_no_second_clock() -> None:
    async with readers(1) as (intake, (camera,)):
        turns = 0

        def read() -> None:
            nonlocal turns
            turns += 1
            camera.read()
            intake.calm(camera.ours, True)

        intake.add(camera.ours, read)
        await camera.hears(b"x")
        before, began = turns, time.monotonic()
        await asyncio.sleep(10 * ROUND_SECONDS)
        passed = time.monotonic() - began
    assert turns - before <= 1.3 * passed / ROUND_SECONDS
