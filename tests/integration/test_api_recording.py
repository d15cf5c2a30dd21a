"""What is kept and what became of it, over HTTP: policies, events, expected against stored."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from storage.index import Index
from tests.fakes.segments import segment
from tests.integration.api_stage import Browser, Stage, open_stage
from vms.api.handlers.completeness import last_days
from vms.api.handlers.signals import CAMERA_BURST
from vms.core.bus import Payload
from vms.core.model import (
    Cause,
    Engine,
    Gap,
    Hours,
    RecordPolicy,
    RecordWhen,
    Role,
    Stream,
    StreamRole,
    Transport,
)
from vms.core.runs import CameraClock, ClockMapping, ClockStep, RunFacts, Stepped
from vms.core.walltime import HOUR, MINUTE, SECOND, TimeRange, WallTime

NINE_SECONDS = 1_795_424_400
"""2026-11-23 09:00 UTC, 17:00 WITA: a Monday."""
NIGHT = {"weekday": 0, "start_minute": 1320, "end_minute": 1440}
USUAL = {"when": "always", "hours": [], "pre_seconds": 10, "post_seconds": 30}


@pytest.fixture
async def stage(sqlite_index: Index, tmp_path: Path) -> AsyncIterator[Stage]:
    async with open_stage(sqlite_index, tmp_path) as opened:
        opened.clock.step(NINE_SECONDS - opened.clock.wall() / SECOND)
        await opened.user("root", Role.ADMINISTRATOR)
        yield opened


@pytest.fixture
async def root(stage: Stage) -> Browser:
    return await stage.signed_in("root")


async def added(root: Browser, **fields: object) -> dict[str, Any]:
    sent: dict[str, object] = {"name": "Gate", "purposes": ["traffic"]}
    sent |= {"main_url": "rtsp://192.0.2.1/1", "sub_url": "rtsp://192.0.2.1/2"}
    answer = await root.call("POST", "/api/cameras", sent | fields)
    assert answer.status == 201, answer.body
    made: dict[str, Any] = answer.json
    return made


async def streams_of(stage: Stage, camera: dict[str, Any]) -> list[Stream]:
    return list((await stage.index.cameras.get(camera["id"])).streams)


async def test_a_camera_of_which_nothing_is_said_is_always_kept_without_sound(
    stage: Stage, root: Browser
) -> None:
    camera = await added(root)
    assert camera["priority"] == 5
    for stream in camera["streams"]:
        assert (stream["audio"], stream["engine"], stream["transport"]) == (False, "auto", "auto")
        assert stream["policy"] == USUAL
    assert [stream["record"] for stream in camera["streams"]] == [True, False]


async def test_main_and_sub_are_kept_either_or_both_each_by_its_own_policy(
    stage: Stage, root: Browser
) -> None:
    camera = await added(
        root,
        priority=9,
        transport="udp",
        engine="rtsp",
        record_main=True,
        record_sub=True,
        policy={"when": "events", "pre_seconds": 20},
        sub_policy={"when": "schedule", "hours": [NIGHT]},
    )
    main, sub = await streams_of(stage, camera)
    assert main.policy == RecordPolicy(RecordWhen.EVENTS, pre_seconds=20)
    assert sub.policy == RecordPolicy(RecordWhen.SCHEDULE, (Hours(0, 1320, 1440),))
    assert {(each.engine, each.transport) for each in (main, sub)} == {(Engine.RTSP, Transport.UDP)}
    changed = await root.call(
        "PATCH", f"/api/cameras/{camera['id']}", {"record_main": False, "priority": 0}
    )
    assert changed.json["priority"] == 0
    main, sub = await streams_of(stage, camera)
    assert (main.record, sub.record) == (False, True)
    assert main.policy.when is RecordWhen.EVENTS, "what is not sent stays"


async def test_a_sub_stream_that_comes_later_is_kept_as_the_main_one_is(
    stage: Stage, root: Browser
) -> None:
    camera = await added(root, sub_url=None, policy={"when": "events"}, transport="tcp")
    change = {"sub_url": "rtsp://192.0.2.1/2", "record_sub": True}
    await root.call("PATCH", f"/api/cameras/{camera['id']}", change)
    main, sub = await streams_of(stage, camera)
    assert sub.policy == main.policy == RecordPolicy(RecordWhen.EVENTS)
    assert sub.transport is Transport.TCP


async def test_a_policy_that_makes_no_sense_is_refused_beside_its_field(root: Browser) -> None:
    camera = await added(root)
    answer = await root.call(
        "PATCH", f"/api/cameras/{camera['id']}", {"policy": {"when": "schedule"}, "priority": 10}
    )
    assert answer.status == 400
    errors = {each["field"]: each["message"] for each in answer.json["errors"]}
    assert errors == {"policy.hours": "required", "priority": "too-large"}


def events(stage: Stage, camera: dict[str, Any]) -> list[Payload]:
    return stage.published(f"camera.event.{camera['id']}")


async def test_an_event_is_told_to_the_recorders(stage: Stage, root: Browser) -> None:
    camera = await added(root)
    path = f"/api/cameras/{camera['id']}/events"
    now = stage.clock.wall()
    first = await root.call("POST", path, {"kind": "motion", "detail": "left lane"})
    assert (first.status, first.json["at"]) == (202, now)
    assert (await root.call("POST", path, {"at": now - MINUTE})).status == 202
    assert events(stage, camera) == [
        {"at": now, "kind": "motion", "detail": "left lane"},
        {"at": now - MINUTE, "kind": "manual", "detail": ""},
    ]


async def test_an_event_is_kept_for_the_timeline(stage: Stage, root: Browser) -> None:
    camera = await added(root)
    path = f"/api/cameras/{camera['id']}/events"
    now = stage.clock.wall()
    await root.call("POST", path, {"kind": "motion", "detail": "left lane"})
    query = f"cameras={camera['id']}&start={now - HOUR}&end={now + HOUR}"
    (lane,) = (await root.call("GET", f"/api/timeline?{query}")).json["cameras"]
    assert lane["events"] == [{"at": now, "kind": "motion", "count": 1}]
    await root.call("DELETE", f"/api/cameras/{camera['id']}")
    assert (await root.call("POST", path, {"kind": "motion"})).status == 404
    assert len(events(stage, camera)) == 1, "nobody is told of a camera that is not there"


@pytest.mark.parametrize(
    "wrong",
    [{"at": NINE_SECONDS * SECOND + HOUR}, {"at": 1}, {"kind": "Motion!"}, {"detail": "\n"}],
)
async def test_an_event_that_cannot_be_is_refused(
    stage: Stage, root: Browser, wrong: dict[str, object]
) -> None:
    camera = await added(root)
    answer = await root.call("POST", f"/api/cameras/{camera['id']}/events", wrong)
    assert answer.status == 400
    assert answer.json["errors"][0]["field"] in wrong
    assert events(stage, camera) == []


async def test_events_without_end_are_slowed_down_for_their_camera_only(
    stage: Stage, root: Browser
) -> None:
    noisy, quiet = await added(root), await added(root)
    path = f"/api/cameras/{noisy['id']}/events"
    answers = [(await root.call("POST", path, {})).status for _ in range(CAMERA_BURST + 2)]
    assert answers == [202] * CAMERA_BURST + [429, 429]
    refused = await root.call("POST", path, {})
    assert refused.headers["Retry-After"] == "1"
    assert (await root.call("POST", f"/api/cameras/{quiet['id']}/events", {})).status == 202
    await stage.clock.advance(1.0)
    assert (await root.call("POST", path, {})).status == 202
    assert len(events(stage, noisy)) == CAMERA_BURST + 1


def test_days_are_those_of_the_site_from_midnight_to_midnight() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    noon = datetime(2026, 10, 25, 12, tzinfo=berlin)
    days = last_days(WallTime(round(noon.timestamp()) * SECOND), 3, berlin)
    assert [day.micros // HOUR for day in days] == [24, 24, 25], "the clock went back that night"
    assert days[-1].start < round(noon.timestamp()) * SECOND < days[-1].end


async def test_every_second_of_a_day_is_told_with_its_reason(stage: Stage, root: Browser) -> None:
    """17:00 WITA on Monday; the camera is known since 13:00."""
    camera = await added(root, record_sub=True)
    main, sub = await streams_of(stage, camera)
    now = stage.clock.wall()

    def ago(hours: float) -> WallTime:
        return WallTime(now - round(hours * HOUR))

    await stage.index.gaps.add(Gap(main.id, ago(4), ago(3), Cause.UNREACHABLE))
    await stage.index.segments.add(segment(main, 0, at=-3 * 3600, seconds=3600))
    await stage.index.gaps.add(Gap(main.id, ago(2), ago(1), Cause.SCHEDULE))
    tail = TimeRange(ago(1), WallTime(now - 5 * SECOND))

    async def held(subject: str, payload: Payload) -> Payload:
        told = {
            "camera_id": camera["id"],
            "stream_id": main.id,
            "epoch": 1,
            "sequence": 1,
            "start": tail.start,
            "end": tail.end,
            "size": 10,
            "init_size": 1,
            "codec": "avc1",
            "width": 1,
            "height": 1,
            "gops": [[0, 1, 1, 9, 1]],
        }
        return {"segments": [told]}

    async with stage.bus.serve(f"tail.{main.id}", held):
        answer = await root.call("GET", "/api/completeness?days=2")
    told = answer.json
    assert [day["date"] for day in told["days"]] == ["2026-11-22", "2026-11-23"]
    assert (told["zone"], told["now"]) == ("Asia/Makassar", now)
    first, second = told["streams"]
    assert (first["stream_id"], first["role"], first["days"][0]) == (main.id, "main", None)
    assert first["days"][1] == {
        "expected": 3 * HOUR - 5 * SECOND,
        "stored": 2 * HOUR - 5 * SECOND,
        "missing": {"unreachable": HOUR},
        "unexplained": 0,
        "excused": {"schedule": HOUR},
        "pending": 5 * SECOND,
    }
    assert (second["role"], second["days"]) == (StreamRole.SUB.value, [None, None])
    assert sub.id == second["stream_id"]


async def test_a_viewer_is_told_of_their_cameras_only(stage: Stage, root: Browser) -> None:
    mine, other = await added(root), await added(root)
    await stage.user("rina", cameras=[mine["id"]])
    rina = await stage.signed_in("rina")
    answer = await rina.call("GET", "/api/completeness")
    assert {each["camera_id"] for each in answer.json["streams"]} == {mine["id"]}
    both = await rina.call("GET", f"/api/completeness?cameras={mine['id']},{other['id']}")
    nowhere = await rina.call("GET", "/api/completeness?cameras=99")
    assert (both.status, both.body) == (nowhere.status, nowhere.body)
    assert (await root.call("GET", "/api/completeness?cameras=99")).status == 404


async def test_the_clocks_of_each_session_are_told(stage: Stage, root: Browser) -> None:
    camera = await added(root)
    main, _ = await streams_of(stage, camera)
    now = stage.clock.wall()
    mapping = ClockMapping(CameraClock.SENDER_REPORT, -2 * SECOND, 37, server_synchronised=True)
    ended = WallTime(now - 10 * SECOND)
    run = RunFacts(main.id, 5, WallTime(now - HOUR), ended, Cause.STALLED, "", mapping, 1, 3)
    step = ClockStep(main.id, WallTime(now - MINUTE), Stepped.CAMERA, 30 * SECOND)
    await stage.index.runs.note([run], [step])
    path = f"/api/cameras/{camera['id']}/runs?start={now - 2 * HOUR}&end={now}"
    told = (await root.call("GET", path)).json
    assert told["left_out"] == 0
    assert told["steps"] == [{"at": step.at, "clock": "camera", "micros": 30 * SECOND}]
    assert told["runs"] == [
        {
            "start": run.start,
            "end": run.end,
            "cause": "stalled",
            "steps": 1,
            "lost": 3,
            "camera_clock": "sender-report",
            "camera_offset": -2 * SECOND,
            "media_ppm": 37,
            "server_offset": 0,
            "server_synchronised": True,
        }
    ]
    assert (await root.call("GET", f"{path}&stream=sub")).json["runs"] == []
    for wrong in (f"start={now}&end={now}", f"start=0&end={now}"):
        refused = await root.call("GET", f"/api/cameras/{camera['id']}/runs?{wrong}")
        assert refused.status == 400
