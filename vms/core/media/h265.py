"""H.265 syntax (ITU-T H.265): NAL unit types, sequence parameter sets, random access. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from vms.core.errors import Corrupt, Invalid
from vms.core.media.access_unit import Codec, TrackFormat
from vms.core.media.bits import BitReader
from vms.core.media.h264 import LARGEST_SIDE, VIDEO_CLOCK_RATE, sei_messages
from vms.core.media.h265_timing import read_fps
from vms.core.media.nal import unescape

_RECOVERY_POINT = 6  # SEI payload type, H.265 D.2.8


class NalType(IntEnum):
    """H.265 table 7-1, the ones that are met."""

    TRAIL_N = 0
    TRAIL_R = 1
    BLA_W_LP = 16
    IDR_W_RADL = 19
    IDR_N_LP = 20
    CRA = 21
    VPS = 32
    SPS = 33
    PPS = 34
    AUD = 35
    END_OF_SEQUENCE = 36
    END_OF_STREAM = 37
    FILLER = 38
    SEI_PREFIX = 39
    SEI_SUFFIX = 40


@dataclass(frozen=True, slots=True)
class Sps:
    """What a sequence parameter set says. Sizes in pixels inside the conformance window.

    `tier` 1 is High; `level` is 30 times the level's number; `compatibility` (32 bits) and
    `constraints` (48 bits) are as in profile_tier_level(). `fps` None: not told.
    """

    width: int
    height: int
    profile_space: int
    tier: int
    profile: int
    compatibility: int
    constraints: int
    level: int
    chroma_format: int
    bit_depth_luma: int
    bit_depth_chroma: int
    temporal_layers: int
    temporal_nesting: bool
    fps: float | None


def nal_type(nal: bytes) -> int:
    """The type of a NAL unit; 63 (unspecified) for one without its two header bytes."""
    return (nal[0] >> 1) & 0x3F if len(nal) > 1 else 63


def is_parameter_set(nal: bytes) -> bool:
    return NalType.VPS <= nal_type(nal) <= NalType.PPS


def is_slice(nal: bytes) -> bool:
    """Whether this carries coded picture data (types below 32)."""
    return nal_type(nal) < 32


def starts_picture(nal: bytes) -> bool:
    """Whether this slice segment has first_slice_segment_in_pic_flag, that is, begins a picture."""
    return is_slice(nal) and len(nal) > 2 and nal[2] & 0x80 != 0


def is_random_access(nals: Iterable[bytes]) -> bool:
    """Whether decoding can start at this access unit: an IRAP picture (BLA, IDR or CRA)."""
    return any(16 <= nal_type(nal) <= 23 for nal in nals)


def announces_recovery(nals: Iterable[bytes]) -> bool:
    """Whether a recovery point SEI (D.3.8) says that pictures are whole some time after this."""
    return any(
        kind == _RECOVERY_POINT
        for nal in nals
        if nal_type(nal) == NalType.SEI_PREFIX
        for kind, _ in sei_messages(nal, 2)
    )


def parse_sps(nal: bytes) -> Sps:
    """Read a sequence parameter set (7.3.2.2.1). Bytes behind it are ignored. Raises Corrupt."""
    if nal_type(nal) != NalType.SPS:
        raise Corrupt("not an H.265 sequence parameter set", size=len(nal))
    bits = BitReader(unescape(nal)[2:])
    bits.skip(4)  # sps_video_parameter_set_id
    layers, nesting = bits.u(3) + 1, bits.flag()
    space, tier, profile = bits.u(2), bits.u(1), bits.u(5)
    compatibility, constraints, level = bits.u(32), bits.u(48), bits.u(8)
    _skip_sub_layers(bits, layers - 1)
    bits.ue()  # sps_seq_parameter_set_id
    chroma, width, height = _read_size(bits)
    luma_depth, chroma_depth = bits.ue() + 8, bits.ue() + 8
    if max(luma_depth, chroma_depth) > 16:
        raise Corrupt("impossible bit depth", luma=luma_depth, chroma=chroma_depth)
    fps = read_fps(bits, layers)
    return Sps(
        *(width, height, space, tier, profile, compatibility, constraints, level),
        *(chroma, luma_depth, chroma_depth, layers, nesting, fps),
    )


def track_format(parameter_sets: Iterable[bytes]) -> TrackFormat:
    """The format these VPS, SPS and PPS describe, in that order, each kept once, byte for byte.

    Raises Invalid when one kind is missing, Corrupt when the SPS cannot be read.
    """
    unique = tuple(dict.fromkeys(bytes(nal) for nal in parameter_sets))
    kinds = [
        tuple(nal for nal in unique if nal_type(nal) == kind)
        for kind in (NalType.VPS, NalType.SPS, NalType.PPS)
    ]
    if not all(kinds):
        raise Invalid("H.265 needs a VPS, an SPS and a PPS", found=len(unique))
    vps, sps, pps = kinds
    size = parse_sps(sps[0])
    return TrackFormat(Codec.H265, VIDEO_CLOCK_RATE, vps + sps + pps, size.width, size.height)


def sps_of(used: TrackFormat) -> Sps:
    """The parsed SPS of an H.265 format. Raises Corrupt when it holds none."""
    for nal in used.parameter_sets:
        if nal_type(nal) == NalType.SPS:
            return parse_sps(nal)
    raise Corrupt("H.265 format without a sequence parameter set")


def codec_string(used: TrackFormat) -> str:
    """RFC 6381 and ISO/IEC 14496-15 annex E.3, as in `hvc1.1.6.L93.B0`. Raises Corrupt."""
    sps = sps_of(used)
    space = ("", "A", "B", "C")[sps.profile_space]
    compatibility = int(f"{sps.compatibility:032b}"[::-1], 2)
    constraints = sps.constraints.to_bytes(6, "big").rstrip(b"\0")
    tail = "".join(f".{byte:X}" for byte in constraints)
    tier = "H" if sps.tier else "L"
    return f"hvc1.{space}{sps.profile}.{compatibility:X}.{tier}{sps.level}{tail}"


def _skip_sub_layers(bits: BitReader, count: int) -> None:
    """The sub-layer part of profile_tier_level() (7.3.3)."""
    present = [(bits.flag(), bits.flag()) for _ in range(count)]
    if count:
        bits.skip(2 * (8 - count))
    for profile, level in present:
        bits.skip(88 * profile + 8 * level)


def _read_size(bits: BitReader) -> tuple[int, int, int]:
    chroma = bits.ue()
    if chroma > 3:
        raise Corrupt("impossible chroma format", chroma_format_idc=chroma)
    separate = chroma == 3 and bits.flag()
    width, height = bits.ue(), bits.ue()
    if bits.flag():
        left, right, top, bottom = bits.ue(), bits.ue(), bits.ue(), bits.ue()
        subsampled = 0 if separate else chroma
        width -= (2 if subsampled in (1, 2) else 1) * (left + right)
        height -= (2 if subsampled == 1 else 1) * (top + bottom)
    if not (0 < width <= LARGEST_SIDE and 0 < height <= LARGEST_SIDE):
        raise Corrupt("impossible picture size", width=width, height=height)
    return chroma, width, height
