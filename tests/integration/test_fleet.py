"""Several recorders share the cameras: planned moves without a gap, take-over from a dead one."""

from __future__ import annotations

import asyncio
import itertools
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from recorder.fleet import record
from recorder.fleet.session import TTL_SECONDS
from storage.index import NewCamera, NewStream
from tests.integration.accounts import audit
from tests.integration.recorders import Site, open_site
from tests.servers.cameras import Cameras, run_cameras
from tests.servers.nats import NatsServer
from vms.core.beside import beside
from vms.core.bus import Bus, NatsBus, open_bus
from vms.core.model import Camera, Cause, Gap, Segment, StreamRole
from vms.core.secret import Secret
from vms.core.walltime import HOUR, SECOND, TimeRange, WallTime

KEYS = ("harbour", "street", "gate", "loktuan", "market", "mosque")
TAKE_OVER_SECONDS = 10.0
FINISHED_SECONDS = 60.0
SEAM_MICROS = 200_000


async def add(site: Site, cameras: Cameras, *keys: str) -> list[Camera]:
    added = []
    for key in keys:
        login = (cameras.username, Secret(cameras.password))
        stream = NewStream(StreamRole.MAIN, cameras.url(key), *login)
        added.append(await site.index.cameras.add(NewCamera(key, streams=(stream,))))
    return added


@asynccontextmanager
async def recorder(site: Site, bus: Bus, name: str) -> AsyncIterator[None]:
    """One recorder of this process, with a spool of its own."""
    config = replace(site.config, node=name, spool=site.folder / f"spool-{name}")
    async with beside(record(config, site.index, site.archive, bus, site.clock)):
        yield


def bus_of(nats: NatsServer) -> AbstractAsyncContextManager[NatsBus]:
    return open_bus(nats.url, user=nats.user, password=nats.password)


async def holders(bus: Bus, cameras: list[Camera]) -> dict[int, str]:
    """Camera to the node that holds it, as the leases say."""
    bucket = bus.keyvalue("vms_leases")
    entries = {camera.id: await bucket.get(f"camera.{camera.id}") for camera in cameras}
    return {key: str(one.value["holder"]).split("-")[0] for key, one in entries.items() if one}


async def until_held(bus: Bus, cameras: list[Camera], *names: str) -> dict[int, str]:
    """Wait until exactly these recorders hold all cameras between them, and no more moves."""
    async with asyncio.timeout(60):
        before: dict[int, str] = {}
        while True:
            held = await holders(bus, cameras)
            shared = len(held) == len(cameras) and set(held.values()) == set(names)
            if shared and held == before:
                return held
            before = held
            await asyncio.sleep(3)


async def segments_of(site: Site, camera: Camera) -> list[Segment]:
    now = site.clock.wall()
    span = TimeRange(WallTime(now - HOUR), WallTime(now + HOUR))
    return await site.archive.segments(camera.streams[0].id, span)


async def gaps_of(site: Site, camera: Camera) -> list[Gap]:
    now = site.clock.wall()
    span = TimeRange(WallTime(now - HOUR), WallTime(now + HOUR))
    return await site.archive.gaps(camera.streams[0].id, span)


async def until_archived(site: Site, cameras: list[Camera], wall: WallTime) -> None:
    """Wait until the archive reaches this moment for each of them."""
    async with asyncio.timeout(60):
        for camera in cameras:
            while not any(one.range.end > wall for one in await segments_of(site, camera)):
                await asyncio.sleep(0.2)


def assert_seamless(segments: list[Segment]) -> None:
    for before, after in itertools.pairwise(segments):
        assert 0 <= after.range.start - before.range.end < SEAM_MICROS
        assert after.prev_sha256 == before.sha256


@pytest.mark.timeout(180)
async def test_cameras_move_to_a_new_recorder_and_away_from_a_stopping_one_without_a_gap(
    tmp_path: Path,
) -> None:
    with run_cameras() as cameras:
        async with open_site(tmp_path) as site:
            added = await add(site, cameras, *KEYS)
            async with recorder(site, site.bus, "b"):
                async with recorder(site, site.bus, "a"):
                    for camera in added:
                        await site.until_state(camera.streams[0].id, condition="recording")
                    held = await until_held(site.bus, added, "a", "b")
                    assert set(held.values()) == {"a", "b"}
                    await asyncio.sleep(3)
                stopped = site.clock.wall()
                assert set((await holders(site.bus, added)).values()) == {"b"}
                await until_archived(site, added, WallTime(stopped + 2 * SECOND))
            moved = 0
            for camera in added:
                segments = await segments_of(site, camera)
                assert_seamless(segments)
                moved += len({segment.epoch for segment in segments}) > 1
                lasting = {gap.cause for gap in await gaps_of(site, camera)}
                assert lasting <= {Cause.CONNECTING, Cause.RECORDER_OFF}
            assert moved >= 1


@asynccontextmanager
async def killable(site: Site, nats: NatsServer, name: str) -> AsyncIterator[Process]:
    """A recorder in a process of its own, on a real bus."""
    words = (sys.executable, "-m", "tests.integration.fleets", str(site.folder), name, nats.url)
    process = await asyncio.create_subprocess_exec(*words)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def until_recorded_by(site: Site, name: str, cameras: list[Camera], after: WallTime) -> None:
    """Wait until this recorder's spool or the archive has pictures of each that came `after`."""
    spool = site.folder / f"spool-{name}"
    async with asyncio.timeout(60):
        for camera in cameras:
            folder = spool / str(camera.streams[0].id)
            while not any(int(each.name.split("-")[0]) > after for each in folder.glob("*.mp4")):
                await asyncio.sleep(0.1)


@pytest.mark.timeout(180)
async def test_without_a_bus_all_go_on_and_a_killed_recorder_is_replaced_and_its_spool_finished(
    tmp_path: Path, nats: NatsServer
) -> None:
    with run_cameras() as cameras:
        async with open_site(tmp_path) as site, bus_of(nats) as bus:
            added = await add(site, cameras, *KEYS)
            async with killable(site, nats, "a") as a, killable(site, nats, "b"):
                held = await until_held(bus, added, "a", "b")
                await nats.stop()
                stopped = site.clock.wall()
                await asyncio.sleep(TTL_SECONDS + 1)  # every session has ended
                await nats.start()
                back = site.clock.wall()
                await until_archived(site, added, back)
                assert await until_held(bus, added, "a", "b") == held
                for camera in added:  # the run that was on when the bus went is on
                    assert len(await epochs_after(site, camera, stopped)) == 1

                a.kill()
                killed = site.clock.wall()
                assert any((site.folder / "spool-a").glob("*/*.mp4"))
                theirs = [camera for camera in added if held[camera.id] == "a"]
                await until_spooled(site, "b", theirs, killed)
                taken = (site.clock.wall() - killed) / SECOND
                await until_archived(site, added, WallTime(killed + SECOND))
                for camera in added:  # what the other one had anyway was not touched
                    runs = await epochs_after(site, camera, WallTime(killed + SECOND))
                    assert runs & await epochs_after(site, camera, stopped, until=killed) == (
                        runs if held[camera.id] == "b" else set()
                    )
                await until_emptied(site.folder / "spool-a", FINISHED_SECONDS)
                forks = [await assert_accounted(site, camera) for camera in theirs]
                assert all(forks)
            assert taken < TAKE_OVER_SECONDS


async def until_emptied(spool: Path, seconds: float) -> None:
    async with asyncio.timeout(seconds):
        while any(spool.glob("*/*.mp4")):
            await asyncio.sleep(0.1)


async def assert_accounted(site: Site, camera: Camera) -> list[str]:
    """Every second in a segment or a gap and the chain whole; where it forks, as its segments
    say."""
    async with asyncio.timeout(30):
        while True:
            found = await audit(site.archive, camera.streams[0].id, site.clock.wall(), decode=False)
            if found.sound:
                return found.forks
            await asyncio.sleep(0.2)  # a note about a gap may be on its way


async def epochs_after(
    site: Site, camera: Camera, wall: WallTime, until: WallTime | None = None
) -> set[int]:
    """The runs whose archived segments reach beyond this moment, and began before the other."""
    return {
        segment.epoch
        for segment in await segments_of(site, camera)
        if segment.range.end > wall and (until is None or segment.range.start < until)
    }


async def until_spooled(site: Site, name: str, cameras: list[Camera], after: WallTime) -> None:
    """Wait until this recorder has a segment of each on its disk that began `after`."""
    async with asyncio.timeout(60):
        for camera in cameras:
            folder = site.folder / f"spool-{name}" / str(camera.streams[0].id)
            while not any(int(each.name.split("-")[0]) > after for each in folder.glob("*.mp4")):
                await asyncio.sleep(0.1)
