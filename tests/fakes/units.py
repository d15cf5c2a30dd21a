"""Builders of access units: invented ones for logic, really encoded ones for judges."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any

import av
import numpy as np

from vms.core.media import audio
from vms.core.media.access_unit import AUDIO, VIDEO, AccessUnit, Codec, TrackFormat
from vms.core.media.codec import is_random_access, video_format
from vms.core.media.nal import join_length_prefixed, split_annex_b
from vms.core.walltime import SECOND, WallTime

START = WallTime(1_795_413_600_000_000)
"""2026-11-23T06:00:00Z, civil time of pts 0 here."""

SPS = bytes.fromhex("6742c01fda014016e840000003004000000c83c60ca8")
PPS = bytes.fromhex("68ce3c80")
H264 = TrackFormat(Codec.H264, 90_000, (SPS, PPS), 1280, 720)
PCMA = audio.pcm_format(Codec.PCMA)
AAC = audio.aac_format(bytes.fromhex("1408"))
"""AAC-LC, 16 kHz, one channel."""


def wall_of(pts: int, clock_rate: int, start: WallTime = START) -> WallTime:
    return WallTime(start + (pts * SECOND + clock_rate // 2) // clock_rate)


def unit(
    number: int,
    *,
    key: bool = False,
    fps: float = 25.0,
    size: int = 100,
    used: TrackFormat = H264,
    start: WallTime = START,
    pts: int | None = None,
    wall: WallTime | None = None,
) -> AccessUnit:
    """Picture `number` of a stream of `fps`, one invented NAL unit of `size` bytes."""
    kind = (0x65 if key else 0x41) if used.codec is Codec.H264 else (0x26 if key else 0x02)
    data = join_length_prefixed([bytes((kind, 1)) + number.to_bytes(4, "big") + bytes(size - 6)])
    ticks = round(number * used.clock_rate / fps) if pts is None else pts
    at = wall_of(ticks, used.clock_rate, start) if wall is None else wall
    return AccessUnit(VIDEO, ticks, at, key, data, used)


def gop(first: int, count: int = 25, **more: object) -> list[AccessUnit]:
    """`count` pictures from number `first`, the first of them a random access point."""
    return [unit(first + n, key=n == 0, **more) for n in range(count)]  # type: ignore[arg-type]


def pictures(
    seconds: float, *, gop_pictures: int = 25, fps: float = 25.0, **more: object
) -> list[AccessUnit]:
    """A stream of groups of `gop_pictures`."""
    count = round(seconds * fps)
    return [
        unit(n, key=n % gop_pictures == 0, fps=fps, **more)  # type: ignore[arg-type]
        for n in range(count)
    ]


def sound(
    number: int, *, used: TrackFormat = PCMA, start: WallTime = START, offset: int = 7_000_000
) -> AccessUnit:
    """Audio frame `number`: 20 ms of G.711, or one AAC frame. Its pts begin at `offset`."""
    data = number.to_bytes(4, "big") * 40 if used.codec is not Codec.AAC else b"\x01" * 60
    ticks = number * audio.frame_ticks(used, data)
    at = wall_of(ticks, used.clock_rate, start)
    return AccessUnit(AUDIO, ticks + offset, at, True, data, used)


def interleave(*tracks: Iterable[AccessUnit]) -> list[AccessUnit]:
    """Units of several tracks in the order of their civil time, as they come from a camera."""
    return sorted((one for track in tracks for one in track), key=lambda one: one.wall)


def encode_pictures(
    codec: Codec = Codec.H264,
    *,
    count: int = 50,
    gop_pictures: int = 25,
    b_pictures: int = 0,
    size: tuple[int, int] = (128, 96),
    fps: int = 25,
    start: WallTime = START,
    intra_only: bool = False,
    options: Sequence[tuple[str, str]] = (),
) -> list[AccessUnit]:
    """Real pictures in decode order; picture n shows `grey_of(n)`. Encoded once per arguments."""
    packets = _encode(codec, count, gop_pictures, b_pictures, size, fps, intra_only, tuple(options))
    return [
        AccessUnit(VIDEO, pts, wall_of(pts, 90_000, start), key, data, used)
        for pts, data, used, key in packets
    ]


def encode_sound(
    codec: Codec, *, seconds: float = 4.0, start: WallTime = START
) -> list[AccessUnit]:
    """A real tone of 440 Hz, one channel, in frames of the codec's usual length. AAC at 16 kHz."""
    name, rate = {
        Codec.AAC: ("aac", 16_000),
        Codec.OPUS: ("libopus", 48_000),
        Codec.PCMA: ("pcm_alaw", 8_000),
        Codec.PCMU: ("pcm_mulaw", 8_000),
    }[codec]
    context = av.CodecContext.create(name, "w")
    assert isinstance(context, av.AudioCodecContext)
    context.sample_rate, context.layout, context.time_base = rate, "mono", Fraction(1, rate)
    context.format = context.codec.audio_formats[0] if context.codec.audio_formats else "s16"
    context.open()
    used = _sound_format(codec, context.extradata)
    step = context.frame_size or rate // 50
    packets = []
    for begin in range(0, round(seconds * rate), step):
        packets += context.encode(_tone(context, begin, step))
    return [
        AccessUnit(AUDIO, n * step, wall_of(n * step, rate, start), True, bytes(packet), used)
        for n, packet in enumerate(packets)
    ]


def _sound_format(codec: Codec, config: bytes | None) -> TrackFormat:
    if codec is Codec.AAC:
        return audio.aac_format(config or b"")
    return audio.opus_format(1) if codec is Codec.OPUS else audio.pcm_format(codec)


def _tone(context: av.AudioCodecContext, begin: int, count: int) -> av.AudioFrame:
    rate = context.sample_rate
    wave = np.sin(2 * np.pi * 440 * np.arange(begin, begin + count) / rate)
    kind = context.format.name
    samples = (
        wave.astype(np.float32) if kind.startswith("flt") else (wave * 20_000).astype(np.int16)
    )
    frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format=kind, layout="mono")
    frame.sample_rate, frame.pts, frame.time_base = rate, begin, Fraction(1, rate)
    return frame


def grey_of(number: int) -> int:
    """Luma of picture `number`: neighbours differ clearly, after compression too."""
    return 32 + number * 37 % 192


@functools.cache
def _encode(
    codec: Codec,
    count: int,
    gop_pictures: int,
    b_pictures: int,
    size: tuple[int, int],
    fps: int,
    intra_only: bool,
    options: tuple[tuple[str, str], ...],
) -> list[tuple[int, bytes, TrackFormat, bool]]:
    context = _encoder(codec, gop_pictures, b_pictures, size, fps, intra_only, dict(options))
    packets = []
    for number in range(count):
        packets += context.encode(_picture(number, size, fps))
    packets += context.encode(None)
    first = min(packet.pts or 0 for packet in packets)
    nals = [split_annex_b(bytes(packet)) for packet in packets]
    used = video_format(codec, (nal for nal in nals[0] if _is_parameter_set(codec, nal)))
    return [
        (
            ((packet.pts or 0) - first) * 90_000 // fps,
            join_length_prefixed(one),
            used,
            is_random_access(codec, one),
        )
        for packet, one in zip(packets, nals, strict=True)
    ]


def _encoder(
    codec: Codec,
    gop_pictures: int,
    b_pictures: int,
    size: tuple[int, int],
    fps: int,
    intra_only: bool,
    options: dict[str, str],
) -> av.VideoCodecContext:
    name = "libx264" if codec is Codec.H264 else "libx265"
    context = av.CodecContext.create(name, "w")
    assert isinstance(context, av.VideoCodecContext)
    context.width, context.height, context.pix_fmt = *size, "yuv420p"
    context.time_base, context.framerate = Fraction(1, fps), Fraction(fps)
    context.gop_size = 1 if intra_only else gop_pictures
    settings = f"keyint={context.gop_size}:min-keyint={context.gop_size}:scenecut=0"
    settings += f":bframes={b_pictures}:b-adapt=0"
    extra = ":log-level=none:repeat-headers=1" if codec is Codec.H265 else ""
    params = "x264-params" if codec is Codec.H264 else "x265-params"
    more = options.pop(params, "")
    context.options = {
        "preset": "ultrafast",
        params: settings + extra + (":" + more if more else ""),
        **options,
    }
    return context


def _picture(number: int, size: tuple[int, int], fps: int) -> av.VideoFrame:
    width, height = size
    planes = np.full((height * 3 // 2, width), 128, np.uint8)
    planes[:height] = grey_of(number)
    picture = av.VideoFrame.from_ndarray(planes, format="yuv420p")
    picture.pts, picture.time_base = number, Fraction(1, fps)
    return picture


def _is_parameter_set(codec: Codec, nal: bytes) -> bool:
    kind = nal[0] & 0x1F if codec is Codec.H264 else (nal[0] >> 1) & 0x3F
    return kind in ((7, 8) if codec is Codec.H264 else (32, 33, 34))


def demux(path: str, *, start: WallTime = START) -> list[AccessUnit]:
    """The packets of an H.264 (and AAC) MP4 as units in file order, times from 0, none changed."""
    with av.open(path) as container:
        formats = {stream.index: _stream_format(stream) for stream in container.streams}
        packets = [packet for packet in container.demux() if packet.size]
        seconds = {
            id(packet): float((packet.pts or 0) * (packet.time_base or 0)) for packet in packets
        }
        earliest = min(seconds.values())
        return [
            _demuxed(packet, formats[packet.stream_index], seconds[id(packet)] - earliest, start)
            for packet in packets
        ]


def _demuxed(packet: Any, used: TrackFormat, seconds: float, start: WallTime) -> AccessUnit:
    video = used.codec.is_video
    pts = round(seconds * used.clock_rate)
    wall = wall_of(pts, used.clock_rate, start)
    return AccessUnit(
        VIDEO if video else AUDIO, pts, wall, packet.is_keyframe or not video, bytes(packet), used
    )


def _stream_format(stream: Any) -> TrackFormat:
    context = stream.codec_context
    if context.name == "aac":
        return audio.aac_format(context.extradata)
    assert context.name == "h264"
    return video_format(Codec.H264, _sets_of_avcc(context.extradata))


def _sets_of_avcc(record: bytes) -> list[bytes]:
    """NAL units of an AVCDecoderConfigurationRecord (ISO/IEC 14496-15 5.3.3.1)."""
    sets, position, left = [], 6, record[5] & 0x1F
    for kind in ("sps", "pps"):
        for _ in range(left):
            size = int.from_bytes(record[position : position + 2], "big")
            sets.append(record[position + 2 : position + 2 + size])
            position += 2 + size
        left = record[position] if kind == "sps" else 0
        position += 1
    return sets
