"""Cameras and users over HTTP: passwords go in and never come out, the last administrator stays,
a right that shrinks ends what it had opened."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from recorder.probe import ProbeReport
from storage.index import Index
from tests.integration.api_stage import CAMERA_PASSWORD, PASSWORD, Browser, Stage, open_stage
from vms.core.model import Camera, Cause, Role, StreamRole
from vms.core.secret import Secret
from vms.core.walltime import DAY

CANARY = "p%40ss:word"


@pytest.fixture
async def stage(sqlite_index: Index, tmp_path: Path) -> AsyncIterator[Stage]:
    async with open_stage(sqlite_index, tmp_path) as opened:
        await opened.user("root", Role.ADMINISTRATOR)
        yield opened


@pytest.fixture
async def root(stage: Stage) -> Browser:
    return await stage.signed_in("root")


def logins(camera: Camera) -> dict[str, tuple[str, Secret]]:
    return {stream.role.value: (stream.username, stream.password) for stream in camera.streams}


async def test_user_and_password_in_an_address_are_split_off_and_never_returned(
    stage: Stage, root: Browser
) -> None:
    sent = {
        "name": "Gate",
        "main_url": f"rtsp://cam:{CANARY}@192.0.2.1:8554/1?x=1",
        "sub_url": "rtsp://192.0.2.1/2",
        "purposes": ["security"],
    }
    added = await root.call("POST", "/api/cameras", sent)
    assert added.status == 201
    main, sub = added.json["streams"]
    assert (main["url"], main["username"]) == ("rtsp://192.0.2.1:8554/1?x=1", "cam")
    assert (main["record"], sub["record"]) == (True, False), "a sub stream is kept only if asked"
    kept = logins(await stage.index.cameras.get(added.json["id"]))
    assert kept["main"] == kept["sub"] == ("cam", Secret("p@ss:word"))
    listed = await root.call("GET", "/api/cameras")
    for said in (added.body, listed.body, str(stage.bus.published).encode()):
        assert b"p@ss" not in said
        assert CANARY.encode() not in said
    assert stage.published("cameras.changed") == [{"camera_id": added.json["id"]}]


async def test_a_sub_stream_is_recorded_when_asked(stage: Stage, root: Browser) -> None:
    sent = {"name": "G", "main_url": "rtsp://h/1", "sub_url": "rtsp://h/2", "record_sub": True}
    sent |= {"purposes": ["security"]}
    added = await root.call("POST", "/api/cameras", sent)
    assert [stream["record"] for stream in added.json["streams"]] == [True, True]


async def test_a_change_keeps_the_password_that_is_not_sent(stage: Stage, root: Browser) -> None:
    camera = await stage.camera()
    change = {"name": "Door", "main_url": "rtsp://192.0.2.1/other", "record_sub": True}
    changed = await root.call("PATCH", f"/api/cameras/{camera.id}", change)
    assert (changed.status, changed.json["name"]) == (200, "Door")
    after = await stage.index.cameras.get(camera.id)
    assert logins(after) == dict.fromkeys(("main", "sub"), ("cam", Secret(CAMERA_PASSWORD)))
    assert [stream.url for stream in after.streams] == [
        "rtsp://192.0.2.1/other",
        "rtsp://192.0.2.1/sub",
    ]
    assert all(stream.record for stream in after.streams)


async def test_a_new_password_replaces_the_old_and_an_empty_one_removes_it(
    stage: Stage, root: Browser
) -> None:
    camera = await stage.camera()
    for word in ("new-word", ""):
        sent = {"password": word}
        assert (await root.call("PATCH", f"/api/cameras/{camera.id}", sent)).status == 200
        after = await stage.index.cameras.get(camera.id)
        assert logins(after) == dict.fromkeys(("main", "sub"), ("cam", Secret(word)))


async def test_a_sub_stream_can_go_and_come_back_with_its_id(stage: Stage, root: Browser) -> None:
    camera = await stage.camera()
    sub = camera.stream(StreamRole.SUB)
    assert sub is not None
    path = f"/api/cameras/{camera.id}"
    assert len((await root.call("PATCH", path, {"sub_url": None})).json["streams"]) == 1
    back = (await root.call("PATCH", path, {"sub_url": "rtsp://192.0.2.1/sub"})).json["streams"]
    assert [stream["id"] for stream in back if stream["role"] == "sub"] == [sub.id]
    kept = logins(await stage.index.cameras.get(camera.id))
    assert kept["sub"] == ("cam", Secret(CAMERA_PASSWORD))


@pytest.mark.parametrize(
    ("fields", "field", "code"),
    [
        ({"main_url": ""}, "main_url", "required"),
        ({"main_url": "ftp://192.0.2.1/1"}, "main_url", "scheme"),
        ({"main_url": "rtsp:///1"}, "main_url", "host"),
        ({"main_url": "rtsp://192.0.2.1:99999/"}, "main_url", "address"),
        ({"main_url": "rtsp://192.0.2.1/a\r\nb"}, "main_url", "address"),
        ({"sub_url": "file:///etc/passwd"}, "sub_url", "scheme"),
        ({"number": 0}, "number", "too-small"),
        ({"retention_days": 40_000}, "retention_days", "too-large"),
        ({"username": "a\nb"}, "username", "characters"),
        ({"owner": "me"}, "owner", "unknown"),
        ({"purposes": []}, "purposes", "required"),
        ({"purposes": ["curiosity"]}, "purposes.0", "enum"),
    ],
)
async def test_a_field_that_cannot_be_is_named(
    stage: Stage, root: Browser, fields: dict[str, object], field: str, code: str
) -> None:
    named = {"name": "G", "main_url": "rtsp://192.0.2.1/1", "purposes": ["security"]}
    sent = {**named, **fields}
    answer = await root.call("POST", "/api/cameras", sent)
    assert (answer.status, answer.json["errors"]) == (400, [{"field": field, "message": code}])
    assert await stage.index.cameras.list() == []


async def test_a_number_belongs_to_one_camera(stage: Stage, root: Browser) -> None:
    for status in (201, 409):
        sent = {"name": "G", "number": 7, "main_url": "rtsp://192.0.2.1/1", "purposes": ["traffic"]}
        answer = await root.call("POST", "/api/cameras", sent)
        assert answer.status == status
    assert answer.json["errors"] == [{"field": "number", "message": "taken"}]


async def test_removing_a_camera_ends_who_watches_it(stage: Stage, root: Browser) -> None:
    camera = await stage.camera()
    assert (await root.call("DELETE", f"/api/cameras/{camera.id}")).status == 204
    assert stage.published("play.revoke") == [{"camera_id": camera.id}]
    assert (await root.call("GET", "/api/cameras")).json == {"cameras": []}
    assert (await root.call("DELETE", f"/api/cameras/{camera.id}")).status == 404


async def test_a_try_says_what_a_camera_sends_or_why_not(stage: Stage, root: Browser) -> None:
    sent = {"url": f"rtsp://cam:{CANARY}@192.0.2.1/1"}
    found = await root.call("POST", "/api/cameras/probe", sent)
    assert (found.json["codec"], found.json["width"]) == ("avc1.64001f", 1920)
    assert stage.rooms.probed == [("rtsp://192.0.2.1/1", "cam", "p@ss:word")]
    stage.rooms.report = ProbeReport(Cause.BAD_PASSWORD, "user or password is wrong")
    failed = await root.call("POST", "/api/cameras/probe", sent)
    assert failed.status == 503
    assert failed.json["cause"] == "bad-password"
    assert b"p@ss" not in failed.body


async def test_a_new_viewer_sees_nothing_that_was_not_said(stage: Stage, root: Browser) -> None:
    camera = await stage.camera()
    sent = {"name": "budi", "password": PASSWORD}
    assert (await root.call("POST", "/api/users", sent)).json["cameras"] == []
    budi = await stage.signed_in("budi")
    assert (await budi.call("GET", "/api/cameras")).json == {"cameras": []}
    everything = {"name": "citra", "password": PASSWORD, "cameras": None}
    assert (await root.call("POST", "/api/users", everything)).json["cameras"] is None
    citra = await stage.signed_in("citra")
    (seen,) = (await citra.call("GET", "/api/cameras")).json["cameras"]
    assert (seen["id"], seen["streams"][0]["url"]) == (camera.id, None)


async def test_an_administrator_made_viewer_sees_nothing_that_was_not_said(
    stage: Stage, root: Browser
) -> None:
    other = await stage.user("other", Role.ADMINISTRATOR)
    answer = await root.call("PATCH", f"/api/users/{other.id}", {"role": "viewer"})
    assert (answer.json["role"], answer.json["cameras"]) == ("viewer", [])


@pytest.mark.parametrize(
    "change",
    [
        {"cameras": []},
        {"enabled": False},
        {"password": "another-password"},
        {"cameras": [2]},
    ],
)
async def test_a_right_that_shrinks_ends_sessions_and_media(
    stage: Stage, root: Browser, change: dict[str, object]
) -> None:
    first, _ = await stage.camera("A"), await stage.camera("B")
    user = await stage.user("budi", cameras=[first.id])
    budi = await stage.signed_in("budi")
    assert (await budi.offer(f"/whep/{first.id}")).status == 201
    assert (await root.call("PATCH", f"/api/users/{user.id}", change)).status == 200
    assert (await budi.call("GET", "/api/session")).status == 401
    assert stage.published("play.revoke") == [{"user_id": user.id}]


async def test_a_right_that_grows_ends_nothing(stage: Stage, root: Browser) -> None:
    first, second = await stage.camera("A"), await stage.camera("B")
    user = await stage.user("budi", cameras=[first.id])
    budi = await stage.signed_in("budi")
    change = {"cameras": [first.id, second.id], "name": "budiman"}
    assert (await root.call("PATCH", f"/api/users/{user.id}", change)).status == 200
    assert (await budi.call("GET", "/api/session")).json["user"]["name"] == "budiman"
    assert stage.published("play.revoke") == []


async def test_removing_a_user_ends_what_they_opened(stage: Stage, root: Browser) -> None:
    user = await stage.user("budi")
    budi = await stage.signed_in("budi")
    assert (await root.call("DELETE", f"/api/users/{user.id}")).status == 204
    assert (await budi.call("GET", "/api/session")).status == 401
    assert stage.published("play.revoke") == [{"user_id": user.id}]


async def test_the_last_administrator_stays(stage: Stage, root: Browser) -> None:
    me = (await root.call("GET", "/api/session")).json["user"]["id"]
    path = f"/api/users/{me}"
    assert (await root.call("DELETE", path)).status == 409
    for change in ({"role": "viewer"}, {"enabled": False}):
        assert (await root.call("PATCH", path, change)).status == 409
    assert (await root.call("GET", "/api/users")).status == 200
    await stage.user("ani", Role.ADMINISTRATOR)
    assert (await root.call("DELETE", path)).status == 204


async def test_two_administrators_who_remove_each_other_leave_one(
    stage: Stage, root: Browser
) -> None:
    ani = await stage.user("ani", Role.ADMINISTRATOR)
    other = await stage.signed_in("ani")
    me = (await root.call("GET", "/api/session")).json["user"]["id"]
    answers = await asyncio.gather(
        root.call("DELETE", f"/api/users/{ani.id}"), other.call("DELETE", f"/api/users/{me}")
    )
    assert {answer.status for answer in answers} <= {204, 401, 409}
    assert len(await stage.index.users.list()) == 1


async def test_an_unknown_camera_or_a_taken_name_is_refused(stage: Stage, root: Browser) -> None:
    for fields, status in (({"cameras": [99]}, 409), ({"name": "root"}, 409), ({}, 201)):
        sent = {"name": "budi", "password": PASSWORD, **fields}
        assert (await root.call("POST", "/api/users", sent)).status == status
    sent = {"name": "citra", "password": PASSWORD, "cameras": [10**30]}
    assert (await root.call("POST", "/api/users", sent)).status == 400


async def test_a_new_camera_names_what_it_is_for(stage: Stage, root: Browser) -> None:
    sent: dict[str, object] = {"name": "G", "main_url": "rtsp://192.0.2.1/1"}
    refused = await root.call("POST", "/api/cameras", sent)
    assert refused.json["errors"] == [{"field": "purposes", "message": "required"}]
    sent |= {"purposes": ["traffic", "security", "traffic"], "owner_agency": " Dishub "}
    sent |= {"sign_posted": True, "contact": "0548 123"}
    added = await root.call("POST", "/api/cameras", sent)
    assert added.json["purposes"] == ["security", "traffic"], "each once, in the order of the law"
    assert (added.json["owner_agency"], added.json["contact"]) == ("Dishub", "0548 123")
    path = f"/api/cameras/{added.json['id']}"
    changed = await root.call("PATCH", path, {"purposes": ["disaster"], "sign_posted": False})
    assert (changed.json["purposes"], changed.json["sign_posted"]) == (["disaster"], False)
    assert changed.json["contact"] == "0548 123"
    assert (await root.call("PATCH", path, {"purposes": []})).status == 400


async def test_fewer_days_of_a_camera_wait_and_more_count_at_once(
    stage: Stage, root: Browser
) -> None:
    camera = await stage.camera()
    path = f"/api/cameras/{camera.id}"
    longer = await root.call("PATCH", path, {"retention_days": 60})
    assert longer.json["retention_days"] == 60
    shorter = await root.call("PATCH", path, {"retention_days": 7, "name": "Door"})
    assert (shorter.json["retention_days"], shorter.json["name"]) == (60, "Door")
    await root.call("PATCH", path, {"retention_days": 60, "name": "Gate"})
    (waits,) = (await root.call("GET", "/api/retention")).json["pending"]
    assert (waits["scope"], waits["owner_id"]) == ("camera", camera.id)
    assert (waits["policy"]["max_days"], waits["effective"]) == (7, stage.clock.wall() + DAY)
