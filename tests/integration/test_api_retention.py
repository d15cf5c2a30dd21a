"""Retention and the archive's health over HTTP, for administrators."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from storage.index import Index, Outline
from storage.index.damage import Damage
from storage.retention.changes import DELAY_MICROS
from tests.fakes.segments import NINE, segment
from tests.integration.api_stage import Answer, Browser, Stage, open_stage
from vms.core.model import Camera, Role, Stream, StreamRole
from vms.core.promises import RetentionPolicy, Scope
from vms.core.walltime import DAY, SECOND, TimeRange, WallTime

DAYS = 20
"""So much is recorded of the camera: a minute a day, and today an hour of minutes."""


def ago(days: float) -> WallTime:
    return WallTime(NINE - round(days * DAY))


@pytest.fixture
async def stage(sqlite_index: Index, tmp_path: Path) -> AsyncIterator[Stage]:
    async with open_stage(sqlite_index, tmp_path) as opened:
        opened.clock.step((NINE - opened.clock.wall()) / SECOND)
        await opened.user("root", Role.ADMINISTRATOR)
        yield opened


@pytest.fixture
async def root(stage: Stage) -> Browser:
    return await stage.signed_in("root")


@pytest.fixture
async def gate(stage: Stage) -> Camera:
    camera = await stage.camera("Gate")
    for day in range(1, DAYS + 1):
        made = segment(main(camera), day, at=-day * DAY / SECOND, body=bytes(1000))
        await stage.index.segments.add(made)
    return camera


def main(camera: Camera) -> Stream:
    stream = camera.stream(StreamRole.MAIN)
    assert stream is not None
    return stream


async def say(root: Browser, scope: str, owner: int = 0, **policy: int) -> Answer:
    sent = {"scope": scope, "owner_id": owner, "policy": policy, "reason": "smaller disk"}
    return await root.call("POST", "/api/retention", sent)


async def effective(root: Browser) -> dict[str, Any]:
    (camera,) = (await root.call("GET", "/api/retention")).json["cameras"]
    found: dict[str, Any] = camera
    return found


async def test_what_is_in_force_is_told_with_who_says_it(gate: Camera, root: Browser) -> None:
    assert (await effective(root))["max_days"] == {"value": 30, "scope": None, "owner_id": 0}
    group = (await root.call("POST", "/api/groups", {"name": "Port", "cameras": [gate.id]})).json
    await say(root, "site", max_days=40, min_days=3)
    await say(root, "group", group["id"], max_days=60)
    await say(root, "camera", gate.id, event_days=90)
    force = await effective(root)
    assert force["max_days"] == {"value": 60, "scope": "group", "owner_id": group["id"]}
    assert force["min_days"] == {"value": 3, "scope": "site", "owner_id": 0}
    assert force["event_days"] == {"value": 90, "scope": "camera", "owner_id": gate.id}
    assert force["quota_bytes"] == {"value": None, "scope": None, "owner_id": 0}
    scopes = (await root.call("GET", "/api/retention")).json["scopes"]
    assert [each["scope"] for each in scopes] == ["site", "group", "camera"]


async def test_keeping_less_waits_and_can_be_taken_back(
    stage: Stage, gate: Camera, root: Browser
) -> None:
    assert (await say(root, "camera", gate.id, max_days=50)).json == {"pending": None}
    waits = (await say(root, "camera", gate.id, max_days=10)).json["pending"]
    assert (waits["effective"], waits["made_by"]) == (NINE + DELAY_MICROS, "root")
    assert waits["reason"] == "smaller disk"
    told = (await root.call("GET", "/api/retention")).json
    assert (told["delay"], told["pending"]) == (DELAY_MICROS, [waits])
    assert (await effective(root))["max_days"]["value"] == 50, "until then"
    path = f"/api/retention/changes/{waits['id']}"
    assert (await root.call("DELETE", path)).status == 204
    assert (await root.call("DELETE", path)).status == 404
    assert (await root.call("GET", "/api/retention")).json["pending"] == []


@pytest.mark.parametrize(
    ("scope", "owner", "policy", "status", "field"),
    [
        ("site", 0, {"max_days": 0}, 400, "policy.max_days"),
        ("site", 0, {"min_days": -1}, 400, "policy.min_days"),
        ("site", 0, {"quota_bytes": -1}, 400, "policy.quota_bytes"),
        ("site", 0, {"days": 3}, 400, "policy.days"),
        ("town", 0, {}, 400, "scope"),
        ("site", 0, {"max_days": 3, "min_days": 5}, 400, "min_days"),
        ("site", 7, {"max_days": 3}, 404, None),
        ("camera", 77, {"max_days": 3}, 404, None),
        ("group", 77, {"max_days": 3}, 404, None),
    ],
)
async def test_a_policy_that_cannot_be_is_refused(
    gate: Camera,
    root: Browser,
    scope: str,
    owner: int,
    policy: dict[str, int],
    status: int,
    field: str | None,
) -> None:
    answer = await say(root, scope, owner, **policy)
    assert answer.status == status, answer.body
    if field is not None:
        assert answer.json["errors"][0]["field"] == field
    assert (await root.call("GET", "/api/retention")).json["scopes"] == []


async def dry(root: Browser, owner: int, **policy: int) -> Answer:
    sent = {"scope": "camera", "owner_id": owner, "policy": policy}
    return await root.call("POST", "/api/retention/dry-run", sent)


async def test_a_dry_run_counts_and_deletes_nothing(
    stage: Stage, gate: Camera, root: Browser
) -> None:
    span = {"camera_id": gate.id, "start": ago(18), "end": WallTime(ago(18) + 30 * SECOND)}
    sent = {"case_number": "LP/1", "reason": "theft", "spans": [span]}
    assert (await root.call("POST", "/api/locks", sent)).status == 201
    found = (await dry(root, gate.id, max_days=15)).json
    assert (found["segments"], found["size"], found["locked_size"]) == (4, 4000, 1000)
    assert (found["oldest"], found["newest"]) == (ago(20), ago(16) + 60 * SECOND)
    (camera,) = found["cameras"]
    assert (camera["camera_id"], camera["locked_size"]) == (gate.id, 1000)
    assert (await root.call("GET", "/api/retention")).json["scopes"] == []
    kept = await stage.index.segments.oldest(main(gate).id, 100)
    assert len(kept) == DAYS


async def test_dry_runs_come_one_at_a_time(stage: Stage, gate: Camera, root: Browser) -> None:
    async with stage.api.dry_runs:
        refused = await dry(root, gate.id, max_days=15)
    assert (refused.status, refused.headers["Retry-After"]) == (429, "5")
    assert (await dry(root, gate.id, max_days=15)).status == 200


async def test_a_forecast_tells_how_far_back_a_camera_will_reach(
    stage: Stage, gate: Camera, root: Browser
) -> None:
    policy = RetentionPolicy(quota_bytes=10_000, min_days=15)
    await stage.index.retention.set(Scope.CAMERA, gate.id, policy)
    told = (await root.call("GET", "/api/retention/forecast")).json
    (camera,) = told["cameras"]
    assert (camera["size"], camera["oldest"]) == (1000 * DAYS, ago(DAYS))
    assert camera["kept_days"] == pytest.approx(DAYS)
    assert camera["per_day"] == pytest.approx(1000, rel=0.05)
    assert camera["days_left"] == pytest.approx(15, rel=0.05), "the minimum, not the quota's ten"
    assert (camera["minimum_met"], camera["quota_met"]) == (True, False)
    assert told["store"]["used"] == 1000 * DAYS
    assert 0 < told["store"]["fill"] < 1
    assert told["store"]["total"] >= told["store"]["free"] > 0
    assert told["store"]["protected"] <= told["store"]["fill"]


async def test_receipts_are_told_newest_first_and_page_by_page(
    stage: Stage, gate: Camera, root: Browser
) -> None:
    stream, receipts = main(gate).id, stage.index.receipts
    for number, why in enumerate(("older than 30 days", "over the quota")):
        oldest = await stage.index.segments.oldest(stream, 2)
        taken = await stage.index.garbage.take(stream, oldest, why=why, now=ago(0))
        await receipts.close(taken, WallTime(ago(0) + number))
    newest, older = (await root.call("GET", "/api/retention/receipts")).json["receipts"]
    assert (newest["why"], newest["segments"], newest["size"]) == ("over the quota", 2, 2000)
    assert (older["start"], older["end"]) == (ago(20), ago(19) + 60 * SECOND)
    assert len(bytes.fromhex(older["merkle_root"])) == 32
    page = f"/api/retention/receipts?before={newest['id']}&camera={gate.id}"
    assert (await root.call("GET", page)).json["receipts"] == [older]
    assert (await root.call("GET", "/api/retention/receipts?limit=0")).status == 400


async def test_the_archives_health_names_what_is_damaged_and_what_waits(
    stage: Stage, gate: Camera, root: Browser
) -> None:
    stream = main(gate).id
    span = TimeRange(ago(3), WallTime(ago(3) + 60 * SECOND))
    outline = Outline(gate.id, stream, NINE, 3, span, 1000)
    await stage.index.damage.note(Damage(outline, "hash", ago(0), "another hash"))
    oldest = await stage.index.segments.oldest(stream, 2)
    await stage.index.garbage.take(stream, oldest, why="older", now=ago(0))
    told = (await root.call("GET", "/api/archive")).json
    (damage,) = told["damage"]
    assert (damage["camera_id"], damage["kind"], damage["start"]) == (gate.id, "hash", ago(3))
    assert (told["damaged"], told["garbage"], told["garbage_size"]) == (1, 2, 2000)
    assert (told["scrub_began"], told["object_lock"]) == (None, False)
    elsewhere = (await root.call("GET", "/api/archive?cameras=77")).json
    assert (elsewhere["damage"], elsewhere["damaged"]) == ([], 1)


async def test_a_store_that_is_away_is_told_as_not_known(
    stage: Stage, gate: Camera, root: Browser, tmp_path: Path
) -> None:
    await asyncio.to_thread((tmp_path / "store").rename, tmp_path / "elsewhere")
    told = (await root.call("GET", "/api/archive")).json
    assert (told["store"]["total"], told["store"]["level"]) == (None, "unknown")
    assert told["store"]["used"] == 1000 * DAYS


async def test_a_store_that_may_hold_less_than_its_disk_is_judged_by_that(
    sqlite_index: Index, tmp_path: Path
) -> None:
    async with open_stage(sqlite_index, tmp_path, store={"capacity_bytes": "4000"}) as stage:
        stage.clock.step((NINE - stage.clock.wall()) / SECOND)
        await stage.user("root", Role.ADMINISTRATOR)
        root, camera = await stage.signed_in("root"), await stage.camera()
        for number in range(3):
            await stage.index.segments.add(segment(main(camera), number, at=-60.0 * (number + 1)))
        fill = (await root.call("GET", "/api/archive")).json["store"]
        assert (fill["total"], fill["free"], fill["fill"]) == (4000, 1000, 0.75)
        assert (fill["protected"], fill["level"]) == (0, "ok"), "all of it may go"
        await stage.index.retention.set(Scope.SITE, 0, RetentionPolicy(min_days=5))
        fill = (await root.call("GET", "/api/archive")).json["store"]
        assert (fill["protected"], fill["level"]) == (0.75, "ok")
        await stage.index.segments.add(segment(main(camera), 9, at=-600.0))
        fill = (await root.call("GET", "/api/archive")).json["store"]
        assert (fill["protected"], fill["level"]) == (1.0, "full")
