"""What the segmenter tells the spool to do, as values: open, append, seal. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vms.core.media.access_unit import TrackFormat
from vms.core.media.fmp4.identity import Identity
from vms.core.walltime import WallTime


@dataclass(frozen=True, slots=True)
class OpenSegment:
    """Begin a segment. The spool adds the previous segment's hash to `identity`."""

    identity: Identity
    formats: Mapping[int, TrackFormat]


@dataclass(frozen=True, slots=True)
class AppendFragment:
    """Add one whole fragment (prft, moof, mdat) to the open segment.

    `start`, `end`: its span of civil time. `key_size`: bytes of the random access point it starts
    with; 0 when it continues a group of pictures. `buffers`: its bytes, in order.
    """

    stream_id: int
    start: WallTime
    end: WallTime
    key_size: int
    buffers: Sequence[bytes]

    @property
    def size(self) -> int:
        return sum(map(len, self.buffers))


@dataclass(frozen=True, slots=True)
class SealSegment:
    """Nothing more comes for the open segment."""

    stream_id: int


Step = OpenSegment | AppendFragment | SealSegment
