"""What only a bus with a server between can show: outages, wrong passwords, broken peers."""

from __future__ import annotations

import asyncio
import logging

import pytest

from tests.servers.nats import NatsServer
from vms.core.bus import NatsBus, Payload, open_bus
from vms.core.errors import Exhausted, Unavailable
from vms.core.secret import Secret


async def until_connected(bus: NatsBus) -> None:
    async with asyncio.timeout(30):
        while not bus.connected:
            await asyncio.sleep(0.02)


async def test_a_restarted_server_is_found_again_with_every_subscription(nats: NatsServer) -> None:
    async def answer(subject: str, payload: Payload) -> Payload:
        return {"ok": True}

    async with (
        open_bus(nats.url, user=nats.user, password=nats.password) as bus,
        bus.subscribe("news") as news,
        bus.serve("ask", answer),
    ):
        await nats.stop()
        with pytest.raises(Unavailable):
            await bus.request("ask", {}, timeout_seconds=1)
        await nats.start()
        await until_connected(bus)
        await bus.publish("news", {"after": "restart"})
        async with asyncio.timeout(30):
            assert await anext(news) == ("news", {"after": "restart"})
        assert await bus.request("ask", {}) == {"ok": True}


async def test_without_a_server_the_bus_opens_and_connects_later(nats: NatsServer) -> None:
    await nats.stop()
    async with open_bus(
        nats.url, user=nats.user, password=nats.password, first_wait_seconds=0.05
    ) as bus:
        await bus.publish("dropped", {})
        with pytest.raises(Unavailable):
            await bus.request("ask", {})
        async with bus.subscribe("early") as early:
            await nats.start()
            await until_connected(bus)
            await bus.publish("early", {"n": 1})
            async with asyncio.timeout(30):
                assert await anext(early) == ("early", {"n": 1})


async def test_a_wrong_password_is_said_and_never_shown(
    nats: NatsServer, caplog: pytest.LogCaptureFixture
) -> None:
    wrong = Secret("surely-not-this-one")
    with caplog.at_level(logging.DEBUG):
        async with open_bus(
            nats.url, user=nats.user, password=wrong, first_wait_seconds=1.5
        ) as bus:
            assert not bus.connected
    assert "Authorization Violation" in caplog.text
    assert wrong.reveal() not in caplog.text


async def test_a_bug_in_one_answer_costs_only_that_request(nats: NatsServer) -> None:
    async def answer(subject: str, payload: Payload) -> Payload:
        return {"inverse": 1 / payload["n"]}

    async with (
        open_bus(nats.url, user=nats.user, password=nats.password) as bus,
        bus.serve("divide", answer),
    ):
        with pytest.raises(Unavailable, match="its log says why"):
            await bus.request("divide", {"n": 0})
        assert await bus.request("divide", {"n": 2}) == {"inverse": 0.5}


async def test_what_is_too_large_for_the_bus_is_exhausted(nats: NatsServer) -> None:
    async def verbose(subject: str, payload: Payload) -> Payload:
        return {"text": "x" * 9_000_000}

    async with (
        open_bus(nats.url, user=nats.user, password=nats.password) as bus,
        bus.serve("verbose", verbose),
    ):
        with pytest.raises(Exhausted):
            await bus.publish("much", {"text": "x" * 9_000_000})
        with pytest.raises(Exhausted):
            await bus.request("verbose", {})


async def test_who_waits_for_an_answer_learns_that_the_other_side_stopped(
    nats: NatsServer,
) -> None:
    asked = asyncio.Event()

    async def never(subject: str, payload: Payload) -> Payload:
        asked.set()
        await asyncio.Event().wait()
        return {}

    async with open_bus(nats.url, user=nats.user, password=nats.password) as bus:
        async with bus.serve("never", never):
            waiting = asyncio.create_task(bus.request("never", {}, timeout_seconds=60))
            await asked.wait()
        with pytest.raises(Unavailable, match="stopped while answering"):
            await waiting


async def test_a_client_that_has_given_up_is_replaced_with_every_subscription(
    nats: NatsServer,
) -> None:
    """nats-py closes for good when the server sends an error: here for a word that is no NATS."""

    async def answer(subject: str, payload: Payload) -> Payload:
        return {"ok": True}

    async with (
        open_bus(nats.url, user=nats.user, password=nats.password) as bus,
        bus.subscribe("news") as news,
        bus.serve("ask", answer),
    ):
        given_up = bus._link.client
        assert given_up._transport is not None
        given_up._transport.write(b"NONSENSE\r\n")
        async with asyncio.timeout(30):
            while not given_up.is_closed:
                await asyncio.sleep(0.02)
        await until_connected(bus)
        assert bus._link.client is not given_up
        await bus.publish("news", {"n": 1})
        async with asyncio.timeout(30):
            assert await anext(news) == ("news", {"n": 1})
        assert await bus.request("ask", {}) == {"ok": True}
