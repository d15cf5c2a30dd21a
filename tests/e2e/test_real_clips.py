"""Real surveillance video, untouched, from an RTSP server that is not ours, through the whole path.

The clips are not part of the repository; without the folder beside it these tests say so and skip.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from pathlib import Path

import av
import pytest
from playwright.sync_api import BrowserContext

from tests.e2e.judge import ffprobe
from tests.e2e.product import Product, running, wait_for
from tests.e2e.screen import screen
from vms.core.media.nal import split_annex_b, split_length_prefixed

CLIPS = Path(__file__).parents[3] / "shared" / "clips"
SECOND = 1_000_000
PARAMETER_SETS = (7, 8, 9)  # SPS, PPS and AUD: the server on the way may repeat or add those

pytestmark = pytest.mark.skipif(
    not CLIPS.is_dir(), reason="the real clips are not here (../shared/clips beside the repository)"
)


@pytest.mark.parametrize(
    ("name", "shows_live"),
    [("car-detection.mp4", True), ("one-by-one-person-detection.mp4", False)],
    ids=["baseline", "b-frames"],
)
def test_a_real_clip_is_recorded_found_and_exported_packet_for_packet(
    name: str,
    shows_live: bool,
    tmp_path: Path,
    gst_camera: Callable[..., str],
    context: BrowserContext,
) -> None:
    with running(tmp_path / "data") as product:
        camera = product.add_camera("Klip", gst_camera(CLIPS / name))
        product.wait_recording(camera)
        if shows_live:
            wall = screen(context, product.address)
            tile = wall.tile(camera)
            wait_for("live", lambda: tile.get_attribute("data-state") == "live")
            wait_for("a picture", lambda: tile.locator("video").evaluate("v => v.videoWidth"))
        start, end = wait_for("25 s on the timeline", lambda: recorded(product, camera, 25))
        clip = tmp_path / "export.mp4"
        query = f"start={start}&end={end}"
        clip.write_bytes(product.api.open("GET", f"/api/cameras/{camera}/clip.mp4?{query}"))
    original, exported = pictures(CLIPS / name), pictures(clip)
    assert len(exported) > 200
    assert exported == original[: len(exported)]
    duration = float(ffprobe(clip, "-show_streams")["streams"][0]["duration"])
    assert duration == pytest.approx((end - start) / SECOND, abs=0.2)


def recorded(product: Product, camera: int, seconds: int) -> tuple[int, int] | None:
    """The first recorded span, once it is that long."""
    now = int(time.time() * SECOND)
    query = f"cameras={camera}&start={now - 300 * SECOND}&end={now}&pixels=3000"
    spans = product.api.call("GET", f"/api/timeline?{query}")["cameras"][0]["spans"]
    if not spans or spans[0][1] - spans[0][0] < seconds * SECOND:
        return None
    return spans[0][0], spans[0][0] + seconds * SECOND


def pictures(path: Path) -> list[str]:
    """SHA-256 of every picture's NAL units, SEI included, in decode order."""
    with av.open(str(path)) as container:
        extradata = container.streams.video[0].codec_context.extradata
        assert extradata is not None
        split = split_length_prefixed if extradata[:1] == b"\x01" else split_annex_b
        packets = [bytes(packet) for packet in container.demux(video=0) if packet.size]
    digests = []
    for packet in packets:
        kept = [nal for nal in split(packet) if nal[0] & 0x1F not in PARAMETER_SETS]
        digests.append(hashlib.sha256(b"".join(kept)).hexdigest())
    return digests
