"""The archive as people meet it: evidence, rules with their consequences, gaps and days."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Locator

from tests.e2e.conftest import City, add
from tests.e2e.product import wait_for
from tests.e2e.screen import Screen
from vms.core.walltime import MINUTE, SECOND

NEAR = 500
"""Milliseconds: it is the right moment; that it is the exact picture is held elsewhere."""
ZONE = ZoneInfo("Asia/Makassar")


def test_a_marked_range_is_bookmarked_and_locked_and_the_lock_released_without_a_mouse(
    city: City, wall: Screen
) -> None:
    page, api = wall.page, city.product.api
    wall.wait_shown(city.harbour, state="live")
    wall.press("1", "Enter")
    first, _ = wait_for(
        "ten seconds in the index", lambda: kept(city, city.harbour, 10), seconds=60
    )
    start = first // 1_000_000 * 1000 + 2000
    end = start + 4000
    for moment, key in ((start, "["), (end, "]")):
        wall.go_to(moment)
        wait_for("that picture", partial(near, wall, city.harbour, moment))
        page.locator("body").evaluate("body => document.activeElement?.blur()")
        wall.press(key)

    wall.press("b")
    page.get_by_test_id("bookmark-form").wait_for()
    page.keyboard.type("red car")
    wall.press("Enter")
    page.get_by_test_id("bookmark-form").wait_for(state="detached")
    marked = api.call("GET", "/api/bookmarks")["bookmarks"][0]
    assert (marked["title"], marked["at"], marked["end"]) == ("red car", start * 1000, end * 1000)

    wall.press("k")
    page.get_by_test_id("lock-form").wait_for()
    page.keyboard.type("LP/7/XI")
    wall.press("Tab")
    page.keyboard.type("hit and run")
    wall.press("Enter")
    page.get_by_test_id("lock-form").wait_for(state="detached")
    lock = api.call("GET", "/api/locks")["locks"][0]
    assert lock["case_number"] == "LP/7/XI"
    assert lock["spans"] == [{"camera_id": city.harbour, "start": start * 1000, "end": end * 1000}]

    page.get_by_test_id("span").select_option(str(10 * MINUTE))
    words = wait_for("the marks under the pointer", lambda: hint(wall, city, start + 2000))
    assert "penanda “red car”" in words

    wall.tab_to("a[href='#/evidence']")
    wall.press("Enter")
    row = page.locator(f"tr[data-lock='{lock['id']}']")
    wait_for("the lock in the list", lambda: "hit and run" in row.inner_text())
    wall.tab_to(f"[data-testid=release-{lock['id']}]")
    wall.press("Enter")
    page.get_by_test_id("release-form").wait_for()
    page.keyboard.type("case closed")
    wall.press("Enter")
    row.wait_for(state="detached")
    wall.tab_to("[data-testid=language]")
    wall.press("Enter")
    wait_for("English", lambda: "No locks." in page.get_by_test_id("evidence").inner_text())
    released = api.call("GET", f"/api/locks/{lock['id']}")
    assert (released["state"], released["release_reason"]) == ("released", "case closed")


def test_a_rule_shows_what_it_deletes_and_a_reduction_waits_and_is_cancelled(
    city: City, wall: Screen
) -> None:
    page, api = wall.page, city.product.api
    tiny = {"scope": "camera", "owner_id": city.harbour, "policy": {"quota_bytes": 1000}}
    wait_for(
        "something to delete",
        lambda: api.call("POST", "/api/retention/dry-run", tiny)["size"] > 0,
        seconds=60,
    )
    page.get_by_test_id("language").click()
    page.goto(f"{city.product.address}/#/admin/groups")
    page.get_by_test_id("add-group").click()
    page.locator("input[name=name]").fill("Quays")
    page.locator(f"input[name=camera-{city.street}]").check()
    page.get_by_test_id("save-group").click()
    wait_for("the group", lambda: "Street" in page.get_by_test_id("groups").inner_text())

    page.goto(f"{city.product.address}/#/admin/retention")
    choose(wall, "group", "Quays")
    page.locator("input[name=max_days]").fill("60")
    page.get_by_test_id("try-rule").click()
    wait_for("harmless", lambda: "deletes nothing" in page.get_by_test_id("dry-run").inner_text())
    page.get_by_test_id("save-rule").click()
    row = page.get_by_test_id("effective").locator(f"tr[data-camera='{city.street}']")
    wait_for("60 days, and why", lambda: says(row, "at most 60 days", "group Quays"))

    choose(
        wall, "camera", f"1 · {city.product.api.call('GET', '/api/cameras')['cameras'][0]['name']}"
    )
    page.locator("input[name=quota_bytes]").fill("0,000001")
    page.get_by_test_id("try-rule").click()
    page.get_by_test_id("dry-run").wait_for()
    assert int(page.get_by_test_id("dry-run").get_attribute("data-size") or 0) > 0
    assert "Will delete" in page.get_by_test_id("dry-run").inner_text()
    page.get_by_test_id("save-rule").click()
    pending = page.get_by_test_id("pending")
    wait_for("the reduction waiting", lambda: pending.count() == 1)
    assert api.call("GET", "/api/retention")["pending"][0]["owner_id"] == city.harbour
    pending.get_by_role("button", name="Cancel the change").click()
    page.get_by_test_id("confirm-remove").click()
    pending.wait_for(state="detached")
    kept = api.call("GET", "/api/retention")
    assert kept["pending"] == []
    harbour = next(each for each in kept["cameras"] if each["camera_id"] == city.harbour)
    assert harbour["quota_bytes"]["value"] is None

    page.goto(f"{city.product.address}/#/health/archive")
    wait_for("no damage", lambda: "No damage" in page.get_by_test_id("damaged").inner_text())
    assert page.get_by_test_id("store-fill").get_attribute("data-level") != "unknown"


@pytest.fixture
def gate(city: City) -> Iterator[int]:
    """A camera that rests: what it recorded lies behind it."""
    api = city.product.api
    camera = add(city.product, city.cameras, "gate")
    try:
        city.product.wait_recording(camera)
        time.sleep(6)
        rest = {"when": "events", "pre_seconds": 0, "post_seconds": 1}
        api.call("PATCH", f"/api/cameras/{camera}", {"policy": rest})
        wait_for(
            "rest", lambda: any(s["cause"] == "no-event" for s in city.product.api.states(camera))
        )
        yield camera
    finally:
        api.call("DELETE", f"/api/cameras/{camera}")


def test_a_press_into_a_gap_leads_to_the_nearest_picture_and_a_day_is_found_in_the_calendar(
    city: City, gate: int, wall: Screen
) -> None:
    page = wall.page
    wall.wait_shown(gate, state="live")
    number = next(
        camera["number"]
        for camera in city.product.api.call("GET", "/api/cameras")["cameras"]
        if camera["id"] == gate
    )
    wall.press(*str(number), "Enter", "Enter")
    start, end = wait_for("its recording in the index", lambda: recorded(city, gate), seconds=60)
    wait_for("time enough behind it", lambda: time.time() > end / 1e6 + 8)
    page.get_by_test_id("span").select_option(str(10 * MINUTE))
    wait_for(
        "the gap with its reason", lambda: "tidak ada kejadian" in point(wall, time.time() - 4)
    )
    wall.click_timeline(seconds_ago=4)
    wait_for(
        "words for it",
        lambda: "Ditampilkan rekaman terdekat" in page.locator(".notes").inner_text(),
    )
    assert "tidak ada kejadian" in page.locator(".notes").inner_text()
    wait_for(
        "its last pictures",
        lambda: (
            (shown := wall.shown(gate)) is not None
            and shown.state != "live"
            and end / 1000 - 3000 < shown.clock < end / 1000 + NEAR
        ),
    )
    wall.press("Space", "Control+ArrowLeft")
    wait_for("its first picture", lambda: near(wall, gate, start / 1000))

    wall.press("c")
    today = datetime.now(ZONE).date()
    day = page.locator(f".calendar-day[data-date='{today}']")
    wait_for("hours in the calendar", lambda: day.get_attribute("data-level") != "0")
    assert "jam terekam" in (day.get_attribute("aria-label") or "")
    wall.press("Enter")
    page.get_by_test_id("calendar").wait_for(state="detached")
    midnight = datetime.combine(today, datetime.min.time(), ZONE).timestamp() * SECOND
    wait_for("the day on the timeline", lambda: left_of_lanes(wall) <= midnight + SECOND)


def near(wall: Screen, camera: int, millis: float) -> bool:
    shown = wall.shown(camera)
    return shown is not None and shown.state == "paused" and abs(shown.clock - millis) <= NEAR


def says(row: Locator, *words: str) -> bool:
    return row.count() == 1 and all(word in row.inner_text() for word in words)


def choose(wall: Screen, scope: str, owner: str) -> None:
    """Open the form of a new rule for that owner."""
    wall.page.get_by_test_id("add-rule").click()
    wall.page.locator("select[name=scope]").select_option(scope)
    wall.page.locator("select[name=owner_id]").select_option(label=owner)


def kept(city: City, camera: int, seconds: int) -> tuple[int, int] | None:
    """The last stretch of its recording, once it is so long."""
    spans = lane_of(city, camera)["spans"]
    long = spans and spans[-1][1] - spans[-1][0] >= seconds * SECOND
    return (spans[-1][0], spans[-1][1]) if long else None


def lane_of(city: City, camera: int) -> dict[str, Any]:
    now = int(time.time() * 1e6)
    path = f"/api/timeline?cameras={camera}&start={now - 10 * MINUTE}&end={now}"
    lane: dict[str, Any] = city.product.api.call("GET", path)["cameras"][0]
    return lane


def recorded(city: City, camera: int) -> tuple[int, int] | None:
    """The recording of a camera that rests since."""
    lane = lane_of(city, camera)
    open_gap = any(gap["end"] is None for gap in lane["gaps"])
    return (lane["spans"][0][0], lane["spans"][-1][1]) if lane["spans"] and open_gap else None


def left_of_lanes(wall: Screen) -> float:
    return float(wall.page.get_by_test_id("timeline").get_attribute("data-start") or "inf")


def point(wall: Screen, seconds: float, *, lane: float = 0.5) -> str:
    """The words under the pointer at that moment; `lane`: how far down the lanes, 0 to 1."""
    canvas = wall.page.get_by_test_id("timeline")
    box = canvas.bounding_box()
    assert box is not None
    start, end = (
        float(canvas.get_attribute(f"data-{each}") or 0) / 1e6 for each in ("start", "end")
    )
    x = box["x"] + box["width"] * (seconds - start) / (end - start)
    wall.page.mouse.move(x - 1, box["y"] + 24 + (box["height"] - 24) * lane)
    wall.page.mouse.move(x, box["y"] + 24 + (box["height"] - 24) * lane)
    words = wall.page.locator(".timeline-hint")
    return words.inner_text() if words.is_visible() else ""


def hint(wall: Screen, city: City, millis: int) -> str | None:
    """What the timeline says there, once it knows of the lock; harbour's is the first lane."""
    words = point(wall, millis / 1000, lane=0.1)
    return words if "terkunci: LP/7/XI" in words else None
