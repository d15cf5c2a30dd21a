"""A camera is kept around events, and its completeness read, without a mouse, in two languages."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.e2e.conftest import City, add
from tests.e2e.product import ADMIN, PASSWORD, wait_for
from tests.e2e.screen import Screen
from tests.e2e.test_keyboard import type_into
from vms.core.walltime import MINUTE


@pytest.fixture
def gate(city: City) -> Iterator[int]:
    camera = add(city.product, city.cameras, "gate")
    try:
        city.product.wait_recording(camera)
        yield camera
    finally:
        city.product.api.call("DELETE", f"/api/cameras/{camera}")


def resting(city: City, camera: int) -> bool:
    states = city.product.api.states(camera)
    return any(state["cause"] == "no-event" for state in states)


def test_a_camera_is_kept_around_events_and_its_completeness_is_read_with_the_keyboard(
    city: City, gate: int, context: BrowserContext
) -> None:
    page = context.new_page()
    screen = Screen(page, city.product.address)
    screen.open()
    page.locator("input[name=name]").wait_for()
    type_into(screen, "input[name=name]", ADMIN)
    type_into(screen, "input[name=password]", PASSWORD)
    screen.press("Enter")
    page.locator("a[href='#/admin/cameras']").wait_for()
    screen.tab_to("a[href='#/admin/cameras']")
    screen.press("Enter")
    page.get_by_test_id("cameras").wait_for()
    screen.tab_to(f"tr[data-camera='{gate}'] .row-actions button:first-child")
    screen.press("Enter")
    page.get_by_test_id("camera-form").wait_for()
    screen.tab_to("select[name=policy]")
    screen.press("ArrowDown", "ArrowDown")
    assert page.locator("select[name=policy]").input_value() == "events"
    for name, text in (("pre_seconds", "3"), ("post_seconds", "2")):
        screen.tab_to(f"input[name='policy.{name}']")
        screen.press("Control+a")
        page.keyboard.type(text)
    screen.press("Enter")
    page.get_by_test_id("camera-form").wait_for(state="detached")

    wait_for("a camera that rests", lambda: resting(city, gate))
    wait_for(
        "words for it", lambda: "siaga" in page.locator(f"tr[data-camera='{gate}']").inner_text()
    )
    time.sleep(5)  # seconds that only the ring holds
    told = city.product.api.call("POST", f"/api/cameras/{gate}/events", {"kind": "motion"})
    wait_for("the event being kept", lambda: city.product.api.recording(gate))
    wait_for("rest after it", lambda: resting(city, gate))

    screen.tab_to("a[href='#/health']")
    screen.press("Enter")
    screen.tab_to("a[href='#/health/completeness']")
    screen.press("Enter")
    page.get_by_test_id("completeness").wait_for()
    screen.tab_to(f"tr[data-camera='{gate}'] .link")
    screen.press("Enter")
    days = page.get_by_test_id("stream-days")
    wait_for("the reason", lambda: "tidak perlu direkam, tidak ada kejadian" in days.inner_text())
    screen.tab_to("[data-testid=stream-days] tbody button")
    screen.press("Enter")
    gaps = page.get_by_test_id("gaps")
    wait_for("the gaps", lambda: gaps.inner_text().count("tidak ada kejadian") >= 2)
    screen.press("Escape")
    days.wait_for(state="detached")
    screen.tab_to("[data-testid=language]")
    screen.press("Enter")
    wait_for("English", lambda: "worst first" in body(page))

    counted = city.product.api.call("GET", f"/api/completeness?cameras={gate}&days=1")
    today = counted["streams"][0]["days"][0]
    assert today["stored"] >= 5_000_000, "three seconds before the event, two after it"
    assert today["excused"]["no-event"] > 0
    assert today["unexplained"] == 0
    spans = city.product.api.call(
        "GET",
        f"/api/timeline?cameras={gate}&start={told['at'] - MINUTE}&end={told['at'] + MINUTE}",
    )["cameras"][0]["spans"]
    assert any(start <= told["at"] - 3_000_000 and told["at"] < end for start, end in spans)


def body(page: Page) -> str:
    return page.locator("body").inner_text()
