"""Buckets of keys and values: one suite for the fake and for NATS JetStream."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fakes.bus import FakeBus
from tests.servers.nats import NatsServer, run_nats
from vms.core.bus import Bus, KeyValue, open_bus
from vms.core.errors import Conflict, Unavailable


@pytest.fixture(params=["fake", "nats"])
async def bus(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Bus]:
    if request.param == "fake":
        yield FakeBus()
        return
    async with (
        run_nats(tmp_path) as server,
        open_bus(server.url, user=server.user, password=server.password) as bus,
    ):
        yield bus


@pytest.fixture
def bucket(bus: Bus) -> KeyValue:
    return bus.keyvalue("facts")


async def test_what_was_created_is_found_with_its_revision(bucket: KeyValue) -> None:
    revision = await bucket.create("camera.1", {"holder": "a"})
    found = await bucket.get("camera.1")
    assert found is not None
    assert (found.value, found.revision) == ({"holder": "a"}, revision)
    assert await bucket.get("camera.2") is None


async def test_of_two_who_create_a_key_one_is_refused(bucket: KeyValue) -> None:
    tries = (bucket.create("camera.1", {"holder": name}) for name in "ab")
    done = await asyncio.gather(*tries, return_exceptions=True)
    assert sorted(type(each).__name__ for each in done) == ["Conflict", "int"]


async def test_a_key_is_changed_only_by_who_knows_its_newest_revision(bucket: KeyValue) -> None:
    first = await bucket.create("k", {"n": 1})
    second = await bucket.update("k", {"n": 2}, first)
    assert second > first
    with pytest.raises(Conflict):
        await bucket.update("k", {"n": 3}, first)
    with pytest.raises(Conflict):
        await bucket.remove("k", first)
    found = await bucket.get("k")
    assert found is not None
    assert found.value == {"n": 2}


async def test_a_removed_key_is_gone_and_may_be_created_again_with_a_later_revision(
    bucket: KeyValue,
) -> None:
    first = await bucket.create("k", {})
    await bucket.remove("k", first)
    assert (await bucket.get("k"), await bucket.keys()) == (None, frozenset())
    with pytest.raises(Conflict):
        await bucket.update("k", {}, first)
    assert await bucket.create("k", {}) > first


async def test_all_keys_are_listed(bucket: KeyValue) -> None:
    assert await bucket.keys() == frozenset()
    for key in ("session.a", "session.b", "other"):
        await bucket.create(key, {})
    assert await bucket.keys() == {"session.a", "session.b", "other"}


async def test_an_entry_that_nobody_renews_is_gone_after_its_time(bus: Bus) -> None:
    bucket = bus.keyvalue("short", ttl_seconds=1.0)
    revision = await bucket.create("renewed", {})
    await bucket.create("left", {})
    async with asyncio.timeout(20):
        while "left" in await bucket.keys():
            await asyncio.sleep(0.3)
            revision = await bucket.update("renewed", {}, revision)
    assert await bucket.keys() == {"renewed"}
    assert await bucket.get("left") is None


async def test_buckets_do_not_share_keys(bus: Bus) -> None:
    one, other = bus.keyvalue("one"), bus.keyvalue("other")
    await one.create("k", {})
    assert await other.keys() == frozenset()


async def test_without_a_server_nothing_can_be_said(nats: NatsServer) -> None:
    async with open_bus(nats.url, user=nats.user, password=nats.password) as bus:
        bucket = bus.keyvalue("facts")
        revision = await bucket.create("k", {"n": 1})
        await nats.stop()
        with pytest.raises(Unavailable):
            await bucket.get("k")
        await nats.start()
        async with asyncio.timeout(30):
            while not bus.connected:
                await asyncio.sleep(0.02)
        found = await bucket.get("k")
        assert found is not None
        assert found.revision == revision


async def test_an_entry_ends_in_time_for_a_takeover(nats: NatsServer) -> None:
    """A recorder's session lives 5 s: how much later its end is seen decides the takeover."""
    async with open_bus(nats.url, user=nats.user, password=nats.password) as bus:
        bucket = bus.keyvalue("sessions", ttl_seconds=1.0)
        await bucket.create("k", {})
        began = asyncio.get_running_loop().time()
        while "k" in await bucket.keys():
            await asyncio.sleep(0.05)
        assert asyncio.get_running_loop().time() - began < 4.0
