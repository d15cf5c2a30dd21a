"""AccessUnit, TrackFormat, Gop: what flows from a camera to a browser. Pure values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from vms.core.walltime import WallTime

VIDEO = 1
"""Track number of video, in access units and as fMP4 track_ID."""
AUDIO = 2
"""Track number of audio."""


class Codec(StrEnum):
    H264 = "h264"
    H265 = "h265"
    AAC = "aac"
    PCMA = "pcma"
    PCMU = "pcmu"
    OPUS = "opus"

    @property
    def is_video(self) -> bool:
        return self in (Codec.H264, Codec.H265)


@dataclass(frozen=True, slots=True)
class TrackFormat:
    """How to decode a track. Compared by value; a change of it cuts a segment.

    `clock_rate`: ticks per second of `AccessUnit.pts` (90,000 for video, the RTP clock for audio).
    `parameter_sets`: NAL units without start code or length: H.264 (sps, pps), H.265 (vps, sps,
    pps); empty for audio. `config`: AAC AudioSpecificConfig (ISO/IEC 14496-3), else empty.
    """

    codec: Codec
    clock_rate: int
    parameter_sets: tuple[bytes, ...] = ()
    width: int = 0
    height: int = 0
    channels: int = 0
    sample_rate: int = 0
    config: bytes = b""


@dataclass(frozen=True, slots=True)
class AccessUnit:
    """One coded picture or audio frame, complete, in decode order.

    `pts`: presentation time in ticks of `format.clock_rate`, unwrapped, from an arbitrary zero that
    is constant within a run. `wall`: the same instant in civil time. `random_access`: decoding can
    start here (video IDR/CRA; always true for audio). `data`: video as length-prefixed NAL units
    (see the package docstring); audio as one raw frame (AAC without ADTS, G.711 octets, Opus).
    """

    track: int
    pts: int
    wall: WallTime
    random_access: bool
    data: bytes
    format: TrackFormat


@dataclass(frozen=True, slots=True)
class Gop:
    """A video random access point and everything up to the next, audio interleaved as it came.

    `units[0]` is the random access point (audio-only streams: any audio frame). `start` is the
    wall time of the earliest picture, `end` that of the next group's, or, when nothing follows, of
    the last picture plus its usual duration.
    """

    units: tuple[AccessUnit, ...]
    start: WallTime
    end: WallTime
