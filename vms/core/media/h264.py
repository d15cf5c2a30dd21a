"""H.264 syntax (ITU-T H.264): NAL unit types, sequence parameter sets, random access. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum

from vms.core.errors import Corrupt, Invalid
from vms.core.media.access_unit import Codec, TrackFormat
from vms.core.media.bits import BitReader
from vms.core.media.nal import unescape

VIDEO_CLOCK_RATE = 90_000
LARGEST_SIDE = 16_384
"""Pixels; a picture claiming more is a broken or hostile parameter set."""

_HIGH_PROFILES = frozenset({44, 83, 86, 100, 110, 118, 122, 128, 134, 135, 138, 139, 244})
_RECOVERY_POINT = 6  # SEI payload type, H.264 D.1.8
_MOST_MESSAGES = 256
_LONGEST_LOOK = 256 * 1024
"""Bounds on what one SEI NAL unit of a hostile camera can cost."""
_SPS_HEAD = 64  # bytes of a slice that surely hold its type


class NalType(IntEnum):
    """H.264 table 7-1, the ones that are met."""

    SLICE = 1
    PARTITION_A = 2
    IDR = 5
    SEI = 6
    SPS = 7
    PPS = 8
    AUD = 9
    END_OF_SEQUENCE = 10
    END_OF_STREAM = 11
    FILLER = 12


@dataclass(frozen=True, slots=True)
class Sps:
    """What a sequence parameter set says. Sizes in pixels after cropping; `fps` None: not told."""

    width: int
    height: int
    profile: int
    constraints: int
    level: int
    chroma_format: int
    bit_depth_luma: int
    bit_depth_chroma: int
    fps: float | None


def nal_type(nal: bytes) -> int:
    """The type of a NAL unit; 0 (unspecified) for an empty one."""
    return nal[0] & 0x1F if nal else 0


def is_parameter_set(nal: bytes) -> bool:
    return nal_type(nal) in (NalType.SPS, NalType.PPS)


def is_slice(nal: bytes) -> bool:
    """Whether this carries coded picture data (types 1 to 5)."""
    return 1 <= nal_type(nal) <= 5


def starts_picture(nal: bytes) -> bool:
    """Whether this slice has first_mb_in_slice 0, that is, begins a new picture."""
    return is_slice(nal) and len(nal) > 1 and nal[1] & 0x80 != 0


def is_random_access(nals: Iterable[bytes]) -> bool:
    """Whether decoding can start at this access unit.

    An IDR picture; or, for cameras that send none, intra slices announced by a recovery point SEI.
    """
    announced = False
    intra: list[bool] = []
    for nal in nals:
        kind = nal_type(nal)
        if kind == NalType.IDR:
            return True
        if kind == NalType.SEI:
            announced = announced or _has_recovery_point(nal)
        elif announced and 1 <= kind <= 4:
            intra.append(_is_intra_slice(nal))
    return announced and bool(intra) and all(intra)


def announces_recovery(nals: Iterable[bytes]) -> bool:
    """Whether a recovery point SEI (D.2.8) says that pictures are whole some time after this."""
    return any(nal_type(nal) == NalType.SEI and _has_recovery_point(nal) for nal in nals)


def is_intra(nals: Iterable[bytes]) -> bool:
    """Whether all slices of this picture are coded without others, and there is one."""
    slices = [_is_intra_slice(nal) for nal in nals if 1 <= nal_type(nal) <= 5]
    return bool(slices) and all(slices)


def parse_sps(nal: bytes) -> Sps:
    """Read a sequence parameter set (7.3.2.1.1). Bytes behind it are ignored. Raises Corrupt."""
    if nal_type(nal) != NalType.SPS or len(nal) < 4:
        raise Corrupt("not an H.264 sequence parameter set", size=len(nal))
    bits = BitReader(unescape(nal)[1:])
    profile, constraints, level = bits.u(8), bits.u(8), bits.u(8)
    bits.ue()  # seq_parameter_set_id
    chroma, separate, luma_depth, chroma_depth = _read_chroma(bits, profile)
    _skip_order_count(bits)
    bits.ue()  # max_num_ref_frames
    bits.skip(1)  # gaps_in_frame_num_value_allowed_flag
    width, height = _read_size(bits, 0 if separate else chroma)
    fps = _read_fps(bits)
    return Sps(width, height, profile, constraints, level, chroma, luma_depth, chroma_depth, fps)


def track_format(parameter_sets: Iterable[bytes]) -> TrackFormat:
    """The format these SPS and PPS describe, in the order sps, pps, each kept once, byte for byte.

    Raises Invalid when either is missing, Corrupt when the SPS cannot be read.
    """
    unique = tuple(dict.fromkeys(bytes(nal) for nal in parameter_sets))
    sps = tuple(nal for nal in unique if nal_type(nal) == NalType.SPS)
    pps = tuple(nal for nal in unique if nal_type(nal) == NalType.PPS)
    if not sps or not pps:
        raise Invalid("H.264 needs a sequence and a picture parameter set", found=len(unique))
    size = parse_sps(sps[0])
    return TrackFormat(Codec.H264, VIDEO_CLOCK_RATE, sps + pps, size.width, size.height)


def codec_string(used: TrackFormat) -> str:
    """RFC 6381, `avc1.PPCCLL` in hexadecimal, as in `avc1.64001f`."""
    return f"avc1.{used.parameter_sets[0][1:4].hex()}"


def _has_recovery_point(nal: bytes) -> bool:
    return any(payload_type == _RECOVERY_POINT for payload_type, _ in sei_messages(nal))


def sei_messages(nal: bytes, header_size: int = 1) -> Sequence[tuple[int, bytes]]:
    """(payload type, payload) of the messages of an SEI NAL unit (7.3.2.3), up to 256 in its first
    256 KiB; stops where it ends."""
    data = unescape(nal[:_LONGEST_LOOK])
    messages: list[tuple[int, bytes]] = []
    position = header_size
    while position + 2 <= len(data) and len(messages) < _MOST_MESSAGES:
        kind, position = _read_sei_number(data, position)
        size, position = _read_sei_number(data, position)
        messages.append((kind, data[position : position + size]))
        position += size
    return messages


def is_whole_sei(nal: bytes, header_size: int = 1) -> bool:
    """Whether the messages of this SEI NAL unit end where it ends (7.3.2.3, both codecs).

    Then a start code inside is none: some cameras sign without emulation prevention. What is
    larger than any signature is not looked at.
    """
    if len(nal) > _LONGEST_LOOK:
        return False
    return any(_ends_with_messages(data, header_size) for data in (nal, unescape(nal)))


def _ends_with_messages(data: bytes, position: int) -> bool:
    data = data.rstrip(b"\0")
    for _ in range(_MOST_MESSAGES):
        if position + 2 > len(data):
            break
        _, position = _read_sei_number(data, position)
        size, position = _read_sei_number(data, position)
        position += size
    return data[position:] == b"\x80"


def _read_sei_number(data: bytes, position: int) -> tuple[int, int]:
    value = 0
    while position < len(data) and data[position] == 0xFF:
        value += 255
        position += 1
    if position < len(data):
        value += data[position]
    return value, position + 1


def _is_intra_slice(nal: bytes) -> bool:
    bits = BitReader(unescape(nal[:_SPS_HEAD])[1:])
    try:
        bits.ue()  # first_mb_in_slice
        return bits.ue() % 5 in (2, 4)  # I, SI
    except Corrupt:
        return False


def _read_chroma(bits: BitReader, profile: int) -> tuple[int, bool, int, int]:
    """chroma_format_idc, separate_colour_plane_flag and bit depths; 4:2:0, 8 bits by default."""
    if profile not in _HIGH_PROFILES:
        return 1, False, 8, 8
    chroma = bits.ue()
    if chroma > 3:
        raise Corrupt("impossible chroma format", chroma_format_idc=chroma)
    separate = chroma == 3 and bits.flag()
    luma_depth, chroma_depth = bits.ue() + 8, bits.ue() + 8
    if max(luma_depth, chroma_depth) > 14:
        raise Corrupt("impossible bit depth", luma=luma_depth, chroma=chroma_depth)
    bits.skip(1)  # qpprime_y_zero_transform_bypass_flag
    if bits.flag():
        for index in range(8 if chroma != 3 else 12):
            if bits.flag():
                _skip_scaling_list(bits, 16 if index < 6 else 64)
    return chroma, separate, luma_depth, chroma_depth


def _skip_scaling_list(bits: BitReader, size: int) -> None:
    last = following = 8
    for _ in range(size):
        if following:
            following = (last + bits.se()) % 256
        last = following or last


def _skip_order_count(bits: BitReader) -> None:
    bits.ue()  # log2_max_frame_num_minus4
    kind = bits.ue()
    if kind == 0:
        bits.ue()
    elif kind == 1:
        bits.skip(1)
        bits.se()
        bits.se()
        for _ in range(min(bits.ue(), 256)):
            bits.se()


def _read_size(bits: BitReader, chroma_array_type: int) -> tuple[int, int]:
    width, map_units = 16 * (bits.ue() + 1), bits.ue() + 1
    progressive = bits.flag()
    if not progressive:
        bits.skip(1)  # mb_adaptive_frame_field_flag
    height = 16 * map_units * (1 if progressive else 2)
    bits.skip(1)  # direct_8x8_inference_flag
    if bits.flag():
        left, right, top, bottom = bits.ue(), bits.ue(), bits.ue(), bits.ue()
        unit_x = 2 if chroma_array_type in (1, 2) else 1
        unit_y = (2 if chroma_array_type == 1 else 1) * (1 if progressive else 2)
        width -= unit_x * (left + right)
        height -= unit_y * (top + bottom)
    if not (0 < width <= LARGEST_SIDE and 0 < height <= LARGEST_SIDE):
        raise Corrupt("impossible picture size", width=width, height=height)
    return width, height


def _read_fps(bits: BitReader) -> float | None:
    """Pictures per second by the VUI (E.1.1); None when absent, without sense or cut short."""
    try:
        if not bits.flag():
            return None
        skip_vui_head(bits)
        if not bits.flag():
            return None
        tick, scale = bits.u(32), bits.u(32)
    except Corrupt:
        return None
    return scale / (2 * tick) if tick and 0.05 <= scale / (2 * tick) <= 1000 else None


def skip_vui_head(bits: BitReader) -> None:
    """The fields of vui_parameters() before default display window (H.265) or timing (H.264)."""
    if bits.flag() and bits.u(8) == 255:  # aspect_ratio_info: Extended_SAR
        bits.skip(32)
    if bits.flag():  # overscan_info
        bits.skip(1)
    if bits.flag():  # video_signal_type
        bits.skip(4)
        if bits.flag():
            bits.skip(24)
    if bits.flag():  # chroma_loc_info
        bits.ue()
        bits.ue()
