"""What verification can find, and how deep it looks. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from storage.index import Outline
from vms.core.walltime import TimeRange, iso


class Level(StrEnum):
    """How deep to look; each looks at everything the one before it does."""

    ROWS = "rows"  # the index against itself: cheap
    PRESENCE = "presence"  # rows against the store's listing, both ways
    SIZE = "size"  # sizes of the listing
    HASH = "hash"  # every object read and hashed
    CHAIN = "chain"  # what objects say of themselves, and the chain of hashes

    def reaches(self, other: Level) -> bool:
        """Whether looking at this level looks at `other` too."""
        return _ORDER.index(self) >= _ORDER.index(other)


_ORDER: Final = tuple(Level)


class Kind(StrEnum):
    ROW = "row"  # a row contradicts itself, its neighbour or its stream
    COVERAGE = "coverage"  # the merged spans are not those of the rows
    HOURS = "hours"  # the sums of hours are not those of the rows
    TWICE = "twice"  # a segment of the archive is to be deleted at the same time
    MISSING = "missing"  # a row without an object
    ORPHAN = "orphan"  # an object without a row, not about to be deleted, not just written
    STRANGE = "strange"  # an object whose name is not that of a segment
    SIZE = "size"  # an object of another size than its row
    HASH = "hash"  # an object of another content than was recorded
    IDENTITY = "identity"  # an object that says it is another segment
    CHAIN = "chain"  # a segment whose predecessor is not the one it names
    UNREADABLE = "unreadable"  # an object the store has and does not give


DAMAGE: Final = frozenset({Kind.MISSING, Kind.SIZE, Kind.HASH, Kind.IDENTITY, Kind.UNREADABLE})
"""Video that is not what it should be: noted in the index, shown to people."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that must not be. `range` and `outline` None: not of one segment."""

    kind: Kind
    detail: str
    camera_id: int | None = None
    stream_id: int | None = None
    range: TimeRange | None = None
    key: str = ""
    outline: Outline | None = None

    def __str__(self) -> str:
        """One line: kind, camera, stream, time, object, words."""
        where = [f"camera {self.camera_id}"] if self.camera_id is not None else []
        where += [f"stream {self.stream_id}"] if self.stream_id is not None else []
        where += [iso(self.range.start)] if self.range is not None else []
        where += [self.key] if self.key else []
        return f"{self.kind.value}: {' '.join([*where, self.detail])}"


def of_segment(kind: Kind, outline: Outline, detail: str) -> Finding:
    """A finding about one segment."""
    return Finding(
        kind, detail, outline.camera_id, outline.stream_id, outline.range, outline.key, outline
    )
