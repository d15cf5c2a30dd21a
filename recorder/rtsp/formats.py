"""`rtpmap` and `fmtp` of session descriptions: names of encodings, and their parameters. Pure.

RFC 6184 section 8.1 (H.264), RFC 7798 section 7.1 (H.265), RFC 3640 section 4.1 (AAC), RFC 3551
(static payload types), and what cameras make of them.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from typing import NamedTuple

from vms.core.media.nal import split_annex_b

MOST_PARAMETERS = 64
MOST_SETS = 32
LONGEST_SET = 16 * 1024
"""Bounds on what one description can make us keep."""


class Map(NamedTuple):
    """What an `rtpmap` says. `encoding` is upper case; `rate` 0: not said."""

    encoding: str
    rate: int
    channels: int


STATIC = {
    0: Map("PCMU", 8000, 1),
    3: Map("GSM", 8000, 1),
    8: Map("PCMA", 8000, 1),
    9: Map("G722", 8000, 1),
    10: Map("L16", 44100, 2),
    11: Map("L16", 44100, 1),
    14: Map("MPA", 90000, 0),
    18: Map("G729", 8000, 1),
    26: Map("JPEG", 90000, 0),
    32: Map("MPV", 90000, 0),
    33: Map("MP2T", 90000, 0),
}
"""RFC 3551 section 6: numbers that need no `rtpmap`."""

_NAMES = {
    "H.264": "H264",
    "AVC": "H264",
    "H.265": "H265",
    "HEVC": "H265",
    "MPEG4GENERIC": "MPEG4-GENERIC",
    "MPEG-4-GENERIC": "MPEG4-GENERIC",
    "MPEG4_GENERIC": "MPEG4-GENERIC",
    "ALAW": "PCMA",
    "G711A": "PCMA",
    "G.711A": "PCMA",
    "ULAW": "PCMU",
    "MULAW": "PCMU",
    "G711U": "PCMU",
    "G.711U": "PCMU",
}
_RATES = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350)
_MAP = re.compile(
    r"\s*([0-9]{1,3})[\s:]+([\w.+-]+)(?:\s*/\s*([0-9]{1,6})(?:\s*/\s*([0-9]{1,2}))?)?", re.ASCII
)
_FORMAT = re.compile(r"\s*([0-9]{0,3})[\s:;]*(.*)", re.DOTALL)
_NEXT_PARAMETER = re.compile(r"\s*;\s*|\s+(?=[A-Za-z][\w-]+=[^=,;\s])", re.ASCII)
_NO_BASE64 = re.compile(r"[^A-Za-z0-9+/]")


def read_map(text: str) -> tuple[int, Map] | None:
    """`<number> <encoding>[/<rate>[/<channels>]]`; None when it is not that."""
    match = _MAP.match(text)
    if not match:
        return None
    name = match[2].upper()
    rate, channels = int(match[3] or 0), int(match[4] or 1)
    return int(match[1]), Map(_NAMES.get(name, name), rate, channels or 1)


def read_parameters(text: str) -> tuple[int, dict[str, str]]:
    """`<number> <name>=<value>;...`, names in lower case. The number is -1 when it is missing.

    Some cameras put spaces where semicolons belong; a value may hold commas and `=`.
    """
    match = _FORMAT.match(" ".join(text.split()))
    assert match is not None, "the pattern matches everything"
    parts = _NEXT_PARAMETER.split(match[2], MOST_PARAMETERS)[:MOST_PARAMETERS]
    pairs = (part.partition("=") for part in parts)
    found = {name.strip().lower(): value.strip() for name, equals, value in pairs if equals}
    return int(match[1] or -1), found


def sets_in(parameters: Mapping[str, str]) -> list[bytes]:
    """H.264 `sprop-parameter-sets`, H.265 `sprop-vps/-sps/-pps`; none that cannot be read.

    Start codes and zeros around them, which some firmware encodes with them, are taken off.
    """
    names = ("sprop-parameter-sets", "sprop-vps", "sprop-sps", "sprop-pps")
    texts = [part for name in names for part in parameters.get(name, "").split(",", MOST_SETS)]
    sets = (_decode(text) for text in texts[:MOST_SETS])
    pieces = [nal for each in sets for nal in split_annex_b(b"\0\0\1" + each[:LONGEST_SET])]
    return pieces[:MOST_SETS]


def config_in(parameters: Mapping[str, str]) -> bytes:
    """AudioSpecificConfig of AAC; empty when missing or no hexadecimal number."""
    text = parameters.get("config", "").strip().strip("\"'").lower().removeprefix("0x")
    try:
        return bytes.fromhex(text)[:LONGEST_SET]
    except ValueError:
        return b""


def usual_config(rate: int, channels: int) -> bytes:
    """The AudioSpecificConfig of AAC-LC (ISO/IEC 14496-3 1.6.2.1) for a camera that gives none;
    empty when the rate is none that AAC has."""
    if rate not in _RATES or not 1 <= channels <= 6:
        return b""
    return (2 << 11 | _RATES.index(rate) << 7 | channels << 3).to_bytes(2, "big")


def _decode(text: str) -> bytes:
    """Base64 in either alphabet, with or without padding, quotes and blanks around it."""
    bare = text.strip(" \t\0\"'").rstrip("=").replace("-", "+").replace("_", "/")
    if _NO_BASE64.search(bare):
        return b""
    bare = bare[: len(bare) - (len(bare) % 4 == 1)]
    try:
        return base64.b64decode(bare + "=" * (-len(bare) % 4))
    except (binascii.Error, ValueError):
        return b""
