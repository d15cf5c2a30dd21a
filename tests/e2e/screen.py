"""What a person sees and does on the page, in the words of the tests; reads the time code."""

from __future__ import annotations

import base64
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from playwright.sync_api import BrowserContext, Download, Locator, Page

from tests.e2e.product import ADMIN, PASSWORD, wait_for

READER = (Path(__file__).parents[1] / "data" / "timecode.js").read_text()
READER += "\nglobalThis.readTimecode = readTimecode;"

PICTURE_SHOWN = """
camera => {
  const tile = document.querySelector(`[data-testid=tile]:has(video[data-camera="${camera}"])`);
  const video = tile && tile.querySelector("video");
  if (!video || !video.videoWidth) return null;
  const canvas = document.createElement("canvas");
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  const pixels = canvas.getContext("2d", { willReadFrequently: true });
  pixels.drawImage(video, 0, 0);
  const clock = tile.querySelector("[data-testid=tile-clock]");
  return {
    code: readTimecode(pixels.getImageData(0, 0, canvas.width, canvas.height)),
    now: Date.now(),
    clock: Number(clock?.dataset.wall ?? NaN) / 1000,
    state: tile.dataset.state,
    width: video.videoWidth,
  };
}
"""


FILE_PLAYED = """
async data => {
  const bytes = Uint8Array.from(atob(data), letter => letter.charCodeAt(0));
  const video = document.createElement("video");
  video.muted = true;
  document.body.append(video);
  const painted = new Promise(done => video.requestVideoFrameCallback(done));
  video.src = URL.createObjectURL(new Blob([bytes], { type: "video/mp4" }));
  const canvas = document.createElement("canvas");
  const code = () => {
    canvas.width = video.videoWidth;
    canvas.height = video.videoHeight;
    const pixels = canvas.getContext("2d", { willReadFrequently: true });
    pixels.drawImage(video, 0, 0);
    return readTimecode(pixels.getImageData(0, 0, canvas.width, canvas.height));
  };
  await new Promise((done, fail) => {
    video.onloadeddata = done;
    video.onerror = () => fail(new Error(video.error.message));
  });
  await painted;
  const first = code();
  await video.play();
  await new Promise(done => setTimeout(done, 2500));
  return { first, last: code() };
}
"""


@dataclass(frozen=True, slots=True)
class Shown:
    """The picture a tile shows. Milliseconds UTC: `code` burnt into the picture by the camera,
    `clock` what the tile says, `now` the time of looking."""

    code: float
    now: float
    clock: float
    state: str
    width: int

    @property
    def age(self) -> float:
        return self.now - self.code


class Screen:
    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address

    def open(self) -> None:
        self.page.add_init_script(READER)
        self.page.goto(self.address)

    def sign_in(self, name: str = ADMIN, password: str = PASSWORD) -> None:
        self.page.locator("input[name=name]").fill(name)
        self.page.locator("input[name=password]").fill(password)
        self.page.locator("button[type=submit]").click()
        self.page.get_by_test_id("tile").first.wait_for()

    def tile(self, camera_id: int) -> Locator:
        return self.page.locator(f'[data-testid=tile]:has(video[data-camera="{camera_id}"])')

    def shown(self, camera_id: int) -> Shown | None:
        """None while the tile shows no picture with a readable time code."""
        seen: dict[str, Any] | None = self.page.evaluate(PICTURE_SHOWN, camera_id)
        return Shown(**seen) if seen and seen["code"] is not None else None

    def wait_shown(
        self, camera_id: int, *, state: str | None = None, seconds: float = 20.0
    ) -> Shown:
        def look() -> Shown | None:
            shown = self.shown(camera_id)
            return shown if shown and state in (None, shown.state) else None

        return wait_for(f"a picture of camera {camera_id} ({state})", look, seconds=seconds)

    def wait_fresh(self, camera_id: int, *, seconds: float = 30.0) -> Shown:
        """A live picture that is less than a second old."""

        def look() -> Shown | None:
            shown = self.shown(camera_id)
            return shown if shown and shown.state == "live" and 0 <= shown.age < 1000 else None

        return wait_for(f"a fresh picture of camera {camera_id}", look, seconds=seconds)

    def words(self, camera_id: int) -> str:
        return self.tile(camera_id).inner_text()

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def tab_to(self, selector: str) -> None:
        """Reach an element as a person without a mouse does. AssertionError when Tab never does."""
        for _ in range(80):
            self.page.keyboard.press("Tab")
            if self.page.evaluate("s => document.activeElement?.matches(s) ?? false", selector):
                return
        raise AssertionError(f"Tab does not reach {selector}")

    def go_to(self, millis: int) -> None:
        """Type a moment into the field for it: the archive, paused, at that picture."""
        field = self.page.get_by_test_id("go-to-time")
        field.fill(local_text(millis))
        field.press("Enter")

    def click_timeline(self, *, seconds_ago: float) -> None:
        canvas = self.page.get_by_test_id("timeline")
        box = canvas.bounding_box()
        assert box is not None
        start = float(canvas.get_attribute("data-start") or 0) / 1e6
        end = float(canvas.get_attribute("data-end") or 0) / 1e6
        share = (time.time() - seconds_ago - start) / (end - start)
        canvas.click(position={"x": box["width"] * share, "y": box["height"] / 2})

    def plays_file(self, path: Path, start: float, *, picture: float) -> None:
        """Chromium plays the file, and its first picture is the one of `start` ms UTC."""
        page = self.page.context.new_page()
        page.add_init_script(READER)
        page.goto("about:blank")
        data = base64.b64encode(path.read_bytes()).decode()
        code = page.evaluate(FILE_PLAYED, data)
        page.close()
        assert abs(code["first"] - start) <= picture
        assert code["last"] > code["first"] + 1000

    def download(self, key: str = "e") -> Download:
        with self.page.expect_download() as started:
            self.page.keyboard.press(key)
        return started.value


def local_text(millis: int) -> str:
    """A moment as a person in Bontang types it."""
    moment = datetime.fromtimestamp(millis / 1000, ZoneInfo("Asia/Makassar"))
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def screen(context: BrowserContext, address: str) -> Screen:
    """A page that is open and signed in."""
    opened = Screen(context.new_page(), address)
    opened.open()
    opened.sign_in()
    return opened
