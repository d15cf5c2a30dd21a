"""One picture's RTP packets laid out in memory once, to be copied and stamped per viewer. Pure.

What belongs here: the bytes that are the same for every viewer of a picture. What does not: the
fields that differ (sequence, time, source), which `egress` writes into its copy.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

from player.webrtc.packetizer import packetize
from vms.core.errors import Corrupt
from vms.core.media.access_unit import AccessUnit
from vms.core.walltime import WallTime

log = logging.getLogger(__name__)

HEADER = 12
"""Bytes of an RTP header without extension (RFC 3550 section 5.1)."""

PLAYOUT_DELAY = "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay"

MOST_IN_A_RUN = 20
"""Packets handed to the socket at once. A browser's receive buffer overflows on longer ones."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What viewers negotiated. Those with equal shapes share one template per picture.

    `extension`: the whole RTP header extension, b"" when none. `tag`: bytes SRTP adds at the end.
    """

    payload_type: int
    extension: bytes
    tag: int

    @property
    def overhead(self) -> int:
        return HEADER + len(self.extension)


def playout_delay(number: int, *, least_ms: int = 0, most_ms: int = 10) -> bytes:
    """Header extension (RFC 8285, one-byte form) that holds the browser's buffer at most 10 ms."""
    value = (least_ms // 10) << 12 | (most_ms // 10)
    return b"\xbe\xde\x00\x01" + bytes((number << 4 | 2,)) + value.to_bytes(3, "big")


@dataclass(frozen=True, slots=True)
class Run:
    """Packets `first`..`last` (exclusive) of one size, only the last of them maybe shorter:
    what one segmented UDP send may carry. `start`/`end` are their bytes in the template."""

    first: int
    last: int
    start: int
    end: int
    size: int


@dataclass(frozen=True, slots=True)
class Template:
    """All packets of a picture behind one another, each with room for its tag.

    `offsets[i]` is where packet i begins, `lengths[i]` its bytes before protection.
    """

    data: bytes
    offsets: tuple[int, ...]
    lengths: tuple[int, ...]
    runs: tuple[Run, ...]


class Picture:
    """An access unit on its way to browsers, packetized when the first viewer of a shape needs it.

    Usually all have one shape. Payloads are not kept beside the template: a picture in somebody's
    history costs its bytes twice, not three times.
    """

    __slots__ = ("_templates", "unit")

    def __init__(self, unit: AccessUnit) -> None:
        self.unit = unit
        self._templates: dict[Shape, Template] = {}

    @property
    def wall(self) -> WallTime:
        return self.unit.wall

    @property
    def random_access(self) -> bool:
        return self.unit.random_access

    def template(self, shape: Shape) -> Template:
        """Its packets; none for a picture whose bytes are broken: it is left out, not fatal."""
        made = self._templates.get(shape)
        if made is None:
            made = self._templates[shape] = lay_out(_payloads(self.unit), shape)
        return made


def _payloads(unit: AccessUnit) -> list[bytes]:
    try:
        return packetize(unit)
    except Corrupt as error:
        log.warning("a picture cannot be sent: %s", error)
        return []


def lay_out(payloads: list[bytes], shape: Shape) -> Template:
    """Headers with version, extension, marker (on the last packet) and payload type filled in."""
    first = 0x90 if shape.extension else 0x80
    tail = bytes(10) + shape.extension
    head = bytes((first, shape.payload_type)) + tail
    last_head = bytes((first, 0x80 | shape.payload_type)) + tail
    room = bytes(shape.tag)
    parts: list[bytes] = []
    for payload in payloads[:-1]:
        parts += (head, payload, room)
    for payload in payloads[-1:]:
        parts += (last_head, payload, room)
    lengths = tuple(shape.overhead + len(payload) for payload in payloads)
    offsets = _offsets(lengths, shape.tag)
    return Template(b"".join(parts), offsets, lengths, tuple(_runs(offsets, lengths, shape.tag)))


def _offsets(lengths: tuple[int, ...], tag: int) -> tuple[int, ...]:
    offsets = []
    at = 0
    for length in lengths:
        offsets.append(at)
        at += length + tag
    return tuple(offsets)


def _runs(offsets: tuple[int, ...], lengths: tuple[int, ...], tag: int) -> list[Run]:
    runs: list[Run] = []
    first = 0
    while first < len(lengths):
        last = first + 1
        while (
            last < len(lengths)
            and last - first < MOST_IN_A_RUN
            and lengths[last - 1] == lengths[first] >= lengths[last]
        ):
            last += 1
        end = offsets[last - 1] + lengths[last - 1] + tag
        runs.append(Run(first, last, offsets[first], end, lengths[first] + tag))
        first = last
    return runs
