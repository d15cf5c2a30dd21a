"""A real camera whose recording rests because the store is full: live goes on, the gap is named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from storage.full.stopped import NOBODY, Stopped, say
from tests.integration.clips import make_clip
from tests.integration.recorders import Site, open_site, until
from tests.servers.gstreamer import GstCamera
from vms.core.bus import Payload
from vms.core.model import Cause
from vms.core.walltime import HOUR, TimeRange, WallTime

Start = Callable[..., GstCamera]
WORDS = "1 of 2 cameras is not recorded: the store is full of locked video"


def problems(site: Site) -> Payload:
    """Of the recorder, as told last: detail by code."""
    told = [payload for name, payload in site.bus.published if name == "node.state.record.here"]
    found = told[-1]["problems"] if told else []
    assert isinstance(found, list)
    return {one["code"]: one["detail"] for one in found}


async def test_recording_rests_and_goes_on_without_a_new_connection(
    gst_cameras: Start, tmp_path: Path
) -> None:
    camera = gst_cameras(make_clip(tmp_path / "clip.mp4", seconds=60))
    async with open_site(tmp_path) as site:
        added = await site.add_camera(camera.url)
        stream = added.streams[0]
        async with site.recording():
            await site.until_state(stream.id, condition="recording", cause=None)
            stopped = Stopped(frozenset({added.id}), WORDS)
            await say(site.index, stopped, site.clock.wall())
            await site.until_state(stream.id, condition="watchable", cause="store-full")
            await until(lambda: problems(site).get("store-full") == WORDS)
            await say(site.index, NOBODY, site.clock.wall())
            await site.until_state(stream.id, condition="recording", cause=None)
            await until(lambda: "store-full" not in problems(site))
        conditions = [state["condition"] for state in site.states(stream.id)]
        assert "down" not in conditions
        now = site.clock.wall()
        span = TimeRange(WallTime(now - HOUR), now)
        kept = await site.archive.coverage(stream.id, span)
        rests = [
            gap for gap in await site.archive.gaps(stream.id, span) if gap.cause is Cause.STORE_FULL
        ]
        assert [gap.detail for gap in rests] == [WORDS]
        assert len(kept) >= 1
        assert kept[0].end == rests[0].start
