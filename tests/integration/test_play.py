"""The player as a whole: offers over the bus, real Chromium, live and archive. Times are read from
the pictures themselves."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.fakes.clip import timed_clip
from tests.fakes.footage import segments_of
from tests.integration.play_stage import MAIN, SUB, open_stage
from vms.core.errors import Exhausted
from vms.core.media.access_unit import Codec
from vms.core.model import Cause, Gap
from vms.core.walltime import SECOND, WallTime

PICTURE_MS = 40


def now() -> WallTime:
    return WallTime(time.time_ns() // 1000)


async def test_live_shows_the_present_with_its_exact_time() -> None:
    async with open_stage() as stage:
        stage.camera()
        viewer = await stage.viewer()
        await viewer.until_state("live", stream="main")
        shown = await viewer.until("a steady picture", lambda seen: seen["count"] > 25)
        assert abs(shown["code"] * 1000 - shown["wall"]) <= 1000 * PICTURE_MS
        assert now() - shown["code"] * 1000 < SECOND
        later = await viewer.until("progress", lambda seen: seen["code"] > shown["code"] + 1000)
        assert later["mode"] == "live"


async def test_a_second_viewer_starts_at_once_in_the_middle_of_a_long_group() -> None:
    async with open_stage() as stage:
        stage.camera(gop_seconds=8.0)
        first = await stage.viewer()
        await first.until("a picture", lambda seen: seen["count"] > 60)
        second = await stage.viewer()
        shown = await second.until("the present", is_present)
        assert shown["first"] < 4000  # the next key picture would have been seconds away
        assert len(stage.feed._streams) == 1


def is_present(seen: dict[str, object]) -> bool:
    """A live picture less than a second old, not one of a catch-up burst."""
    code = seen["code"]
    is_live = seen.get("mode") == "live" and not seen["hidden"]
    return is_live and isinstance(code, int) and abs(time.time() * 1000 - code) < 1000


def is_picture_of(wanted: int) -> Callable[[dict[str, Any]], bool]:
    """Whether the picture shown is the one of that moment, ms UTC."""
    return lambda seen: abs(seen["code"] - wanted) <= 1


async def test_a_seek_shows_the_exact_picture_and_goes_on_from_there() -> None:
    start = WallTime(now() - 3600 * SECOND)
    async with open_stage() as stage:
        stage.archive.keep(segments_of(timed_clip(start, 20), segment_seconds=6))
        viewer = await stage.viewer(at=start + 5_330_000)
        await viewer.until_state("playing")
        await viewer.say(op="pause")
        await viewer.until_state("paused")
        for offset in (11_010_000, 2_000_000, 17_999_000, 1_999_999):
            await viewer.say(op="seek", at=start + offset)
            wanted = (start + offset // 40_000 * 40_000) // 1000
            shown = await viewer.until("the picture sought", is_picture_of(wanted))
            settled = await viewer.until("its time", lambda seen: not seen["hidden"])
            assert abs(settled["wall"] - shown["code"] * 1000) < 1000
            clock = (await viewer.messages("clock"))[-1]
            assert clock["seek"] == start + offset
        await viewer.say(op="play", speed=2)
        await viewer.until_state("playing", speed=2.0)
        await viewer.until("progress", lambda seen: seen["code"] * 1000 > start + 3 * SECOND)


async def test_playing_keeps_time_and_jumps_over_a_gap_saying_why() -> None:
    start = WallTime(now() - 3600 * SECOND)
    later = WallTime(start + 600 * SECOND)
    async with open_stage() as stage:
        stage.archive.keep(segments_of(timed_clip(start, 4)))
        stage.archive.keep(segments_of(timed_clip(later, 10)))
        stage.archive.known_gaps = [
            Gap(MAIN, WallTime(start + 4 * SECOND), later, Cause.UNREACHABLE, "no route")
        ]
        viewer = await stage.viewer(at=start + 3 * SECOND)
        shown = await viewer.until("the far side", lambda seen: seen["code"] * 1000 >= later)
        gap = next(one for one in await viewer.messages("state") if one["state"] == "gap")
        assert gap["cause"] == "unreachable"
        assert gap["until"] == later
        assert (await viewer.state())["state"] == "playing"
        began = time.monotonic()
        further = await viewer.until(
            "three seconds more", lambda seen: seen["code"] >= shown["code"] + 3000
        )
        rate = (further["code"] - shown["code"]) / 1000 / (time.monotonic() - began)
        assert 0.6 < rate < 1.5


async def test_from_the_archive_back_to_live_and_at_its_end_on_as_live() -> None:
    async with open_stage() as stage:
        stage.camera()
        start = WallTime(now() - 60 * SECOND)
        stage.archive.keep(segments_of(timed_clip(start, 6)))
        viewer = await stage.viewer()
        await viewer.until("the present", is_present)
        await viewer.say(op="seek", at=start + 2 * SECOND)
        await viewer.until("the past", lambda seen: seen["code"] * 1000 < start + 6 * SECOND)
        await viewer.say(op="live")
        await viewer.until("the present", is_present)
        await viewer.until_state("live")
        await viewer.say(op="seek", at=start + 5 * SECOND)
        await viewer.until_state("playing")
        await viewer.until_state("live")
        await viewer.until("the present", is_present)


async def test_the_newest_seconds_come_from_the_recorder_itself() -> None:
    start = WallTime(now() - 30 * SECOND)
    async with open_stage() as stage:
        stage.camera()
        made = segments_of(timed_clip(start, 12), segment_seconds=6)
        stage.archive.keep(made[:1])
        stage.tail.held = made[1:]
        viewer = await stage.viewer(at=start + 9_000_000)
        await viewer.until_state("playing")
        await viewer.until(
            "it", lambda seen: abs(seen["code"] * 1000 - start - 9_400_000) < 400_000
        )


async def test_h265_gives_way_to_the_sub_stream() -> None:
    async with open_stage() as stage:
        stage.camera(MAIN, codec=Codec.H265)
        stage.camera(SUB, size=(320, 180))
        viewer = await stage.viewer()
        await viewer.until_state("live", stream="sub", note="h265-sub")
        shown = await viewer.until("the sub stream", is_present)
        assert shown["width"] == 320


async def test_a_lost_feed_is_told_with_its_cause_and_recovers() -> None:
    async with open_stage() as stage:
        camera = stage.camera()
        viewer = await stage.viewer()
        await viewer.until("the present", is_present)
        camera.cancel()
        state = {"stream_id": MAIN, "condition": "down", "cause": "bad-password", "detail": "401"}
        await stage.bus.publish(f"stream.state.{MAIN}", state)
        await viewer.until_state("waiting", cause="bad-password", detail="401")
        stage.camera()
        await viewer.until_state("live")
        await viewer.until("the present", is_present)


async def test_without_the_right_to_the_archive_there_is_none() -> None:
    start = WallTime(now() - 60 * SECOND)
    async with open_stage() as stage:
        stage.camera()
        stage.archive.keep(segments_of(timed_clip(start, 4)))
        viewer = await stage.viewer(playback=False)
        await viewer.until_state("live")
        await viewer.say(op="seek", at=start + SECOND)
        await viewer.until_state("live", detail="denied")
        await viewer.until("still the present", is_present)
        other = await stage.viewer(playback=False, at=start + SECOND)
        await other.until_state("unplayable", detail="denied")


async def test_an_ended_right_closes_the_peers_it_covered() -> None:
    async with open_stage() as stage:
        stage.camera()
        mine = await stage.viewer(user_id=7)
        other = await stage.viewer(user_id=8)
        await mine.until("the present", is_present)
        await stage.bus.publish("play.revoke", {"user_id": 7})
        await mine.page.wait_for_function("channelState() === 'closed'")
        await other.until("the present", is_present)
        await stage.bus.request(f"play.close.{other.peer_id}", {})
        await other.page.wait_for_function("channelState() === 'closed'")


async def test_more_viewers_than_allowed_are_refused() -> None:
    async with open_stage(most_viewers=1) as stage:
        stage.camera()
        await stage.viewer()
        with pytest.raises(Exhausted):
            await stage.viewer()
