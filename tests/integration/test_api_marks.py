"""Locks, bookmarks and groups over HTTP: who may see, make, change and end them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from storage.index import Index
from tests.fakes.segments import NINE, segment
from tests.integration.api_stage import Answer, Browser, Stage, open_stage
from vms.api.handlers import bookmarks
from vms.core.model import Camera, Role, StreamRole
from vms.core.walltime import DAY, HOUR, SECOND, WallTime


def wall(seconds: float) -> WallTime:
    return WallTime(NINE + round(seconds * SECOND))


@pytest.fixture
async def stage(sqlite_index: Index, tmp_path: Path) -> AsyncIterator[Stage]:
    async with open_stage(sqlite_index, tmp_path) as opened:
        await furnish(opened)
        yield opened


@pytest.fixture
async def two_persons(sqlite_index: Index, tmp_path: Path) -> AsyncIterator[Stage]:
    """A site where a second person confirms."""
    async with open_stage(sqlite_index, tmp_path, site={"two_person_release": "true"}) as opened:
        await furnish(opened)
        yield opened


async def furnish(stage: Stage) -> None:
    """Cameras 1 (the jetty) and 2 (the yard), two administrators, a viewer of the jetty."""
    stage.clock.step((NINE + HOUR - stage.clock.wall()) / SECOND)
    jetty = await stage.camera("Jetty")
    await stage.camera("Yard")
    for name in ("root", "second"):
        await stage.user(name, Role.ADMINISTRATOR)
    await stage.user("budi", cameras=[jetty.id])
    await stage.user("siti", cameras=[jetty.id])


async def jetty(stage: Stage) -> Camera:
    return await stage.index.cameras.get(1)


async def lock(browser: Browser, *spans: tuple[int, float, float], **fields: object) -> Answer:
    named = [
        {"camera_id": camera_id, "start": wall(start), "end": wall(end)}
        for camera_id, start, end in spans
    ]
    sent = {"case_number": "LP/12/XI", "reason": "theft at the jetty", "spans": named, **fields}
    return await browser.call("POST", "/api/locks", sent)


async def test_a_lock_tells_what_it_keeps_in_truth(stage: Stage) -> None:
    root = await stage.signed_in("root")
    main = (await jetty(stage)).stream(StreamRole.MAIN)
    assert main is not None
    for number in range(5):
        await stage.index.segments.add(segment(main, number))
    made = await lock(root, (1, 63, 117))
    assert made.status == 201, made.body
    assert made.json["real"] == [
        {"camera_id": 1, "stream_id": main.id, "start": wall(60), "end": wall(120)}
    ]
    assert (made.json["state"], made.json["created_by"]) == ("holds", "root")
    (listed,) = (await root.call("GET", "/api/locks")).json["locks"]
    assert (listed["id"], listed["real"]) == (made.json["id"], None)
    (lane,) = (
        await root.call("GET", f"/api/timeline?cameras=1&start={wall(0)}&end={wall(300)}")
    ).json["cameras"]
    assert (lane["locks"][0]["start"], lane["locks"][0]["end"]) == (wall(63), wall(117))


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"case_number": "  "}, "case_number"),
        ({"reason": "no"}, "reason"),
        ({"spans": []}, "spans"),
        ({"spans": [{"camera_id": 1, "start": 10, "end": 10}]}, "spans.0.end"),
        ({"spans": [{"camera_id": 1, "start": 10, "end": 20}] * 65}, "spans"),
        ({"expires": NINE}, "expires"),
        ({"until": NINE}, "until"),
    ],
)
async def test_a_lock_that_makes_no_sense_is_refused_beside_its_field(
    stage: Stage, fields: dict[str, object], named: str
) -> None:
    root = await stage.signed_in("root")
    answer = await lock(root, (1, 0, 60), **fields)
    assert answer.status == 400
    assert answer.json["errors"][0]["field"] == named
    assert (await root.call("GET", "/api/locks")).json["locks"] == []


async def test_a_camera_that_never_was_cannot_be_locked(stage: Stage) -> None:
    assert (await lock(await stage.signed_in("root"), (1, 0, 60), (77, 0, 60))).status == 404


async def test_one_person_releases_where_one_is_enough(stage: Stage) -> None:
    root = await stage.signed_in("root")
    made = (await lock(root, (1, 0, 60))).json
    assert (await root.call("GET", "/api/locks")).json["two_persons"] is False
    path = f"/api/locks/{made['id']}"
    assert (await root.call("POST", f"{path}/release", {"reason": "  "})).status == 400
    released = await root.call("POST", f"{path}/release", {"reason": "case closed"})
    assert (released.json["state"], released.json["released_by"]) == ("released", "root")
    assert (await root.call("GET", "/api/locks")).json["locks"] == []
    (listed,) = (await root.call("GET", "/api/locks?active=false")).json["locks"]
    assert listed["release_reason"] == "case closed"
    assert (await root.call("POST", f"{path}/release", {"reason": "again"})).status == 409


async def test_a_second_person_confirms_where_two_are_needed(two_persons: Stage) -> None:
    root, second = await two_persons.signed_in("root"), await two_persons.signed_in("second")
    made = (await lock(root, (1, 0, 60))).json
    path = f"/api/locks/{made['id']}"
    assert (await second.call("POST", f"{path}/confirm")).status == 409, "nobody asked"
    asked = await root.call("POST", f"{path}/release", {"reason": "case closed"})
    assert (asked.json["state"], asked.json["release_asked_by"]) == ("asked", "root")
    own = await root.call("POST", f"{path}/confirm")
    assert own.status == 409, "who asks cannot confirm"
    assert (await root.call("GET", "/api/locks")).json["two_persons"] is True
    assert (await second.call("DELETE", f"{path}/release")).json["state"] == "holds"
    await second.call("POST", f"{path}/release", {"reason": "closed after all"})
    assert (await root.call("POST", f"{path}/confirm")).json["state"] == "released"


async def test_a_lock_ends_when_it_was_to_end(stage: Stage) -> None:
    root = await stage.signed_in("root")
    made = (await lock(root, (1, 0, 60), expires=stage.clock.wall() + 60 * SECOND)).json
    assert made["state"] == "holds"
    stage.clock.step(61)
    assert (await root.call("GET", "/api/locks")).json["locks"] == []
    assert (await root.call("GET", f"/api/locks/{made['id']}")).json["state"] == "expired"


async def test_a_viewer_sees_of_a_lock_what_concerns_their_cameras(stage: Stage) -> None:
    root, budi = await stage.signed_in("root"), await stage.signed_in("budi")
    both = (await lock(root, (1, 0, 60), (2, 0, 60))).json["id"]
    hidden = (await lock(root, (2, 0, 60))).json["id"]
    (seen,) = (await budi.call("GET", "/api/locks")).json["locks"]
    assert seen["id"] == both
    assert [span["camera_id"] for span in seen["spans"]] == [1]
    assert (await budi.call("GET", f"/api/locks/{both}")).status == 200
    there = await budi.call("GET", f"/api/locks/{hidden}")
    nowhere = await budi.call("GET", "/api/locks/777")
    assert (there.status, there.body) == (nowhere.status, nowhere.body)
    assert there.status == 404
    assert (await budi.call("GET", "/api/locks?cameras=2")).status == 404
    assert (await lock(budi, (1, 0, 60))).status == 403


async def bookmark(browser: Browser, **fields: object) -> Answer:
    sent = {"at": wall(10), "title": " A crash ", **fields}
    return await browser.call("POST", "/api/cameras/1/bookmarks", sent)


async def test_who_may_play_a_camera_may_mark_it(stage: Stage) -> None:
    budi, siti = await stage.signed_in("budi"), await stage.signed_in("siti")
    made = await bookmark(budi, end=wall(20), note="two lorries\nand a bus")
    assert made.status == 201, made.body
    assert (made.json["title"], made.json["made_by"], made.json["mine"]) == (
        "A crash",
        "budi",
        True,
    )
    (seen,) = (await siti.call("GET", "/api/bookmarks")).json["bookmarks"]
    assert (seen["id"], seen["mine"]) == (made.json["id"], False)
    found = await siti.call("GET", "/api/bookmarks?text=LORRIES")
    assert len(found.json["bookmarks"]) == 1
    assert (await siti.call("GET", "/api/bookmarks?text=tram")).json["bookmarks"] == []


async def test_a_bookmark_is_changed_by_who_made_it_or_an_administrator(stage: Stage) -> None:
    budi, siti = await stage.signed_in("budi"), await stage.signed_in("siti")
    root = await stage.signed_in("root")
    made = (await bookmark(budi)).json
    path = f"/api/cameras/1/bookmarks/{made['id']}"
    assert (await siti.call("PATCH", path, {"title": "Mine"})).status == 403
    assert (await siti.call("DELETE", path)).status == 403
    assert (await budi.call("PATCH", path, {"note": "seen"})).json["title"] == "A crash"
    assert (await root.call("PATCH", path, {"title": "Crash"})).json["note"] == "seen"
    wrong = f"/api/cameras/2/bookmarks/{made['id']}"
    assert (await root.call("DELETE", wrong)).status == 404, "it is of another camera"
    assert (await root.call("DELETE", path)).status == 204
    assert (await budi.call("PATCH", path, {"note": "seen"})).status == 404


async def test_bookmarks_of_a_camera_that_may_not_be_seen_are_not_there(stage: Stage) -> None:
    root, budi = await stage.signed_in("root"), await stage.signed_in("budi")
    await root.call("POST", "/api/cameras/2/bookmarks", {"at": wall(5), "title": "Secret"})
    assert (await budi.call("GET", "/api/bookmarks")).json["bookmarks"] == []
    assert (await budi.call("GET", "/api/bookmarks?cameras=2")).status == 404


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"title": " "}, "title"),
        ({"end": wall(10)}, "end"),
        ({"end": wall(10) + 2 * DAY}, "end"),
        ({"at": NINE + 3 * DAY}, "at"),
        ({"note": "x" * 2001}, "note"),
    ],
)
async def test_a_bookmark_that_makes_no_sense_is_refused_beside_its_field(
    stage: Stage, fields: dict[str, object], named: str
) -> None:
    answer = await bookmark(await stage.signed_in("budi"), **fields)
    assert answer.status == 400
    assert answer.json["errors"][0]["field"] == named


async def test_bookmarks_without_end_are_slowed_down_for_their_user_only(stage: Stage) -> None:
    budi, siti = await stage.signed_in("budi"), await stage.signed_in("siti")
    for _ in range(bookmarks.USER_BURST):
        assert (await bookmark(budi)).status == 201
    refused = await bookmark(budi)
    assert (refused.status, refused.headers["Retry-After"]) == (429, "1")
    assert (await bookmark(siti)).status == 201


async def groups(browser: Browser) -> list[Any]:
    listed: list[Any] = (await browser.call("GET", "/api/groups")).json["groups"]
    return listed


async def test_a_group_is_seen_as_far_as_its_cameras_are(stage: Stage) -> None:
    root, budi = await stage.signed_in("root"), await stage.signed_in("budi")
    port = await root.call("POST", "/api/groups", {"name": "Port", "cameras": [1, 2]})
    assert (port.status, port.json["cameras"]) == (201, [1, 2])
    await root.call("POST", "/api/groups", {"name": "Hidden", "cameras": [2]})
    await root.call("POST", "/api/groups", {"name": "Empty"})
    assert [group["name"] for group in await groups(root)] == ["Empty", "Hidden", "Port"]
    assert await groups(budi) == [{"id": port.json["id"], "name": "Port", "cameras": [1]}]


async def test_a_group_can_be_changed_and_removed(stage: Stage) -> None:
    root = await stage.signed_in("root")
    made = (await root.call("POST", "/api/groups", {"name": "Port", "cameras": [1]})).json
    path = f"/api/groups/{made['id']}"
    assert (await root.call("PATCH", path, {"cameras": [2]})).json["name"] == "Port"
    assert (await root.call("PATCH", path, {"name": "Pier"})).json["cameras"] == [2]
    taken = await root.call("POST", "/api/groups", {"name": "Pier"})
    assert (taken.status, taken.json["errors"][0]["field"]) == (409, "name")
    assert (await root.call("PATCH", path, {"cameras": [99]})).status == 404
    assert (await root.call("DELETE", path)).status == 204
    assert (await root.call("DELETE", path)).status == 404
    assert await groups(root) == []


async def test_nothing_is_given_out_of_a_camera_without_a_purpose(stage: Stage) -> None:
    """One added before a purpose had to be named."""
    old = await stage.old_camera("Old")
    root = await stage.signed_in("root")
    clip = f"/api/cameras/{old.id}/clip.mp4?start={wall(0)}&end={wall(5)}"
    refused = await root.call("GET", clip)
    assert refused.status == 409
    assert refused.json["errors"] == [{"field": "purposes", "message": "required"}]
    assert "Admin > Cameras" in refused.json["detail"]
    named = await root.call("PATCH", f"/api/cameras/{old.id}", {"purposes": ["disaster"]})
    assert named.json["purposes"] == ["disaster"]
    assert (await root.call("GET", clip)).status == 200
