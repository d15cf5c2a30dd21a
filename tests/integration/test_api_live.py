"""Server-sent events and WHEP: what a page is told, whom a player serves, who may end it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from storage.index import Index
from tests.fakes.clock import settle
from tests.integration.api_stage import Stage, open_stage
from vms.core.errors import Exhausted
from vms.core.model import Camera, Role, StreamRole


@pytest.fixture
async def stage(sqlite_index: Index, tmp_path: Path) -> AsyncIterator[Stage]:
    async with open_stage(sqlite_index, tmp_path) as opened:
        await opened.user("root", Role.ADMINISTRATOR)
        yield opened


def state_of(camera: Camera, since: int = 5, **fields: object) -> dict[str, Any]:
    stream = camera.stream(StreamRole.MAIN)
    assert stream is not None
    told = {"stream_id": stream.id, "camera_id": camera.id, "role": "main", "since": since}
    return told | {"condition": "recording", "cause": None, "newer_field": 1} | fields


async def listed(stage: Stage) -> None:
    """Wait until the board knows the cameras of the index."""
    wanted = {stream.id for each in await stage.index.cameras.list() for stream in each.streams}
    stage.api.watch.cameras_changed()
    async with asyncio.timeout(20):
        while {state.stream_id for state in stage.api.watch.board.streams()} != wanted:
            await asyncio.sleep(0.01)


async def until(events: AsyncIterator[tuple[str, Any]], name: str) -> Any:
    async with asyncio.timeout(25):
        async for told, data in events:
            if told == name:
                return data
    raise AssertionError(f"the events ended before {name}")


async def test_a_page_gets_everything_as_it_is_and_then_changes(stage: Stage) -> None:
    camera = await stage.camera()
    await listed(stage)
    browser = await stage.signed_in("root")
    async with browser.events() as events:
        assert (await until(events, "stream"))["condition"] == "connecting"
        assert (await until(events, "stream"))["role"] == "sub"
        await stage.bus.publish("stream.state.1", state_of(camera))
        told = await until(events, "stream")
        assert (told["condition"], told["since"]) == ("recording", 5)
        assert "newer_field" not in told
        await stage.bus.publish("cameras.changed", {"camera_id": camera.id})
        assert await until(events, "cameras") == {}


async def test_a_page_is_told_only_of_the_cameras_its_user_sees(stage: Stage) -> None:
    mine, other = await stage.camera("Mine"), await stage.camera("Other")
    await stage.user("budi", cameras=[mine.id])
    await listed(stage)
    browser = await stage.signed_in("budi")
    problem = {"code": "disk-full", "detail": "/srv/spool is full", "since": 1}
    async with browser.events() as events:
        seen = [await until(events, "stream") for _ in range(2)]
        assert {state["camera_id"] for state in seen} == {mine.id}
        await stage.bus.publish("stream.state.9", state_of(other))
        node = {"role": "record", "node": "n1", "at": 1, "problems": [problem]}
        await stage.bus.publish("node.state.record.n1", node)
        told = await until(events, "node")  # the state of the other camera came before, or never
        assert told["problems"] == [problem | {"detail": ""}]
        await stage.bus.publish("stream.state.1", state_of(mine))
        assert (await until(events, "stream"))["camera_id"] == mine.id


async def test_news_that_is_no_news_harms_nobody(stage: Stage) -> None:
    camera = await stage.camera()
    await listed(stage)
    browser = await stage.signed_in("root")
    async with browser.events() as events:
        await stage.bus.publish("stream.state.1", {"stream_id": "x"})
        await stage.bus.publish("stream.state.77", state_of(camera, stream_id=77))
        await stage.bus.publish("stream.state.1", state_of(camera, camera_id=77))
        await stage.bus.publish("node.state.record.n1", {"role": None})
        await stage.bus.publish("stream.state.1", state_of(camera, since=42))
        for _ in range(2):
            await until(events, "stream")  # as it was
        assert (await until(events, "stream"))["since"] == 42


async def test_a_recorder_that_falls_silent_is_said(stage: Stage) -> None:
    camera = await stage.camera()
    await listed(stage)
    browser = await stage.signed_in("root")
    async with browser.events() as events:
        await stage.bus.publish("stream.state.1", state_of(camera))
        await settle()
        await stage.clock.advance(9)
        for _ in range(5):
            told = await until(events, "stream")
            if told["cause"] == "recorder-off":
                break
        assert told["condition"] == "down"


async def test_a_page_is_told_that_its_session_is_over_and_then_nothing(stage: Stage) -> None:
    await stage.user("budi")
    browser = await stage.signed_in("budi")
    async with browser.events() as events:
        assert (await browser.call("DELETE", "/api/session")).status == 204
        assert await until(events, "session") == {"ended": True}
        async with asyncio.timeout(20):
            assert [each async for each in events] == []


async def test_a_page_learns_of_new_rights_without_signing_in_again(stage: Stage) -> None:
    first, second = await stage.camera("A"), await stage.camera("B")
    user = await stage.user("budi", cameras=[first.id])
    await listed(stage)
    browser, root = await stage.signed_in("budi"), await stage.signed_in("root")
    async with browser.events() as events:
        await until(events, "stream")
        await until(events, "stream")
        change = {"cameras": [first.id, second.id]}
        assert (await root.call("PATCH", f"/api/users/{user.id}", change)).status == 200
        await stage.clock.advance(11)
        await stage.bus.publish("stream.state.1", state_of(first))
        await until(events, "cameras")
        seen = {(await until(events, "stream"))["camera_id"] for _ in range(4)}
        assert seen == {first.id, second.id}


async def test_an_offer_goes_to_a_player_with_all_it_needs_to_decide(stage: Stage) -> None:
    camera = await stage.camera()
    user = await stage.user("budi", cameras=[camera.id])
    browser = await stage.signed_in("budi")
    answer = await browser.offer(f"/whep/{camera.id}?stream=sub&at=1795400000000000")
    assert (answer.status, answer.body) == (201, b"v=0\r\nanswer")
    assert answer.headers["Location"] == f"/whep/{camera.id}/peer1"
    assert answer.headers["Content-Type"].startswith("application/sdp")
    (asked,) = stage.player.offers
    assert asked["streams"] == {stream.role: stream.id for stream in camera.streams}
    assert (asked["stream"], asked["at"]) == ("sub", 1_795_400_000_000_000)
    assert (asked["user_id"], asked["playback"]) == (user.id, True)
    assert asked["address"] == "127.0.0.1"
    assert "canary" not in str(asked), "players need no camera passwords"


@pytest.mark.parametrize("query", ["stream=third", "at=-1", "at=" + "9" * 30, "at=yesterday"])
async def test_a_question_that_makes_no_sense_is_refused(stage: Stage, query: str) -> None:
    camera = await stage.camera()
    browser = await stage.signed_in("root")
    assert (await browser.offer(f"/whep/{camera.id}?{query}")).status == 400
    assert stage.player.offers == []


@pytest.mark.parametrize("sdp", [b"", b"hello", b"v=0\xff\xfe"])
async def test_what_is_no_offer_is_refused(stage: Stage, sdp: bytes) -> None:
    camera = await stage.camera()
    browser = await stage.signed_in("root")
    assert (await browser.offer(f"/whep/{camera.id}", sdp)).status == 400


async def test_an_offer_that_is_too_long_is_refused(stage: Stage) -> None:
    camera = await stage.camera()
    browser = await stage.signed_in("root")
    assert (await browser.offer(f"/whep/{camera.id}", "v=0" + "x" * 70_000)).status == 413


async def test_only_the_session_that_opened_a_connection_ends_it(stage: Stage) -> None:
    camera = await stage.camera()
    await stage.user("budi")
    mine, again, root = [await stage.signed_in(name) for name in ("budi", "budi", "root")]
    location = (await mine.offer(f"/whep/{camera.id}")).headers["Location"]
    for other in (again, root):
        assert (await other.call("DELETE", location)).status == 404
    assert stage.player.closed == []
    assert (await mine.call("DELETE", location)).status == 204
    assert stage.player.closed == ["peer1"]
    assert (await mine.call("DELETE", location)).status == 404


async def test_what_a_player_refuses_is_refused_in_its_words(stage: Stage) -> None:
    camera = await stage.camera()
    browser = await stage.signed_in("root")

    async def full(subject: str, payload: object) -> dict[str, Any]:
        raise Exhausted("too many viewers on this player")

    async with stage.bus.serve("play.offer", full, group="play"):
        answers = [await browser.offer(f"/whep/{camera.id}") for _ in range(2)]
    (refused,) = [answer for answer in answers if answer.status != 201]
    assert (refused.status, refused.json["detail"]) == (429, "too many viewers on this player")


async def test_without_a_player_it_says_try_again(stage: Stage) -> None:
    camera = await stage.camera()
    browser = await stage.signed_in("root")
    stage.bus.away = True
    answer = await browser.offer(f"/whep/{camera.id}")
    assert (answer.status, answer.json["kind"]) == (503, "unavailable")


async def test_a_session_that_ends_while_a_player_answers_keeps_no_media(stage: Stage) -> None:
    camera = await stage.camera()
    user = await stage.user("budi")
    browser = await stage.signed_in("budi")
    assert (await browser.offer(f"/whep/{camera.id}")).status == 201
    await stage.index.sessions.remove_of_user(user.id)  # as another process would
    async with asyncio.timeout(20):
        while not stage.published("play.revoke"):
            await stage.clock.advance(15)
            await asyncio.sleep(0.01)
    assert len(stage.api.peers) == 0
