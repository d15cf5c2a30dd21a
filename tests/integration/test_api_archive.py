"""Timeline and clips over HTTP: what is recorded, why not, and the file."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import quote

import pytest

from storage.index import Index
from tests.integration.api_stage import CLIP, Browser, Stage, open_stage
from vms.core.bus import Payload
from vms.core.model import Camera, Cause, Gap, GopEntry, Role, Segment, StreamRole
from vms.core.walltime import SECOND, TimeRange, WallTime

START = 1_795_400_000 * SECOND


def wall(seconds: float) -> WallTime:
    return WallTime(START + round(seconds * SECOND))


@pytest.fixture
async def stage(sqlite_index: Index, tmp_path: Path) -> AsyncIterator[Stage]:
    async with open_stage(sqlite_index, tmp_path) as opened:
        await opened.user("root", Role.ADMINISTRATOR)
        yield opened


@pytest.fixture
async def camera(stage: Stage) -> Camera:
    """Recorded from 0 to 60 s and from 120 to 180 s; between them it was unreachable."""
    made = await stage.camera("Simpang Tiga")
    main = made.stream(StreamRole.MAIN)
    assert main is not None
    for sequence, begin in enumerate((0, 120)):
        await stage.index.segments.add(segment(made.id, main.id, sequence, begin, 60))
    await stage.index.gaps.add(Gap(main.id, wall(60), wall(120), Cause.UNREACHABLE, "no route"))
    return made


@pytest.fixture
async def root(stage: Stage) -> Browser:
    return await stage.signed_in("root")


def segment(camera_id: int, stream_id: int, sequence: int, begin: float, length: float) -> Segment:
    return Segment(
        camera_id=camera_id,
        stream_id=stream_id,
        epoch=START,
        sequence=sequence,
        range=TimeRange(wall(begin), wall(begin + length)),
        size=1000,
        init_size=100,
        sha256=hashlib.sha256(bytes([sequence])).digest(),
        prev_sha256=None,
        codec="avc1.64001f",
        width=640,
        height=360,
        gops=(GopEntry(0, round(length * SECOND), 100, 900, 500),),
    )


def asked(camera_ids: str, begin: float = 0, end: float = 200, pixels: int = 1000) -> str:
    return f"/api/timeline?cameras={camera_ids}&start={wall(begin)}&end={wall(end)}&pixels={pixels}"


async def test_the_timeline_shows_what_is_recorded_and_why_not(
    camera: Camera, root: Browser
) -> None:
    answer = (await root.call("GET", asked(str(camera.id)))).json
    (lane,) = answer["cameras"]
    assert lane["spans"] == [[wall(0), wall(60)], [wall(120), wall(180)]]
    (gap,) = lane["gaps"]
    assert (gap["start"], gap["end"], gap["cause"]) == (wall(60), wall(120), "unreachable")


async def test_spans_closer_than_a_pixel_become_one(camera: Camera, root: Browser) -> None:
    (lane,) = (await root.call("GET", asked(str(camera.id), pixels=2))).json["cameras"]
    assert lane["spans"] == [[wall(0), wall(180)]]


async def test_the_timeline_includes_what_a_recorder_still_holds(
    stage: Stage, camera: Camera, root: Browser
) -> None:
    main = camera.stream(StreamRole.MAIN)
    assert main is not None

    async def tail(subject: str, payload: Payload) -> Payload:
        held = segment(camera.id, main.id, 2, 180, 10)
        return {
            "segments": [
                {
                    "camera_id": camera.id,
                    "stream_id": main.id,
                    "epoch": held.epoch,
                    "sequence": 2,
                    "start": held.range.start,
                    "end": held.range.end,
                    "size": 1000,
                    "init_size": 100,
                    "codec": held.codec,
                    "width": 640,
                    "height": 360,
                    "gops": [[0, 10 * SECOND, 100, 900, 500]],
                }
            ]
        }

    async with stage.bus.serve(f"tail.{main.id}", tail):
        (lane,) = (await root.call("GET", asked(str(camera.id)))).json["cameras"]
    assert lane["spans"][-1] == [wall(120), wall(190)]


async def test_one_forbidden_camera_among_several_refuses_all(stage: Stage, camera: Camera) -> None:
    other = await stage.camera("Other")
    await stage.user("budi", cameras=[camera.id])
    budi = await stage.signed_in("budi")
    assert (await budi.call("GET", asked(str(camera.id)))).status == 200
    forbidden = await budi.call("GET", asked(f"{camera.id},{other.id}"))
    unknown = await budi.call("GET", asked(f"{camera.id},77"))
    assert (forbidden.status, forbidden.body) == (unknown.status, unknown.body)
    assert forbidden.status == 404


@pytest.mark.parametrize(
    "query",
    [
        "cameras=&start=0&end=1",
        "cameras=1&start=5&end=5",
        "cameras=1&start=0&end=99999999999999999",
        "cameras=1&start=-1&end=5",
        "cameras=x&start=0&end=1",
        "cameras=1&start=0&end=1&pixels=0",
        "cameras=99999999999999999999&start=0&end=1",
        "cameras=" + ",".join(["1"] * 65) + "&start=0&end=1",
        "cameras=1&start=0&end=1&more=1",
    ],
)
async def test_a_timeline_that_makes_no_sense_is_refused(
    camera: Camera, root: Browser, query: str
) -> None:
    assert (await root.call("GET", f"/api/timeline?{query}")).status == 400


async def test_a_clip_is_an_attachment_with_a_name_for_people(
    stage: Stage, camera: Camera, root: Browser
) -> None:
    path = f"/api/cameras/{camera.id}/clip.mp4"
    answer = await root.call("GET", f"{path}?start={wall(10)}&end={wall(20)}")
    assert (answer.status, answer.body) == (200, CLIP)
    assert answer.headers["Content-Type"] == "video/mp4"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Simpang Tiga_2026-11-23_" in answer.headers["Content-Disposition"]
    half = wall(15)
    assert answer.headers["X-Clip-Gaps"] == f"{half}-{half + 1}"
    main = camera.stream(StreamRole.MAIN)
    assert main is not None
    assert stage.rooms.clips == [(main.id, TimeRange(wall(10), wall(20)))]
    # The client has the last byte a moment before the server tidies up.
    async with asyncio.timeout(10):
        while stage.rooms.folders[0].exists():  # nothing stays on the disk
            await asyncio.sleep(0.01)


async def test_a_clip_takes_times_as_people_write_them(
    stage: Stage, camera: Camera, root: Browser
) -> None:
    times = [quote(f"2026-11-23T14:00:0{second}+08:00") for second in (1, 3)]
    path = f"/api/cameras/{camera.id}/clip.mp4?start={times[0]}&end={times[1]}&stream=sub"
    assert (await root.call("GET", path)).status == 200
    sub = camera.stream(StreamRole.SUB)
    assert sub is not None
    ((stream_id, span),) = stage.rooms.clips
    assert (stream_id, span.micros) == (sub.id, 2 * SECOND)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("start=1&end=1", "end"),
        (f"start={START}&end={START + 3601 * SECOND}", "end"),
        ("start=yesterday&end=5", "start"),
        ("start=2026-11-23T14:00:00&end=5", "start"),
        ("end=5", "start"),
    ],
)
async def test_a_clip_that_makes_no_sense_is_refused_beside_its_field(
    camera: Camera, root: Browser, query: str, field: str
) -> None:
    answer = await root.call("GET", f"/api/cameras/{camera.id}/clip.mp4?{query}")
    assert answer.status == 400
    assert answer.json["errors"][0]["field"] == field


async def test_few_clips_are_made_at_once(stage: Stage, camera: Camera, root: Browser) -> None:
    stage.rooms.hold = asyncio.Event()
    path = f"/api/cameras/{camera.id}/clip.mp4?start={wall(0)}&end={wall(5)}"
    making = [asyncio.create_task(root.call("GET", path)) for _ in range(2)]
    async with asyncio.timeout(20):
        while len(stage.rooms.clips) < 2:
            await asyncio.sleep(0.01)
    refused = await root.call("GET", path)
    assert (refused.status, refused.headers["Retry-After"]) == (429, "5")
    stage.rooms.hold.set()
    assert [(await each).status for each in making] == [200, 200]
