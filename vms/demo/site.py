"""The cameras of one server by path, each with its behaviour and its two streams. No sockets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from vms.core.media.access_unit import Codec, TrackFormat
from vms.core.model import StreamRole
from vms.demo.coding import VideoSettings
from vms.demo.misbehaviour import Behaviour
from vms.demo.source import Audience, Source


@dataclass(frozen=True, slots=True)
class DemoCamera:
    """`key` is its word in URLs. `audio` None: it has no microphone. `looped`: its video is coded
    once and repeated every minute, instead of drawn as it is sent; `skipped_pictures` into it, so
    that not all cameras of one loop send their key pictures at once (then its seconds are off)."""

    number: int
    key: str
    name: str
    scene: str
    main: VideoSettings
    sub: VideoSettings
    audio: Codec | None = None
    looped: bool = False
    skipped_pictures: int = 0

    def settings(self, role: StreamRole) -> VideoSettings:
        return self.main if role is StreamRole.MAIN else self.sub


@dataclass(slots=True)
class CameraStream:
    """What stands behind one URL."""

    camera: DemoCamera
    role: StreamRole
    behaviour: Behaviour
    audience: Audience = field(default_factory=Audience)
    sources: list[Source] = field(default_factory=list)

    async def formats(self) -> Mapping[int, TrackFormat]:
        found: dict[int, TrackFormat] = {}
        for source in self.sources:
            found |= await source.formats()
        return found


class Site:
    """Finds streams by the path of a URL: `/<key>/main`, `/<key>/sub`."""

    def __init__(self, cameras: Sequence[DemoCamera]) -> None:
        self.behaviours = {camera.key: Behaviour() for camera in cameras}
        self.streams = [
            CameraStream(camera, role, self.behaviours[camera.key])
            for camera in cameras
            for role in StreamRole
        ]
        self._by_path = {(stream.camera.key, stream.role.value): stream for stream in self.streams}

    def behaviour(self, url: str) -> Behaviour | None:
        """How the camera in this URL behaves; None when the URL names none."""
        return self.behaviours.get(_words(url)[0])

    def stream(self, url: str) -> CameraStream | None:
        return self._by_path.get(_words(url)[:2])

    @staticmethod
    def track(url: str) -> int | None:
        """The track that a SETUP names: `/<key>/<role>/track<number>`."""
        digits = _words(url)[2].removeprefix("track")
        return int(digits) if digits.isdecimal() else None


def _words(url: str) -> tuple[str, str, str]:
    try:
        path = urlsplit(url).path
    except ValueError:  # no URL at all
        path = ""
    first, second, third, *_ = (*path.strip("/").split("/"), "", "", "")
    return first, second, third
