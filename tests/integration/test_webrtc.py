"""One peer connection with real Chromium: what is negotiated, what arrives, what is repaired."""

from __future__ import annotations

import asyncio
import re
import time
from contextlib import AsyncExitStack

import pytest

from player.pacer import Pacer
from player.webrtc.layout import Picture
from player.webrtc.peer import Peer, open_peer
from tests.fakes.clip import timed_clip
from tests.integration.lossy import Relay, open_relay
from tests.integration.play_stage import Viewer, open_stage
from vms.core.clock import SystemClock
from vms.core.errors import Invalid, Unavailable
from vms.core.media.access_unit import AccessUnit
from vms.core.walltime import WallTime

CLIP = timed_clip(WallTime(1_795_413_600_000_000), 6, size=(1280, 720))


async def send(peer: Peer, units: list[AccessUnit]) -> None:
    """Send a clip in real time."""
    clock, pacer = SystemClock(), Pacer(0)
    began = clock.monotonic()
    for unit in units:
        seconds = (unit.wall - units[0].wall) / 1e6
        await clock.sleep(max(0.0, began + seconds - clock.monotonic()))
        picture, rtp = Picture(unit), pacer.used(pacer.rtp_now(began + seconds))
        if not peer.try_write(picture, rtp):
            await peer.write(picture, rtp)


async def decoded(viewer: Viewer, wanted: int, seconds: float = 20.0) -> dict[str, object]:
    end = time.monotonic() + seconds
    while True:
        stats: dict[str, object] = await viewer.page.evaluate("inbound()") or {}
        if int(str(stats.get("framesDecoded", 0))) >= wanted or time.monotonic() > end:
            return stats
        await asyncio.sleep(0.1)


async def test_every_picture_is_decoded_under_aes_gcm_with_playout_delay() -> None:
    async with open_stage() as stage:
        viewer = await stage.viewer(watch=False)
        offer = await viewer.page.evaluate("offer()")
        async with open_peer(offer, ["127.0.0.1"], SystemClock()) as peer:
            video = peer.answer.split("m=application")[0]
            assert "a=setup:passive" in video
            assert "playout-delay" in video
            assert "a=sendonly" in video
            assert re.search(r"candidate:\S+ 1 udp \d+ 127\.0\.0\.1 ", video)
            await viewer.page.evaluate("accept", peer.answer)
            await asyncio.wait_for(peer.ready(), 15)
            assert peer._egress._shape.tag == 16
            await send(peer, CLIP)
            stats = await decoded(viewer, len(CLIP))
            assert stats["framesDecoded"] == len(CLIP)
            assert stats["packetsLost"] == 0


async def test_lost_packets_are_sent_again_and_no_picture_is_missing() -> None:
    async with open_stage() as stage, AsyncExitStack() as stack:
        viewer = await stage.viewer(watch=False)
        offer = await viewer.page.evaluate("offer()")
        peer = await stack.enter_async_context(open_peer(offer, ["127.0.0.1"], SystemClock()))
        port = int(re.findall(r"127\.0\.0\.1 (\d+) typ host", peer.answer)[0])
        relay: Relay = await stack.enter_async_context(open_relay(("127.0.0.1", port), loss=0.02))
        answer = re.sub(rf"127\.0\.0\.1 {port} typ", f"127.0.0.1 {relay.port} typ", peer.answer)
        await viewer.page.evaluate("accept", answer)
        await asyncio.wait_for(peer.ready(), 15)
        await send(peer, CLIP)
        stats = await decoded(viewer, len(CLIP) - 3)
        assert relay.lost > 5
        assert peer._egress.retransmitted >= relay.lost // 2
        assert int(str(stats["framesDecoded"])) >= len(CLIP) - 3


async def test_sender_reports_tell_the_present_in_rtp_time() -> None:
    async with open_stage() as stage:
        stage.camera()
        viewer = await stage.viewer()
        await viewer.until("some pictures", lambda seen: seen["count"] > 60)
        reported = await viewer.page.evaluate(
            """async () => {
                for (const entry of (await peer.getStats()).values())
                    if (entry.type === "remote-outbound-rtp") return entry;
            }"""
        )
        assert reported["packetsSent"] > 50
        assert abs(reported["remoteTimestamp"] - time.time() * 1000) < 5000


async def test_the_browsers_own_end_is_noticed() -> None:
    async with open_stage() as stage:
        viewer = await stage.viewer(watch=False)
        offer = await viewer.page.evaluate("offer()")
        async with open_peer(offer, ["127.0.0.1"], SystemClock()) as peer:
            await viewer.page.evaluate("accept", peer.answer)
            await asyncio.wait_for(peer.ready(), 15)
            await viewer.page.evaluate("peer.close()")
            await asyncio.wait_for(peer.closed.wait(), 15)


async def test_an_address_that_is_not_ours_is_refused() -> None:
    async with open_stage() as stage:
        viewer = await stage.viewer(watch=False)
        offer = await viewer.page.evaluate("offer()")
        with pytest.raises(Unavailable):
            async with open_peer(offer, ["192.0.2.77"], SystemClock()):
                pass
        with pytest.raises(Invalid):
            async with open_peer(offer.replace("H264", "H999"), ["127.0.0.1"], SystemClock()):
                pass


@pytest.mark.parametrize("first", ["audio", "data"])
async def test_video_plays_wherever_it_stands_in_the_offer(first: str) -> None:
    async with open_stage() as stage:
        viewer = await stage.viewer(watch=False)
        offer = await viewer.page.evaluate("offer", first)
        kinds = re.findall(r"^m=(\w+)", offer, re.MULTILINE)
        assert kinds[0] == {"audio": "audio", "data": "application"}[first]
        async with open_peer(offer, ["127.0.0.1"], SystemClock()) as peer:
            await viewer.page.evaluate("accept", peer.answer)
            await asyncio.wait_for(peer.ready(), 15)
            await send(peer, CLIP[:25])
            stats = await decoded(viewer, 25)
            assert stats["framesDecoded"] == 25
            peer.tell({"ev": "state", "state": "live"})
            await viewer.until_state("live")
