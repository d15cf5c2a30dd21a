"""From the heads of an object back to the segment that was committed. Pure.

Everything of a row stands in the object but its own hash and, to the microsecond, its end. The hash
is named by the next segment of the same run, which the same writer made right after it; only the
last of a run has to be read whole. The end is that of the last picture, or where the next segment
begins, if that is what rounding has taken or added, or lies within the last fragment.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from storage.integrity.names import Name
from vms.core.media.codec import codec_string
from vms.core.media.fmp4 import Found, Scan
from vms.core.media.fmp4.parse import leading_track
from vms.core.model import GopEntry, Segment
from vms.core.walltime import TimeRange, WallTime

_ROUNDED_MICROS = 20_000
"""More than a slew of 500 ppm makes of the longest fragment, less than a missing picture."""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """What is known of the segment after: where it begins, and what it names as its predecessor's
    hash, if it is sure."""

    start: WallTime
    epoch: int
    sequence: int
    prev_sha256: bytes | None

    def follows(self, epoch: int, sequence: int) -> bool:
        """Whether one writer made it right after that one."""
        return (self.epoch, self.sequence) == (epoch, sequence + 1)


def neighbour(scan: Scan) -> Neighbour:
    """A segment as the one before it sees it."""
    said = scan.init.identity
    sure = said.prev_sha256 if said.prev_sure else None
    return Neighbour(said.start, said.epoch, said.sequence, sure)


def is_named(scan: Scan, name: Name) -> bool:
    """Whether the object says that it is what its name says."""
    said = scan.init.identity
    return name == Name(said.camera_id, said.stream_id, said.start, said.epoch, said.sequence)


def segment(scan: Scan, size: int, sha256: bytes, after: Neighbour | None) -> Segment:
    """The row of an object of `size` bytes. Raises Corrupt when its format cannot be read."""
    said = scan.init.identity
    used = scan.init.formats[leading_track(scan.init.formats)]
    span = _span(scan, after)
    return Segment(
        camera_id=said.camera_id,
        stream_id=said.stream_id,
        epoch=said.epoch,
        sequence=said.sequence,
        range=span,
        size=size,
        init_size=scan.init.size,
        sha256=sha256,
        prev_sha256=said.prev_sha256,
        codec=codec_string(used),
        width=used.width,
        height=used.height,
        gops=tuple(_entries(scan.fragments, span)),
    )


def _span(scan: Scan, after: Neighbour | None) -> TimeRange:
    said = scan.init.identity
    start, end = said.start, max(scan.fragments[-1].end, WallTime(said.start + 1))
    if after is not None:
        short = after.start - end
        touches = after.follows(said.epoch, said.sequence) and 0 < short <= _ROUNDED_MICROS
        last = max(start, scan.fragments[-1].start)
        if touches or last < after.start < end:
            end = after.start
    return TimeRange(start, end)


def _entries(fragments: Sequence[Found], span: TimeRange) -> Iterator[GopEntry]:
    """Each fragment lasts until the next one starts."""
    starts = [max(0, one.start - span.start) for one in fragments]
    for one, (start, end) in zip(fragments, pairwise([*starts, span.micros]), strict=True):
        yield GopEntry(start, max(1, end - start), one.offset, one.size, one.key_size)
