"""What every bus promises: NATS with a real server, and the fake that other tests use."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fakes.bus import FakeBus
from tests.servers.nats import run_nats
from vms.core.bus import Answer, Bus, Payload, open_bus
from vms.core.errors import Conflict, Unavailable


@pytest.fixture(params=["nats", "fake"])
async def bus(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Bus]:
    if request.param == "fake":
        yield FakeBus()
        return
    async with (
        run_nats(tmp_path) as server,
        open_bus(server.url, user=server.user, password=server.password) as opened,
    ):
        yield opened


async def test_an_event_reaches_every_subscriber(bus: Bus) -> None:
    async with bus.subscribe("cameras.changed") as one, bus.subscribe("cameras.>") as other:
        await bus.publish("cameras.changed", {"camera_id": 7})
        assert await anext(one) == ("cameras.changed", {"camera_id": 7})
        assert await anext(other) == ("cameras.changed", {"camera_id": 7})


async def test_a_star_stands_for_one_token(bus: Bus) -> None:
    async with bus.subscribe("stream.state.*") as states:
        await bus.publish("stream.state.1.more", {})
        await bus.publish("stream.state", {})
        await bus.publish("stream.state.2", {"n": 2})
        assert await anext(states) == ("stream.state.2", {"n": 2})


async def test_a_full_subscription_drops_the_oldest(bus: Bus) -> None:
    async with bus.subscribe("count", bound=3) as slow, bus.subscribe("count") as quick:
        for number in range(10):
            await bus.publish("count", {"n": number})
        for _ in range(10):
            await anext(quick)
        assert [(await anext(slow))[1]["n"] for _ in range(3)] == [7, 8, 9]


async def test_a_request_is_answered(bus: Bus) -> None:
    async def answer(subject: str, payload: Payload) -> Payload:
        return {"subject": subject, "twice": payload["n"] * 2}

    async with bus.serve("feed.*", answer):
        assert await bus.request("feed.5", {"n": 21}) == {"subject": "feed.5", "twice": 42}


async def test_requests_are_answered_side_by_side(bus: Bus) -> None:
    both = asyncio.Barrier(2)

    async def answer(subject: str, payload: Payload) -> Payload:
        await both.wait()
        return {}

    async with bus.serve("together", answer):
        replies = await asyncio.gather(bus.request("together", {}), bus.request("together", {}))
    assert list(replies) == [{}, {}]


async def test_the_answering_side_s_error_is_raised_on_the_asking_side(bus: Bus) -> None:
    async def refuse(subject: str, payload: Payload) -> Payload:
        raise Conflict("already there", camera_id=3)

    async with bus.serve("add", refuse):
        with pytest.raises(Conflict) as raised:
            await bus.request("add", {})
    assert (raised.value.message, raised.value.context) == ("already there", {"camera_id": 3})


async def test_asking_where_nobody_serves_is_unavailable_at_once(bus: Bus) -> None:
    async with asyncio.timeout(30):
        with pytest.raises(Unavailable):
            await bus.request("nobody", {}, timeout_seconds=600)


async def test_an_answer_that_does_not_come_is_unavailable(bus: Bus) -> None:
    async def ponder(subject: str, payload: Payload) -> Payload:
        await asyncio.sleep(60)
        return {}

    async with bus.serve("slow", ponder):
        with pytest.raises(Unavailable):
            await bus.request("slow", {}, timeout_seconds=0.05)


async def test_of_a_group_one_gets_each_request(bus: Bus) -> None:
    answered: list[str] = []

    def server(name: str) -> Answer:
        async def answer(subject: str, payload: Payload) -> Payload:
            answered.append(name)
            return {}

        return answer

    async with bus.serve("work", server("a"), group="g"), bus.serve("work", server("b"), group="g"):
        for _ in range(20):
            await bus.request("work", {})
    assert len(answered) == 20


async def test_after_leaving_nobody_answers(bus: Bus) -> None:
    async def answer(subject: str, payload: Payload) -> Payload:
        return {}

    async with bus.serve("short", answer):
        await bus.request("short", {})
    with pytest.raises(Unavailable):
        await bus.request("short", {}, timeout_seconds=1)
