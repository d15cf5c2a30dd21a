"""The store away until the spool is full: who is kept, and who says that he is not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from storage.index.values import NewCamera, NewStream
from tests.bench.record_kill import archive_the_rest
from tests.integration.accounts import audit
from tests.integration.clips import make_clip
from tests.integration.recorders import Site, open_site
from tests.integration.test_record import gaps_of, segments_of
from tests.servers.gstreamer import GstCamera
from vms.core.model import Cause, StreamRole

Start = Callable[..., GstCamera]


async def add(site: Site, url: str, priority: int) -> int:
    """A camera of that priority; its stream."""
    stream = NewStream(StreamRole.MAIN, url)
    camera = await site.index.cameras.add(NewCamera("gate", streams=(stream,), priority=priority))
    return camera.streams[0].id


async def dropped(site: Site, stream_id: int) -> bool:
    """Whether sealed footage had to go, and what comes now is refused."""
    gaps = [gap for gap in await gaps_of(site, stream_id) if gap.cause is Cause.SPOOL_FULL]
    return any(gap.end is not None for gap in gaps) and any(gap.end is None for gap in gaps)


async def test_when_the_spool_is_full_the_camera_of_lower_priority_gives_way_and_says_so(
    gst_cameras: Start, tmp_path: Path
) -> None:
    camera = gst_cameras(make_clip(tmp_path / "clip.mp4", seconds=60))
    store, away = tmp_path / "store", tmp_path / "away"
    async with open_site(tmp_path) as site:
        site.spool_max_bytes, site.segment_seconds = 1_300_000, 2.0
        gate, yard = await add(site, camera.url, 9), await add(site, camera.url, 1)
        async with site.recording():
            async with asyncio.timeout(40):
                while not (await segments_of(site, gate) and await segments_of(site, yard)):
                    await asyncio.sleep(0.1)
                store.rename(away)
                while not await dropped(site, yard):
                    await asyncio.sleep(0.1)
            assert [gap.end for gap in await gaps_of(site, gate) if gap.end is None] == []
            away.rename(store)
            await site.until_state(yard, condition="recording", cause=None)
            await asyncio.sleep(2.0)
        await archive_the_rest(site, tmp_path / "spool")
        kept, given = [await audit(site.archive, one, site.clock.wall()) for one in (gate, yard)]
        assert kept.sound
        assert kept.gaps < 0.001
        assert given.gaps > 1.0
        assert given.corrupt == []
        assert given.unexplained + given.doubled < 0.001
        causes = {gap.cause for gap in await gaps_of(site, yard) if gap.end is not None}
        assert causes <= {Cause.CONNECTING, Cause.SPOOL_FULL}
