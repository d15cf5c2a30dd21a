"""Sample entries back to TrackFormats: the inverse of `sample_entry`, for moov as written here."""

from __future__ import annotations

import struct

from vms.core.errors import Corrupt
from vms.core.media.access_unit import Codec, TrackFormat
from vms.core.media.audio import parse_audio_config
from vms.core.media.fmp4.boxes import Box, child, children, iter_boxes, unpack

_TKHD = struct.Struct(">I16xI")
_MDHD = struct.Struct(">I16xI")
_SIZE = struct.Struct(">24xHH")
_SOUND = struct.Struct(">16xHHII")
_U16 = struct.Struct(">H")
_VISUAL_FIELDS, _SOUND_FIELDS = 78, 28
_CODECS = {
    b"avc1": Codec.H264,
    b"hvc1": Codec.H265,
    b"mp4a": Codec.AAC,
    b"Opus": Codec.OPUS,
    b"alaw": Codec.PCMA,
    b"ulaw": Codec.PCMU,
}


def read_tracks(data: bytes, moov: Box) -> dict[int, TrackFormat]:
    """Formats by track number. Raises Corrupt on anything this recorder does not write."""
    formats: dict[int, TrackFormat] = {}
    for found in iter_boxes(data, moov.body, moov.end):
        if found.kind == b"trak":
            tkhd = child(data, found, b"tkhd")
            _, number = unpack(_TKHD, data, tkhd.body, tkhd.end)
            formats[number] = _read_track(data, found)
    return formats


def _read_track(data: bytes, trak: Box) -> TrackFormat:
    mdia = child(data, trak, b"mdia")
    mdhd = child(data, mdia, b"mdhd")
    _, rate = unpack(_MDHD, data, mdhd.body, mdhd.end)
    stsd = child(data, mdia, b"minf", b"stbl", b"stsd")
    entry = next(iter_boxes(data, stsd.body + 8, stsd.end), None)
    if entry is None or entry.kind not in _CODECS or not 0 < rate <= 1 << 31:
        raise Corrupt("a track of unknown format", rate=rate)
    return _read_entry(data, entry, _CODECS[entry.kind], rate)


def _read_entry(data: bytes, entry: Box, codec: Codec, rate: int) -> TrackFormat:
    if codec.is_video:
        width, height = unpack(_SIZE, data, entry.body, entry.end)
        sets = _read_parameter_sets(data, entry, codec)
        return TrackFormat(codec, rate, sets, width, height)
    channels, _, _, sample_rate = unpack(_SOUND, data, entry.body, entry.end)
    config = _read_config(data, entry) if codec is Codec.AAC else b""
    sample_rate = sample_rate >> 16 or _rate_of(config, rate)
    return TrackFormat(codec, rate, (), 0, 0, channels, sample_rate, config)


def _rate_of(config: bytes, rate: int) -> int:
    return parse_audio_config(config).sample_rate if config else rate


def _read_parameter_sets(data: bytes, entry: Box, codec: Codec) -> tuple[bytes, ...]:
    kind = b"avcC" if codec is Codec.H264 else b"hvcC"
    config = children(data, entry, _VISUAL_FIELDS).get(kind)
    if config is None:
        raise Corrupt("video without its decoder configuration", codec=codec)
    return _read_avcc(data, config) if codec is Codec.H264 else _read_hvcc(data, config)


def _read_avcc(data: bytes, config: Box) -> tuple[bytes, ...]:
    position = config.body + 5
    count = _byte(data, position, config.end) & 0x1F
    sps, position = _read_sized(data, position + 1, config.end, count)
    count = _byte(data, position, config.end)
    pps, _ = _read_sized(data, position + 1, config.end, count)
    return tuple(sps + pps)


def _read_hvcc(data: bytes, config: Box) -> tuple[bytes, ...]:
    position = config.body + 22
    sets: list[bytes] = []
    arrays = _byte(data, position, config.end)
    position += 1
    for _ in range(arrays):
        (count,) = unpack(_U16, data, position + 1, config.end)
        found, position = _read_sized(data, position + 3, config.end, count)
        sets += found
    return tuple(sets)


def _byte(data: bytes, position: int, end: int) -> int:
    if position >= end:
        raise Corrupt("decoder configuration cut short", position=position)
    return data[position]


def _read_sized(data: bytes, position: int, end: int, count: int) -> tuple[list[bytes], int]:
    nals: list[bytes] = []
    for _ in range(count):
        (size,) = unpack(_U16, data, position, end)
        position += 2 + size
        if position > end:
            raise Corrupt("parameter set cut short", position=position)
        nals.append(data[position - size : position])
    return nals, position


def _read_config(data: bytes, entry: Box) -> bytes:
    """The AudioSpecificConfig in esds: descriptors 3, 4, 5 inside each other (14496-1 7.2.6)."""
    esds = children(data, entry, _SOUND_FIELDS).get(b"esds")
    if esds is None:
        raise Corrupt("AAC without its configuration")
    position, end = _enter(data, esds.body + 4, esds.end, 3)
    position, end = _enter(data, position + 3, end, 4)
    position, end = _enter(data, position + 13, end, 5)
    return data[position:end]


def _enter(data: bytes, position: int, end: int, tag: int) -> tuple[int, int]:
    """Content of the descriptor at `position`."""
    if _byte(data, position, end) != tag:
        raise Corrupt("unexpected descriptor", position=position)
    size = 0
    for position in range(position + 1, min(position + 5, end)):  # noqa: B020
        size = size << 7 | data[position] & 0x7F
        if not data[position] & 0x80:
            break
    if position + 1 + size > end:
        raise Corrupt("descriptor cut short", position=position)
    return position + 1, position + 1 + size
