"""What the spool sealed last of each stream: the hash that the next segment names, and its end.

Kept in memory and, once sealed, in the stream's folder as the file `last`, so that the chain goes
on and nothing is recorded twice when all segments have left for the archive and the index is away.
The file is a help and no truth: one that is missing, old or torn counts for nothing. Blocking.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

from vms.core.model import Segment
from vms.core.walltime import WallTime

log = logging.getLogger(__name__)

NAME = "last"


@dataclass(frozen=True, slots=True)
class Link:
    """The newest segment of a stream, as far as its successor needs it. `sure`: False when another
    recorder may have sealed later ones that nobody knows of yet."""

    until: WallTime
    sha256: bytes | None
    sure: bool = True


class Chain:
    """The newest link of every stream of one spool."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._links: dict[int, Link] = {}

    def load(self) -> None:
        """Read what earlier processes left. Raises OSError when the folder cannot be read."""
        for path in self._folder.glob(f"*/{NAME}"):
            link = _parsed(path.read_bytes())
            if link is not None and path.parent.name.isdecimal():
                self.told(int(path.parent.name), link)

    def told(self, stream_id: int, link: Link) -> None:
        """Somebody else knows of a segment; one that ends earlier than ours changes nothing."""
        known = self._links.get(stream_id)
        if known is None or link.until > known.until:
            self._links[stream_id] = link

    def sealed(self, segment: Segment) -> None:
        """A segment of ours was sealed. Never fails: the file is a help only."""
        link = Link(segment.range.end, segment.sha256)
        self._links[segment.stream_id] = link
        path = self._folder / str(segment.stream_id) / NAME
        draft = path.with_suffix(".new")
        try:
            draft.write_text(f"{link.until} {segment.sha256.hex()}\n")
            draft.replace(path)
        except OSError as error:
            log.warning("spool: what was sealed last cannot be noted: %s", error)

    def of(self, stream_id: int) -> Link | None:
        return self._links.get(stream_id)


def _parsed(data: bytes) -> Link | None:
    """None when the file is not whole."""
    try:
        until, sha256 = data.decode("ascii").split()
        if not data.endswith(b"\n"):
            return None
        return Link(WallTime(int(until)), bytes.fromhex(sha256))
    except ValueError:
        return None
