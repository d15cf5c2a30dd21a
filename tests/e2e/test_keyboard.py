"""Sign in, find, mark and save without a mouse, in English; then out, and the page in Bahasa."""

from __future__ import annotations

import time
from pathlib import Path

from playwright.sync_api import BrowserContext

from tests.e2e.conftest import City
from tests.e2e.judge import picture_codes
from tests.e2e.product import ADMIN, PASSWORD, wait_for
from tests.e2e.screen import Screen, local_text

NEAR = 300
"""Milliseconds: it is the right moment; that it is the exact picture is held elsewhere."""


def test_everything_of_the_path_works_without_a_mouse_in_english(
    city: City, context: BrowserContext, tmp_path: Path
) -> None:
    wall = Screen(context.new_page(), city.product.address)
    wall.open()
    wall.page.locator("input[name=name]").wait_for()
    type_into(wall, "input[name=name]", ADMIN)
    type_into(wall, "input[name=password]", PASSWORD)
    wall.press("Enter")
    wall.wait_shown(city.harbour, state="live")

    wall.tab_to("[data-testid=language]")
    wall.press("Enter")
    wait_for("English", lambda: "LIVE" in wall.words(city.harbour))
    wall.press("Escape")
    wall.page.locator("body").evaluate("body => document.activeElement?.blur()")

    wall.press("1", "Enter", "Enter")
    wait_for("camera 1 enlarged", lambda: wall.wait_shown(city.harbour).width == 640)
    time.sleep(6)
    wall.press("Space")
    wall.wait_shown(city.harbour, state="paused")
    start = int(time.time() - 5) * 1000
    wall.tab_to("[data-testid=go-to-time]")
    wall.page.keyboard.type(local_text(start))
    wall.press("Enter")
    wait_for("that picture", lambda: abs(wall.wait_shown(city.harbour).code - start) <= NEAR)
    wall.page.locator("body").evaluate("body => document.activeElement?.blur()")
    wall.press("[")
    wall.press("Space")
    wait_for("two seconds on", lambda: wall.wait_shown(city.harbour).code >= start + 2000)
    wall.press("Space", "]")
    saved = tmp_path / "clip.mp4"
    wall.download("e").save_as(saved)
    codes = picture_codes(saved)
    assert abs(codes[0] - start) <= NEAR
    assert codes[-1] >= start + 1900

    wall.press("l")
    wall.wait_fresh(city.harbour)
    wall.tab_to("[data-testid=language]")
    wall.press("Enter")
    wait_for("Bahasa", lambda: "LANGSUNG" in wall.words(city.harbour))


def type_into(wall: Screen, selector: str, text: str) -> None:
    if not wall.page.locator(selector).evaluate("field => field === document.activeElement"):
        wall.tab_to(selector)
    wall.page.keyboard.type(text)
