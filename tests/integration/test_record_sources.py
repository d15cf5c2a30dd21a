"""A whole recorder on cameras over UDP, TLS and the second engine: archived, and the certificate
kept."""

from __future__ import annotations

import asyncio
from pathlib import Path

from storage.index import NewCamera, NewStream
from tests.integration.clips import make_clip
from tests.integration.recorders import open_site, until
from tests.servers.cameras import Cameras, run_cameras, small
from tests.servers.certificates import make_certificate, server_context
from vms.core.model import StreamRole, Transport
from vms.core.secret import Secret
from vms.demo.cameras import DEMO_CAMERAS


async def test_every_way_in_leads_to_the_archive(cameras: Cameras, tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4", seconds=30)
    context = server_context(make_certificate(tmp_path / "camera.pem"))
    listed = tuple(small(camera) for camera in DEMO_CAMERAS if camera.key == "gate")
    with run_cameras(listed, tls=context) as secure:
        login = (cameras.username, Secret(cameras.password))
        ways = {
            "udp": NewStream(
                *(StreamRole.MAIN, cameras.url("gate", "sub"), *login), transport=Transport.UDP
            ),
            "tls": NewStream(StreamRole.MAIN, secure.url("gate", "sub"), *login),
            "file": NewStream(StreamRole.MAIN, f"file://{clip}"),
        }
        async with open_site(tmp_path) as site:
            site.segment_seconds = 2.0
            added = {
                name: await site.index.cameras.add(NewCamera(name, streams=(way,)))
                for name, way in ways.items()
            }
            streams = {name: camera.streams[0].id for name, camera in added.items()}
            async with site.recording():
                async with asyncio.timeout(60):
                    for stream_id in streams.values():
                        while await site.archive.last(stream_id) is None:
                            await asyncio.sleep(0.1)
                await until(lambda: _recording(site.states(streams["udp"])))
            kept = (await site.index.cameras.get(added["tls"].id)).streams[0].certificate
    assert len(kept) == 64


def _recording(states: list[dict[str, object]]) -> bool:
    return bool(states) and states[-1].get("condition") == "recording"
