"""The path a newcomer takes: watch, go back, save. Every time is read from the picture itself."""

from __future__ import annotations

import time
from bisect import bisect_right
from pathlib import Path

from playwright.sync_api import BrowserContext

from tests.e2e.conftest import City, add
from tests.e2e.judge import archived_codes, judge_clip
from tests.e2e.product import wait_for
from tests.e2e.screen import Screen, Shown, screen

PICTURE = 100  # ms between two pictures of the small simulated cameras


def test_live_pictures_advance_and_are_less_than_a_second_old(city: City, wall: Screen) -> None:
    for camera in (city.harbour, city.street):
        first = wall.wait_shown(camera, state="live")
        wait_newer(wall, camera, first.code + 1000)
        wall.wait_fresh(camera)


def wait_newer(wall: Screen, camera: int, code: float) -> Shown:
    return wait_for("a later picture", lambda: newer(wall, camera, code))


def newer(wall: Screen, camera: int, code: float) -> Shown | None:
    shown = wall.shown(camera)
    return shown if shown and shown.code >= code else None


def test_the_clock_on_a_tile_is_the_time_of_the_picture_shown(city: City, wall: Screen) -> None:
    wall.wait_shown(city.harbour, state="live")

    def agree() -> bool:
        shown = wall.shown(city.harbour)
        return shown is not None and abs(shown.clock - shown.code) <= PICTURE

    wait_for("clock and picture in step", agree)


def test_a_double_click_enlarges_and_switches_to_the_main_stream(city: City, wall: Screen) -> None:
    assert wall.wait_shown(city.harbour, state="live").width == 320
    wall.tile(city.harbour).dblclick()
    wait_for("the main stream", lambda: wall.wait_shown(city.harbour).width == 640)
    wall.wait_fresh(city.harbour)
    wall.press("Escape")
    wall.tile(city.street).wait_for(state="visible")


def test_an_h265_camera_shows_its_sub_stream_and_says_so(
    city: City, context: BrowserContext
) -> None:
    """Chromium without a GPU decodes no H.265: neither live nor from the archive."""
    kuala = add(city.product, city.cameras, "kuala", record_sub=True)
    try:
        city.product.wait_recording(kuala)
        wall = screen(context, city.product.address)
        wall.wait_fresh(kuala)
        wall.tile(kuala).dblclick()
        wait_for("the note", lambda: "H.265" in wall.words(kuala))
        assert wall.wait_shown(kuala, state="live").width == 320
        wall.press("r")
        wall.wait_shown(kuala, state="playing")
    finally:
        city.product.api.call("DELETE", f"/api/cameras/{kuala}")


def test_the_archive_at_a_chosen_second_shows_that_second(city: City, wall: Screen) -> None:
    wall.wait_shown(city.harbour, state="live")
    wall.tile(city.harbour).click()
    wanted = recorded_moment(city, seconds_ago=12)
    wall.go_to(wanted)
    code = wait_for("the chosen second", lambda: stands_near(wall, city.harbour, wanted))
    wall.page.wait_for_timeout(500)
    assert stands_near(wall, city.harbour, wanted) == code, "and it stays there"
    folder = city.product.main_objects(city.harbour)
    kept = wait_for("it in the archive", lambda: archived_codes(folder, wanted, wanted + 1000))
    assert abs(kept.index(code) - (bisect_right(kept, wanted) - 1)) <= 1, "the picture of then"


def stands_near(wall: Screen, camera: int, wanted: float) -> float | None:
    """The time code of the picture the tile stands at, once it is within a second of `wanted` and
    the tile's clock says the same."""
    shown = wall.shown(camera)
    if shown is None or shown.state != "paused" or abs(shown.code - wanted) > 1000:
        return None
    return shown.code if abs(shown.clock - shown.code) <= PICTURE else None


def recorded_moment(city: City, *, seconds_ago: float) -> int:
    """A whole second, ms UTC, that lies that far back and is recorded by now."""
    end = time.time() + 20
    while time.time() < end:
        wanted = int(time.time() - seconds_ago) * 1000
        spans = timeline(city, wanted - 500, wanted + 500)
        if any(start / 1000 <= wanted < stop / 1000 for start, stop in spans):
            return wanted
        time.sleep(0.5)
    raise AssertionError("nothing recorded that far back")


def timeline(city: City, start: float, end: float) -> list[tuple[int, int]]:
    query = f"cameras={city.harbour}&start={int(start * 1000)}&end={int(end * 1000)}&pixels=100"
    answer = city.product.api.call("GET", f"/api/timeline?{query}")
    return [tuple(span) for span in answer["cameras"][0]["spans"]]


def test_a_click_in_the_timeline_goes_back_and_l_returns_to_live(city: City, wall: Screen) -> None:
    wall.wait_shown(city.harbour, state="live")
    wall.tile(city.harbour).click()
    recorded_moment(city, seconds_ago=8)
    wall.click_timeline(seconds_ago=6)
    played = wall.wait_shown(city.harbour, state="playing")
    assert 3000 < played.age < 20_000
    moved = wait_for("the archive plays", lambda: newer(wall, city.harbour, played.code + 1000))
    assert moved
    wall.press("l")
    wall.wait_fresh(city.harbour)


def test_ten_marked_seconds_are_saved_as_an_exact_file(
    city: City, wall: Screen, tmp_path: Path
) -> None:
    wall.wait_shown(city.harbour, state="live")
    wall.tile(city.harbour).click()
    start = recorded_moment(city, seconds_ago=14)
    wall.go_to(start)
    wall.press("[")
    wall.go_to(start + 10_000)
    wall.press("]")
    saved = tmp_path / "clip.mp4"
    wall.download().save_as(saved)
    end = start + 10_000
    folder = city.product.main_objects(city.harbour)
    kept = wait_for("the archive behind the clip", lambda: archived_codes(folder, start, end))
    judge_clip(saved, kept, start, end)
    wall.plays_file(saved, start, picture=PICTURE)
