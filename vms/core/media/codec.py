"""What holds for every codec: its RFC 6381 name, and random access by codec. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from vms.core.errors import Invalid
from vms.core.media import audio, h264, h265
from vms.core.media.access_unit import Codec, TrackFormat


@lru_cache(maxsize=1024)
def codec_string(used: TrackFormat) -> str:
    """RFC 6381 name of a track's codec. Raises Corrupt when its format cannot be read."""
    if used.codec is Codec.H264:
        return h264.codec_string(used)
    return h265.codec_string(used) if used.codec is Codec.H265 else audio.codec_string(used)


def is_random_access(codec: Codec, nals: Iterable[bytes]) -> bool:
    """Whether decoding can start at this video access unit. Raises Invalid for audio codecs."""
    if not codec.is_video:
        raise Invalid("random access is asked of video only", codec=codec)
    return h264.is_random_access(nals) if codec is Codec.H264 else h265.is_random_access(nals)


def video_format(codec: Codec, parameter_sets: Iterable[bytes]) -> TrackFormat:
    """The format these parameter sets describe. Raises Invalid or Corrupt as the codec's own."""
    if not codec.is_video:
        raise Invalid("parameter sets are for video", codec=codec)
    read = h264.track_format if codec is Codec.H264 else h265.track_format
    return read(parameter_sets)
