"""Timeline, calendar and the nearest recording over HTTP: many cameras in one request."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from storage.index import Index, NewLock
from storage.index.bookmarks import NewBookmark
from tests.fakes.segments import NINE, segment
from tests.integration.api_stage import Browser, Stage, open_stage
from vms.api.handlers import timeline
from vms.core.bus import Payload
from vms.core.errors import Unavailable
from vms.core.model import Camera, Cause, Gap, GopEntry, Role, Stream, StreamRole
from vms.core.promises import LockSpan
from vms.core.walltime import DAY, HOUR, MINUTE, SECOND, TimeRange, WallTime


def wall(seconds: float) -> WallTime:
    return WallTime(NINE + round(seconds * SECOND))


@pytest.fixture
async def stage(sqlite_index: Index, tmp_path: Path) -> AsyncIterator[Stage]:
    async with open_stage(sqlite_index, tmp_path) as opened:
        opened.clock.step((NINE + 2 * HOUR - opened.clock.wall()) / SECOND)
        await opened.user("root", Role.ADMINISTRATOR)
        yield opened


@pytest.fixture
async def root(stage: Stage) -> Browser:
    return await stage.signed_in("root")


@pytest.fixture
async def gate(stage: Stage) -> Camera:
    return await stage.camera("Gate")


def main(camera: Camera) -> Stream:
    stream = camera.stream(StreamRole.MAIN)
    assert stream is not None
    return stream


async def record(stage: Stage, camera: Camera, *begins: float, size: int = 1000) -> None:
    for begin in begins:
        made = segment(main(camera), round(begin), at=begin, body=bytes(size))
        await stage.index.segments.add(made)


async def lanes(root: Browser, *ids: int, begin: float, end: float, pixels: int = 1000) -> Any:
    named = ",".join(map(str, ids))
    query = f"cameras={named}&start={wall(begin)}&end={wall(end)}&pixels={pixels}"
    answer = await root.call("GET", f"/api/timeline?{query}")
    assert answer.status == 200, answer.body
    return answer.json


async def test_a_lane_shows_locks_bookmarks_and_events(
    stage: Stage, gate: Camera, root: Browser
) -> None:
    kept = TimeRange(wall(-600), wall(30))
    elsewhere = TimeRange(wall(5000), wall(6000))
    spans = (LockSpan(gate.id, kept), LockSpan(gate.id, elsewhere))
    lock = await stage.index.locks.add(NewLock("LP/7", "theft", spans, "root"), wall(0))
    bookmark = NewBookmark(gate.id, wall(12), wall(15), "Crash", "", "root")
    marked = await stage.index.bookmarks.add(bookmark, wall(20))
    for seconds in (20, 20.01, 40):
        await stage.index.events.add(gate.id, wall(seconds), "motion")
    (lane,) = (await lanes(root, gate.id, begin=0, end=100, pixels=100))["cameras"]
    assert lane["locks"] == [
        {"lock_id": lock.id, "case_number": "LP/7", "start": kept.start, "end": kept.end}
    ], "whole, and only what touches the time asked for"
    (mark,) = lane["bookmarks"]
    assert (mark["bookmark_id"], mark["title"], mark["count"]) == (marked.id, "Crash", 1)
    assert [(each["at"], each["count"]) for each in lane["events"]] == [
        (wall(20), 2),
        (wall(40), 1),
    ]


async def test_activity_is_the_bitrate_against_the_week_before(
    stage: Stage, gate: Camera, root: Browser
) -> None:
    await record(stage, gate, *(60.0 * minute for minute in range(58)))
    await record(stage, gate, 3480.0, size=4000)
    answer = await lanes(root, gate.id, begin=3360, end=3600, pixels=4)
    (lane,) = answer["cameras"]
    assert (answer["bucket_start"], answer["bucket"]) == (wall(3360), MINUTE)
    usual = round((58 * 1000 + 4000) * 8 / (59 * 60))
    assert lane["usual_bitrate"] == usual
    share = round(100 * (1000 * 8 / 60) / usual)
    assert lane["activity"][:2] == [share, share]
    assert lane["activity"][2] == pytest.approx(4 * share, abs=4)
    assert lane["activity"][3] is None, "nothing is recorded there"


async def test_close_up_activity_is_that_of_the_groups_of_pictures(
    stage: Stage, gate: Camera, root: Browser
) -> None:
    still = tuple(GopEntry(n * SECOND, SECOND, 10 + n, 10, 5) for n in range(30))
    moving = tuple(GopEntry(n * SECOND, SECOND, 10 + n, 40, 5) for n in range(30, 60))
    made = replace(segment(main(gate), 0, body=bytes(1500)), gops=still + moving)
    await stage.index.segments.add(made)
    (lane,) = (await lanes(root, gate.id, begin=0, end=60, pixels=6))["cameras"]
    assert lane["activity"] == [40, 40, 40, 160, 160, 160]


async def test_months_are_read_from_the_sums_of_hours(
    stage: Stage, gate: Camera, root: Browser
) -> None:
    await record(stage, gate, 0, 60, 2000)
    begin, end = -20 * DAY / SECOND, 10 * DAY / SECOND
    answer = await lanes(root, gate.id, begin=begin, end=end)
    (lane,) = answer["cameras"]
    assert answer["bucket"] == 2 * HOUR
    number = (wall(0) - answer["bucket_start"]) // answer["bucket"]
    assert lane["activity"][number] == 100
    assert sum(each is not None for each in lane["activity"]) == 1
    assert lane["spans"] == [[wall(0), wall(2060)]], "a pixel is 43 minutes"


async def test_flapping_is_told_by_the_pixel(stage: Stage, gate: Camera, root: Browser) -> None:
    for number in range(30):
        begin = wall(number / 2)
        gap = Gap(main(gate).id, begin, WallTime(begin + SECOND // 4), Cause.CLOSED, "again")
        await stage.index.gaps.add(gap)
    (lane,) = (await lanes(root, gate.id, begin=0, end=15, pixels=10))["cameras"]
    assert len(lane["gaps"]) <= 10
    assert sum(gap["count"] for gap in lane["gaps"]) == 30
    assert {gap["detail"] for gap in lane["gaps"]} == {""}
    (near,) = (await lanes(root, gate.id, begin=10, end=11))["cameras"]
    assert [(gap["count"], gap["detail"]) for gap in near["gaps"]] == [(1, "again")] * 2


async def test_64_cameras_are_one_request_in_their_order(stage: Stage, root: Browser) -> None:
    cameras = [await stage.camera(f"C{number}") for number in range(64)]
    for camera in cameras[::2]:
        await record(stage, camera, 0)
    ids = [camera.id for camera in reversed(cameras)]
    found = (await lanes(root, *ids, begin=0, end=600))["cameras"]
    assert [lane["camera_id"] for lane in found] == ids
    recorded = {lane["camera_id"] for lane in found if lane["spans"] == [[wall(0), wall(60)]]}
    assert recorded == {camera.id for camera in cameras[::2]}


async def test_a_recorder_that_does_not_answer_hides_nothing_that_is_archived(
    stage: Stage, gate: Camera, root: Browser
) -> None:
    async def away(subject: str, payload: Payload) -> Payload:
        raise Unavailable("nobody answers")

    await record(stage, gate, 0)
    async with stage.bus.serve(f"tail.{main(gate).id}", away):
        (lane,) = (await lanes(root, gate.id, begin=0, end=600))["cameras"]
    assert lane["spans"] == [[wall(0), wall(60)]]


async def test_a_calendar_tells_days_of_the_sites_zone(
    stage: Stage, gate: Camera, root: Browser
) -> None:
    """Nine UTC is 17:00 in Makassar: midnight there is seven hours later."""
    await record(stage, gate, *(7 * 3600 + begin for begin in (-120, -60, -30 + 30, 60)))
    await stage.index.events.add(gate.id, wall(7 * 3600 - 1), "motion")
    await stage.index.events.add(gate.id, wall(7 * 3600), "motion")
    query = f"cameras={gate.id}&from_date=2026-11-22&days=4"
    answer = (await root.call("GET", f"/api/calendar?{query}")).json
    dates = [day["date"] for day in answer["days"]]
    assert dates == ["2026-11-22", "2026-11-23", "2026-11-24", "2026-11-25"]
    assert answer["days"][2]["start"] == wall(7 * 3600)
    (found,) = answer["cameras"]
    assert found["recorded"] == [0, 2 * MINUTE, 2 * MINUTE, 0]
    assert found["size"] == [0, 2000, 2000, 0]
    assert found["events"] == [0, 1, 1, 0]


@pytest.mark.parametrize(
    "query",
    [
        "cameras=1&from_date=2026-02-30",
        "cameras=1&from_date=2026-1-1",
        "cameras=1&from_date=9999-12-31&days=90",
        "cameras=1&from_date=0001-01-01",
        "cameras=1&from_date=1969-12-31",
        "cameras=1&from_date=2026-11-01&days=93",
        "cameras=&from_date=2026-11-01",
        "from_date=2026-11-01",
    ],
)
async def test_a_calendar_that_cannot_be_is_refused(
    gate: Camera, root: Browser, query: str
) -> None:
    assert (await root.call("GET", f"/api/calendar?{query}")).status == 400


async def test_the_nearest_recording_is_found_from_a_gap(
    stage: Stage, gate: Camera, root: Browser
) -> None:
    await record(stage, gate, 0, 60, 300)
    await stage.index.gaps.add(Gap(main(gate).id, wall(120), wall(300), Cause.STALLED))
    path = f"/api/cameras/{gate.id}/nearest?at="
    inside = (await root.call("GET", f"{path}{wall(90)}")).json
    assert (inside["recorded"], inside["nearest"], inside["gap"]) == (True, wall(90), None)
    assert (inside["previous"], inside["next"]) == (wall(0), wall(300))
    between = (await root.call("GET", f"{path}{wall(280)}")).json
    assert (between["recorded"], between["nearest"]) == (False, wall(300))
    assert between["gap"]["cause"] == "stalled"
    after = (await root.call("GET", f"{path}{wall(10_000)}")).json
    assert (after["nearest"], after["next"], after["gap"]) == (wall(360) - 1, None, None)
    assert after["previous"] == wall(300)


async def test_where_nothing_was_recorded_nothing_is_near(gate: Camera, root: Browser) -> None:
    answer = await root.call("GET", f"/api/cameras/{gate.id}/nearest?at={wall(0)}&stream=sub")
    assert answer.json == {
        "at": wall(0),
        "nearest": None,
        "recorded": False,
        "next": None,
        "previous": None,
        "gap": None,
    }


async def test_what_a_recorder_still_holds_is_near(
    stage: Stage, gate: Camera, root: Browser
) -> None:
    async def tail(subject: str, payload: Payload) -> Payload:
        held = segment(main(gate), 1, at=60, seconds=10)
        gops = [[0, 10 * SECOND, 10, 990, 5]]
        fields = {"epoch": held.epoch, "sequence": 1, "size": 1000, "init_size": 10, "gops": gops}
        fields |= {"start": held.range.start, "end": held.range.end, "codec": held.codec}
        fields |= {"camera_id": gate.id, "stream_id": main(gate).id, "width": 8, "height": 8}
        return {"segments": [fields]}

    await record(stage, gate, 0)
    async with stage.bus.serve(f"tail.{main(gate).id}", tail):
        path = f"/api/cameras/{gate.id}/nearest?at={wall(65)}"
        found = (await root.call("GET", path)).json
    assert (found["recorded"], found["previous"]) == (True, wall(0))


async def test_days_on_which_clocks_are_set_are_as_long_as_they_are(
    sqlite_index: Index, tmp_path: Path
) -> None:
    """Adelaide is nine and a half hours ahead, and one more from 4 October 2026 on."""
    async with open_stage(sqlite_index, tmp_path, site={"zone": "Australia/Adelaide"}) as stage:
        await stage.user("root", Role.ADMINISTRATOR)
        root, gate = await stage.signed_in("root"), await stage.camera("Gate")
        query = f"cameras={gate.id}&from_date=2026-10-03&days=3"
        days = (await root.call("GET", f"/api/calendar?{query}")).json["days"]
        assert [(day["end"] - day["start"]) // HOUR for day in days] == [24, 23, 24]
        before_midnight = (days[1]["end"] - NINE) / SECOND - 60
        await record(stage, gate, before_midnight, before_midnight + 60)
        await stage.index.events.add(gate.id, WallTime(days[1]["end"] - 1), "motion")
        await stage.index.events.add(gate.id, WallTime(days[1]["start"] - 1), "motion")
        (found,) = (await root.call("GET", f"/api/calendar?{query}")).json["cameras"]
    assert found["recorded"] == [0, MINUTE, MINUTE]
    assert found["events"] == [1, 1, 0]


async def test_who_looks_without_end_is_slowed_down(
    stage: Stage, gate: Camera, root: Browser
) -> None:
    me = (await root.call("GET", "/api/session")).json["user"]["id"]
    for _ in range(timeline.USER_BURST):
        stage.api.looks_of_users.take(me)
    refused = await root.call("GET", f"/api/cameras/{gate.id}/nearest?at={NINE}")
    assert (refused.status, refused.headers["Retry-After"]) == (429, "1")
