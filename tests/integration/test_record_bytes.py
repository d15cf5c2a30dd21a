"""What a camera sends is what the archive holds, byte for byte: signatures, slices, B-pictures."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.accounts import audit
from tests.integration.clips import make_clip, pictures_of
from tests.integration.recorders import Site, open_site
from tests.integration.test_record import pictures_in, segments_of
from tests.servers.gstreamer import GstCamera
from vms.core.model import Cause

Start = Callable[..., GstCamera]
SIGNED = Path(__file__).parents[3] / "shared/fixtures/media-signing/test_signed_h264.mp4"
SEI = 6


def special_clip(path: Path, coding: str) -> Path:
    """Five seconds with the encoder's settings `coding`."""
    command = ["ffmpeg", "-v", "error", "-y", "-f", "lavfi"]
    command += ["-i", "testsrc2=size=320x180:rate=25:duration=5", "-c:v", "libx264"]
    command += ["-preset", "ultrafast", "-pix_fmt", "yuv420p", "-x264-params", coding]
    subprocess.run([*command, str(path)], check=True)
    return path


def kept_kinds(pictures: list[list[bytes]], h265: bool) -> list[bytes]:
    """In order, without parameter sets and delimiters, which the server moves elsewhere. An SEI
    that stands alone goes with the picture behind it: what counts is the order of all."""
    nals = [nal for picture in pictures for nal in picture]
    if h265:
        return [nal for nal in nals if (nal[0] >> 1) & 0x3F not in range(32, 36)]
    return [nal for nal in nals if nal[0] & 0x1F not in (7, 8, 9)]


async def recorded(site: Site, stream_id: int, seconds: float) -> list[list[bytes]]:
    async with asyncio.timeout(40):
        while sum(one.range.seconds for one in await segments_of(site, stream_id)) < seconds:
            await asyncio.sleep(0.1)
    listed = await segments_of(site, stream_id)
    first_run = [one for one in listed if one.epoch == listed[0].epoch]
    return await pictures_in(site, first_run)


async def test_every_byte_of_a_picture_is_kept_whatever_pictures_are_made_of(
    gst_cameras: Start, tmp_path: Path
) -> None:
    clips = {
        "slices": special_clip(tmp_path / "s.mp4", "slices=4:keyint=25:bframes=0"),
        "b pictures": make_clip(tmp_path / "b.mp4", seconds=5, b_pictures=3),
        "refreshed": special_clip(tmp_path / "r.mp4", "intra-refresh=1:keyint=25:bframes=0"),
        "h265": make_clip(tmp_path / "h.mp4", seconds=5, codec="libx265"),
    }
    if SIGNED.exists():
        clips["signed"] = SIGNED
    async with open_site(tmp_path) as site:
        streams = {}
        for name, clip in clips.items():
            camera = gst_cameras(clip, h265=name == "h265")
            streams[name] = (await site.add_camera(camera.url)).streams[0].id
        async with site.recording():
            for stream_id in streams.values():
                await site.until_state(stream_id, condition="down", cause=Cause.STALLED.value)
            archived = {name: await recorded(site, one, 4.8) for name, one in streams.items()}
        for name, clip in clips.items():
            expected = kept_kinds(pictures_of(clip), name == "h265")
            found = kept_kinds(archived[name], name == "h265")
            assert found == expected[: len(found)], name
            assert len(archived[name]) >= len(pictures_of(clip)) - 2, name
            whole = name != "refreshed"  # a decoder that begins there shows pictures a second late
            now = site.clock.wall()
            accounts = await audit(site.archive, streams[name], now, decode=whole)
            assert accounts.sound, (name, accounts)


@pytest.mark.skipif(not SIGNED.exists(), reason="../shared/fixtures/media-signing is not here")
def test_the_signed_clip_has_signatures_to_lose() -> None:
    signed = [nal for nals in pictures_of(SIGNED) for nal in nals if nal[0] & 0x1F == SEI]
    assert len(signed) > 1
