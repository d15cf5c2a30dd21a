"""H.264 access units into RTP payloads (RFC 6184, packetization mode 1). Pure.

What belongs here: cutting and aggregating NAL units. What does not: RTP headers (`layout`), sending
(`egress`). A picture is packetized once however many watch it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from vms.core.media.access_unit import AccessUnit
from vms.core.media.nal import split_length_prefixed

LARGEST_PAYLOAD = 1200
"""Bytes of one RTP payload: with headers and tag below every usual path's MTU."""

_SPS, _PPS, _AUD = 7, 8, 9
_VCL = range(1, 6)
_STAP_A, _FU_A = 24, 28


def payloads(nals: Iterable[bytes], *, largest: int = LARGEST_PAYLOAD) -> list[bytes]:
    """RTP payloads carrying `nals` in order, each at most `largest` bytes.

    Small NAL units that are not slices (parameter sets, SEI, delimiters) and follow one another
    travel together in one STAP-A (section 5.7.1); what is too long is cut into FU-A fragments of
    equal size, only the last one shorter (section 5.8), so that a run of them fits UDP
    segmentation offload.
    """
    packed: list[bytes] = []
    small: list[bytes] = []
    for nal in nals:
        if not nal:
            continue
        if nal[0] & 0x1F in _VCL or len(nal) + 3 > largest:
            packed += _aggregated(small, largest)
            small = []
            packed += _fragments(nal, largest)
        else:
            small.append(nal)
    return packed + _aggregated(small, largest)


def with_parameter_sets(nals: list[bytes], parameter_sets: Sequence[bytes]) -> list[bytes]:
    """`nals` of a random access point, with the parameter sets it lacks put before its first slice.

    Those in band stay as they are; an access unit delimiter stays first.
    """
    present = {nal[0] & 0x1F for nal in nals if nal}
    missing = [nal for nal in parameter_sets if nal and nal[0] & 0x1F not in present]
    if not missing:
        return nals
    at = 1 if nals and nals[0] and nals[0][0] & 0x1F == _AUD else 0
    return [*nals[:at], *missing, *nals[at:]]


def packetize(unit: AccessUnit) -> list[bytes]:
    """Payloads of one H.264 picture, decodable from it on when it is a random access point.

    Raises Corrupt when `unit.data` is not length-prefixed NAL units.
    """
    nals = split_length_prefixed(unit.data)
    if unit.random_access:
        nals = with_parameter_sets(nals, unit.format.parameter_sets)
    return payloads(nals)


def _aggregated(nals: list[bytes], largest: int) -> list[bytes]:
    packed: list[bytes] = []
    group: list[bytes] = []
    size = 1
    for nal in nals:
        if group and size + 2 + len(nal) > largest:
            packed.append(_stap(group))
            group, size = [], 1
        group.append(nal)
        size += 2 + len(nal)
    if group:
        packed.append(_stap(group))
    return packed


def _stap(nals: list[bytes]) -> bytes:
    if len(nals) == 1:
        return nals[0]
    forbidden = max(nal[0] & 0x80 for nal in nals)
    importance = max(nal[0] & 0x60 for nal in nals)
    parts = [bytes((forbidden | importance | _STAP_A,))]
    for nal in nals:
        parts += (len(nal).to_bytes(2, "big"), nal)
    return b"".join(parts)


def _fragments(nal: bytes, largest: int) -> list[bytes]:
    if len(nal) <= largest:
        return [nal]
    room = largest - 2
    length = len(nal) - 1
    count = -(-length // room)
    piece = -(-length // count)
    indicator = nal[0] & 0xE0 | _FU_A
    kind = nal[0] & 0x1F
    middle = bytes((indicator, kind))
    cut = [middle + nal[at : at + piece] for at in range(1, length + 1, piece)]
    cut[0] = bytes((indicator, 0x80 | kind)) + cut[0][2:]
    cut[-1] = bytes((indicator, 0x40 | kind)) + cut[-1][2:]
    return cut
