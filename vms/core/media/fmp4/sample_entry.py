"""Sample entries: a TrackFormat as `stsd` says it (ISO/IEC 14496-12 8.5.2, 14496-15, 14496-14)."""

from __future__ import annotations

import struct
from collections.abc import Iterable

from vms.core.errors import Invalid
from vms.core.media import h264, h265
from vms.core.media.access_unit import Codec, TrackFormat
from vms.core.media.fmp4.boxes import box, full_box

_HIGH_PROFILES = (100, 110, 122, 144)
_COMPRESSOR_NAME = bytes(32)


def sample_entry(used: TrackFormat) -> bytes:
    """The entry for `stsd`. Raises Invalid when a format has no entry, Corrupt for a bad one."""
    if used.codec is Codec.H264:
        return _visual(b"avc1", used, avcc(used))
    if used.codec is Codec.H265:
        return _visual(b"hvc1", used, hvcc(used))
    if used.codec is Codec.AAC:
        return _audio(b"mp4a", used, _esds(used.config))
    if used.codec is Codec.OPUS:
        return _audio(b"Opus", used, _dops(used))
    names = {Codec.PCMA: b"alaw", Codec.PCMU: b"ulaw"}
    if used.codec not in names:
        raise Invalid("no MP4 sample entry for this codec", codec=used.codec)
    return _audio(names[used.codec], used)


def avcc(used: TrackFormat) -> bytes:
    """AVCDecoderConfigurationRecord in its box (14496-15 5.3.3.1)."""
    sps = [nal for nal in used.parameter_sets if h264.nal_type(nal) == h264.NalType.SPS]
    pps = [nal for nal in used.parameter_sets if h264.nal_type(nal) == h264.NalType.PPS]
    read = h264.parse_sps(sps[0])
    head = bytes((1, read.profile, read.constraints, read.level, 0xFF, 0xE0 | len(sps)))
    tail = b""
    if read.profile in _HIGH_PROFILES:
        depths = (0xF8 | (read.bit_depth_luma - 8), 0xF8 | (read.bit_depth_chroma - 8))
        tail = bytes((0xFC | read.chroma_format, *depths, 0))
    return box(b"avcC", head, _sized(sps), bytes((len(pps),)), _sized(pps), tail)


def hvcc(used: TrackFormat) -> bytes:
    """HEVCDecoderConfigurationRecord in its box (14496-15 8.3.3.1)."""
    sps = h265.sps_of(used)
    head = struct.pack(
        ">BBI6sBHBBBBHB",
        1,
        sps.profile_space << 6 | sps.tier << 5 | sps.profile,
        sps.compatibility,
        sps.constraints.to_bytes(6, "big"),
        sps.level,
        0xF000,  # min_spatial_segmentation_idc: not told
        0xFC,  # parallelismType: not told
        0xFC | sps.chroma_format,
        0xF8 | (sps.bit_depth_luma - 8),
        0xF8 | (sps.bit_depth_chroma - 8),
        0,  # avgFrameRate: not told
        sps.temporal_layers << 3 | sps.temporal_nesting << 2 | 3,
    )
    arrays = []
    for kind in (h265.NalType.VPS, h265.NalType.SPS, h265.NalType.PPS):
        nals = [nal for nal in used.parameter_sets if h265.nal_type(nal) == kind]
        arrays.append(struct.pack(">BH", 0x80 | kind, len(nals)) + _sized(nals))
    return box(b"hvcC", head, bytes((len(arrays),)), *arrays)


def _visual(kind: bytes, used: TrackFormat, config: bytes) -> bytes:
    """VisualSampleEntry (12.1.3): 72 dpi, depth 24."""
    size = struct.pack(">HHIIIH", used.width, used.height, 0x480000, 0x480000, 0, 1)
    tail = struct.pack(">Hh", 24, -1)
    return box(kind, bytes(6), b"\0\1", bytes(16), size, _COMPRESSOR_NAME, tail, config)


def _audio(kind: bytes, used: TrackFormat, config: bytes = b"") -> bytes:
    """AudioSampleEntry (12.2.3); a rate that does not fit its 16 bits is written as 0."""
    rate = used.sample_rate if used.sample_rate < 1 << 16 else 0
    fields = struct.pack(">6xH8xHHHHI", 1, used.channels, 16, 0, 0, rate << 16)
    return box(kind, fields, config)


def _sized(nals: Iterable[bytes]) -> bytes:
    return b"".join(struct.pack(">H", len(nal)) + nal for nal in nals)


def _esds(config: bytes) -> bytes:
    """ES descriptor of an MPEG-4 audio stream (14496-1 7.2.6.5), the config in its core."""
    decoder = struct.pack(">BB3xII", 0x40, 0x15, 0, 0) + _descriptor(5, config)
    stream = struct.pack(">HB", 0, 0) + _descriptor(4, decoder) + _descriptor(6, b"\2")
    return full_box(b"esds", 0, 0, _descriptor(3, stream))


def _descriptor(tag: int, payload: bytes) -> bytes:
    size = len(payload)
    return bytes((tag, 0x80, 0x80, 0x80 | size >> 7, size & 0x7F)) + payload


def _dops(used: TrackFormat) -> bytes:
    """OpusSpecificBox ("Encapsulation of Opus in ISO base media" 4.3.2), mapping family 0."""
    return box(b"dOps", struct.pack(">BBHIhB", 0, used.channels, 0, used.sample_rate, 0, 0))
