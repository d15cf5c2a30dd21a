"""Signing in and out over HTTP: set-up, back-off, cookies, how sessions end, errors as problems."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage.index import Index
from tests.fakes.clock import settle
from tests.integration.api_stage import PASSWORD, Stage, open_stage
from vms.core.model import Role


@pytest.fixture
async def stage(sqlite_index: Index, tmp_path: Path) -> AsyncIterator[Stage]:
    async with open_stage(sqlite_index, tmp_path, proxies="127.0.0.1") as opened:
        yield opened


async def test_the_first_visitor_makes_the_administrator_and_nobody_a_second(stage: Stage) -> None:
    browser = await stage.browser()
    assert (await browser.call("GET", "/api/site")).json["needs_setup"] is True
    made = await browser.call("POST", "/api/setup", {"name": "ani", "password": PASSWORD})
    assert (made.status, made.json["user"]["role"]) == (201, "administrator")
    assert (await browser.call("GET", "/api/users")).status == 200
    again = {"name": "eve", "password": PASSWORD}
    assert (await (await stage.browser()).call("POST", "/api/setup", again)).status == 409
    assert (await browser.call("GET", "/api/site")).json["needs_setup"] is False


async def test_two_who_set_up_at_once_make_one_administrator(stage: Stage) -> None:
    browsers = [await stage.browser() for _ in range(4)]
    answers = await asyncio.gather(
        *(
            each.call("POST", "/api/setup", {"name": f"ani{number}", "password": PASSWORD})
            for number, each in enumerate(browsers)
        )
    )
    assert sorted(answer.status for answer in answers) == [201, 409, 409, 409]


async def test_a_short_password_is_refused_beside_its_field(stage: Stage) -> None:
    sent = {"name": "ani", "password": "short"}
    answer = await (await stage.browser()).call("POST", "/api/setup", sent)
    assert answer.status == 400
    assert answer.json["errors"] == [{"field": "password", "message": "password-short"}]


async def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_sites(stage: Stage) -> None:
    await stage.user("budi")
    answer = await (await stage.browser()).sign_in("budi")
    cookie = answer.headers["Set-Cookie"]
    assert all(
        word in cookie for word in ("HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=43200")
    )
    assert answer.headers["Cache-Control"] == "no-store"


async def test_behind_tls_the_cookie_and_the_site_stay_with_tls(
    sqlite_index: Index, tmp_path: Path
) -> None:
    async with open_stage(sqlite_index, tmp_path, https="true") as stage:
        await stage.user("budi")
        answer = await (await stage.browser()).sign_in("budi")
        assert "Secure" in answer.headers["Set-Cookie"]
        assert answer.headers["Strict-Transport-Security"].startswith("max-age=")


async def test_name_and_password_fail_alike(stage: Stage) -> None:
    await stage.user("budi")
    browser = await stage.browser()
    wrong = await browser.sign_in("budi", "wrong-password")
    nobody = await browser.sign_in("nobody", "wrong-password")
    assert (wrong.status, wrong.body) == (nobody.status, nobody.body)
    assert wrong.status == 403
    assert "Set-Cookie" not in wrong.headers


async def test_guessing_must_wait_longer_and_longer(stage: Stage) -> None:
    await stage.user("budi")
    browser = await stage.browser()
    assert {(await browser.sign_in("budi", "wrong-password")).status for _ in range(5)} == {403}
    waits = []
    for _ in range(4):
        refused = await browser.sign_in("budi")
        assert refused.status == 429
        waits.append(int(refused.headers["Retry-After"]))
        await stage.clock.advance(waits[-1])
        assert (await browser.sign_in("budi", "wrong-password")).status == 403
    assert waits == sorted(waits)
    assert waits[-1] > waits[0]
    elsewhere = await browser.call(
        "POST", "/api/session", {"name": "budi", "password": PASSWORD}, X_Forwarded_For="192.0.2.7"
    )
    assert elsewhere.status == 200, "guesses from one address do not lock a user out of another"


async def test_guesses_made_at_once_do_not_all_pass(stage: Stage) -> None:
    await stage.user("budi")
    browser = await stage.browser()
    answers = await asyncio.gather(
        *(browser.sign_in("budi", f"wrong-password-{number}") for number in range(20))
    )
    assert sum(answer.status == 403 for answer in answers) == 5


async def test_signing_out_ends_the_session_and_its_media(stage: Stage) -> None:
    camera = await stage.camera()
    await stage.user("budi")
    browser = await stage.signed_in("budi")
    assert (await browser.offer(f"/whep/{camera.id}")).status == 201
    token = next(iter(browser.http.cookie_jar)).value
    assert (await browser.call("DELETE", "/api/session")).status == 204
    (revoked,) = stage.published("play.revoke")
    assert revoked == {"session_id": stage.player.offers[0]["session_id"]}
    kept = await browser.call("GET", "/api/session", Cookie=f"vms_session={token}")
    assert kept.status == 401, "the token itself is worth nothing any more"
    assert (await browser.call("DELETE", "/api/session")).status == 204


@pytest.mark.parametrize(("pause", "rounds"), [(3601, 1), (1800, 24)])
async def test_a_session_ends_when_unused_or_old_and_its_media_with_it(
    stage: Stage, pause: float, rounds: int
) -> None:
    """An hour without a request, or twelve hours of them."""
    camera = await stage.camera()
    await stage.user("budi")
    browser = await stage.signed_in("budi")
    assert (await browser.offer(f"/whep/{camera.id}")).status == 201
    for number in range(rounds):
        if number:
            assert (await browser.call("GET", "/api/session")).status == 200
        await stage.clock.advance(pause)
    assert (await browser.call("GET", "/api/session")).status == 401
    async with asyncio.timeout(20):
        while not stage.published("play.revoke"):
            await stage.clock.advance(15)
            await asyncio.sleep(0.01)
    session_id = stage.player.offers[0]["session_id"]
    assert stage.published("play.revoke") == [{"session_id": session_id}]


async def test_no_token_and_no_hash_is_ever_said(stage: Stage) -> None:
    await stage.user("root", Role.ADMINISTRATOR)
    browser = await stage.signed_in("root")
    token = next(iter(browser.http.cookie_jar)).value
    for path in ("/api/session", "/api/users", "/api/health", "/metrics"):
        answer = await browser.call("GET", path)
        assert answer.status == 200
        assert token.encode() not in answer.body
        assert b"argon2" not in answer.body


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/api/none"), ("PUT", "/api/session"), ("POST", "/metrics"), ("GET", "/whep/1")],
)
async def test_what_is_not_there_is_a_problem_too(stage: Stage, method: str, path: str) -> None:
    answer = await (await stage.browser()).call(method, path)
    assert answer.status == 404
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("sent", "field", "code"),
    [
        ({"password": PASSWORD}, "name", "required"),
        ({"name": " ", "password": PASSWORD}, "name", "required"),
        ({"name": "n" * 101, "password": PASSWORD}, "name", "too-long"),
        ({"name": "a\u0000b", "password": PASSWORD}, "name", "characters"),
        ({"name": "a", "password": PASSWORD, "role": "administrator"}, "role", "unknown"),
    ],
)
async def test_a_wrong_field_is_named_with_a_code(
    stage: Stage, sent: dict[str, str], field: str, code: str
) -> None:
    answer = await (await stage.browser()).call("POST", "/api/session", sent)
    assert answer.status == 400
    assert {"field": field, "message": code} in answer.json["errors"]
    assert PASSWORD.encode() not in answer.body


async def test_a_form_of_another_site_cannot_pose_as_json(stage: Stage) -> None:
    browser = await stage.browser()
    text = '{"name": "a", "password": "b"}'
    async with browser.http.post(
        stage.address + "/api/session", data=text, headers={"Content-Type": "text/plain"}
    ) as response:
        assert response.status == 400


async def test_a_body_that_is_too_long_is_not_read(stage: Stage) -> None:
    sent = {"name": "a", "password": "p" * 70_000}
    assert (await (await stage.browser()).call("POST", "/api/session", sent)).status == 413


async def test_the_server_is_ready_when_index_and_bus_are(stage: Stage) -> None:
    browser = await stage.browser()
    assert (await browser.call("GET", "/readyz")).json == {"status": "ok"}
    stage.bus.away = True
    assert (await browser.call("GET", "/readyz")).status == 503
    assert (await browser.call("GET", "/livez")).status == 200
    await settle()
