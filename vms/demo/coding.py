"""Pictures to H.264 or H.265, by PyAV. Blocking: callers run it in a thread.

What belongs here: encoder settings and cutting the result into NAL units. The simulated cameras
share no media code with the recorder on purpose, so that one mistake cannot hide another.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import av
import numpy as np
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType, VideoFrame
from av.video.stream import VideoStream

from vms.core.errors import Unavailable
from vms.core.media.access_unit import Codec, TrackFormat
from vms.demo.picture import Picture, Plane

VIDEO_CLOCK = 90_000

_START_CODE = re.compile(b"\x00*\x00\x00\x01")
_PARAMETER_SETS = {Codec.H264: (7, 8), Codec.H265: (32, 33, 34)}
_KEY_PICTURES = {Codec.H264: (5,), Codec.H265: (16, 17, 18, 19, 20, 21)}


@dataclass(frozen=True, slots=True)
class VideoSettings:
    """How a stream is encoded. `kbit_per_second` is what looped streams are filled up to; live
    ones only stay below it."""

    codec: Codec = Codec.H264
    width: int = 1280
    height: int = 720
    fps: Fraction = Fraction(25, 2)
    gop_seconds: float = 2.0
    kbit_per_second: int = 2000
    constant_rate: bool = False

    @property
    def pictures_per_gop(self) -> int:
        return max(1, round(self.gop_seconds * self.fps))


@dataclass(frozen=True, slots=True)
class CodedPicture:
    """One access unit: its NAL units without start codes, in decoding order."""

    nals: tuple[bytes, ...]
    key: bool


class VideoCoder:
    """Encodes one stream, picture in, picture out: no B-frames, no look-ahead, no delay.

    Draw into `canvas`, then call `encode`.
    """

    def __init__(self, settings: VideoSettings) -> None:
        self.settings = settings
        self._frame = VideoFrame(settings.width, settings.height, "yuv420p")
        self.canvas = Picture(*(_plane(self._frame, index) for index in range(3)))
        self._context = _open(settings)
        self._count = 0

    def encode(self, *, key: bool = False) -> CodedPicture:
        """Code what stands in `canvas`; `key` asks for a random access point now."""
        self._frame.pts = self._count
        key = key or self._count == 0
        self._frame.pict_type = PictureType.I if key else PictureType.NONE
        self._count += 1
        return self._collect(self._context.encode(self._frame))

    def close(self) -> None:
        """Give the encoder's memory back."""
        self._context.encode(None)

    def _collect(self, packets: Sequence[Packet[VideoStream]]) -> CodedPicture:
        nals = tuple(nal for packet in packets for nal in split(bytes(packet)))
        kinds = {nal_type(self.settings.codec, nal) for nal in nals}
        return CodedPicture(nals, bool(kinds.intersection(_KEY_PICTURES[self.settings.codec])))


def describe(settings: VideoSettings) -> TrackFormat:
    """The format that `VideoCoder(settings)` will produce, found by coding one black picture."""
    coder = VideoCoder(settings)
    coder.canvas.paste(Picture.blank(settings.width, settings.height))
    nals = coder.encode(key=True).nals
    coder.close()
    return format_of(settings, nals)


def format_of(settings: VideoSettings, nals: tuple[bytes, ...]) -> TrackFormat:
    """The format told by the parameter sets in a key picture."""
    wanted = _PARAMETER_SETS[settings.codec]
    found = tuple(nal for nal in nals if nal_type(settings.codec, nal) in wanted)
    return TrackFormat(
        settings.codec, VIDEO_CLOCK, found, width=settings.width, height=settings.height
    )


def split(stream: bytes) -> list[bytes]:
    """NAL units of an Annex B byte stream (ITU-T H.264 B.1), trailing zeros removed."""
    return [nal for nal in _START_CODE.split(stream) if nal]


def nal_type(codec: Codec, nal: bytes) -> int:
    return nal[0] & 0x1F if codec is Codec.H264 else nal[0] >> 1 & 0x3F


def _plane(frame: VideoFrame, index: int) -> Plane:
    plane = frame.planes[index]
    rows = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)  # type: ignore[call-overload]
    picture: Plane = rows[: plane.height, : plane.width]
    return picture


def _open(settings: VideoSettings) -> VideoCodecContext:
    name = "libx264" if settings.codec is Codec.H264 else "libx265"
    try:
        context = av.CodecContext.create(name, "w")
    except ValueError as error:
        raise Unavailable("this PyAV has no such encoder", encoder=name) from error
    assert isinstance(context, VideoCodecContext)
    context.width, context.height = settings.width, settings.height
    context.pix_fmt = "yuv420p"
    context.framerate = settings.fps
    context.time_base = 1 / settings.fps
    context.gop_size = settings.pictures_per_gop
    context.thread_count = 1
    context.options = _x264(settings) if settings.codec is Codec.H264 else _x265(settings)
    return context


def _x264(settings: VideoSettings) -> dict[str, str]:
    """One slice a picture: with several threads "zerolatency" would cut each into many."""
    options = {"preset": "ultrafast", "tune": "zerolatency", "forced-idr": "1", "bf": "0"}
    return options | {"x264-params": _params(settings)}


def _x265(settings: VideoSettings) -> dict[str, str]:
    threads = "pools=none:frame-threads=1:wpp=0:"
    fixed = threads + "bframes=0:open-gop=0:log-level=none:repeat-headers=1:info=0:"
    options = {"preset": "ultrafast", "tune": "zerolatency", "forced-idr": "1"}
    return options | {"x265-params": fixed + _params(settings)}


def _params(settings: VideoSettings) -> str:
    gop = f"keyint={settings.pictures_per_gop}:min-keyint=1:scenecut=0:"
    rate = settings.kbit_per_second
    if settings.constant_rate:
        return gop + f"bitrate={rate}:vbv-maxrate={rate}:vbv-bufsize={rate}"
    return gop + f"crf=25:vbv-maxrate={rate}:vbv-bufsize={2 * rate}"
