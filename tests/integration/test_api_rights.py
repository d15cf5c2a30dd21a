"""Every route of the table, called by nobody, by a viewer without and with the right, by an
administrator. A new row is tested here without being named, but for what it must be sent."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import aiohttp
import pytest

from storage.index import Index, NewLock
from storage.index.bookmarks import NewBookmark
from storage.index.retention import NewChange
from tests.integration.api_stage import OFFER, PASSWORD, SDP, Answer, Browser, Stage, open_stage
from vms.api.routes import ROUTES
from vms.api.table import AnySignedIn, Public, Route
from vms.auth.policy import Action
from vms.core.model import Role
from vms.core.promises import LockSpan, RetentionPolicy, Scope
from vms.core.walltime import DAY, SECOND, TimeRange, WallTime

START = 1_795_400_000_000_000
UNKNOWN_CAMERA = 9999
BODIES: dict[tuple[str, str], object] = {
    ("POST", "/api/setup"): {"name": "first", "password": PASSWORD},
    ("POST", "/api/session"): {"name": "root", "password": PASSWORD},
    ("POST", "/api/cameras"): {
        "name": "New",
        "main_url": "rtsp://192.0.2.9/1",
        "purposes": ["security"],
    },
    ("POST", "/api/cameras/probe"): {"url": "rtsp://192.0.2.9/1"},
    ("PATCH", "/api/cameras/{camera_id}"): {"name": "Renamed"},
    ("POST", "/api/cameras/{camera_id}/events"): {"kind": "motion"},
    ("POST", "/api/users"): {"name": "new", "password": PASSWORD, "cameras": []},
    ("PATCH", "/api/users/{user_id}"): {"name": "renamed"},
    ("POST", "/api/cameras/{camera_id}/bookmarks"): {"at": START, "title": "A crash"},
    ("PATCH", "/api/cameras/{camera_id}/bookmarks/{bookmark_id}"): {"title": "Two crashes"},
    ("POST", "/api/locks"): {
        "case_number": "LP/1",
        "reason": "theft",
        "spans": [{"camera_id": 1, "start": START, "end": START + 60_000_000}],
    },
    ("POST", "/api/locks/{lock_id}/release"): {"reason": "case closed"},
    ("POST", "/api/groups"): {"name": "Harbour", "cameras": [1]},
    ("PATCH", "/api/groups/{group_id}"): {"name": "Port"},
    ("POST", "/api/retention/dry-run"): {
        "scope": "camera",
        "owner_id": 1,
        "policy": {"max_days": 2},
    },
    ("POST", "/api/retention"): {"scope": "camera", "owner_id": 1, "policy": {"max_days": 40}},
}
NUMBERS: dict[str, object] = {
    "camera_id": 1,
    "user_id": 2,
    "peer_id": "peer1",
    **dict.fromkeys(("bookmark_id", "lock_id", "group_id", "change_id"), 1),
}
OF_ASKED = {
    ("POST", "/api/locks/{lock_id}/confirm"),
    ("DELETE", "/api/locks/{lock_id}/release"),
}
QUERIES = {
    "/api/timeline": f"cameras={{camera_id}}&start={START}&end={START + 60_000_000}",
    "/api/cameras/{camera_id}/runs": f"start={START}&end={START + 5_000_000}",
    "/api/calendar": "cameras={camera_id}&from_date=2026-11-01&days=2",
    "/api/cameras/{camera_id}/nearest": f"at={START}",
    "/api/bookmarks": "cameras={camera_id}",
    "/api/locks": "cameras={camera_id}",
    "/api/completeness": "cameras={camera_id}&days=2",
    "/api/cameras/{camera_id}/clip.mp4": f"start={START}&end={START + 5_000_000}",
}
each_route = pytest.mark.parametrize(
    "route", ROUTES, ids=[f"{route.method} {route.path}" for route in ROUTES]
)


@pytest.fixture
async def stage(sqlite_index: Index, tmp_path: Path) -> AsyncIterator[Stage]:
    """Camera 1 that `inside` may see and `outside` may not, another one for `outside`. Everything
    that has a number of its own is there once as number 1, of camera 1; lock 2 is asked for."""
    async with open_stage(sqlite_index, tmp_path) as opened:
        mine, other = await opened.camera("Jetty"), await opened.camera("Other")
        assert mine.id == 1
        await opened.user("root", Role.ADMINISTRATOR)
        await opened.user("inside", cameras=[mine.id])
        await opened.user("outside", cameras=[other.id])
        await _furnish(opened, mine.id)
        yield opened


async def _furnish(stage: Stage, camera_id: int) -> None:
    index, now = stage.index, stage.clock.wall()
    span = LockSpan(camera_id, TimeRange(WallTime(START), WallTime(START + SECOND)))
    for _ in range(2):
        await index.locks.add(NewLock("LP/1", "theft", (span,), by="root"), now)
    await index.locks.ask_release(2, "somebody", "closed", now)
    await index.bookmarks.add(
        NewBookmark(camera_id, WallTime(START), None, "Crash", "", "inside"), now
    )
    await index.groups.add("Jetty and no other", [camera_id])
    policy, later = RetentionPolicy(max_days=3), WallTime(now + DAY)
    await index.retention.ask(
        NewChange(Scope.CAMERA, camera_id, policy, now, "root", "smaller disk", later)
    )


async def called(browser: Browser, route: Route, camera_id: int = 1, user_id: int = 2) -> Answer:
    """The route called as it wants to be; of a stream only the head is read."""
    values = NUMBERS | {"camera_id": camera_id, "user_id": user_id}
    path = _path(route, values)
    if (query := QUERIES.get(route.path)) is not None:
        path = f"{path}?{query.format(**values)}"
    headers = {"Origin": browser.address}
    if route.body == "application/sdp":
        sending = browser.http.request(
            route.method, browser.address + path, data=OFFER, headers=headers | SDP
        )
    else:
        body = BODIES.get((route.method, route.path))
        assert (body is None) == (route.body is None), "say in BODIES what this route is sent"
        sending = browser.http.request(
            route.method, browser.address + path, json=body, headers=headers
        )
    async with sending as response:
        endless = response.content_type == "text/event-stream"
        return Answer(response.status, response.headers, b"" if endless else await response.read())


def _path(route: Route, values: Mapping[str, object]) -> str:
    asked: dict[str, object] = {"lock_id": 2} if (route.method, route.path) in OF_ASKED else {}
    return route.path.format(**{**values, **asked})


def refused(answer: Answer, status: int) -> None:
    assert answer.status == status, answer.body
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    assert answer.json["status"] == status


def done(answer: Answer, route: Route) -> None:
    expected = 204 if route.answer is None else route.status
    if route.path == "/api/setup":
        expected = 409  # there are users
    assert answer.status == expected, answer.body


def _is_hidden(route: Route) -> bool:
    named = "cameras=" in QUERIES.get(route.path, "") or "lock_id" in route.parameters
    return isinstance(route.needs, Action) or named


@each_route
async def test_nobody_gets_only_what_is_public(stage: Stage, route: Route) -> None:
    answer = await called(await stage.browser(), route)
    if isinstance(route.needs, Public):
        done(answer, route)
    else:
        refused(answer, 401)


@each_route
async def test_a_viewer_without_the_right_learns_nothing(stage: Stage, route: Route) -> None:
    browser = await stage.signed_in("outside")
    answer = await called(browser, route)
    if route.needs is Action.ADMIN:
        refused(answer, 403)
    elif _is_hidden(route):
        refused(answer, 404)
        unknown = await called(browser, route, UNKNOWN_CAMERA)
        assert (unknown.status, unknown.body) == (answer.status, answer.body)
    else:
        done(answer, route)
        assert b"Jetty" not in answer.body


@each_route
async def test_a_viewer_with_the_right_gets_what_viewers_get(stage: Stage, route: Route) -> None:
    browser = await stage.signed_in("inside")
    if route.path == "/whep/{camera_id}/{peer_id}":
        assert (await browser.offer("/whep/1")).status == 201
    answer = await called(browser, route)
    if route.needs is Action.ADMIN:
        refused(answer, 403)
    else:
        done(answer, route)
    assert b"192.0.2.1" not in answer.body, "the address of a camera is for administrators"


@each_route
async def test_an_administrator_may_do_everything(stage: Stage, route: Route) -> None:
    browser = await stage.signed_in("root")
    if route.path == "/whep/{camera_id}/{peer_id}":
        assert (await browser.offer("/whep/1")).status == 201
    done(await called(browser, route), route)


@each_route
async def test_what_another_site_sends_in_ones_name_is_refused(stage: Stage, route: Route) -> None:
    if route.method in ("GET", "OPTIONS"):
        return
    browser = await stage.signed_in("root")
    before = len(stage.bus.published)
    path = _path(route, NUMBERS)
    body = BODIES.get((route.method, route.path))
    for headers in (
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ):
        async with browser.http.request(
            route.method, browser.address + path, json=body, headers=headers
        ) as response:
            assert response.status == 403
    assert len(stage.bus.published) == before


async def test_a_signed_in_route_says_why_its_answer_is_harmless() -> None:
    open_ones = [route for route in ROUTES if isinstance(route.needs, Public | AnySignedIn)]
    assert all(isinstance(r.needs, Public | AnySignedIn) and r.needs.reason for r in open_ones)


@pytest.mark.parametrize("camera_id", ["0", "x", "-1", "1e3", "9" * 30, "%00", "١"])
async def test_what_is_no_camera_id_is_an_unknown_camera(stage: Stage, camera_id: str) -> None:
    browser = await stage.signed_in("root")
    answer = await browser.offer(f"/whep/{camera_id}")
    assert answer.status == 404


async def test_a_disabled_user_is_out(stage: Stage) -> None:
    root, inside = await stage.signed_in("root"), await stage.signed_in("inside")
    user_id = (await inside.call("GET", "/api/session")).json["user"]["id"]
    assert (await root.call("PATCH", f"/api/users/{user_id}", {"enabled": False})).status == 200
    refused(await inside.call("GET", "/api/session"), 401)
    refused(await inside.sign_in("inside"), 403)


async def test_a_cookie_of_nobody_is_nobody(stage: Stage) -> None:
    async with aiohttp.ClientSession(cookies={"vms_session": "x" * 43}) as http:
        refused(await Browser(stage.address, http).call("GET", "/api/session"), 401)
