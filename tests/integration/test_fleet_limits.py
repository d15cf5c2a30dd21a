"""Whole recorders at their limits: cameras with one session, no room, no bus, changes meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from prometheus_client import REGISTRY

from recorder.fleet import record
from recorder.fleet.following import COLD_START_SECONDS
from storage.index import CameraChange, NewCamera, NewStream
from tests.integration.accounts import audit
from tests.integration.recorders import Site, open_site, until
from tests.servers.cameras import Cameras
from vms.core.beside import beside
from vms.core.model import Camera, Cause, Gap, Segment, StreamRole
from vms.core.secret import Secret
from vms.core.walltime import HOUR, SECOND, TimeRange, WallTime


@asynccontextmanager
async def recorder(site: Site, name: str = "a", capacity: int = 0) -> AsyncIterator[None]:
    spool = site.folder / f"spool-{name}"
    config = replace(site.config, node=name, spool=spool, capacity=capacity, segment_seconds=1.0)
    async with beside(record(config, site.index, site.archive, site.bus, site.clock)):
        yield


async def add(site: Site, cameras: Cameras, key: str, **given: str | int) -> Camera:
    url = str(given.pop("url", cameras.url(key)))
    stream = NewStream(StreamRole.MAIN, url, cameras.username, Secret(cameras.password))
    priority = int(given.pop("priority", 5))
    added = await site.index.cameras.add(NewCamera(key, streams=(stream,), priority=priority))
    await site.bus.publish("cameras.changed", {"camera_id": added.id})
    return added


def around_now(site: Site) -> TimeRange:
    now = site.clock.wall()
    return TimeRange(WallTime(now - HOUR), WallTime(now + HOUR))


async def segments_of(site: Site, camera: Camera) -> list[Segment]:
    return await site.archive.segments(camera.streams[0].id, around_now(site))


async def gaps_of(site: Site, camera: Camera) -> list[Gap]:
    return await site.archive.gaps(camera.streams[0].id, around_now(site))


async def until_archived(site: Site, camera: Camera, after: WallTime) -> None:
    async with asyncio.timeout(40):
        while not any(one.range.start > after for one in await segments_of(site, camera)):
            await asyncio.sleep(0.1)


def problems(site: Site, node: str = "a") -> set[str]:
    """What the node complained about when it last said anything."""
    told = [payload for name, payload in site.bus.published if name == f"node.state.record.{node}"]
    return {str(one["code"]) for one in told[-1]["problems"]} if told else set()


@dataclass
class OneAtATime:
    """A camera's address behind which one client is let in; others get 453. `most`: how many were
    inside at once. `refused`: how many were not let in."""

    behind: int
    inside: int = 0
    most: int = 0
    refused: int = 0
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.inside:
            self.refused += 1
            await _refuse(reader, writer)
            return
        self.inside += 1
        self.most = max(self.most, self.inside)
        back, forth = await asyncio.open_connection("127.0.0.1", self.behind)
        try:
            async with beside(_pass(back, writer)):
                await _pass(reader, forth)
        finally:
            self.inside -= 1
            writer.transport.abort()
            forth.transport.abort()


async def _refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    request = await reader.readuntil(b"\r\n\r\n")
    (number,) = [line for line in request.split(b"\r\n") if line.lower().startswith(b"cseq:")]
    writer.write(b"RTSP/1.0 453 Not Enough Bandwidth\r\n" + number + b"\r\n\r\n")
    await writer.drain()
    writer.close()


async def _pass(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    """Until the source hangs up, however."""
    try:
        while data := await source.read(65536):
            sink.write(data)
            await sink.drain()
    except ConnectionError:
        return


@asynccontextmanager
async def one_at_a_time(cameras: Cameras) -> AsyncIterator[tuple[OneAtATime, int]]:
    relay = OneAtATime(cameras.port)
    server = await asyncio.start_server(relay.serve, "127.0.0.1", 0)
    try:
        yield relay, server.sockets[0].getsockname()[1]
    finally:
        server.close()


def cold_moves() -> float:
    name = "vms_recorder_handovers_total"
    return REGISTRY.get_sample_value(name, {"how": "cold"}) or 0.0


async def test_a_camera_that_lets_in_one_client_only_is_handed_over_with_a_gap_that_is_noted(
    cameras: Cameras, tmp_path: Path
) -> None:
    async with open_site(tmp_path) as site, one_at_a_time(cameras) as (relay, port):
        url = cameras.url("gate").replace(str(cameras.port), str(port))
        camera = await add(site, cameras, "gate", url=url)
        before = cold_moves()
        async with AsyncExitStack() as second:
            async with recorder(site, "a"):
                await site.until_state(camera.streams[0].id, condition="recording")
                await until_archived(site, camera, WallTime(0))
                await second.enter_async_context(recorder(site, "b"))
                await until(lambda: len(site.bus._buckets["vms_recorders"]._entries) == 2)
                await asyncio.sleep(2)  # they see each other
            moved = site.clock.wall()
            await until_archived(site, camera, moved)
        assert relay.most == 1
        assert relay.refused >= 1
        assert cold_moves() == before + 1
        found = await audit(site.archive, camera.streams[0].id, site.clock.wall(), decode=False)
        assert found.sound
        assert not found.forks
        assert len({one.epoch for one in await segments_of(site, camera)}) >= 2
        between = [gap for gap in await gaps_of(site, camera) if gap.end is not None]
        (gap,) = [one for one in between if one.cause is Cause.RECORDER_OFF]
        assert gap.end is not None
        assert gap.end - gap.start < 15 * SECOND


async def test_a_change_takes_effect_soon_and_the_others_runs_go_on(
    cameras: Cameras, tmp_path: Path
) -> None:
    async with open_site(tmp_path) as site:
        async with recorder(site, "a"), recorder(site, "b"):
            keys = ("harbour", "street", "gate", "loktuan")
            changed, *others = [await add(site, cameras, key) for key in keys]
            for camera in (changed, *others):
                await site.until_state(camera.streams[0].id, condition="recording")
            await asyncio.sleep(3)  # both know of each other, and who is to move has moved
            for camera in (changed, *others):
                await until_archived(site, camera, WallTime(site.clock.wall() - SECOND))
            since = site.clock.wall()
            unkept = NewStream(StreamRole.MAIN, cameras.url("gate"), cameras.username, record=False)
            change = CameraChange(streams=(unkept,))
            await site.index.cameras.change(changed.id, change)
            await site.bus.publish("cameras.changed", {"camera_id": changed.id})
            await site.until_state(changed.streams[0].id, condition="watchable")
            took = (site.clock.wall() - since) / SECOND
            for camera in others:
                await until_archived(site, camera, WallTime(since + 2 * SECOND))
            until_now = TimeRange(since, site.clock.wall())  # then one stops, and the other has all
        for camera in others:
            segments = await segments_of(site, camera)
            runs = {one.epoch for one in segments if one.range.overlaps(until_now)}
            assert len(runs) == 1
        assert took < 10


async def test_what_no_recorder_has_room_for_is_said_and_taken_when_there_is_room(
    cameras: Cameras, tmp_path: Path
) -> None:
    async with open_site(tmp_path) as site:
        less = await add(site, cameras, "street", priority=2)
        more = await add(site, cameras, "gate", priority=8)
        async with recorder(site, capacity=1):
            await site.until_state(more.streams[0].id, condition="recording")
            await until(lambda: "no-capacity" in problems(site))
            async with asyncio.timeout(20):
                while not (noted := await gaps_of(site, less)):
                    await asyncio.sleep(0.05)
            assert noted[0].cause is Cause.RECORDER_OFF
            assert "every recorder has as many as it takes" in noted[0].detail
            assert not site.states(less.streams[0].id)

            await site.index.cameras.change(more.id, CameraChange(enabled=False))
            await site.bus.publish("cameras.changed", {"camera_id": more.id})
            await site.until_state(less.streams[0].id, condition="recording")
            await until(lambda: "no-capacity" not in problems(site))
            await until_archived(site, less, WallTime(0))
        first = (await segments_of(site, less))[0].range.start
        assert [one.end for one in await gaps_of(site, less)][:1] == [first]


async def test_started_without_a_bus_a_recorder_goes_on_with_what_it_held_and_takes_nothing_new(
    cameras: Cameras, tmp_path: Path
) -> None:
    async with open_site(tmp_path) as site:
        held = await add(site, cameras, "street")
        async with recorder(site):
            await until_archived(site, held, WallTime(0))
        site.bus.away = True
        started = site.clock.wall()
        async with recorder(site):
            new = await add(site, cameras, "gate")
            await until_archived(site, held, started)
            waited = (await segments_of(site, held))[-1].range.start - started
            assert waited > (COLD_START_SECONDS - 1) * SECOND
            site.bus.away = False
            back = site.clock.wall()
            await until_archived(site, new, WallTime(0))
            assert (await segments_of(site, new))[0].range.start > back
            await until_archived(site, held, WallTime(back + SECOND))
        runs = {one.epoch for one in await segments_of(site, held) if one.range.start > started}
        assert len(runs) == 1
