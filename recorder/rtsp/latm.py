"""StreamMuxConfig, with which AAC as LATM is described (ISO/IEC 14496-3 1.7.3.2.3). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from recorder.rtsp.formats import config_in
from vms.core.errors import VmsError
from vms.core.media.bits import BitReader

_AAC_LC, _EXPLICIT_RATE = 2, 15
_GENERAL_BITS = _LENGTH_BITS = 3


class Latm(NamedTuple):
    """`config`: AudioSpecificConfig; `frames`: in each packet."""

    config: bytes
    frames: int


def latm_in(parameters: Mapping[str, str]) -> Latm | None:
    """AAC-LC in one program and layer, described outside of the frames (`cpresent=0`, RFC 6416
    section 7.3): what cameras send. None for anything else, and what cannot be read."""
    if parameters.get("cpresent", "1").strip() != "0":
        return None
    try:
        return _read(config_in(parameters))
    except VmsError:
        return None


def _read(config: bytes) -> Latm | None:
    bits = BitReader(config)
    version, same_timing, more_frames = bits.u(1), bits.flag(), bits.u(6)
    if version or not same_timing or bits.u(4) or bits.u(3):  # programs and layers, less one
        return None
    begin = 8 * len(config) - bits.left
    if bits.u(5) != _AAC_LC:
        return None
    if bits.u(4) == _EXPLICIT_RATE:
        bits.skip(24)
    channels, general = bits.u(4), bits.u(_GENERAL_BITS)
    end = 8 * len(config) - bits.left
    fixed = bits.left >= _LENGTH_BITS and bits.u(_LENGTH_BITS)  # some cut it off there
    if not channels or general & 3 or fixed:  # channels described inside, extensions
        return None
    return Latm(_bits(config, begin, end), more_frames + 1)


def _bits(data: bytes, begin: int, end: int) -> bytes:
    """These bits of it, filled up with zeros to whole bytes."""
    size = end - begin
    value = int.from_bytes(data, "big") >> 8 * len(data) - end & (1 << size) - 1
    return (value << -size % 8).to_bytes((size + 7) // 8, "big")
